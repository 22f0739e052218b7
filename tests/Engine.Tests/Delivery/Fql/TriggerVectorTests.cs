using System.Text;
using System.Text.Json;
using Tributary.Engine.Delivery.Fql;
using Xunit;

namespace Tributary.Engine.Tests.Delivery.Fql;

/// <summary>Triggers mean what Segment's own package says they mean.</summary>
public sealed class TriggerVectorTests
{
    [Fact]
    public void Every_recorded_text_matches_what_it_matched_at_Segment()
    {
        var wrong = new List<string>();
        foreach (var item in Vectors.Read("fql").GetProperty("cases").EnumerateArray())
        {
            var matches = Trigger.Compile(item.GetProperty("fql").GetString()!).Trigger?.Matches(EventOf(item)) ?? false;
            if (matches != IsExpected(item)) wrong.Add($"{item} but {matches}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count}\n{string.Join('\n', wrong.Take(5))}");
    }

    [Fact]
    public void Every_recorded_syntax_tree_matches_what_it_matched_at_Segment()
    {
        var wrong = new List<string>();
        foreach (var item in Vectors.Read("fql").GetProperty("astCases").EnumerateArray())
        {
            var matches = Trigger.CompileTree(Encoding.UTF8.GetBytes(item.GetProperty("ast").GetRawText())).Trigger?.Matches(EventOf(item)) ?? false;
            if (matches != IsExpected(item)) wrong.Add($"{item} but {matches}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count}\n{string.Join('\n', wrong.Take(5))}");
    }

    [Fact]
    public void Every_recorded_text_has_the_same_syntax_tree_or_an_error_too()
    {
        var wrong = new List<string>();
        foreach (var item in Vectors.Read("fql-ast").GetProperty("parse").EnumerateArray())
        {
            var (trigger, fault) = Trigger.Compile(item.GetProperty("fql").GetString()!);
            var isRight = item.TryGetProperty("error", out var error)
                ? fault is not null && (error.GetProperty("name").GetString() != "Error" || error.GetProperty("message").GetString() == fault.Message)
                : trigger is not null && Vectors.AreSame(JsonDocument.Parse(trigger.ToJson()).RootElement, item.GetProperty("ast"));
            if (!isRight) wrong.Add($"{item} but {fault} {trigger?.Tree}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count}\n{string.Join('\n', wrong.Take(5))}");
    }

    [Fact]
    public void Every_recorded_syntax_tree_is_written_as_the_same_text()
    {
        var wrong = new List<string>();
        foreach (var item in Vectors.Read("fql-ast").GetProperty("generate").EnumerateArray())
        {
            var (trigger, fault) = Trigger.CompileTree(Encoding.UTF8.GetBytes(item.GetProperty("ast").GetRawText()));
            var (fql, unwritten) = trigger?.ToFql() ?? (null, fault);
            var isRight = item.TryGetProperty("fql", out var expected) ? expected.GetString() == fql : fql is null && unwritten is not null;
            if (!isRight) wrong.Add($"{item} but {fql} {unwritten}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count}\n{string.Join('\n', wrong.Take(5))}");
    }

    // Where the original threw, the event is not sent either.
    private static bool IsExpected(JsonElement item) => item.TryGetProperty("expected", out var expected) && expected.GetBoolean();

    private static EventDocument EventOf(JsonElement item) =>
        EventDocument.Read(item.TryGetProperty("event", out var message) ? Encoding.UTF8.GetBytes(message.GetRawText()) : default(ReadOnlyMemory<byte>)) ?? EventDocument.Read("null"u8.ToArray())!;
}
