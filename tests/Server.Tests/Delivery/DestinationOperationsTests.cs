using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Tributary.Server.Tests.Delivery;

/// <summary>What an operator does with a destination over the management API.</summary>
public sealed class DestinationOperationsTests
{
    private const string Secret = "a-secret-nobody-sees";

    [Fact]
    public async Task Secrets_are_sealed_on_disk_masked_in_answers_and_taken_out_of_samples()
    {
        await using var world = await DeliveredServer.StartAsync($$""","sharedSecret":"{{Secret}}","headers":{"Authorization":"Bearer {{Secret}}","X-Note":"see {{Secret}} here"}""");
        Answer(world, _ => (400, $"the key {Secret} is wrong"));
        await world.TrackAsync("""{"userId":"u1","event":"X","messageId":"m1"}""");
        await world.SettledAsync(1);

        var destination = await world.Server.GetAsync($"/api/destinations/{world.Destination}");
        var samples = await world.Server.GetAsync($"/api/destinations/{world.Destination}/samples");
        var passport = await world.PassportAsync("m1");
        var audit = await world.Server.GetAsync("/api/audit-events");

        Assert.All(new[] { destination, samples, passport, audit }, answer => Assert.DoesNotContain(Secret, answer.ToJsonString(), StringComparison.Ordinal));
        var sample = Assert.Single(samples["samples"]!.AsArray())!;
        Assert.Equal(("http_400", "m1"), ((string?)sample["reason"], (string?)sample["messageId"]));
        Assert.Equal("the key •••• is wrong", (string?)sample["exchanges"]![0]!["response"]!["body"]);
        Assert.Equal("Bearer ••••", (string?)sample["exchanges"]![0]!["request"]!["headers"]!["Authorization"]);
        Assert.Equal(("http_400", 1), ((string?)passport["events"]![0]!["destinations"]![0]!["failedAttempts"]![0]!["reason"], passport["events"]![0]!["destinations"]![0]!["samples"]!.AsArray().Count));
        foreach (var file in Directory.EnumerateFiles(world.Server.Folder, "*", SearchOption.AllDirectories))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var memory = new MemoryStream();
            await stream.CopyToAsync(memory);
            Assert.True(memory.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)) < 0, $"{file} holds the secret.");
        }

        // The mask sent back leaves the secret as it is, and a restart opens it again.
        await world.Server.SendAsync(HttpMethod.Patch, $"/api/destinations/{world.Destination}", """{"settings":{"sharedSecret":"••••"}}""");
        await world.Server.RestartAsync();
        Answer(world, _ => (200, ""));
        await world.TrackAsync("""{"userId":"u1","event":"X","messageId":"m2"}""");
        await world.SettledAsync(2);
        Assert.Equal(world.Stub.Requests.First().Headers["X-Signature"].Length, world.Stub.Requests.Last().Headers["X-Signature"].Length);
        Assert.Contains(Secret, world.Stub.Requests.Last().Headers["X-Note"], StringComparison.Ordinal);
    }

    private static void Answer(DeliveredServer world, Func<string, (int Status, string Body)> answer) => world.Stub.Answer = async (request, context) =>
    {
        var (status, body) = answer(Encoding.UTF8.GetString(request.Body));
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(body);
    };

    [Fact]
    public async Task A_pause_holds_events_and_a_resume_sends_them()
    {
        await using var world = await DeliveredServer.StartAsync();
        var (_, paused) = await world.Server.SendAsync(HttpMethod.Post, $"/api/destinations/{world.Destination}/pause");
        Assert.True(paused["data"]!["destination"]!["paused"]!.GetValue<bool>());
        await world.TrackAsync("""{"userId":"u1","event":"X"}""");
        await Task.Delay(200);
        Assert.Empty(world.Stub.Requests);
        Assert.Equal(1, DeliveredServer.Number(await world.FlowAsync(), "pending"));

        await world.Server.SendAsync(HttpMethod.Post, $"/api/destinations/{world.Destination}/resume");
        await world.SettledAsync(1);

        Assert.Single(world.Stub.Requests);
    }

    [Fact]
    public async Task What_failed_is_counted_and_sent_again_with_its_message_id()
    {
        await using var world = await DeliveredServer.StartAsync();
        Answer(world, body => (body.Contains("bad", StringComparison.Ordinal) ? 422 : 200, ""));
        for (var i = 0; i < 4; i++) await world.TrackAsync($$"""{"userId":"u1","event":"{{(i % 2 == 0 ? "bad" : "good")}}","messageId":"m{{i}}"}""");
        await world.SettledAsync(4);
        var path = $"/api/destinations/{world.Destination}/replay";

        var (_, counted) = await world.Server.SendAsync(HttpMethod.Post, path, """{"reason":"http_422","dryRun":true}""");
        var (_, filtered) = await world.Server.SendAsync(HttpMethod.Post, path, """{"filter":"event = 'good'","dryRun":true}""");
        Assert.Equal((2, 2), (counted["data"]!["count"]!.GetValue<long>(), filtered["data"]!["count"]!.GetValue<long>()));
        Assert.Equal(400, (await world.Server.SendAsync(HttpMethod.Post, path, """{"filter":"event = ","dryRun":true}""")).Status);
        Assert.Equal(400, (await world.Server.SendAsync(HttpMethod.Post, path, """{"from":"yesterday"}""")).Status);

        Answer(world, _ => (200, ""));
        await world.Server.SendAsync(HttpMethod.Post, path, """{"reason":"http_422","from":"2020-01-01T00:00:00Z"}""");
        await world.UntilAsync(async () => DeliveredServer.Number(await world.FlowAsync(), "delivered") == 4);

        Assert.Equal("FINISHED", (string?)(await world.Server.GetAsync(path))["replay"]!["status"]);
        Assert.Equal(["m0", "m2"], world.Stub.Requests.Skip(4).Select(request => (string?)JsonNode.Parse(request.Body)!["messageId"]));
        Assert.Equal("delivered", (string?)(await world.LifeAsync("m0"))["state"]);
    }

    [Fact]
    public async Task A_test_event_shows_the_request_and_sends_nothing()
    {
        await using var world = await DeliveredServer.StartAsync($$""","sharedSecret":"{{Secret}}" """);
        await world.Server.SendAsync(HttpMethod.Post, $"/api/destination/{world.Destination}/filters", """{"title":"no ip","if":"all","enabled":true,"actions":[{"type":"DROP_PROPERTIES","fields":{"context":["ip"]}}]}""");

        var (status, answer) = await world.Server.SendAsync(
            HttpMethod.Post, $"/api/destinations/{world.Destination}/test", """{"event":{"type":"track","event":"Try","userId":"u1","context":{"ip":"1.2.3.4","locale":"de"}}}""");

        Assert.Equal(200, status);
        var request = Assert.Single(answer["data"]!["requests"]!.AsArray())!;
        Assert.Equal(("POST", world.Stub.Address + "/in", "••••"), ((string?)request["method"], (string?)request["url"], (string?)request["headers"]!["X-Signature"]));
        Assert.Equal("""{"locale":"de"}""", JsonNode.Parse((string)request["body"]!)!["context"]!.ToJsonString());
        Assert.Empty(world.Stub.Requests);
        Assert.Equal(400, (await world.Server.SendAsync(HttpMethod.Post, $"/api/destinations/{world.Destination}/test", """{"event":{"type":"nonsense"}}""")).Status);
        Assert.Equal(404, (await world.Server.SendAsync(HttpMethod.Post, "/api/destinations/none/test", """{"event":{"type":"track"}}""")).Status);
    }

    [Fact]
    public async Task Filters_are_checked_previewed_and_applied()
    {
        await using var world = await DeliveredServer.StartAsync();
        var path = $"/api/destination/{world.Destination}/filters";
        var (refused, why) = await world.Server.SendAsync(HttpMethod.Post, path, """{"title":"x","if":"event = ","enabled":true,"actions":[{"type":"EXPLODE"}]}""");
        Assert.Equal(400, refused);
        Assert.Equal(["if", "actions[0].type"], why["errors"]!.AsArray().Select(error => (string?)error!["field"]));

        var (_, created) = await world.Server.SendAsync(HttpMethod.Post, path, """{"title":"internal","if":"properties.internal = true","enabled":true,"actions":[{"type":"DROP"}]}""");
        await world.Server.SendAsync(HttpMethod.Post, path, """{"title":"lean","if":"event = 'Order'","enabled":true,"actions":[{"type":"ALLOW_PROPERTIES","fields":{"properties":["total"]}}]}""");
        await world.TrackAsync("""{"userId":"u1","event":"Order","messageId":"m1","properties":{"total":1,"card":"4111"}}""");
        await world.TrackAsync("""{"userId":"u1","event":"Order","messageId":"m2","properties":{"total":1,"internal":true}}""");
        await world.SettledAsync(2);

        Assert.Equal("""{"total":1}""", JsonNode.Parse(Assert.Single(world.Stub.Requests).Body)!["properties"]!.ToJsonString());
        Assert.Equal(1, (await world.FlowAsync())["filtered"]!["filtered_by_rules"]!.GetValue<long>());
        var (_, preview) = await world.Server.SendAsync(
            HttpMethod.Post, "/api/destination/filters/preview", """{"filter":{"if":"a = 1","actions":[{"type":"DROP"}]},"payload":{"a":1}}""");
        Assert.Equal("""{"inputPayload":{"a":1},"result":null}""", preview["data"]!.ToJsonString());
        Assert.Equal(200, (await world.Server.SendAsync(HttpMethod.Delete, $"{path}/{created["data"]!["filter"]!["id"]}")).Status);
        Assert.Single((await world.Server.GetAsync(path))["filters"]!.AsArray());
    }

    [Theory]
    [InlineData("postgres", """{"host":"127.0.0.1","database":"d","username":"u","password":"p"}""")]
    [InlineData("files", """{"target":"folder"}""")]
    public async Task Destinations_that_store_everything_take_no_filters(string kind, string settings)
    {
        await using var world = await DeliveredServer.StartAsync();
        var (_, made) = await world.Server.SendAsync(
            HttpMethod.Post, "/api/destinations", $$"""{"sourceId":"{{world.Source}}","metadataId":"{{kind}}","name":"Store","enabled":false,"settings":{{settings}}}""");
        var id = (string?)made["data"]?["destination"]?["id"];
        Assert.True(id is not null, made.ToJsonString());

        var (status, refused) = await world.Server.SendAsync(
            HttpMethod.Post, $"/api/destination/{id}/filters", """{"title":"Drop","if":"all","actions":[{"type":"DROP"}],"enabled":true}""");
        Assert.Equal((400, "destinationId"), (status, (string?)refused["errors"]![0]!["field"]));
    }

    [Fact]
    public async Task End_user_consent_is_kept_for_destinations_that_have_categories()
    {
        await using var world = await DeliveredServer.StartAsync(""","consentCategories":["marketing","analytics"] """);
        await world.TrackAsync("""{"userId":"u1","event":"X","messageId":"none"}""");
        await world.TrackAsync("""{"userId":"u1","event":"X","messageId":"both","context":{"consent":{"categoryPreferences":{"marketing":true,"analytics":true}}}}""");
        await world.TrackAsync("""{"userId":"u1","event":"X","messageId":"one","context":{"consent":{"categoryPreferences":{"marketing":true,"analytics":false}}}}""");
        await world.TrackAsync("""{"userId":"u1","event":"X","messageId":"empty","context":{"consent":{"categoryPreferences":{}}}}""");
        await world.SettledAsync(4);

        Assert.Equal(["none", "both"], world.Stub.Requests.Select(request => (string?)JsonNode.Parse(request.Body)!["messageId"]));
        Assert.Equal(2, (await world.FlowAsync())["filtered"]!["filtered_by_end_user_consent"]!.GetValue<long>());
    }

    [Fact]
    public async Task An_event_that_asks_for_a_destination_that_does_not_exist_is_counted_so()
    {
        await using var world = await DeliveredServer.StartAsync();
        await world.TrackAsync("""{"userId":"u1","event":"X","messageId":"typo","integrations":{"All":false,"Hok":true}}""");
        await world.TrackAsync("""{"userId":"u1","event":"X","messageId":"other","integrations":{"All":false,"Slack":true,"Warehouses":{"all":true}}}""");
        await world.TrackAsync("""{"userId":"u1","event":"X","messageId":"own","integrations":{"All":false,"Hok":true,"Hook":true}}""");
        await world.SettledAsync(3);

        Assert.Equal("""{"filtered_by_integrations_object":1,"unknown_integration":1}""", (await world.FlowAsync())["filtered"]!.ToJsonString());
        var filtered = await world.Server.GetAsync($"/api/delivery-overview/filtered-at-destination?destinationConfigId={world.Destination}&granularity=minute&groupBy[0]=discardReason");
        Assert.Equal(["FILTERED_BY_INTEGRATIONS_OBJECT", "UNKNOWN_INTEGRATION"], filtered["dataset"]!.AsArray().Select(set => (string?)set!["discardReason"]).Order());
    }

    [Fact]
    public async Task Metrics_count_by_time_reason_and_attempt()
    {
        await using var world = await DeliveredServer.StartAsync(options: ("BackoffMsMin", "10"));
        var answers = new Queue<int>([500, 200, 404, 200]);
        Answer(world, _ => (answers.Dequeue(), ""));
        for (var i = 0; i < 3; i++) await world.TrackAsync($$"""{"userId":"u1","event":"X","messageId":"m{{i}}"}""");
        await world.SettledAsync(3);

        var summary = (await world.Server.GetAsync($"/api/destinations/{world.Destination}/delivery-metrics?sourceId={world.Source}"))["deliveryMetricsSummary"]!["metrics"]!.AsArray();
        Assert.Equal([2, 1, 1, 1, 0, 0], summary.Select(metric => metric!["total"]!.GetValue<int>()));
        Assert.Equal("""[{"metricName":"successes.attempt.1","value":1},{"metricName":"successes.attempt.2","value":1}]""", summary[0]!["breakdown"]!.ToJsonString());
        var failed = await world.Server.GetAsync($"/api/delivery-overview/failed-delivery?sourceId={world.Source}&destinationConfigId={world.Destination}&granularity=minute&groupBy[0]=discardReason");
        Assert.Equal("""[{"metricName":"errors.awaiting-retry.500","value":1}]""", summary[2]!["breakdown"]!.ToJsonString());
        Assert.Equal("""[{"metricName":"errors.discarded.404","value":1}]""", summary[3]!["breakdown"]!.ToJsonString());
        Assert.Equal((1, "404"), (failed["total"]!.GetValue<int>(), (string?)failed["dataset"]![0]!["discardReason"]));
        foreach (var (reason, total) in new[] { ("404", 1), ("http_404", 1), ("503", 0) })
        {
            var some = await world.Server.GetAsync($"/api/delivery-overview/failed-delivery?destinationConfigId={world.Destination}&granularity=hour&filter[discardReason][0]={reason}");
            Assert.Equal(total, some["total"]!.GetValue<int>());
        }

        Assert.Equal(400, (await world.Server.SendAsync(HttpMethod.Get, $"/api/delivery-overview/failed-delivery?destinationConfigId={world.Destination}&granularity=year")).Status);
    }

    [Fact]
    public async Task Subscriptions_are_checked_where_they_are_saved()
    {
        await using var server = await RunningServer.StartAsync();
        var source = await server.CreateSourceAsync("shop");
        var (_, made) = await server.SendAsync(HttpMethod.Post, "/api/destinations", $$"""{"sourceId":"{{source["id"]}}","metadataId":"actions-webhook","name":"Hook"}""");
        var path = $"/api/destinations/{made["data"]!["destination"]!["id"]}/subscriptions";

        var (status, refused) = await server.SendAsync(HttpMethod.Post, path, """{"name":"x","actionId":"nope","trigger":"type = \"track","settings":{"a":{"@nonsense":1}}}""");
        Assert.Equal(400, status);
        Assert.Equal(["actionId", "settings", "trigger"], refused["errors"]!.AsArray().Select(error => (string?)error!["field"]).Distinct().Order());

        var (_, created) = await server.SendAsync(HttpMethod.Post, path, """{"name":"Send","actionId":"send","trigger":"type = \"track\"","settings":{"url":"http://x.test"}}""");
        var subscription = created["data"]!["destinationSubscription"]!;
        Assert.False(subscription["enabled"]!.GetValue<bool>());
        var (_, updated) = await server.SendAsync(HttpMethod.Patch, $"{path}/{subscription["id"]}", """{"input":{"enabled":true}}""");
        Assert.True(updated["data"]!["subscription"]!["enabled"]!.GetValue<bool>());
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Delete, $"{path}/{subscription["id"]}")).Status);
        Assert.Equal(404, (await server.SendAsync(HttpMethod.Get, $"{path}/{subscription["id"]}")).Status);
    }
}
