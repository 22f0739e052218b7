using System.Globalization;
using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Delivery;

public sealed class SourceMetricsTests
{
    [Fact]
    public async Task What_came_in_is_counted_over_time_and_survives_a_restart()
    {
        await using var world = await DeliveredServer.StartAsync();
        await SendAsync(world);
        await world.Server.RestartAsync();

        var path = $"?sourceId={world.Source}&granularity=minute&startTime={Ago(3)}&endTime={Ago(-1)}";
        var received = await world.Server.GetAsync("/api/delivery-overview/successfully-received" + path);
        Assert.Equal((5, 5, 1), (received["total"]!.GetValue<int>(), Sum(received["dataset"]![0]!), received["pagination"]!["totalEntries"]!.GetValue<int>()));
        Assert.Null(received["dataset"]![0]!["eventName"]);
        Assert.Null(Assert.Single((await world.Server.GetAsync("/api/delivery-overview/successfully-received" + path + "&groupBy[0]=discardReason"))["dataset"]!.AsArray())!["discardReason"]);

        var byName = await world.Server.GetAsync("/api/delivery-overview/successfully-received" + path + "&groupBy[0]=eventName&groupBy[1]=eventType&groupBy[2]=appVersion&filter[eventType][0]=track");
        Assert.Equal(["Bought 1.0 track 3", "Seen  track 1"], byName["dataset"]!.AsArray().Select(set => $"{set!["eventName"]} {set["appVersion"]} {set["eventType"]} {set["total"]}"));

        var failed = await world.Server.GetAsync("/api/delivery-overview/failed-on-ingest" + path + "&groupBy=discardReason&groupBy=eventName");
        Assert.Equal(
            ["event_not_string  1", "no_user_anon_id Lost 1"],
            failed["dataset"]!.AsArray().Select(set => $"{set!["discardReason"]} {set["eventName"]} {set["total"]}").Order(StringComparer.Ordinal));

        var filtered = await world.Server.GetAsync("/api/delivery-overview/filtered-at-source" + path + "&groupBy[]=discardReason");
        Assert.Equal((1, "duplicate"), (filtered["total"]!.GetValue<int>(), (string?)filtered["dataset"]![0]!["discardReason"]));
    }

    [Theory]
    [InlineData("minute")]
    [InlineData("HOUR")]
    [InlineData("day")]
    public async Task The_volume_is_what_was_accepted_of_all_sources_or_some(string granularity)
    {
        await using var world = await DeliveredServer.StartAsync();
        await SendAsync(world);
        var other = await world.Server.CreateSourceAsync("other");

        var path = $"/api/events/volume?granularity={granularity}";
        var all = await world.Server.GetAsync(path);
        Assert.Equal((4, 4), (all["result"]![0]!["total"]!.GetValue<int>(), Sum(all["result"]![0]!)));
        Assert.Equal(("/events/volume", granularity.ToUpperInvariant()), ((string?)all["path"], (string?)all["query"]!["granularity"]));

        var grouped = await world.Server.GetAsync(path + "&groupBy[0]=eventName&groupBy[1]=source&eventName[0]=Bought&eventName[1]=Seen&pagination[count]=1");
        Assert.Equal(("Bought", "shop", 2, 2), (
            (string?)grouped["result"]![0]!["eventName"], (string?)grouped["result"]![0]!["source"]!["slug"], grouped["result"]![0]!["total"]!.GetValue<int>(),
            grouped["pagination"]!["totalEntries"]!.GetValue<int>()));
        var next = await world.Server.GetAsync(path + $"&groupBy=eventName,source&eventName[0]=Bought&eventName[1]=Seen&pagination[cursor]={grouped["pagination"]!["next"]}");
        Assert.Equal("Seen", (string?)Assert.Single(next["result"]!.AsArray())!["eventName"]);
        Assert.Empty((await world.Server.GetAsync(path + $"&sourceId[0]={other["id"]}"))["result"]!.AsArray());
        Assert.Equal(2, (await world.Server.GetAsync(path + "&appVersion=1.0"))["result"]![0]!["total"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("/api/delivery-overview/failed-on-ingest?granularity=day", 404)]
    [InlineData("/api/delivery-overview/failed-on-ingest?sourceId=SOURCE&granularity=week", 400)]
    [InlineData("/api/delivery-overview/failed-on-ingest?sourceId=SOURCE&granularity=day&groupBy[0]=audienceId", 400)]
    [InlineData("/api/delivery-overview/failed-on-ingest?sourceId=SOURCE&granularity=minute&startTime=2020-01-01T00:00:00Z", 400)]
    [InlineData("/api/events/volume?granularity=day&sourceId=nope", 404)]
    [InlineData("/api/events/volume", 400)]
    public async Task Questions_that_cannot_be_answered_are_refused(string path, int status)
    {
        await using var world = await DeliveredServer.StartAsync();

        Assert.Equal(status, (await world.Server.SendAsync(HttpMethod.Get, path.Replace("SOURCE", world.Source, StringComparison.Ordinal))).Status);
    }

    private static async Task SendAsync(DeliveredServer world)
    {
        const string App = "\"context\":{\"app\":{\"version\":\"1.0\"}}";
        await world.TrackAsync($$"""{"userId":"u1","event":"Bought","messageId":"a",{{App}}}""");
        await world.TrackAsync($$"""{"userId":"u1","event":"Bought","messageId":"b",{{App}}}""");
        await world.TrackAsync($$"""{"userId":"u1","event":"Bought","messageId":"b",{{App}}}""");
        await world.TrackAsync("""{"userId":"u1","event":"Seen","messageId":"c"}""");
        await world.TrackAsync("""{"userId":"u1","messageId":"d"}""", "identify");
        await world.TrackAsync("""{"event":"Lost","messageId":"e"}""");
        await world.TrackAsync("""{"userId":"u1","event":7,"messageId":"f"}""");
    }

    private static int Sum(JsonNode set) => set["series"]!.AsArray().Sum(point => point!["count"]!.GetValue<int>());

    private static string Ago(int hours) => Uri.EscapeDataString(TimeProvider.System.GetUtcNow().AddHours(-hours).ToString("O", CultureInfo.InvariantCulture));
}
