using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Tributary.Destinations.Http;
using Tributary.Server.Tests.Delivery;
using Xunit;

namespace Tributary.Server.Tests.Audiences;

/// <summary>Audiences and computed traits over HTTP, from the definition to who is told.</summary>
public sealed class AudiencesApiTests
{
    [Fact]
    public async Task Somebody_enters_is_listed_exported_and_explained_and_the_audience_is_deleted()
    {
        await using var server = await RunningServer.StartAsync();
        var source = await server.CreateSourceAsync("shop");
        var audience = await CreateAsync(server, "audiences", """{"name":"Big spenders","definition":{"type":"USERS","query":"event('Order Completed').where(property('total') >= 100).count() >= 1 AND trait('plan') != 'free'"}}""");
        Assert.Equal("big_spenders", (string?)audience["key"]);
        Assert.StartsWith("aud_", (string?)audience["id"], StringComparison.Ordinal);
        await SendAsync(server, source, "identify", """{"userId":"ada","traits":{"plan":"pro","email":"ada@example.com"}}""");
        await SendAsync(server, source, "track", """{"userId":"ada","event":"Order Completed","properties":{"total":120},"messageId":"o-1"}""");
        await SendAsync(server, source, "track", """{"userId":"bob","event":"Order Completed","properties":{"total":20}}""");

        var id = (string)audience["id"]!;
        var (_, body) = await server.SendAsync(HttpMethod.Get, $"/api/spaces/default/audiences/{id}/members");
        var member = Assert.Single(body["data"]!["members"]!.AsArray());
        Assert.Contains("ada@example.com", member!["externalIds"]!.ToJsonString(), StringComparison.Ordinal);
        var csv = await server.Http.GetStringAsync($"/api/spaces/default/audiences/{id}/export");
        Assert.Contains("ada@example.com", csv, StringComparison.Ordinal);
        Assert.Equal(3, csv.Split("\r\n").Length);

        (_, body) = await server.SendAsync(HttpMethod.Get, $"/api/spaces/default/audiences/{id}/explain?profile=user_id:ada");
        var explanation = body["data"]!["explanation"]!;
        Assert.True((bool)explanation["value"]!);
        Assert.Equal("o-1", (string?)explanation["condition"]!["parts"]![0]!["events"]![0]!["messageId"]);
        Assert.Equal("pro", (string?)explanation["condition"]!["parts"]![1]!["value"]);
        (_, body) = await server.SendAsync(HttpMethod.Get, $"/api/spaces/default/audiences/{id}/explain?profile=user_id:bob");
        Assert.False((bool)body["data"]!["explanation"]!["condition"]!["parts"]![0]!["holds"]!);

        var traits = JsonNode.Parse(await server.Http.GetStringAsync("/v1/spaces/default/collections/users/profiles/user_id:ada/traits?class=audience"))!;
        Assert.Equal("""{"big_spenders":true}""", traits["traits"]!.ToJsonString());
        (_, body) = await server.SendAsync(HttpMethod.Get, $"/api/spaces/default/audiences/{id}");
        Assert.Equal((1, "Live"), ((int)body["data"]!["audience"]!["size"]!["count"]!, (string?)body["data"]!["audience"]!["status"]));
        (_, body) = await server.SendAsync(HttpMethod.Get, $"/api/spaces/default/audiences/{id}/sizes");
        Assert.Equal(1, (int)Assert.Single(body["data"]!["sizes"]!.AsArray())!["count"]!);

        Assert.Equal(200, (await server.SendAsync(HttpMethod.Delete, $"/api/spaces/default/audiences/{id}")).Status);
        Assert.Equal(404, (await server.SendAsync(HttpMethod.Get, $"/api/spaces/default/audiences/{id}")).Status);
        var (status, again) = await server.SendAsync(HttpMethod.Post, "/api/spaces/default/audiences", """{"name":"x","key":"big_spenders","definition":{"type":"USERS","query":"trait('a') = 1"}}""");
        Assert.Equal(409, status);
        Assert.Contains("never used again", again.ToJsonString(), StringComparison.Ordinal);
        traits = JsonNode.Parse(await server.Http.GetStringAsync("/v1/spaces/default/collections/users/profiles/user_id:ada/traits?class=custom"))!;
        Assert.True((bool)traits["traits"]!["big_spenders"]!);
    }

