using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Crashes;

/// <summary>kill -9 of the server, and of the Node processes in which Segment's destinations run, at random moments under load.</summary>
public sealed class KillOfWorkersTests : IDisposable
{
    private const int Rounds = 8;
    private readonly string _folder = Directory.CreateTempSubdirectory("tributary-kill-workers-").FullName;

    [Fact]
    public async Task Every_event_that_was_answered_200_arrives_through_each_subscription_whoever_is_killed()
    {
        var port = ServerProcess.FreePort();
        await using var native = await WebhookReceiver.StartAsync();
        await using var all = await WebhookReceiver.StartAsync();
        await using var some = await WebhookReceiver.StartAsync();
        var server = await StartAsync(port);
        await native.ConnectAsync(server);
        var source = JsonNode.Parse(await server.Http.GetStringAsync("/api/sources"))!["data"]!["sources"]![0]!["id"]!.ToString();
        var made = await PostAsync(server, "/api/destinations", $$$"""{"sourceId":"{{{source}}}","metadataId":"actions-webhook","name":"Actions","settings":{}}""");
        var subscriptions = $"/api/destinations/{made["destination"]!["id"]}/subscriptions";
        await PostAsync(server, subscriptions, Subscription("all", all, "type = \\\"track\\\"", isBatched: false));
        await PostAsync(server, subscriptions, Subscription("some", some, "properties.person < 20", isBatched: true));

        await using var clients = new Clients($"http://127.0.0.1:{port}", await server.FirstWriteKeyAsync(), count: 2, pauseMsMax: 1_000);
        var workers = 0;
        for (var round = 0; round < Rounds; round++)
        {
            await Task.Delay(Random.Shared.Next(500, 2_500));
            foreach (var worker in ChildrenOf(server.Id)) workers += Kill(worker) ? 1 : 0;
            await Task.Delay(Random.Shared.Next(200, 1_500));
            if (round % 2 == 0) continue;
            await server.KillAsync();
            server.Dispose();
            server = await StartAsync(port);
        }

        await Task.Delay(500);
        await clients.FinishAsync();
        Assert.True(workers > 0, "No worker was killed.");
        Assert.True(clients.Acknowledged.Count > 200, $"Only {clients.Acknowledged.Count} events were answered.");
        await CheckAsync(server, () => clients.Acknowledged.All(each => native.Has(each.Key) && all.Has(each.Key) && (each.Value >= 20 || some.Has(each.Key))));
        Assert.All(clients.Acknowledged, each => Assert.True(native.Has(each.Key), $"{each.Key} did not arrive at the webhook."));
        Assert.All(clients.Acknowledged, each => Assert.True(all.Has(each.Key), $"{each.Key} did not arrive through the first subscription."));
        Assert.All(clients.Acknowledged, each => Assert.True(some.Has(each.Key) == each.Value < 20, $"{each.Key} of person {each.Value} is wrong at the second subscription."));
        await server.StopAsync();
        server.Dispose();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<ServerProcess> StartAsync(int port) => ServerProcess.StartAsync(_folder, port, environment: ("TRIBUTARY_EGRESS_ALLOW", "127.0.0.0/8"));

    private static string Subscription(string name, WebhookReceiver receiver, string trigger, bool isBatched) => $$$"""
        {"name":"{{{name}}}","actionId":"send","enabled":true,"trigger":"{{{trigger}}}",
         "settings":{"url":"{{{receiver.Url}}}","method":"POST","data":{"messageId":{"@path":"$.messageId"}},"enable_batching":{{{(isBatched ? "true" : "false")}}}}}
        """;

    // The law of conservation for both destinations, with nothing left that is pending or failed.
    private static async Task CheckAsync(ServerProcess server, Func<bool> hasAll)
    {
        var flow = new JsonObject();
        for (var patience = 0; patience < 300; patience++)
        {
            flow = JsonNode.Parse(await server.Http.GetStringAsync("/api/flow"))!["data"]!.AsObject();
            if (flow["destinations"]!.AsArray().All(destination => Number(destination!, "pending") == 0) && hasAll()) break;
            await Task.Delay(200);
        }

        Assert.Equal(2, flow["destinations"]!.AsArray().Count);
        foreach (var destination in flow["destinations"]!.AsArray())
        {
            var said = destination!.ToJsonString();
            Assert.True(Number(destination, "received") == Number(destination, "delivered") + Sum(destination, "filtered") + Sum(destination, "failed") + Number(destination, "pending"), said);
            Assert.True((Number(destination, "pending"), Sum(destination, "failed")) == (0, 0), said);
        }

        static long Number(JsonNode node, string name) => node[name]!.GetValue<long>();
        static long Sum(JsonNode node, string name) => node[name]!.AsObject().Sum(pair => pair.Value!.GetValue<long>());
    }

    private static async Task<JsonNode> PostAsync(ServerProcess server, string path, string json)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await server.Http.PostAsync(path, body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!["data"]!;
    }

    // The second number after the name in parentheses is that of the parent.
    private static List<int> ChildrenOf(int parent)
    {
        var children = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)))
        {
            try
            {
                var status = File.ReadAllText(Path.Combine(folder, "stat"));
                var fields = status[(status.LastIndexOf(')') + 2)..].Split(' ');
                if (int.Parse(fields[1], CultureInfo.InvariantCulture) == parent) children.Add(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return children;
    }

    private static bool Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
            return true;
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }
}
