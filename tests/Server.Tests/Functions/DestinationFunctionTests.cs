using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Functions;

public sealed class DestinationFunctionTests
{
    private static readonly JsonArray AddressAndKey =
    [
        new JsonObject { ["name"] = "address", ["type"] = "STRING", ["required"] = true },
        new JsonObject { ["name"] = "apiKey", ["type"] = "STRING", ["sensitive"] = true },
    ];

    private const string Post = """
        async function onTrack(event, settings) {
          const response = await fetch(settings.address + '/in', {
            method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ' + settings.apiKey }, body: JSON.stringify({ what: event.event, total: event.properties.total })
          })
          if (response.status >= 500) throw new RetryError('later')
          if (!response.ok) throw new Error('status ' + response.status)
        }
        """;

    [Fact]
    public async Task An_event_reaches_what_the_function_calls_with_the_secrets_of_its_destination()
    {
        await using var world = await FunctionServer.StartAsync();
        var (_, destination) = await world.DestinationAsync(Post, new JsonObject { ["address"] = world.Stub.Address, ["apiKey"] = "s3cret" }, AddressAndKey.DeepClone().AsArray());
        await world.TrackAsync("Order Completed", "m1", """{"total":12.5}""");
        var life = await world.LifeAsync("m1", "delivered");
        Assert.Equal(destination, life["id"]?.GetValue<string>() ?? life["destinationId"]?.GetValue<string>());
        var request = Assert.Single(world.Stub.Requests);
        Assert.Equal("Bearer s3cret", request.Headers["authorization"]);
        Assert.Equal("""{"what":"Order Completed","total":12.5}""", Assert.Single(world.Bodies()));
        var shown = (await world.Server.GetAsync("/api/destinations/" + destination)).ToJsonString();
        Assert.DoesNotContain("s3cret", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_that_the_function_asks_for_are_checked()
    {
        await using var world = await FunctionServer.StartAsync();
        var function = await world.FunctionAsync("DESTINATION", Post, AddressAndKey.DeepClone().AsArray());
        var (status, answer) = await world.Server.SendAsync(
            HttpMethod.Post, "/api/destinations", new JsonObject { ["sourceId"] = world.Source, ["metadataId"] = "fn_" + function, ["settings"] = new JsonObject { ["apiKey"] = 5 } }.ToJsonString());
        Assert.True(status is 400 or 422, answer.ToJsonString());
        Assert.Contains("settings.address is required", answer.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("settings.apiKey must be a text", answer.ToJsonString(), StringComparison.Ordinal);
        (status, _) = await world.Server.SendAsync(HttpMethod.Post, "/api/destinations", new JsonObject { ["sourceId"] = world.Source, ["metadataId"] = "fn_nobody" }.ToJsonString());
        Assert.NotEqual(201, status);
    }

    [Theory]
    [InlineData("throw new Error('no')", "failed", "bad_request")]
    [InlineData("throw new InvalidEventPayload('no')", "failed", "message_rejected")]
    [InlineData("throw new ValidationError('no')", "failed", "message_rejected")]
    [InlineData("throw new EventNotSupported('no')", "filtered", "unsupported_event_type")]
    [InlineData("throw 5", "failed", "bad_request")]
    [InlineData("undefined.x", "failed", "bad_request")]
    public async Task The_class_of_an_error_decides_what_becomes_of_the_event(string body, string state, string reason)
    {
        await using var world = await FunctionServer.StartAsync();
        await world.DestinationAsync($"function onTrack() {{ {body} }}");
        await world.TrackAsync("A", "m1");
        Assert.Equal(reason, (await world.LifeAsync("m1", state))["reason"]?.GetValue<string>());
    }

    [Fact]
    public async Task A_type_without_a_handler_is_filtered_and_the_others_are_not()
    {
        await using var world = await FunctionServer.StartAsync();
        await world.DestinationAsync("function onIdentify() {}");
        await world.TrackAsync("A", "m1");
        await world.SendAsync("identify", """{"userId":"ada","messageId":"m2","traits":{"a":1}}""");
        Assert.Equal("unsupported_event_type", (await world.LifeAsync("m1", "filtered"))["reason"]?.GetValue<string>());
        await world.LifeAsync("m2", "delivered");
    }

    [Fact]
    public async Task What_is_to_be_tried_again_is_and_another_deployment_takes_over()
    {
        await using var world = await FunctionServer.StartAsync();
        var (function, _) = await world.DestinationAsync("function onTrack() { throw new RetryError('not today') }");
        await world.TrackAsync("A", "m1");
        await FunctionServer.UntilAsync(async () => (await world.Server.SendAsync(HttpMethod.Get, "/api/events/m1")).Body.ToJsonString().Contains("not today", StringComparison.Ordinal));
        await world.DeployAsync(function, $"async function onTrack(event) {{ await fetch('{world.Stub.Address}/in', {{ method: 'POST', body: event.event }}) }}");
        await world.LifeAsync("m1", "delivered");
        Assert.Equal(["A"], world.Bodies());
    }

    [Fact]
    public async Task Saved_code_does_not_run_before_it_is_deployed()
    {
        await using var world = await FunctionServer.StartAsync();
        var (function, _) = await world.DestinationAsync($"async function onTrack(event) {{ await fetch('{world.Stub.Address}/old', {{ method: 'POST', body: 'old' }}) }}");
        await world.Server.SendAsync(HttpMethod.Patch, "/api/functions/" + function, new JsonObject { ["code"] = "function onTrack() { throw new Error('new') }" }.ToJsonString());
        await world.TrackAsync("A", "m1");
        await world.LifeAsync("m1", "delivered");
        Assert.Equal(["old"], world.Bodies());
    }

    [Fact]
    public async Task A_batch_comes_at_once_and_each_event_has_the_status_that_it_was_given()
    {
        await using var world = await FunctionServer.StartAsync();
        await world.DestinationAsync(
            $$"""
            let calls = 0
            async function onBatch(events, settings) {
              await fetch('{{world.Stub.Address}}/in', { method: 'POST', body: events.map((event) => event.messageId).sort().join() })
              return events.map((event) => event.properties.status === 503 && ++calls > 1 ? { status: 200 } : { status: event.properties.status, errormessage: 'because' })
            }
            """,
            batch: 3);
        // Of one person each, because events of one person go one after the other.
        foreach (var status in (int[])[200, 400, 503]) await world.SendAsync("track", $$"""{"userId":"u{{status}}","event":"A","messageId":"m{{status}}","properties":{"status":{{status}} } }""");
        await world.LifeAsync("m200", "delivered");
        Assert.Equal("http_400", (await world.LifeAsync("m400", "failed"))["reason"]?.GetValue<string>());
        await world.LifeAsync("m503", "delivered");
        Assert.Equal("m503", world.Bodies()[^1]);
    }

    [Fact]
    public async Task Code_that_cannot_be_read_keeps_its_events_until_it_can()
    {
        await using var world = await FunctionServer.StartAsync();
        var (function, _) = await world.DestinationAsync("function onTrack( {");
        await world.TrackAsync("A", "m1");
        await FunctionServer.UntilAsync(async () => (await world.Server.SendAsync(HttpMethod.Get, "/api/events/m1")).Body.ToJsonString().Contains("function_unavailable", StringComparison.Ordinal));
        await world.DeployAsync(function, "function onTrack() {}");
        await world.LifeAsync("m1", "delivered");
    }
}
