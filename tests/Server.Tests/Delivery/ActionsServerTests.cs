using System.Text.Json.Nodes;
using Tributary.Engine.Tests.TestKit;
using Xunit;

namespace Tributary.Server.Tests.Delivery;

/// <summary>Segment's destinations in a whole server: what the catalogue says, and an event on its way through one of them.</summary>
public sealed class ActionsServerTests
{
    [Fact]
    public async Task An_event_goes_from_the_tracking_API_through_an_action_to_its_receiver()
    {
        await using var world = await DeliveredServer.StartAsync();
        await using var receiver = await WebhookStub.StartAsync();
        var (status, created) = await world.Server.SendAsync(
            HttpMethod.Post, "/api/destinations", $$$"""{"sourceId":"{{{world.Source}}}","metadataId":"actions-webhook","name":"Action","settings":{"sharedSecret":"s"}}""");
        Assert.True(status is 200 or 201, created.ToJsonString());
        var destination = created["data"]!["destination"]!;
        Assert.DoesNotContain("\"s\"", destination["settings"]!.ToJsonString(), StringComparison.Ordinal);
        (status, var subscribed) = await world.Server.SendAsync(
            HttpMethod.Post,
            $"/api/destinations/{destination["id"]}/subscriptions",
            $$$"""
            {"name":"Orders","actionId":"send","enabled":true,"trigger":"type = \"track\"",
             "settings":{"url":"{{{receiver.Address}}}/orders","method":"POST","data":{"total":{"@path":"$.properties.total"}},"enable_batching":false}}
            """);
        Assert.True(status is 200 or 201, subscribed.ToJsonString());

        await world.TrackAsync("""{"userId":"u1","event":"Order Completed","messageId":"m1","properties":{"total":9.5}}""");
        await world.UntilAsync(() => Task.FromResult(!receiver.Requests.IsEmpty));

        var request = Assert.Single(receiver.Requests);
        Assert.Equal(("POST", "/orders", """{"total":9.5}""", 40), (request.Method, request.Path, System.Text.Encoding.UTF8.GetString(request.Body), request.Headers["x-signature"].Length));
    }

    [Fact]
    public async Task A_destination_that_is_not_offered_is_refused_with_a_sentence()
    {
        await using var world = await DeliveredServer.StartAsync();
        var (status, body) = await world.Server.SendAsync(
            HttpMethod.Post, "/api/destinations", $$$"""{"sourceId":"{{{world.Source}}}","metadataId":"actions-sftp","name":"Files","settings":{"sftp_host":"h","sftp_username":"u","uploadStrategy":"x","auth_type":"password"}}""");
        Assert.Equal(400, status);
        Assert.Contains("TRIBUTARY_ACTIONS_RAW_SOCKETS", body.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Presets_can_be_saved_as_they_are_offered_also_with_triggers_of_several_lines()
    {
        await using var world = await DeliveredServer.StartAsync();
        var (_, made) = await world.Server.SendAsync(
            HttpMethod.Post, "/api/destinations", $$$"""{"sourceId":"{{{world.Source}}}","metadataId":"actions-customerio","name":"CIO","settings":{"siteId":"s","apiKey":"k"}}""");
        var path = $"/api/destinations/{made["data"]!["destination"]!["id"]}/subscriptions";
        var presets = (await world.Server.GetAsync("/api/catalog/destinations/actions-customerio"))["destinationMetadata"]!["presets"]!.AsArray();
        Assert.Contains(presets, preset => ((string?)preset!["trigger"])!.Contains('\n', StringComparison.Ordinal));

        foreach (var preset in presets)
        {
            var (status, saved) = await world.Server.SendAsync(HttpMethod.Post, path, new JsonObject
            {
                ["name"] = (string?)preset!["name"],
                ["actionId"] = (string?)preset["actionId"],
                ["trigger"] = (string?)preset["trigger"],
                ["settings"] = preset["fields"]!.DeepClone(),
            }.ToJsonString());
            Assert.True(status == 200, saved.ToJsonString());
        }

        var filter = """{"title":"Lines","if":"type = \"track\"\n  and event = \"X\"","actions":[{"type":"DROP"}]}""";
        Assert.Equal(200, (await world.Server.SendAsync(HttpMethod.Post, $"/api/destination/{world.Destination}/filters", filter)).Status);
    }

    [Fact]
    public async Task The_catalogue_shows_every_kind_with_its_actions_fields_and_presets()
    {
        await using var world = await DeliveredServer.StartAsync();
        var all = await CommandLine.JsonAsync(world.Server, "destinations", "list", "--all");
        Assert.True(all.AsArray().Count >= 215);
        Assert.Equal("UNAVAILABLE", (string?)all.AsArray().Single(kind => (string?)kind!["slug"] == "actions-noop")!["status"]);
        Assert.True((await CommandLine.JsonAsync(world.Server, "destinations", "list")).AsArray().Count < all.AsArray().Count);

        var amplitude = await CommandLine.JsonAsync(world.Server, "destinations", "describe", "actions-amplitude");
        Assert.Equal("PUBLIC", (string?)amplitude["status"]);
        var log = amplitude["actions"]!.AsArray().Single(action => (string?)action!["slug"] == "logEventV2")!;
        Assert.Equal(("logEventV2", "CLOUD"), ((string?)log["id"], (string?)log["platform"]));
        var field = log["fields"]!.AsArray().Single(one => (string?)one!["fieldKey"] == "event_type")!;
        Assert.Equal((true, "STRING", "$.event"), ((bool)field["required"]!, (string?)field["type"], (string?)field["defaultValue"]!["@path"]));
        Assert.All(amplitude["presets"]!.AsArray(), preset => Assert.Contains(amplitude["actions"]!.AsArray(), action => (string?)action!["id"] == (string?)preset!["actionId"]));
        Assert.Contains(amplitude["options"]!.AsArray(), option => (string?)option!["name"] == "endpoint" && option["defaultValue"] is not null && option["choices"] is JsonArray { Count: 2 });
    }

    [Fact]
    public async Task The_command_line_shows_destinations_to_people()
    {
        await using var world = await DeliveredServer.StartAsync();
        string[] server = ["--server", world.Server.Address, "--token", RunningServer.AdminToken];
        var (_, list, _) = await CommandLine.RunAsync(["destinations", "list", .. server]);
        Assert.Contains("actions-mixpanel", list, StringComparison.Ordinal);
        var (code, one, _) = await CommandLine.RunAsync(["destinations", "describe", "actions-slack", .. server]);
        Assert.Equal(0, code);
        Assert.Contains("postToChannel", one, StringComparison.Ordinal);
        var (missing, _, error) = await CommandLine.RunAsync(["destinations", "describe", "nothing", .. server]);
        Assert.Equal(1, missing);
        Assert.Contains("404", error, StringComparison.Ordinal);
    }
}
