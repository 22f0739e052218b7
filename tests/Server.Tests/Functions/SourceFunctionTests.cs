using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Functions;

public sealed class SourceFunctionTests
{
    private const string Echo = """
        async function onRequest(request, settings) {
          const body = request.json()
          Segment.identify({ userId: body.who, traits: { email: body.email } })
          Segment.track({ userId: body.who, event: body.what, properties: { header: request.headers.get('X-Mark'), query: request.url.searchParams.get('q'), word: settings.word } })
        }
        """;

    [Fact]
    public async Task A_request_becomes_the_messages_that_the_function_sends()
    {
        await using var world = await FunctionServer.StartAsync();
        var (function, key, _) = await SourceAsync(world, Echo, """{"word":"s3cret"}""", """[{"name":"word","sensitive":true,"required":true}]""");
        var (status, body) = await PostAsync(world, $"/fn/{key}?q=%C3%A9", """{"who":"ada","what":"Ticket Created","email":"ada@example.com"}""", mark: "yes");
        Assert.Equal((200, """{"success":true}"""), (status, body));
        await UntilAsync(world, "ada@example.com", "Ticket Created");
        var events = await EventsAsync(world, "email:ada@example.com");
        Assert.Contains("\"header\":\"yes\",\"query\":\"é\",\"word\":\"s3cret\"", events, StringComparison.Ordinal);
        Assert.Equal("/fn/" + key, (await world.Server.GetAsync("/api/functions/" + function))["function"]!["previewWebhookUrl"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_form_is_read_as_well()
    {
        await using var world = await FunctionServer.StartAsync();
        var (_, key, _) = await SourceAsync(world, Echo);
        var (status, _) = await PostAsync(world, "/fn/" + key, "who=bob&what=Form+Sent&email=bob%40example.com", "application/x-www-form-urlencoded");
        Assert.Equal(200, status);
        await UntilAsync(world, "bob@example.com", "Form Sent");
    }

    [Fact]
    public async Task Secrets_of_a_source_are_masked_and_its_settings_checked()
    {
        await using var world = await FunctionServer.StartAsync();
        var (function, _, source) = await SourceAsync(world, Echo, """{"word":"s3cret"}""", """[{"name":"word","sensitive":true,"required":true}]""");
        Assert.DoesNotContain("s3cret", (await world.Server.GetAsync("/api/sources/" + source)).ToJsonString(), StringComparison.Ordinal);
        var (status, answer) = await world.Server.SendAsync(HttpMethod.Post, "/api/sources", $$"""{"slug":"other","metadataId":"fn_{{function}}","settings":{} }""");
        Assert.True(status is 400 or 422, answer.ToJsonString());
        Assert.Contains("settings.word is required", answer.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Objects_are_merged_by_id_in_a_table_of_their_collection_and_reach_nobody_and_no_tool()
    {
        await using var world = await FunctionServer.StartAsync();
        var (_, key, source) = await SourceAsync(world, """
            function onRequest(request) {
              const { id, ...properties } = request.json()
              Segment.set({ collection: 'tickets', id, properties })
            }
            """);
        var hook = await world.CreateAsync("/api/destinations", "destination", new JsonObject
        {
            ["sourceId"] = source,
            ["metadataId"] = "webhook",
            ["name"] = "Hook",
            ["settings"] = new JsonObject { ["url"] = world.Stub.Address },
        });
        Assert.Equal(200, (await PostAsync(world, "/fn/" + key, """{"id":7,"subject":"Help","email":"ada@example.com","user_id":"ada","open":true}""")).Status);
        Assert.Equal(200, (await PostAsync(world, "/fn/" + key, """{"id":"7","open":false,"score":2.5}""")).Status);
        Assert.Equal(200, (await PostAsync(world, "/fn/" + key, """{"id":"8","subject":"Other"}""")).Status);
        await FunctionServer.UntilAsync(async () =>
            (await RowsAsync(world, "SELECT id, subject, email, user_id, open, score FROM hooks.tickets ORDER BY id"))
                == """[["7","Help","ada@example.com","ada",false,2.5],["8","Other",null,null,null,null]]""");
        var flow = (await world.Server.GetAsync("/api/flow")).ToJsonString();
        await FunctionServer.UntilAsync(async () => (flow = (await world.Server.GetAsync("/api/flow")).ToJsonString()).Contains("\"unsupported_event_type\":3", StringComparison.Ordinal));
        Assert.NotNull(hook["id"]);
        Assert.Empty(world.Stub.Requests);
        using var profile = await world.Server.Http.GetAsync("/v1/spaces/default/collections/users/profiles/email:ada@example.com/traits");
        Assert.Equal(HttpStatusCode.NotFound, profile.StatusCode);
        Assert.DoesNotContain("\"set\"", (await world.Server.GetAsync("/api/events")).ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("\"collection\":\"tickets\"", (await world.Server.GetAsync("/api/events?type=set")).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_functions_may_send_objects()
    {
        await using var world = await FunctionServer.StartAsync();
        await world.SendAsync("batch", """{"batch":[{"type":"set","collection":"tickets","id":"1","properties":{},"userId":"ada"}]}""");
        await FunctionServer.UntilAsync(async () => (await world.Server.GetAsync("/api/flow")).ToJsonString().Contains("type_unknown", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("throw new InvalidEventPayload('who are you')", "message_rejected", "who are you")]
    [InlineData("throw new EventNotSupported('not this')", "unsupported_event_type", "not this")]
    [InlineData("nonsense()", "bad_request", "ReferenceError: nonsense is not defined")]
    [InlineData("Segment.track({ userId: 'a', event: 'x'.repeat(40000) })", "bad_request", "the message is too large")]
    [InlineData("Segment.set({ collection: 'Tickets', id: '1', properties: {} })", "bad_request", "Segment.set needs a collection")]
    [InlineData("Segment.set({ collection: '_tickets', id: '1', properties: {} })", "bad_request", "Segment.set needs a collection")]
    [InlineData("Segment.set({ collection: 'tickets', properties: {} })", "bad_request", "Segment.set needs an id")]
    [InlineData("Segment.set({ collection: 'tickets', id: 'x'.repeat(101), properties: {} })", "bad_request", "Segment.set needs an id")]
    [InlineData("Segment.set({ collection: 'tickets', id: '1', properties: { tags: ['a'] } })", "bad_request", "\"tags\" is none")]
    [InlineData("Segment.set({ collection: 'tickets', id: '1', properties: 'open' })", "bad_request", "Segment.set needs properties")]
    public async Task A_request_that_the_function_refuses_is_answered_with_its_words(string code, string reason, string message)
    {
        await using var world = await FunctionServer.StartAsync();
        var (function, key, _) = await SourceAsync(world, $"function onRequest() {{ console.log('seen'); {code} }}");
        var (status, body) = await PostAsync(world, "/fn/" + key, "{}");
        Assert.Equal(400, status);
        Assert.Contains(message, JsonNode.Parse(body)!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(reason, JsonNode.Parse(body)!["code"]!.GetValue<string>());
        var logs = (await world.Server.GetAsync($"/api/functions/{function}/logs"))["logs"]!.AsArray();
        Assert.Equal(["error", "log"], logs.Select(line => line!["level"]!.GetValue<string>()));
        Assert.Equal("seen", logs[1]!["message"]!.GetValue<string>());
    }

    [Fact]
    public async Task Nothing_but_a_small_post_in_a_known_type_with_a_known_key_gets_in()
    {
        await using var world = await FunctionServer.StartAsync();
        var (_, key, source) = await SourceAsync(world, Echo);
        Assert.Equal(404, (await PostAsync(world, "/fn/nobodyhasthis", "{}")).Status);
        Assert.Equal(404, (await PostAsync(world, "/fn/" + world.WriteKey, "{}")).Status);
        Assert.Equal(415, (await PostAsync(world, "/fn/" + key, "{}", "image/png")).Status);
        Assert.Equal(413, (await PostAsync(world, "/fn/" + key, new string('x', (512 << 10) + 1))).Status);
        using var get = await world.Server.Http.GetAsync("/fn/" + key);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
        Assert.Equal(["POST"], get.Content.Headers.Allow);
        await world.Server.SendAsync(HttpMethod.Patch, "/api/sources/" + source, """{"enabled":false}""");
        Assert.Equal(403, (await PostAsync(world, "/fn/" + key, "{}")).Status);
    }

    [Fact]
    public async Task A_request_that_is_to_be_tried_again_is_kept_over_a_restart_and_sends_nothing_twice()
    {
        var address = "";
        await using var world = await FunctionServer.StartAsync(Quick);
        address = world.Stub.Address;
        var isUp = false;
        world.Stub.Answer = (_, context) =>
        {
            context.Response.StatusCode = isUp ? 200 : 503;
            return Task.CompletedTask;
        };
        var (_, key, _) = await SourceAsync(world, $$"""
            async function onRequest(request) {
              Segment.identify({ userId: 'ada', traits: { email: 'ada@example.com' } })
              Segment.track({ userId: 'ada', event: 'Kept' })
              const answer = await fetch('{{address}}/up')
              if (!answer.ok) throw new RetryError('down')
            }
            """);
        Assert.Equal((200, """{"success":true}"""), await PostAsync(world, "/fn/" + key, "{}"));
        await FunctionServer.UntilAsync(() => Task.FromResult(world.Stub.Requests.Count >= 2));
        await world.Server.RestartAsync();
        isUp = true;
        await UntilAsync(world, "ada@example.com", "Kept");
        var events = await EventsAsync(world, "email:ada@example.com");
        Assert.Equal(1, events.Split("\"Kept\"").Length - 1);
    }

    [Fact]
    public async Task A_request_that_never_succeeds_is_given_up_aloud()
    {
        await using var world = await FunctionServer.StartAsync(builder =>
        {
            Quick(builder);
            builder.Configuration["Functions:AttemptsMax"] = "3";
        });
        var (function, key, _) = await SourceAsync(world, $"async function onRequest() {{ await fetch('{world.Stub.Address}/try'); throw new RetryError('never') }}");
        Assert.Equal(200, (await PostAsync(world, "/fn/" + key, "{}")).Status);
        await FunctionServer.UntilAsync(async () => (await world.Server.GetAsync($"/api/functions/{function}/logs")).ToJsonString().Contains("given up after 3 attempts", StringComparison.Ordinal));
        Assert.Equal(3, world.Stub.Requests.Count);
    }

    [Fact]
    public async Task When_too_many_requests_wait_the_next_is_turned_away()
    {
        await using var world = await FunctionServer.StartAsync(builder => builder.Configuration["Functions:WaitingMax"] = "2");
        var (_, key, _) = await SourceAsync(world, "function onRequest() { throw new RetryError('later') }");
        Assert.Equal(200, (await PostAsync(world, "/fn/" + key, "{}")).Status);
        Assert.Equal(200, (await PostAsync(world, "/fn/" + key, "{}")).Status);
        using var response = await SendAsync(world, "/fn/" + key, "{}");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Code_can_be_tried_without_being_saved()
    {
        await using var world = await FunctionServer.StartAsync();
        var (status, answer) = await world.Server.SendAsync(HttpMethod.Post, "/api/functions/run", new JsonObject
        {
            ["code"] = $"async function onTrack(event, settings) {{ console.log('hello', settings.a); const r = await fetch('{world.Stub.Address}/x', {{ method: 'PUT', body: event.event }}); if (r.status !== 200) throw new RetryError('' + r.status) }}",
            ["events"] = new JsonArray(new JsonObject { ["type"] = "track", ["event"] = "A" }, new JsonObject { ["type"] = "page" }),
            ["settings"] = new JsonObject { ["a"] = 1 },
        }.ToJsonString());
        Assert.True(status == 200, answer.ToJsonString());
        var data = answer["data"]!;
        Assert.Equal(["done", "not_supported"], data["results"]!.AsArray().Select(one => one!["verdict"]!.GetValue<string>()));
        Assert.Equal("hello 1", data["logs"]![0]!.GetValue<string>());
        Assert.Equal(("PUT", "A", 200), (data["requests"]![0]!["method"]!.GetValue<string>(), data["requests"]![0]!["body"]!.GetValue<string>(), data["requests"]![0]!["status"]!.GetValue<int>()));
        Assert.True(data["durationMs"]!.GetValue<double>() > 0);

        (_, answer) = await world.Server.SendAsync(
            HttpMethod.Post, "/api/functions/run", new JsonObject { ["code"] = Echo, ["request"] = JsonNode.Parse("""{"body":{"who":"ada","what":"W"},"headers":{"x-mark":"m"},"url":"https://a.example/?q=1"}""") }.ToJsonString());
        Assert.Equal("""{"header":"m","query":"1"}""", answer["data"]!["messages"]![1]!["properties"]!.ToJsonString());
        (status, _) = await world.Server.SendAsync(HttpMethod.Post, "/api/functions/run", """{"code":"1"}""");
        Assert.Equal(400, status is 422 ? 400 : status);
    }

    [Fact]
    public async Task A_trial_and_the_log_show_no_secrets()
    {
        await using var world = await FunctionServer.StartAsync();
        const string Given = "giv\"en-1234567", Stored = "stored-7654321", Named = "named-24681357";
        var asked = JsonNode.Parse("""[{"name":"apiKey","label":"K","type":"STRING","required":false,"sensitive":true},{"name":"keys","label":"K","type":"TEXT_MAP","required":false,"sensitive":true}]""")!.AsArray();
        var code = $$"""
            async function onTrack(event, settings) {
              console.log('with', settings.apiKey, event.properties.stored);
              const key = settings.apiKey ?? settings.token ?? settings.keys.one;
              await fetch('{{world.Stub.Address}}/' + encodeURIComponent(key) + '?q=' + encodeURIComponent(event.properties.stored), { method: 'POST', headers: { 'Authorization': 'Bearer ' + key, 'x-own': key }, body: JSON.stringify({ key, deep: { key } }) });
              throw new Error('refused ' + key + ' and ' + event.properties.stored);
            }
            async function onIdentify(event, settings) { event.traits = { key: settings.apiKey, [settings.apiKey]: 1, list: [settings.apiKey] }; return event }
            """;
        var (function, _) = await world.DestinationAsync(code, new JsonObject { ["apiKey"] = Stored }, asked);
        var call = new JsonObject { ["event"] = JsonNode.Parse($$$"""{"type":"track","properties":{"stored":"{{{Stored}}}"}}"""), ["settings"] = new JsonObject { ["apiKey"] = Given } };
        async Task<string> RunAsync(string path, JsonObject body)
        {
            var (status, answer) = await world.Server.SendAsync(HttpMethod.Post, path, body.ToJsonString());
            Assert.True(status == 200, answer.ToJsonString());
            return answer["data"]!.ToJsonString(new System.Text.Json.JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        }

        var shown = await RunAsync($"/api/functions/{function}/run", call);
        Assert.DoesNotContain("1234567", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(Stored, shown, StringComparison.Ordinal);
        Assert.Contains("with •••• ••••", shown, StringComparison.Ordinal);
        Assert.Contains("refused •••• and ••••", shown, StringComparison.Ordinal);
        Assert.Contains("Bearer ••••", shown, StringComparison.Ordinal);
        Assert.Contains("1234567", System.Text.Encoding.UTF8.GetString(Assert.Single(world.Stub.Requests).Body), StringComparison.Ordinal);

        call["settings"] = new JsonObject { ["keys"] = new JsonObject { ["one"] = Given } };
        Assert.DoesNotContain("1234567", await RunAsync($"/api/functions/{function}/run", call), StringComparison.Ordinal);
        var insert = new JsonObject
        {
            ["code"] = code,
            ["resourceType"] = "INSERT_DESTINATION",
            ["event"] = new JsonObject { ["type"] = "identify" },
            ["settings"] = new JsonObject { ["apiKey"] = Given },
        };
        Assert.Contains("\"list\":[\"••••\"]", await RunAsync($"/api/functions/{function}/run", insert), StringComparison.Ordinal);
        Assert.DoesNotContain("1234567", await RunAsync("/api/functions/run", insert), StringComparison.Ordinal);
        call["code"] = code;
        call["settings"] = new JsonObject { ["token"] = Named };
        Assert.DoesNotContain(Named, await RunAsync("/api/functions/run", call), StringComparison.Ordinal);

        await world.TrackAsync("X", "m1", """{"stored":"-"}""");
        await world.LifeAsync("m1", "failed");
        var logs = (await world.Server.GetAsync($"/api/functions/{function}/logs")).ToJsonString();
        Assert.DoesNotContain(Stored, logs, StringComparison.Ordinal);
        Assert.Equal(2, (await world.Server.GetAsync($"/api/functions/{function}/logs"))["logs"]!.AsArray().Count);
    }

    internal static async Task<(string Function, string WriteKey, string Source)> SourceAsync(FunctionServer world, string code, string settings = "{}", string asked = "[]")
    {
        var function = await world.FunctionAsync("SOURCE", code, JsonNode.Parse(asked)!.AsArray());
        var source = await world.CreateAsync(
            "/api/sources", "source", new JsonObject { ["slug"] = "hooks", ["metadataId"] = "fn_" + function, ["enabled"] = true, ["settings"] = JsonNode.Parse(settings) });
        return (function, source["writeKeys"]![0]!.GetValue<string>(), source["id"]!.GetValue<string>());
    }

    private static async Task<string> RowsAsync(FunctionServer world, string sql)
    {
        var (status, answer) = await world.Server.SendAsync(HttpMethod.Post, "/api/lake/query", new JsonObject { ["sql"] = sql }.ToJsonString());
        return status == 200 ? answer["data"]!["rows"]!.ToJsonString() : "";
    }

    internal static async Task<(int Status, string Body)> PostAsync(FunctionServer world, string path, string body, string type = "application/json", string? mark = null)
    {
        using var response = await SendAsync(world, path, body, type, mark is null ? [] : [("X-Mark", mark)]);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    internal static async Task<HttpResponseMessage> SendAsync(FunctionServer world, string path, string body, string type = "application/json", params (string Name, string Value)[] headers)
    {
        using var client = world.Server.Client(token: null);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, type) };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await client.SendAsync(request);
    }

    /// <summary>Waits until the profile with an e-mail address has an event of a name.</summary>
    internal static Task UntilAsync(FunctionServer world, string email, string name) =>
        FunctionServer.UntilAsync(async () => (await EventsAsync(world, "email:" + email)).Contains($"\"{name}\"", StringComparison.Ordinal));

    internal static async Task<string> EventsAsync(FunctionServer world, string profile)
    {
        using var response = await world.Server.Http.GetAsync($"/v1/spaces/default/collections/users/profiles/{Uri.EscapeDataString(profile)}/events");
        return await response.Content.ReadAsStringAsync();
    }

    private static void Quick(Microsoft.AspNetCore.Builder.WebApplicationBuilder builder)
    {
        builder.Configuration["Functions:PauseMsFirstMin"] = "50";
        builder.Configuration["Functions:PauseMsFirstMax"] = "60";
        builder.Configuration["Functions:PauseMsMax"] = "100";
        builder.Configuration["Functions:AttemptsMax"] = "100";
    }
}
