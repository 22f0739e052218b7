using System.Text;
using System.Text.Json;
using CsCheck;
using Tributary.Destinations.Functions;
using Tributary.Destinations.Node;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Destinations.Functions;

/// <summary>People's code may have had a hand in everything that a worker answers.</summary>
public sealed class FunctionReplyLaws
{
    private static readonly Gen<string> Json = Gen.Recursive<string>((depth, inner) => depth > 3
        ? OneOf("null", "true", "-1", "1e400", "3", "7", "99", "\"\\ud800\"", "\"text\"")
        : Gen.OneOf(
            OneOf("null", "5", "\"x\"", "[]", "{}"),
            inner.Array[0, 4].Select(items => $"[{string.Join(',', items)}]"),
            Gen.Select(OneOf("results", "messages", "logs", "fault", "excess", "overrun", "v", "m", "n", "s", "r"), inner).Array[0, 5]
                .Select(members => $"{{{string.Join(',', members.DistinctBy(member => member.Item1).Select(member => $"\"{member.Item1}\":{member.Item2}"))}}}")));

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    [Fact]
    public void Whatever_is_answered_there_is_a_result_for_each_event_and_an_outcome_for_each_result() => Gen.Select(Json, Gen.Int[1, 3]).Sample((json, count) =>
    {
        var call = new FunctionCall(new FunctionCode("f", "1", ""), FunctionUse.Destination, "[]"u8.ToArray(), count, []);
        using var document = JsonDocument.Parse(json);
        var result = FunctionReply.Read(call, NodeReply.Answered(document.RootElement), TimeSpan.Zero);
        Assert.Equal(count, result.Results.Count);
        Assert.All(result.Results, one => Assert.True(Enum.IsDefined(FunctionOutcomes.OfDestination(one, null).Verdict)));
    });

    [Theory]
    [InlineData(0, DeliveryVerdict.Delivered, null)]
    [InlineData(200, DeliveryVerdict.Delivered, null)]
    [InlineData(204, DeliveryVerdict.Delivered, null)]
    [InlineData(400, DeliveryVerdict.Refused, "http_400")]
    [InlineData(408, DeliveryVerdict.RetryLater, "http_408")]
    [InlineData(423, DeliveryVerdict.RetryLater, "http_423")]
    [InlineData(429, DeliveryVerdict.RetryLater, "http_429")]
    [InlineData(500, DeliveryVerdict.RetryLater, "http_500")]
    [InlineData(501, DeliveryVerdict.Refused, "http_501")]
    [InlineData(599, DeliveryVerdict.RetryLater, "http_599")]
    [InlineData(-1, DeliveryVerdict.Refused, "bad_request")]
    [InlineData(1_000_000, DeliveryVerdict.Refused, "bad_request")]
    public void A_status_of_a_batch_decides_for_its_event(int status, DeliveryVerdict verdict, string? reason)
    {
        var outcome = FunctionOutcomes.OfDestination(new FunctionEventResult(FunctionVerdict.Done, Status: status), null);
        Assert.Equal((verdict, reason), (outcome.Verdict, outcome.Reason));
    }

    [Fact]
    public void A_result_carries_the_value_as_it_was_written()
    {
        using var document = JsonDocument.Parse("""{"results":[{"v":0,"r":{"a": 1}},{"v":2,"n":"ValidationError","m":"no"}],"logs":["one"],"messages":[{"type":"track"},5]}""");
        var call = new FunctionCall(new FunctionCode("f", "1", ""), FunctionUse.Insert, "[]"u8.ToArray(), 2, []);
        var result = FunctionReply.Read(call, NodeReply.Answered(document.RootElement), TimeSpan.Zero);
        Assert.Equal("""{"a": 1}""", Encoding.UTF8.GetString(result.Results[0].Value.Span));
        Assert.Equal((FunctionVerdict.Rejected, "ValidationError", "no"), (result.Results[1].Verdict, result.Results[1].ErrorName, result.Results[1].Message));
        Assert.Equal("one", Assert.Single(result.Logs));
        Assert.Equal("track", Assert.Single(result.Messages)["type"]!.GetValue<string>());
    }
}
