using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Profiles;

/// <summary>The events of a person through the Profile API.</summary>
public sealed class ProfileEventsTests(ProfileWorld world) : IClassFixture<ProfileWorld>
{
    [Fact]
    public async Task Events_come_newest_first_as_tracks_and_identifies_are_left_out()
    {
        await world.SendAsync(
            """{"type":"page","name":"Home","messageId":"kinds-1","userId":"kinds","timestamp":"2026-01-01T00:00:01.000Z","properties":{"path":"/"}}""",
            """{"type":"screen","name":"Start","messageId":"kinds-2","userId":"kinds","timestamp":"2026-01-01T00:00:02.000Z"}""",
            """{"type":"track","event":"Paid","messageId":"kinds-3","userId":"kinds","timestamp":"2026-01-01T00:00:03.000Z","context":{"locale":"en"},"properties":{"total":5}}""",
            """{"type":"identify","messageId":"kinds-4","userId":"kinds","timestamp":"2026-01-01T00:00:04.000Z"}""");

        var page = await world.UserAsync("user_id:kinds", "events");

        var events = page["data"]!.AsArray();
        Assert.Equal(["Paid", "Screen Viewed", "Page Viewed"], events.Select(item => (string)item!["event"]!));
        Assert.All(events, item => Assert.Equal("track", (string)item!["type"]!));
        Assert.Equal(("kinds-3", world.SourceId, "2026-01-01T00:00:03.000Z"), ((string)events[0]!["message_id"]!, (string)events[0]!["source_id"]!, (string)events[0]!["timestamp"]!));
        Assert.Equal((5, "en"), ((int)events[0]!["properties"]!["total"]!, (string)events[0]!["context"]!["locale"]!));
        Assert.Equal("""{"collection":"users","type":"user_id","id":"kinds","encoding":"none"}""", Assert.Single(events[0]!["external_ids"]!.AsArray())!.ToJsonString());
        Assert.Equal(await world.IdOfAsync("user_id:kinds"), (string)events[0]!["related"]!["users"]!);
        Assert.Equal(("/", "Home"), ((string)events[2]!["properties"]!["path"]!, (string)events[2]!["properties"]!["page_name"]!));
        Assert.False((bool)page["cursor"]!["has_more"]!);
    }

    [Theory]
    [InlineData("asc", 1)]
    [InlineData("asc", 7)]
    [InlineData("desc", 1)]
    [InlineData("desc", 7)]
    public async Task Pages_of_events_lose_and_repeat_nothing_even_within_one_millisecond(string sort, int limit)
    {
        // Forty events in five milliseconds, from two devices and thus two fragments; ids with characters that base64 and queries do not like.
        var user = $"paged-{sort}-{limit}";
        var sent = Enumerable.Range(0, 40).Select(at => $"{user}-{at:d2}:~~?>>/+").ToList();
        await world.SendAsync([.. sent.Select((id, at) =>
            $$"""{"type":"track","event":"E{{at % 3}}","messageId":"{{id}}","anonymousId":"{{user}}-device-{{at % 2}}","timestamp":"2026-01-01T00:00:00.00{{at % 5}}Z"}""")]);
        await world.SendAsync(
            $$"""{"type":"identify","userId":"{{user}}","anonymousId":"{{user}}-device-0"}""", $$"""{"type":"identify","userId":"{{user}}","anonymousId":"{{user}}-device-1"}""");

        var seen = await WalkAsync(user, $"sort={sort}&limit={limit}");

        Assert.Equal(sent.Order(), seen.Select(item => (string)item["message_id"]!).Order());
        var times = seen.Select(item => (string)item["timestamp"]!).ToList();
        Assert.Equal(sort == "asc" ? times.Order() : times.OrderDescending(), times);

        var some = await WalkAsync(user, $"sort={sort}&limit={limit}&include=E0,E1&exclude=E1");
        Assert.Equal(14, some.Count);
        Assert.All(some, item => Assert.Equal("E0", (string)item["event"]!));
    }

    [Fact]
    public async Task Start_and_end_are_outside_the_window()
    {
        await world.SendAsync([.. Enumerable.Range(1, 5).Select(second =>
            $$"""{"type":"track","event":"T{{second}}","messageId":"window-{{second}}","userId":"window","timestamp":"2026-01-01T00:00:0{{second}}.000Z"}""")]);

        Assert.Equal(["T3", "T2"], await NamesAsync("start=2026-01-01T00:00:01.000Z&end=2026-01-01T00:00:04.000Z"));
        Assert.Equal(["T5", "T4"], await NamesAsync("start=2026-01-01T00:00:03Z"));
        Assert.Equal(["T1"], await NamesAsync("end=2026-01-01T01:00:02%2B01:00"));
        Assert.Empty(await NamesAsync("start=2027-01-01"));

        async Task<List<string>> NamesAsync(string query) => [.. (await world.UserAsync("user_id:window", $"events?{query}"))["data"]!.AsArray().Select(item => (string)item!["event"]!)];
    }

    [Theory]
    [InlineData("start=yesterday")]
    [InlineData("end=1e9")]
    [InlineData("sort=up")]
    public async Task A_query_that_means_nothing_is_a_validation_error(string query)
    {
        await world.SendAsync("""{"type":"track","event":"X","userId":"queries"}""");

        var (status, body) = await world.AskAsync($"users/profiles/user_id:queries/events?{query}");

        Assert.Equal((400, "validation_error"), (status, (string)body["error"]!["code"]!));
    }

    private async Task<List<JsonObject>> WalkAsync(string user, string query)
    {
        var seen = new List<JsonObject>();
        var next = "";
        do
        {
            // Unescaped, as careless clients send it.
            var page = await world.UserAsync($"user_id:{user}", $"events?{query}&next={next}");
            seen.AddRange(page["data"]!.AsArray().Select(item => item!.AsObject()));
            next = (string)page["cursor"]!["next"]!;
            Assert.True(seen.Count <= 100, "The pages go round in circles.");
        }
        while (next.Length > 0);
        return seen;
    }
}
