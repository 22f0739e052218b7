using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tributary.Server.Demo;
using Xunit;

namespace Tributary.Server.Tests.Demo;

public sealed partial class DemoCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tributary-demo-").FullName;

    [Fact]
    public async Task Shows_one_person_joined_from_three_sources_and_where_to_look()
    {
        var (code, output, error) = await RunAsync("--people", "40");

        Assert.True(code == 0, error);
        Assert.Contains("one profile from three sources: website, crm, help-desk", output, StringComparison.Ordinal);
        var chain = output[output.IndexOf("How an anonymous browser", StringComparison.Ordinal)..];
        Assert.Matches(@"identify \(website\)[\s\S]+identify \(crm\)[\s\S]+track \(help-desk\)", chain);
        Assert.Contains("order_completed", chain, StringComparison.Ordinal);
        foreach (var address in new[] { "/traits?limit=200", "/explain?and=anonymous_id:requester-50000", "/api/events/", "lake query" })
            Assert.Contains(address, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_run_finds_the_shop_and_sends_nothing_again()
    {
        var first = await RunAsync("--people", "20");
        var second = await RunAsync("--people", "20");

        Assert.Equal((0, 0), (first.Code, second.Code));
        Assert.Contains("The shop is already here: 20 people", second.Output, StringComparison.Ordinal);
        Assert.Equal(Events(first.Output), Events(second.Output));
    }

    [Fact]
    public async Task A_demo_that_was_cut_short_is_sent_again_without_doubling_anything()
    {
        var first = await RunAsync("--people", "20");
        (DemoMark.Read(_folder)! with { IsComplete = false }).Write(_folder);

        var again = await RunAsync();

        Assert.Equal((0, 0), (first.Code, again.Code));
        Assert.DoesNotContain("already here", again.Output, StringComparison.Ordinal);
        Assert.Equal(Events(first.Output), Events(again.Output));
    }

    [Fact]
    public async Task A_folder_with_other_data_is_refused_with_advice()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "received"));

        var (code, _, error) = await RunAsync();

        Assert.Equal(1, code);
        Assert.Contains("--data ./demo-data", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_seed_makes_the_same_shop_and_another_seed_another()
    {
        var now = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        Assert.Equal(Wire(1, now), Wire(1, now));
        Assert.NotEqual(Wire(1, now), Wire(2, now));
    }

    [Fact]
    public void Nothing_of_the_history_lies_in_the_future_and_every_message_has_its_own_id()
    {
        var now = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        var messages = Messages(3, now).ToList();

        Assert.All(messages, message => Assert.InRange(DateTimeOffset.Parse((string)message["timestamp"]!), now - DemoTime.Span, now));
        Assert.Equal(messages.Count, messages.Select(message => (string)message["messageId"]!).Distinct().Count());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<(int Code, string Output, string Error)> RunAsync(params string[] more) =>
        CommandLine.RunAsync(["demo", "--exit", "--urls", "http://127.0.0.1:0", "--data", _folder, .. more]);

    private static string Wire(int seed, DateTimeOffset now) => string.Join('\n', Messages(seed, now).Select(message => message.ToJsonString()));

    private static IEnumerable<JsonObject> Messages(int seed, DateTimeOffset now) => DemoPeople.Invent(seed, 300).SelectMany(person =>
        new WebsiteVisits(person).History(now, DemoTime.Span).SelectMany(visit => visit.Messages).Concat(HelpDeskTickets.History(person, now)));

    // "use_…, 56 events", and the table of the lake: everything that counts.
    private static string Events(string output) => EventCount().Match(output).Value + output.Split("from the lake:")[1].Split("rows")[0];

    [GeneratedRegex(", [0-9]+ events")]
    private static partial Regex EventCount();
}
