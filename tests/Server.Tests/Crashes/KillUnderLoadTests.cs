using System.Text.Json.Nodes;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Storage;
using Xunit;

namespace Tributary.Server.Tests.Crashes;

/// <summary>kill -9 at random moments under load, on one data folder, again and again.</summary>
public sealed class KillUnderLoadTests : IDisposable
{
    private const int Kills = 22;
    private readonly string _folder = Directory.CreateTempSubdirectory("tributary-kill-").FullName;

    [Fact]
    public async Task Every_event_that_was_answered_200_is_in_the_lake_once_and_in_the_right_profile_after_many_kills()
    {
        var port = ServerProcess.FreePort();
        await using var receiver = await WebhookReceiver.StartAsync();
        var server = await StartAsync(port);
        await receiver.ConnectAsync(server);
        await using var clients = new Clients($"http://127.0.0.1:{port}", await server.FirstWriteKeyAsync(), count: 4);
        // A fixed seed would not make the moments the same: what the server is at when it dies differs anyway.
        for (var kill = 0; kill < Kills; kill++)
        {
            await Task.Delay(Random.Shared.Next(50, 900));
            await server.KillAsync();
            server.Dispose();
            server = await StartAsync(port);
        }

        await Task.Delay(500);
        await clients.FinishAsync();
        Assert.True(clients.Refused >= Kills, $"Only {clients.Refused} requests met a dead server.");
        Assert.True(clients.Acknowledged.Count > 300, $"Only {clients.Acknowledged.Count} events were answered.");

        await CheckLakeAsync(server, clients);
        await CheckProfilesAsync(server);
        await CheckFlowAsync(server, clients, receiver);
        await server.StopAsync();
        server.Dispose();
        CheckData(clients);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<ServerProcess> StartAsync(int port) => ServerProcess.StartAsync(_folder, port, environment: ("TRIBUTARY_EGRESS_ALLOW", "127.0.0.0/8"));

    // The law of conservation, and that the destination got each event at least once. A build without Delivery has no such page.
    private static async Task CheckFlowAsync(ServerProcess server, Clients clients, WebhookReceiver receiver)
    {
        var flow = new JsonObject();
        for (var patience = 0; patience < 150; patience++)
        {
            flow = JsonNode.Parse(await server.Http.GetStringAsync("/api/flow"))!["data"]!.AsObject();
            if (Number(flow["destinations"]![0]!, "pending") == 0 && clients.Acknowledged.Keys.All(receiver.Has)) break;
            await Task.Delay(200);
        }

        var source = flow["sources"]![0]!;
        Assert.Equal(Number(source, "received"), Number(source, "accepted") + Number(source, "duplicate") + Sum(source, "discarded") + Number(source, "quarantined"));
        var destination = flow["destinations"]![0]!;
        Assert.Equal(Number(source, "accepted"), Number(destination, "received"));
        Assert.Equal(
            Number(destination, "received"), Number(destination, "delivered") + Sum(destination, "filtered") + Sum(destination, "failed") + Number(destination, "pending"));
        Assert.Equal((0, Number(destination, "received")), (Number(destination, "pending"), Number(destination, "delivered")));
        Assert.All(clients.Acknowledged.Keys, id => Assert.True(receiver.Has(id), $"{id} was not delivered."));

        static long Number(JsonNode node, string name) => node[name]!.GetValue<long>();
        static long Sum(JsonNode node, string name) => node[name]!.AsObject().Sum(pair => pair.Value!.GetValue<long>());
    }

    // Each id once, none missing. An event that was never answered may be there as well: its answer got lost.
    private static async Task CheckLakeAsync(ServerProcess server, Clients clients)
    {
        var loaded = new Dictionary<string, int>();
        for (var patience = 0; patience < 100; patience++)
        {
            loaded = (await server.QueryAsync("SELECT id, count(*) FROM first_source.tracks GROUP BY id")).ToDictionary(row => row[0]!, row => int.Parse(row[1]!));
            if (clients.Acknowledged.Keys.All(loaded.ContainsKey)) break;
            await Task.Delay(200);
        }

        Assert.All(clients.Acknowledged.Keys, id => Assert.Contains(id, loaded));
        Assert.All(loaded, row => Assert.Equal(1, row.Value));
    }

    private static async Task CheckProfilesAsync(ServerProcess server)
    {
        var expected = new Dictionary<string, string>();
        for (var person = 0; person < Clients.People; person++)
        {
            var profile = JsonNode.Parse(await server.Http.GetStringAsync($"/api/profiles/user_id%3Au{person}"))!["data"]!;
            Assert.Equal([$"anonymous_id:a{person}", $"anonymous_id:b{person}", $"user_id:u{person}"], profile["identifiers"]!.AsArray().Select(name => name!.ToString()).Order());
            var id = profile["id"]!.ToString();
            expected[id] = person.ToString();
            var counted = await server.QueryAsync($"SELECT count(*) FROM first_source.seen WHERE person = {person}");
            Assert.Equal(counted[0][0], profile["eventCount"]!.ToString());
        }

        // What was stamped with a profile that was merged away since resolves to the person's.
        var rows = await server.QueryAsync("""
            SELECT DISTINCT m.canonical_segment_id, s.person
            FROM first_source.seen s JOIN profiles.profile_merges m ON m.segment_id = s.segment_id
            """);
        Assert.Equal(Clients.People, rows.Count);
        foreach (var row in rows) Assert.Equal(expected[row[0]!], row[1]);
        Assert.Equal("0", (await server.QueryAsync("SELECT count(*) FROM first_source.seen WHERE segment_id NOT IN (SELECT segment_id FROM profiles.profile_merges)"))[0][0]);
    }

    // The folder itself, without a server: counts that add up, and a replay that gives the same bytes.
    private void CheckData(Clients clients)
    {
        using var store = RocksStateStore.Open(Path.Combine(_folder, "state"));
        var position = ProcessingPosition.Read(store);
        using var received = SegmentLog.Open(Path.Combine(_folder, "received"), new SegmentLogOptions(), TimeProvider.System);
        using var decided = SegmentLog.Open(Path.Combine(_folder, "decided"), new SegmentLogOptions { KnowsItsEnd = false }, TimeProvider.System, position.Decided);
        decided.Publish(position.Decided);

        var counts = SourceCounters.Read(store, source: 1);
        Assert.Equal(counts.Received, counts.Accepted + counts.Duplicate + counts.Quarantined + counts.Discarded.Values.Sum());
        Assert.Equal((0, 0), (counts.Quarantined, counts.Discarded.Count));
        Assert.True(counts.Accepted >= clients.Acknowledged.Count);
        Assert.Null(new ReplayVerification(received, decided, store, new ProcessingOptions(), TimeProvider.System).Run(null, CancellationToken.None));
    }
}