    [Fact]
    public async Task A_new_definition_finds_what_was_before_it()
    {
        await using var server = await RunningServer.StartAsync();
        var source = await server.CreateSourceAsync("shop");
        for (var i = 0; i < 5; i++) await SendAsync(server, source, "track", $$$"""{"userId":"u{{{i % 2}}}","event":"Order Completed","properties":{"total":{{{i}}}}}""");

        var trait = await CreateAsync(server, "computed-traits", """{"name":"Spent","key":"spent","definition":{"type":"USERS","query":"event('Order Completed').sum(property('total'))"}}""");
        await LiveAsync(server, "computed-traits", "computedTrait", (string)trait["id"]!);

        var traits = JsonNode.Parse(await server.Http.GetStringAsync("/v1/spaces/default/collections/users/profiles/user_id:u0/traits?class=computed_trait"))!;
        Assert.Equal("""{"spent":6}""", traits["traits"]!.ToJsonString());
        await SendAsync(server, source, "track", """{"userId":"u0","event":"Order Completed","properties":{"total":10}}""");
        traits = JsonNode.Parse(await server.Http.GetStringAsync("/v1/spaces/default/collections/users/profiles/user_id:u0/traits?class=computed_trait"))!;
        Assert.Equal("""{"spent":16}""", traits["traits"]!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"name":"x","definition":{"type":"USERS","query":"trait('a') = "}}""", "definition.query", "At character 13")]
    [InlineData("""{"name":"x","definition":{"type":"USERS","query":"event('a').count()"}}""", "definition.query", "compared")]
    [InlineData("""{"name":"x","definition":{"type":"LINKED","query":"trait('a') = 1"}}""", "definition.type", "USERS or ACCOUNTS")]
    [InlineData("""{"name":"x"}""", "definition", "required")]
    [InlineData("""{"definition":{"query":"trait('a') = 1"}}""", "name", "required")]
    [InlineData("""{"name":"x","key":"2x","definition":{"query":"trait('a') = 1"}}""", "key", "letter")]
    [InlineData("""{"name":"x","key":"email","definition":{"query":"trait('a') = 1"}}""", "key", "is sent")]
    [InlineData("""{"name":"x","key":"x","definition":{"query":"trait('x') = true"}}""", "definition.query", "x → x")]
    public async Task What_is_wrong_with_a_definition_is_said(string json, string field, string message)
    {
        await using var server = await RunningServer.StartAsync();
        var (status, body) = await server.SendAsync(HttpMethod.Post, "/api/spaces/default/audiences", json);
        Assert.Equal(400, status);
        var error = body["errors"]!.AsArray().First(each => (string?)each!["field"] == field);
        Assert.Contains(message, (string?)error!["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cycle_is_refused_with_its_chain_also_when_a_definition_is_changed()
    {
        await using var server = await RunningServer.StartAsync();
        await CreateAsync(server, "audiences", """{"name":"A","key":"a","definition":{"query":"trait('b') = true"}}""");
        await CreateAsync(server, "audiences", """{"name":"B","key":"b","definition":{"query":"trait('plan') = 'pro'"}}""");
        var (status, body) = await server.SendAsync(HttpMethod.Patch, "/api/spaces/default/audiences/b", """{"definition":{"query":"trait('a') = true"}}""");
        Assert.Equal(400, status);
        Assert.Contains("b → a → b", body.ToJsonString(new System.Text.Json.JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }), StringComparison.Ordinal);
        (status, body) = await server.SendAsync(HttpMethod.Delete, "/api/spaces/default/audiences/b");
        Assert.Equal(409, status);
        (_, body) = await server.SendAsync(HttpMethod.Get, "/api/spaces/default/audiences/b/audience-references");
        Assert.Equal("a", (string?)Assert.Single(body["data"]!["audienceReferences"]!.AsArray())!["key"]);
        var listed = await CommandLine.JsonAsync(server, "audiences", "list");
        Assert.Equal(["a", "b"], listed["audiences"]!.AsArray().Select(each => (string)each!["key"]!));
    }

    [Fact]
    public async Task A_connected_list_is_made_at_the_tool_and_hears_of_who_was_in_before_and_who_leaves()
    {
        using var network = new RecordedNetwork(request => ActionsRig.Json(
            request.Url.AbsolutePath.Contains("lists", StringComparison.Ordinal) ? """{"data":{"id":"L9"}}""" : request.Method == "GET" ? """{"data":[{"id":"P1"}]}""" : """{"data":{"id":"P1"}}"""));
        await using var server = await RunningServer.StartAsync(builder => builder.Services.AddSingleton(new OutboundHttp(EgressRules.Parse(null), network)));
        var source = await server.CreateSourceAsync("shop");
        await SendAsync(server, source, "identify", """{"userId":"ada","traits":{"plan":"pro","email":"ada@example.com"}}""");
        await CreateAsync(server, "audiences", """{"name":"Pros","key":"pros","definition":{"query":"trait('plan') = 'pro'"}}""");
        await LiveAsync(server, "audiences", "audience", "pros");
        var (_, sources) = await server.SendAsync(HttpMethod.Get, "/api/sources");
        var engage = sources["data"]!["sources"]!.AsArray().Single(each => (string?)each!["metadata"]!["slug"] == "personas")!;

        var (status, refused) = await server.SendAsync(HttpMethod.Post, "/api/spaces/default/audiences/pros/destination-connections", """{"destinationId":"nothing"}""");
        Assert.True(status == 400, refused.ToJsonString());
        (status, var made) = await server.SendAsync(HttpMethod.Post, "/api/destinations", new JsonObject
        {
            ["sourceId"] = engage["id"]!.DeepClone(),
            ["metadataId"] = "actions-klaviyo",
            ["name"] = "Klaviyo",
            ["settings"] = new JsonObject { ["api_key"] = "k", ["sync"] = new JsonObject { ["ordered"] = false } },
        }.ToJsonString());
        Assert.True(status == 200, made.ToJsonString());
        var destination = (string)made["data"]!["destination"]!["id"]!;
        foreach (var (action, trigger, key) in new[] { ("addProfileToList", "type = \"identify\" and traits.pros = true", "add"), ("removeProfileFromList", "type = \"identify\" and traits.pros = false", "remove") })
        {
            (status, var subscribed) = await server.SendAsync(HttpMethod.Post, $"/api/destinations/{destination}/subscriptions", new JsonObject
            {
                ["name"] = key,
                ["actionId"] = action,
                ["enabled"] = true,
                ["trigger"] = trigger,
                ["settings"] = new JsonObject
                {
                    ["email"] = new JsonObject { ["@path"] = "$.traits.email" },
                    ["list_id"] = new JsonObject { ["@path"] = "$.context.personas.external_audience_id" },
                    ["external_id"] = new JsonObject { ["@path"] = "$.userId" },
                    ["enable_batching"] = false,
                },
            }.ToJsonString());
            Assert.True(status == 200, subscribed.ToJsonString());
        }

        (status, var connected) = await server.SendAsync(HttpMethod.Post, "/api/spaces/default/audiences/pros/destination-connections", $$"""{"destinationId":"{{destination}}"}""");
        Assert.True(status == 201, connected.ToJsonString());
        Assert.Equal("L9", (string?)connected["data"]!["connection"]!["externalAudienceId"]);
        await ArrivedAsync(network, request => request.Method == "POST" && request.Url.AbsolutePath.Contains("L9/relationships", StringComparison.Ordinal));

        await SendAsync(server, source, "identify", """{"userId":"ada","traits":{"plan":"free"}}""");
        await ArrivedAsync(network, request => request.Method == "DELETE" && request.Url.AbsolutePath.Contains("L9/relationships", StringComparison.Ordinal));
        Assert.Equal(409, (await server.SendAsync(HttpMethod.Post, "/api/spaces/default/audiences/pros/destination-connections", $$"""{"destinationId":"{{destination}}"}""")).Status);
    }

    [Fact]
    public async Task What_a_tool_must_know_to_make_a_list_is_asked_for_before_the_tool_is()
    {
        using var network = new RecordedNetwork(_ => ActionsRig.Json("""{"data":{"id":"L9"}}"""));
        await using var server = await RunningServer.StartAsync(builder => builder.Services.AddSingleton(new OutboundHttp(EgressRules.Parse(null), network)));
        await CreateAsync(server, "audiences", """{"name":"Pros","key":"pros","definition":{"query":"trait('plan') = 'pro'"}}""");
        var (_, sources) = await server.SendAsync(HttpMethod.Get, "/api/sources");
        var engage = sources["data"]!["sources"]!.AsArray().Single(each => (string?)each!["metadata"]!["slug"] == "personas")!;
        var (status, made) = await server.SendAsync(HttpMethod.Post, "/api/destinations", new JsonObject
        {
            ["sourceId"] = engage["id"]!.DeepClone(),
            ["metadataId"] = "actions-ortto-audiences",
            ["settings"] = new JsonObject { ["api_key"] = "k" },
        }.ToJsonString());
        Assert.True(status == 200, made.ToJsonString());
        var destination = (string)made["data"]!["destination"]!["id"]!;
        (status, var refused) = await server.SendAsync(HttpMethod.Post, "/api/spaces/default/audiences/pros/destination-connections", $$"""{"destinationId":"{{destination}}"}""");
        Assert.True(status == 400, refused.ToJsonString());
        Assert.Equal("audienceSettings.audienceName", (string?)refused["errors"]![0]!["field"]);
        Assert.Empty(network.Requests);

        // Who names a list that is there needs no more.
        (status, var connected) = await server.SendAsync(
            HttpMethod.Post, "/api/spaces/default/audiences/pros/destination-connections", $$"""{"destinationId":"{{destination}}","externalAudienceId":"L1"}""");
        Assert.True(status == 201, connected.ToJsonString());
    }

    [Fact]
    public async Task A_preview_counts_who_would_be_in_and_a_check_agrees_with_what_is_live()
    {
        await using var server = await RunningServer.StartAsync();
        var source = await server.CreateSourceAsync("shop");
        for (var i = 0; i < 6; i++) await SendAsync(server, source, "track", $$$"""{"userId":"u{{{i % 4}}}","event":"Order Completed"}""");
        await CreateAsync(server, "audiences", """{"name":"Twice","key":"twice","definition":{"query":"event('Order Completed').count() >= 2"}}""");
        await LiveAsync(server, "audiences", "audience", "twice");

        // The lake may be a moment behind.
        JsonNode preview;
        for (var tries = 0; ; tries++)
        {
            var (status, body) = await server.SendAsync(HttpMethod.Post, "/api/spaces/default/audiences/previews", """{"definition":{"type":"USERS","query":"event('Order Completed').count() >= 2"}}""");
            Assert.True(status == 201, body.ToJsonString());
            preview = body["data"]!["audiencePreview"]!;
            if ((string?)preview["status"] == "COMPLETED" && (int)preview["size"]!["count"]! == 2) break;
            Assert.True(tries < 500, preview.ToJsonString());
            await Task.Delay(10);
        }

        Assert.Equal(2, preview["results"]!.AsArray().Count);
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Get, $"/api/spaces/default/audiences/previews/{preview["id"]}")).Status);
        Assert.Equal(400, (await server.SendAsync(HttpMethod.Post, "/api/spaces/default/audiences/previews", """{"definition":{"query":"nothing"}}""")).Status);

        var (checkedStatus, verified) = await server.SendAsync(HttpMethod.Post, "/api/spaces/default/audiences/twice/verify", "{}");
        Assert.True(checkedStatus == 200, verified.ToJsonString());
        Assert.Equal((4, 0), ((int)verified["data"]!["verification"]!["profiles"]!, (int)verified["data"]!["verification"]!["differing"]!));
    }

    [Fact]
    public async Task An_account_is_looked_up_among_its_traits()
    {
        await using var server = await RunningServer.StartAsync();
        var source = await server.CreateSourceAsync("shop");
        await CreateAsync(server, "audiences", """{"name":"Busy","key":"busy","definition":{"type":"ACCOUNTS","query":"ANY event('Used').count() >= 2"}}""");
        await SendAsync(server, source, "group", """{"userId":"ada","groupId":"acme"}""");
        await SendAsync(server, source, "track", """{"userId":"ada","event":"Used"}""");
        await SendAsync(server, source, "track", """{"userId":"ada","event":"Used"}""");
        for (var tries = 0; ; tries++)
        {
            var traits = JsonNode.Parse(await server.Http.GetStringAsync("/v1/spaces/default/collections/accounts/profiles/group_id:acme/traits?class=audience"))!;
            if (traits["traits"]!.ToJsonString() == """{"busy":true}""") break;
            Assert.True(tries < 500, traits.ToJsonString());
            await Task.Delay(10);
        }
    }

    [Fact]
    public async Task An_audience_lives_through_a_restart()
    {
        await using var server = await RunningServer.StartAsync();
        var source = await server.CreateSourceAsync("shop");
        await CreateAsync(server, "audiences", """{"name":"Buyers","key":"buyers","definition":{"query":"event('Order Completed').within(30 days).count() >= 2"}}""");
        await SendAsync(server, source, "track", """{"userId":"ada","event":"Order Completed"}""");
        await server.RestartAsync();
        await SendAsync(server, source, "track", """{"userId":"ada","event":"Order Completed"}""");
        var (_, body) = await server.SendAsync(HttpMethod.Get, "/api/spaces/default/audiences/buyers/members");
        Assert.Single(body["data"]!["members"]!.AsArray());
    }

    private static async Task<JsonObject> CreateAsync(RunningServer server, string path, string json)
    {
        var (status, body) = await server.SendAsync(HttpMethod.Post, $"/api/spaces/default/{path}", json);
        Assert.True(status == 201, body.ToJsonString());
        return (body["data"]!["audience"] ?? body["data"]!["computedTrait"])!.AsObject();
    }

    // The answer comes when the event is in the profile.
    private static async Task SendAsync(RunningServer server, JsonNode source, string type, string json)
    {
        var message = JsonNode.Parse(json)!.AsObject();
        message["writeKey"] = source["writeKeys"]![0]!.DeepClone();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/" + type) { Content = new StringContent(message.ToJsonString(), System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Add("Prefer", "wait=5");
        using var client = server.Client(null);
        using var answer = await client.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode);
    }

    private static async Task LiveAsync(RunningServer server, string path, string name, string id)
    {
        for (var tries = 0; ; tries++)
        {
            var (_, body) = await server.SendAsync(HttpMethod.Get, $"/api/spaces/default/{path}/{id}");
            if ((string?)body["data"]![name]!["status"] == "Live") return;
            Assert.True(tries < 1_000, body.ToJsonString());
            await Task.Delay(10);
        }
    }

    private static async Task ArrivedAsync(RecordedNetwork network, Func<ActionRequest, bool> wanted)
    {
        for (var tries = 0; !network.Requests.Any(wanted); tries++)
        {
            Assert.True(tries < 1_000, string.Join('\n', network.Requests.Select(request => $"{request.Method} {request.Url}")));
            await Task.Delay(10);
        }
    }
}
