using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Tributary.Destinations.Actions;
using Tributary.Destinations.Http;
using Tributary.Server.Tests.Ingest;
using Xunit;

namespace Tributary.Server.Tests.Delivery;

/// <summary>
/// Popular destinations from end to end: an event of an unmodified SDK, the whole server with every destination connected through its API, real workers, and what
/// arrives where the vendors would be. It must be what the package itself sends for the event when it also does the mapping.
/// </summary>
public sealed class PopularDestinationsTests
{
    private static readonly string Goldens = Repository.PathOf("tests", "Server.Tests", "Delivery", "goldens");

    [Fact]
    public async Task Vendors_get_what_the_package_itself_would_send_them()
    {
        using var network = new RecordedNetwork(_ => ActionsRig.Json("{}"));
        await using var server = await RunningServer.StartAsync(builder =>
        {
            builder.Services.AddSingleton(new OutboundHttp(EgressRules.Parse(null), network));
            // Some find fault with the empty answers; trying again would only show the same request twice.
            builder.Configuration["Delivery:BackoffMsMin"] = "3600000";
            builder.Configuration["Delivery:BackoffMsMax"] = "3600000";
        });
        var (host, catalogue) = (server.Services.GetRequiredService<ActionsHost>(), server.Services.GetRequiredService<ActionsCatalogue>());
        var source = await server.CreateSourceAsync("shop");
        await ClientPrograms.RunAsync("track.mjs", new Uri(server.Address), source["writeKeys"]![0]!.GetValue<string>(), CancellationToken.None, ("EVENT", ActionsSample.Event));
        var delivered = await ReceivedAsync(server);

        var slugs = Directory.EnumerateFiles(Goldens, "*.txt").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal).ToList();
        var differing = new List<string>();
        foreach (var slug in slugs)
        {
            var kind = catalogue.Find(slug!)!;
            var settings = ActionsGoldenTests.Settings(kind);
            // An action that finds fault with the empty answer must not hold back the others of the same person.
            var stored = settings.DeepClone().AsObject();
            stored["sync"] = new JsonObject { ["ordered"] = false };
            var (status, made) = await server.SendAsync(
                HttpMethod.Post, "/api/destinations", new JsonObject { ["sourceId"] = source["id"]!.DeepClone(), ["metadataId"] = slug, ["name"] = slug, ["settings"] = stored }.ToJsonString());
            Assert.True(status == 200, $"{slug}: {made.ToJsonString()}");
            var id = made["data"]!["destination"]!["id"]!.GetValue<string>();
            // What is sent once more names the one destination that it goes to.
            delivered["integrations"] = new JsonObject { ["All"] = false, [kind.Kind.Name] = true };
            var expected = new List<string>();
            foreach (var key in (await File.ReadAllLinesAsync(Path.Combine(Goldens, slug + ".txt"))).Where(line => line.StartsWith("### ", StringComparison.Ordinal)).Select(line => line[4..]))
            {
                // Some actions are about what a track call does not have, e.g. a group.
                if (await ExpectedAsync(network, host, kind, key, settings, delivered) is not var (mapping, requests)) continue;
                expected.AddRange(requests);
                (status, made) = await server.SendAsync(HttpMethod.Post, $"/api/destinations/{id}/subscriptions", new JsonObject
                {
                    ["name"] = key,
                    ["actionId"] = key,
                    ["enabled"] = true,
                    ["trigger"] = "type = \"track\"",
                    ["settings"] = mapping,
                }.ToJsonString());
                Assert.True(status == 200, $"{slug} {key}: {made.ToJsonString()}");
            }

            Assert.True(expected.Count > 0, $"{slug} sends nothing for this event.");
            network.Requests.Clear();
            await SendAgainAsync(server, id);
            await ArrivedAsync(network, expected.Count);
            var arrived = network.Requests.Select(Written).Order(StringComparer.Ordinal).ToList();
            if (!arrived.SequenceEqual(expected.Order(StringComparer.Ordinal))) differing.Add($"{slug}:\n{string.Join("\n", arrived)}\ninstead of\n{string.Join("\n", expected)}");
        }

        Assert.True(slugs.Count >= 25);
        Assert.True(differing.Count == 0, string.Join("\n\n", differing));
    }

    // The event came before the destinations; a replay brings it to each.
    private static async Task SendAgainAsync(RunningServer server, string id)
    {
        var path = $"/api/destinations/{id}/replay";
        for (var tries = 0; (await server.SendAsync(HttpMethod.Post, path, "{}")).Status == 429; tries++)
        {
            Assert.True(tries < 200, "The destination never began.");
            await Task.Delay(10);
        }
    }

    private static async Task ArrivedAsync(RecordedNetwork network, int count)
    {
        for (var tries = 0; network.Requests.Count < count && tries < 500; tries++) await Task.Delay(20);
        // What is one too many shows itself in a moment.
        await Task.Delay(50);
    }

    private static async Task<(JsonObject Mapping, List<string> Requests)?> ExpectedAsync(
        RecordedNetwork network, ActionsHost host, ActionsKind kind, string action, JsonObject settings, JsonObject delivered)
    {
        foreach (var mapping in ActionsGoldenTests.Mappings(kind, kind.Kind.FindAction(action)!))
        {
            network.Requests.Clear();
            await host.RunWholeAsync(kind.Slug, $"whole {action}", settings, action, mapping, delivered, CancellationToken.None);
            if (!network.Requests.IsEmpty) return (mapping, [.. network.Requests.Select(Written)]);
        }

        return null;
    }

    private static string Written(ActionRequest request) => ActionsGoldenTests.Write([request]);

    private static async Task<JsonObject> ReceivedAsync(RunningServer server)
    {
        for (var tries = 0; tries < 500; tries++)
        {
            var (status, body) = await server.SendAsync(HttpMethod.Get, "/api/events/5b4f2c1e-0000-4000-8000-000000000001");
            if (status == 200) return body["data"]!["events"]![0]!["event"]!.AsObject().DeepClone().AsObject();
            await Task.Delay(10);
        }

        throw new InvalidOperationException("The event never arrived.");
    }
}
