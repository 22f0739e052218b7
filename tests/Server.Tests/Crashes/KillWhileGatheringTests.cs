using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Storage;
using Xunit;

namespace Tributary.Server.Tests.Crashes;

/// <summary>kill -9 while audiences and computed traits that came late gather their past, and while more events come.</summary>
public sealed class KillWhileGatheringTests : IDisposable
{
    private const int People = 1_200;
    private const int PastRounds = 5;
    private const int Kills = 9;
    private readonly string _folder = Directory.CreateTempSubdirectory("tributary-kill-gathering-").FullName;
    private readonly Dictionary<int, List<int>> _prices = [];
    private int _messages;

    [Fact]
    public async Task Everything_counts_once_however_often_the_server_is_killed_while_the_past_is_gathered()
    {
        var port = ServerProcess.FreePort();
        var server = await ServerProcess.StartAsync(_folder, port);
        using var source = new HttpClient { BaseAddress = server.Http.BaseAddress, Timeout = TimeSpan.FromSeconds(5) };
        source.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(await server.FirstWriteKeyAsync() + ":")));
        for (var round = 0; round < PastRounds; round++) await BuyAsync(source, Enumerable.Range(0, People).Where(person => round < 2 || (person + round) % 3 != 0));

        await SaveAsync(server, HttpMethod.Post, "audiences", """{"name":"Buyers","key":"buyers","definition":{"query":"event('Bought').count() >= 4"}}""");
        await SaveAsync(server, HttpMethod.Post, "audiences", """{"name":"Recent","key":"recent","definition":{"query":"event('Bought').within(30 days).where(property('price') >= 50).count() >= 2 AND trait('buyers') = true"}}""");
        await SaveAsync(server, HttpMethod.Post, "computed-traits", """{"name":"Orders","key":"orders","definition":{"query":"event('Bought').count()"}}""");
        await SaveAsync(server, HttpMethod.Post, "computed-traits", """{"name":"Spent","key":"spent","definition":{"query":"event('Bought').sum(property('price'))"}}""");
        var unfinished = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            using var living = new CancellationTokenSource();
            var buying = KeepBuyingAsync(source, kill, living.Token);
            // What is changed gathers its past anew, so that there is something to gather until the end.
            if (kill == Kills / 2) await SaveAsync(server, HttpMethod.Patch, "audiences/buyers", """{"definition":{"query":"event('Bought').where(property('price') >= 10).count() >= 4"}}""");
            // Soon after something is to be gathered, and at any other moment.
            await Task.Delay(Random.Shared.Next(kill % (Kills / 2) == 0 ? 60 : 500));
            if (!(await StatusesAsync(server)).TrueForAll(status => status == "Live")) unfinished++;
            await server.KillAsync();
            server.Dispose();
            server = await ServerProcess.StartAsync(_folder, port);
            await living.CancelAsync();
            await buying;
        }

        Assert.True(unfinished > 0, "The past was gathered before any kill.");
        for (var patience = 0; !(await StatusesAsync(server)).TrueForAll(status => status == "Live"); patience++)
        {
            Assert.True(patience < 600, string.Join(' ', await StatusesAsync(server)) + server.Log);
            await Task.Delay(100);
        }

        await BuyAsync(source, [0], wait: true);
        await CheckAsync(server);
        await server.StopAsync();
        server.Dispose();
        CheckReplay();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task SaveAsync(ServerProcess server, HttpMethod method, string path, string json)
    {
        using var request = new HttpRequestMessage(method, "/api/spaces/default/" + path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        using var answer = await server.Http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<List<string>> StatusesAsync(ServerProcess server)
    {
        var statuses = new List<string>();
        foreach (var (path, list) in new[] { ("audiences", "audiences"), ("computed-traits", "computedTraits") })
        {
            var answer = JsonNode.Parse(await server.Http.GetStringAsync("/api/spaces/default/" + path))!;
            statuses.AddRange(answer["data"]![list]!.AsArray().Select(each => each!["status"]!.ToString()));
        }

        return statuses;
    }

    private async Task KeepBuyingAsync(HttpClient source, int seed, CancellationToken stopping)
    {
        var random = new Random(seed);
        while (!stopping.IsCancellationRequested)
        {
            await BuyAsync(source, Enumerable.Range(0, 20).Select(_ => random.Next(People)));
            await Task.Delay(random.Next(20), CancellationToken.None);
        }
    }

    // Each person buys something. Like an SDK it sends a batch again, with the same message ids, until it is answered 200.
    private async Task BuyAsync(HttpClient source, IEnumerable<int> people, bool wait = false)
    {
        foreach (var some in people.Chunk(200))
        {
            var items = new List<string>();
            foreach (var person in some)
            {
                var price = ((_messages * 37) % 100) + 1;
                var at = DateTimeOffset.UtcNow.AddDays(-(_messages % 20)).ToString("O", CultureInfo.InvariantCulture);
                items.Add($$$"""{"type":"track","event":"Bought","userId":"u{{{person}}}","messageId":"m{{{_messages++}}}","timestamp":"{{{at}}}","properties":{"price":{{{price}}}}}""");
                if (!_prices.TryGetValue(person, out var prices)) _prices[person] = prices = [];
                prices.Add(price);
            }

            while (!await TrySendAsync(source, $$"""{"batch":[{{string.Join(',', items)}}]}""", wait)) await Task.Delay(20);
        }
    }

    private static async Task<bool> TrySendAsync(HttpClient source, string json, bool wait)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/batch") { Content = new StringContent(json, Encoding.UTF8, "application/json") };
            if (wait) request.Headers.Add("Prefer", "wait=30");
            using var answer = await source.SendAsync(request);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            // The server is gone, or went with our request: nobody knows whether it arrived.
            return false;
        }
    }

    // What was sent says who is in and what the traits have come to.
    private async Task CheckAsync(ServerProcess server)
    {
        static bool IsBuyer(List<int> prices) => prices.Count(price => price >= 10) >= 4;
        await CheckMembersAsync(server, "buyers", IsBuyer);
        await CheckMembersAsync(server, "recent", prices => prices.Count(price => price >= 50) >= 2 && IsBuyer(prices));
        foreach (var (person, prices) in _prices)
        {
            var answer = await server.Http.GetStringAsync($"/v1/spaces/default/collections/users/profiles/user_id:u{person}/traits?class=computed_trait");
            var traits = JsonNode.Parse(answer)!["traits"]!;
            Assert.Equal((person, prices.Count, prices.Sum()), (person, traits["orders"]!.GetValue<int>(), traits["spent"]!.GetValue<int>()));
        }
    }

    private async Task CheckMembersAsync(ServerProcess server, string key, Func<List<int>, bool> isIn)
    {
        var expected = _prices.Where(pair => isIn(pair.Value)).Select(pair => $"u{pair.Key}").Order(StringComparer.Ordinal).ToList();
        var members = new List<string>();
        JsonNode page;
        var cursor = "";
        do
        {
            page = JsonNode.Parse(await server.Http.GetStringAsync($"/api/spaces/default/audiences/{key}/members?pagination.count=200{cursor}"))!["data"]!;
            members.AddRange(page["members"]!.AsArray().Select(member => member!["externalIds"]!.AsArray().Single(id => id!["type"]!.ToString() == "user_id")!["id"]!.ToString()));
            cursor = "&pagination.cursor=" + page["pagination"]!["next"];
        }
        while (page["pagination"]!["next"] is not null);

        Assert.InRange(expected.Count, 1, People - 1);
        Assert.Equal(expected, members.Order(StringComparer.Ordinal));
        Assert.Equal(expected.Count, page["pagination"]!["totalEntries"]!.GetValue<int>());
    }

    private void CheckReplay()
    {
        using var store = RocksStateStore.Open(Path.Combine(_folder, "state"));
        var position = ProcessingPosition.Read(store);
        using var received = SegmentLog.Open(Path.Combine(_folder, "received"), new SegmentLogOptions(), TimeProvider.System);
        using var decided = SegmentLog.Open(Path.Combine(_folder, "decided"), new SegmentLogOptions { KnowsItsEnd = false }, TimeProvider.System, position.Decided);
        decided.Publish(position.Decided);
        Assert.Equal((0, 0), (SourceCounters.Read(store, source: 1).Quarantined, SourceCounters.Read(store, source: 1).Discarded.Count));
        Assert.Null(new ReplayVerification(received, decided, store, new ProcessingOptions(), TimeProvider.System).Run(null, CancellationToken.None));
    }
}
