using System.Text.Json.Nodes;
using Tributary.Engine.Tests.TestKit;
using Tributary.Server.Tests.Ingest;
using Xunit;

namespace Tributary.Server.Tests.Audiences;

/// <summary>What a marketer wants: people buy with an SDK that knows nothing of us, and the tool behind the audience hears of it.</summary>
public sealed class AudienceJourneyTests
{
    [Fact]
    public async Task Somebody_who_buys_twice_with_an_unmodified_sdk_is_told_to_a_webhook_and_can_be_followed()
    {
        await using var hook = await WebhookStub.StartAsync();
        await using var server = await RunningServer.StartAsync(builder => builder.Configuration["TRIBUTARY_EGRESS_ALLOW"] = "127.0.0.0/8");
        var source = await server.CreateSourceAsync("shop");
        var (status, body) = await server.SendAsync(
            HttpMethod.Post, "/api/spaces/default/audiences",
            """{"name":"Bought twice","key":"bought_twice","definition":{"type":"USERS","query":"event('Order Completed').within(30 days).count() >= 2"}}""");
        Assert.True(status == 201, body.ToJsonString());
        var audience = (string)body["data"]!["audience"]!["id"]!;
        var engage = (await server.GetAsync("/api/sources"))["sources"]!.AsArray().Single(each => (string?)each!["metadata"]!["slug"] == "personas")!;
        (status, body) = await server.SendAsync(
            HttpMethod.Post, "/api/destinations",
            $$"""{"sourceId":"{{engage["id"]}}","metadataId":"webhook","name":"Mail tool","settings":{"url":"{{hook.Address}}/in"} }""");
        Assert.True(status is 200 or 201, body.ToJsonString());
        var destination = (string)body["data"]!["destination"]!["id"]!;
        (status, body) = await server.SendAsync(HttpMethod.Post, $"/api/spaces/default/audiences/{audience}/destination-connections", $$"""{"destinationId":"{{destination}}"}""");
        Assert.True(status == 201, body.ToJsonString());
        var connection = (string)body["data"]!["connection"]!["id"]!;

        var report = await ClientPrograms.RunAsync("shopper.mjs", new Uri(server.Address), (string)source["writeKeys"]![0]!, TestContext.Current.CancellationToken);
        Assert.Empty(report["failures"]!.AsArray());

        // One identify and one track call for each identifier: the user id, the email.
        var told = await ArrivedAsync(hook, 4);
        Assert.Equal(["identify", "identify", "track", "track"], told.Select(message => (string)message["type"]!).Order(StringComparer.Ordinal));
        var entered = told.First(message => (string)message["type"]! == "track" && (string?)message["userId"] == "ada");
        Assert.Equal("Audience Entered", (string)entered["event"]!);
        Assert.Equal("""{"audience_key":"bought_twice","bought_twice":true}""", entered["properties"]!.ToJsonString());
        var personas = entered["context"]!["personas"]!;
        Assert.Equal(("audience", audience, "bought_twice", connection), ((string?)personas["computation_class"], (string?)personas["computation_id"], (string?)personas["computation_key"], (string?)personas["event_emitter_id"]));
        Assert.Equal((string?)(await server.GetAsync("/api/spaces/default"))["space"]!["id"], (string?)personas["space_id"]);
        Assert.Equal("ada@example.com", (string?)entered["context"]!["traits"]!["email"]);
        var identified = told.First(message => (string)message["type"]! == "identify" && (string?)message["userId"] == "ada");
        Assert.Equal("""{"bought_twice":true,"email":"ada@example.com"}""", identified["traits"]!.ToJsonString());
        Assert.DoesNotContain(told, message => message.ToJsonString().Contains("bob", StringComparison.Ordinal));

        Assert.Equal("""{"bought_twice":true}""", (await ProfileAsync(server, "ada", "traits?class=audience"))["traits"]!.ToJsonString());
        Assert.Equal("{}", (await ProfileAsync(server, "bob", "traits?class=audience"))["traits"]!.ToJsonString());

        var messageId = (string)entered["messageId"]!;
        var life = Assert.Single((await PassportAsync(server, messageId))["events"]!.AsArray())!;
        Assert.Equal("Audience Entered", (string?)life["event"]!["event"]);
        Assert.Equal("delivered", (string?)Assert.Single(life["destinations"]!.AsArray())!["state"]);
        var timeline = (await ProfileAsync(server, "ada", "events"))["data"]!.AsArray();
        var shown = timeline.Single(each => (string?)each!["message_id"] == messageId)!;
        Assert.Equal(("Audience Entered", "bought_twice", (string?)engage["id"]), ((string?)shown["event"], (string?)shown["properties"]!["audience_key"], (string?)shown["source_id"]));
        Assert.Equal(2, timeline.Count(each => (string?)each!["event"] == "Order Completed"));
    }

    private static async Task<JsonObject> PassportAsync(RunningServer server, string messageId)
    {
        for (var tries = 0; ; tries++)
        {
            var passport = await server.GetAsync("/api/events/" + Uri.EscapeDataString(messageId));
            // The receiver has it before the sender knows.
            if (tries == 500 || (string?)passport["events"]?[0]?["destinations"]?[0]?["state"] == "delivered") return passport;
            await Task.Delay(10);
        }
    }

    private static async Task<JsonObject> ProfileAsync(RunningServer server, string who, string what) =>
        JsonNode.Parse(await server.Http.GetStringAsync($"/v1/spaces/default/collections/users/profiles/user_id:{who}/{what}"))!.AsObject();

    private static async Task<List<JsonObject>> ArrivedAsync(WebhookStub hook, int count)
    {
        for (var tries = 0; ; tries++)
        {
            var messages = hook.Requests.SelectMany(request => JsonNode.Parse(request.Body) is JsonArray all ? all.Select(each => each!.AsObject()) : [JsonNode.Parse(request.Body)!.AsObject()]).ToList();
            if (messages.Count >= count) return messages;
            Assert.True(tries < 1_000, $"{messages.Count} of {count} messages arrived: {string.Join('\n', messages.Select(each => each.ToJsonString()))}");
            await Task.Delay(20);
        }
    }
}
