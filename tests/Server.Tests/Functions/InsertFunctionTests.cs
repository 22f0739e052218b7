using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Functions;

public sealed class InsertFunctionTests
{
    [Fact]
    public async Task What_the_function_returns_is_what_the_destination_gets()
    {
        await using var world = await FunctionServer.StartAsync();
        await InsertAsync(world, "function onTrack(event, settings) { event.properties.added = settings.word; delete event.properties.secret; return event }", new JsonObject { ["word"] = "yes" });
        await world.TrackAsync("A", "m1", """{"secret":1,"kept":2}""");
        await world.LifeAsync("m1", "delivered");
        Assert.Equal("""{"kept":2,"added":"yes"}""", JsonNode.Parse(Assert.Single(world.Bodies()))!["properties"]!.ToJsonString());
    }

    [Theory]
    [InlineData("throw new DropEvent('not wanted')", "filtered", "filtered_at_insert_function")]
    [InlineData("return", "filtered", "filtered_at_insert_function")]
    [InlineData("return null", "filtered", "filtered_at_insert_function")]
    [InlineData("return 7", "filtered", "filtered_at_insert_function")]
    [InlineData("throw new EventNotSupported('no')", "filtered", "unsupported_event_type")]
    [InlineData("throw new ValidationError('no')", "failed", "message_rejected")]
    [InlineData("throw new Error('no')", "failed", "bad_request")]
    [InlineData("event.self = event; return event", "failed", "bad_request")]
    public async Task What_it_does_not_return_does_not_go_on(string body, string state, string reason)
    {
        await using var world = await FunctionServer.StartAsync();
        await InsertAsync(world, $"function onTrack(event) {{ {body} }}");
        await world.TrackAsync("A", "m1");
        Assert.Equal(reason, (await world.LifeAsync("m1", state))["reason"]?.GetValue<string>());
        Assert.Empty(world.Stub.Requests);
    }

    [Fact]
    public async Task A_handler_that_was_removed_blocks_its_type()
    {
        await using var world = await FunctionServer.StartAsync();
        await InsertAsync(world, "function onIdentify(event) { return event }");
        await world.TrackAsync("A", "m1");
        await world.SendAsync("identify", """{"userId":"ada","messageId":"m2"}""");
        Assert.Equal("unsupported_event_type", (await world.LifeAsync("m1", "filtered"))["reason"]?.GetValue<string>());
        await world.LifeAsync("m2", "delivered");
        Assert.Contains("\"m2\"", Assert.Single(world.Bodies()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_that_comes_back_shorter_is_paired_by_the_ids_of_its_messages()
    {
        await using var world = await FunctionServer.StartAsync();
        await InsertAsync(
            world,
            "function onBatch(events) { return events.filter((event) => event.properties.n % 2 === 0).reverse().map((event) => ({ ...event, event: 'Even' + event.properties.n })) }",
            batch: 10);
        for (var n = 0; n < 6; n++) await world.SendAsync("track", $$"""{"userId":"u{{n}}","event":"A","messageId":"m{{n}}","properties":{"n":{{n}} } }""");
        for (var n = 0; n < 6; n++)
        {
            var life = await world.LifeAsync($"m{n}", "delivered", "filtered");
            Assert.Equal(n % 2 == 0 ? "delivered" : "filtered", life["state"]!.GetValue<string>());
        }

        var all = string.Concat(world.Bodies());
        for (var n = 0; n < 6; n++) Assert.Equal(n % 2 == 0, all.Contains($"Even{n}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Events_of_one_person_keep_their_order_through_it()
    {
        await using var world = await FunctionServer.StartAsync();
        await InsertAsync(world, "async function onTrack(event) { if (event.properties.n % 3 === 0) await new Promise((done) => setTimeout(done, 20)); return event }");
        for (var n = 0; n < 12; n++) await world.TrackAsync("A", $"m{n}", $$"""{"n":{{n}}}""");
        await world.LifeAsync("m11", "delivered");
        Assert.Equal(Enumerable.Range(0, 12), world.Bodies().Select(body => JsonNode.Parse(body)!["properties"]!["n"]!.GetValue<int>()));
    }

    [Fact]
    public async Task Switched_off_it_lets_everything_pass_and_its_secrets_are_never_shown()
    {
        await using var world = await FunctionServer.StartAsync();
        var asked = new JsonArray(new JsonObject { ["name"] = "key", ["type"] = "STRING", ["sensitive"] = true });
        var instance = await InsertAsync(world, "function onTrack(event, settings) { event.event = settings.key; return event }", new JsonObject { ["key"] = "open sesame" }, asked: asked);
        await world.TrackAsync("A", "m1");
        await world.LifeAsync("m1", "delivered");
        Assert.DoesNotContain("open sesame", (await world.Server.GetAsync("/api/insert-function-instances/" + instance)).ToJsonString(), StringComparison.Ordinal);
        await world.Server.SendAsync(HttpMethod.Patch, "/api/insert-function-instances/" + instance, """{"enabled":false}""");
        await world.TrackAsync("B", "m2");
        await world.LifeAsync("m2", "delivered");
        Assert.Equal(["open sesame", "B"], world.Bodies().Select(body => JsonNode.Parse(body)!["event"]!.GetValue<string>()));
    }

    private static async Task<string> InsertAsync(FunctionServer world, string code, JsonObject? settings = null, int batch = 1, JsonArray? asked = null)
    {
        var function = await world.FunctionAsync("INSERT_DESTINATION", code, asked);
        var hook = new JsonObject { ["url"] = world.Stub.Address + "/in", ["batchSize"] = batch };
        var destination = await world.CreateAsync("/api/destinations", "destination", new JsonObject { ["sourceId"] = world.Source, ["metadataId"] = "webhook", ["settings"] = hook });
        var instance = await world.CreateAsync("/api/insert-function-instances", "insertFunctionInstance", new JsonObject
        {
            ["name"] = "Mine",
            ["functionId"] = function,
            ["integrationId"] = destination["id"]!.GetValue<string>(),
            ["enabled"] = true,
            ["settings"] = settings ?? [],
        });
        return instance["id"]!.GetValue<string>();
    }
}
