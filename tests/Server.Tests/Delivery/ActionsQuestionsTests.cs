using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Tributary.Destinations.Actions;
using Tributary.Destinations.Http;
using Xunit;

namespace Tributary.Server.Tests.Delivery;

/// <summary>What one may ask one of Segment's destinations besides deliveries, over the management API and with real workers.</summary>
public sealed class ActionsQuestionsTests
{
    [Fact]
    public async Task A_destination_says_whether_it_knows_us()
    {
        var status = 200;
        using var network = new RecordedNetwork(_ => ActionsRig.Json("""{"data":[]}""", status));
        await using var server = await StartAsync(network);
        var id = await ConnectAsync(server, "actions-klaviyo");

        var yes = await AskAsync(server, id, "authentication", "{}");
        status = 401;
        var no = await AskAsync(server, id, "authentication", """{"settings":{"api_key":"another"}}""");

        Assert.True(yes["ok"]!.GetValue<bool>(), yes.ToJsonString());
        Assert.False(no["ok"]!.GetValue<bool>());
        Assert.NotEqual("", (string?)no["message"]);
        Assert.Contains(network.Requests, request => request.Headers.Values.Any(value => value.Contains("another", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_choices_of_a_field_come_from_the_destination()
    {
        using var network = new RecordedNetwork(_ => ActionsRig.Json("""{"data":[{"id":"L1","attributes":{"name":"News"}},{"id":"L2","attributes":{"name":"Offers"}}]}"""));
        await using var server = await StartAsync(network);
        var id = await ConnectAsync(server, "actions-klaviyo");

        var answer = await AskAsync(server, id, "actions/upsertProfile/fields/list_id/choices", "{}");

        Assert.Equal(["L1", "L2"], answer["answer"]!["choices"]!.AsArray().Select(choice => (string?)choice!["value"]));
    }

    [Fact]
    public async Task Lists_are_made_and_found_and_hooks_run()
    {
        using var network = new RecordedNetwork(_ => ActionsRig.Json("""{"data":{"id":"L9","attributes":{"name":"VIP"}}}"""));
        await using var server = await StartAsync(network);
        var id = await ConnectAsync(server, "actions-klaviyo");

        var made = await AskAsync(server, id, "audiences", """{"audience":{"audienceName":"VIP"}}""");
        var found = await AskAsync(server, id, "audiences/find", """{"audience":{"externalId":"L9"}}""");
        var hook = await AskAsync(server, id, "actions/upsertProfile/hooks/retlOnMappingSave", """{"inputs":{"list_name":"VIP"}}""");

        Assert.Equal(("L9", "L9"), ((string?)made["answer"]!["externalId"], (string?)found["answer"]!["externalId"]));
        Assert.Equal("L9", (string?)hook["answer"]!["savedData"]!["id"]);
    }

    [Fact]
    public async Task A_person_can_be_forgotten_where_the_destination_can()
    {
        using var network = new RecordedNetwork(_ => ActionsRig.Json("{}"));
        await using var server = await StartAsync(network);
        var (amplitude, slack) = (await ConnectAsync(server, "actions-amplitude"), await ConnectAsync(server, "actions-slack"));

        Assert.True((await AskAsync(server, amplitude, "forget", """{"userId":"u1"}"""))["ok"]!.GetValue<bool>());
        Assert.Contains("u1", Assert.Single(network.Requests).Body, StringComparison.Ordinal);
        Assert.Equal("not_supported", (string?)(await AskAsync(server, slack, "forget", """{"userId":"u1"}"""))["code"]);
    }

    [Theory]
    [InlineData("forget", "{}", "userId")]
    [InlineData("forget", """{"userId":"","anonymousId":null}""", "userId")]
    [InlineData("forget", """{"userId":{"all":true}}""", "userId")]
    [InlineData("audiences", "{}", "audience")]
    [InlineData("audiences", """{"audience":5}""", "audience")]
    [InlineData("audiences/find", "{}", "audience")]
    [InlineData("authentication", """{"settings":5}""", "settings")]
    public async Task Nothing_is_asked_when_something_is_wrong_with_the_question(string path, string body, string field)
    {
        using var network = new RecordedNetwork(_ => ActionsRig.Json("{}"));
        await using var server = await StartAsync(network);
        var id = await ConnectAsync(server, "actions-klaviyo");

        var (status, refused) = await server.SendAsync(HttpMethod.Post, $"/api/destinations/{id}/{path}", body);

        Assert.Equal((400, field), (status, (string?)refused["errors"]![0]!["field"]));
        Assert.Empty(network.Requests);
    }

    [Fact]
    public async Task What_is_no_destination_of_Segments_cannot_be_asked()
    {
        await using var world = await DeliveredServer.StartAsync();

        Assert.Equal(409, (await world.Server.SendAsync(HttpMethod.Post, $"/api/destinations/{world.Destination}/authentication", "{}")).Status);
        Assert.Equal(404, (await world.Server.SendAsync(HttpMethod.Post, "/api/destinations/none/authentication", "{}")).Status);
    }

    [Fact]
    public async Task Tokens_that_were_renewed_outlive_a_restart()
    {
        using var network = new RecordedNetwork(request => request.Url.AbsolutePath.EndsWith("/token", StringComparison.Ordinal)
            ? ActionsRig.Json("""{"access_token":"fresh-token"}""")
            : ActionsRig.Json("{}", request.Headers.GetValueOrDefault("authorization")?.Contains("fresh-token", StringComparison.Ordinal) == true ? 200 : 401));
        await using var server = await StartAsync(network);
        var source = await server.CreateSourceAsync("shop");
        var (status, made) = await server.SendAsync(HttpMethod.Post, "/api/destinations", $$$$"""
            {"sourceId":"{{{{source["id"]}}}}","metadataId":"actions-hubspot-cloud","name":"HubSpot","settings":{"portalId":"1","oauth":{"access_token":"stale-token","refresh_token":"old-refresh","clientId":"c","clientSecret":"s"}}}
            """);
        Assert.True(status == 200, made.ToJsonString());
        var id = made["data"]!["destination"]!["id"]!.GetValue<string>();
        (status, made) = await server.SendAsync(HttpMethod.Post, $"/api/destinations/{id}/subscriptions", """
            {"name":"Contacts","actionId":"upsertContact","enabled":true,"trigger":"type = \"identify\"","settings":{"email":{"@path":"$.traits.email"},"enable_batching":false}}
            """);
        Assert.True(status == 200, made.ToJsonString());

        await IdentifyAsync(server, source, "m1");
        await ServedAsync(network, server, id, 1);
        Assert.DoesNotContain("fresh-token", (await server.GetAsync($"/api/destinations/{id}")).ToJsonString(), StringComparison.Ordinal);
        await KeptAsync(server, id);
        await server.RestartAsync();
        network.Requests.Clear();
        await IdentifyAsync(server, source, "m2");
        await ServedAsync(network, server, id, 2);

        Assert.DoesNotContain(network.Requests, request => request.Url.AbsolutePath.EndsWith("/token", StringComparison.Ordinal));
        Assert.All(network.Requests, request => Assert.Equal("Bearer fresh-token", request.Headers["authorization"]));
    }

    private static Task<RunningServer> StartAsync(RecordedNetwork network) =>
        RunningServer.StartAsync(builder => builder.Services.AddSingleton(_ => new OutboundHttp(EgressRules.Parse(null), network)));

    private static async Task<string> ConnectAsync(RunningServer server, string slug)
    {
        var kind = server.Services.GetRequiredService<ActionsCatalogue>().Find(slug)!;
        var source = (await server.GetAsync("/api/sources"))["sources"]![0]!["id"];
        var (status, made) = await server.SendAsync(
            HttpMethod.Post, "/api/destinations", new JsonObject { ["sourceId"] = source!.DeepClone(), ["metadataId"] = slug, ["settings"] = ActionsSample.Settings(kind) }.ToJsonString());
        Assert.True(status == 200, made.ToJsonString());
        return made["data"]!["destination"]!["id"]!.GetValue<string>();
    }

    private static async Task<JsonObject> AskAsync(RunningServer server, string id, string path, string body)
    {
        var (status, answer) = await server.SendAsync(HttpMethod.Post, $"/api/destinations/{id}/{path}", body);
        Assert.True(status == 200, answer.ToJsonString());
        return answer["data"]!.AsObject();
    }

    private static async Task IdentifyAsync(RunningServer server, JsonObject source, string messageId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/identify")
        {
            Content = new StringContent($$$"""{"writeKey":"{{{source["writeKeys"]![0]}}}","userId":"ada","messageId":"{{{messageId}}}","traits":{"email":"ada@example.com"}}"""),
        };
        using var client = server.Client(null);
        using var answer = await client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task ServedAsync(RecordedNetwork network, RunningServer server, string id, int delivered)
    {
        for (var tries = 0; tries < 1_000; tries++)
        {
            var flow = (await server.GetAsync("/api/flow"))["destinations"]!.AsArray().Single(each => (string?)each!["id"] == id)!;
            if (flow["delivered"]!.GetValue<int>() == delivered) return;
            await Task.Delay(10);
        }

        Assert.Fail(string.Join("\n", network.Requests));
    }

    // Kept when the newest setting is no longer what was given.
    private static async Task KeptAsync(RunningServer server, string id)
    {
        for (var tries = 0; tries < 500; tries++)
        {
            var (_, answer) = await server.SendAsync(HttpMethod.Post, $"/api/destinations/{id}/compare", """{"settings":{"oauth":{"access_token":"fresh-token","refresh_token":"old-refresh","clientId":"c","clientSecret":"s"}}}""");
            if (answer["data"]!["differing"]!.AsArray().Count == 0) return;
            await Task.Delay(10);
        }

        Assert.Fail("The tokens were not kept.");
    }
}
