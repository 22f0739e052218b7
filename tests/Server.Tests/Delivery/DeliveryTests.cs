using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Xunit;

namespace Tributary.Server.Tests.Delivery;

/// <summary>From the tracking API to a receiver, and what flow and passports say about it.</summary>
public sealed class DeliveryTests
{
    [Fact]
    public async Task A_webhook_receives_the_whole_message()
    {
        await using var world = await DeliveredServer.StartAsync(",\"sharedSecret\":\"s\"");

        await world.TrackAsync("""{"userId":"u1","event":"Order Completed","messageId":"m1","properties":{"total":9.5},"context":{"locale":"de"},"own":[1,{"x":null}]}""");
        await world.SettledAsync(1);

        var request = Assert.Single(world.Stub.Requests);
        var message = JsonNode.Parse(request.Body)!;
        Assert.Equal("""{"total":9.5}""", message["properties"]!.ToJsonString());
        Assert.Equal("""[1,{"x":null}]""", message["own"]!.ToJsonString());
        Assert.Equal(("m1", "track", "u1"), ((string?)message["messageId"], (string?)message["type"], (string?)message["userId"]));
        Assert.Equal(40, request.Headers["X-Signature"].Length);
        Assert.Equal(1, DeliveredServer.Number(await world.FlowAsync(), "delivered"));
    }

    [Fact]
    public async Task The_passport_of_an_accepted_event_tells_its_whole_life()
    {
        await using var world = await DeliveredServer.StartAsync();
        await world.TrackAsync("""{"anonymousId":"a1","event":"First","messageId":"first"}""");
        await world.TrackAsync("""{"userId":"u1","anonymousId":"a1","messageId":"dir/with/slashes & more","traits":{"email":"ada@example.com"}}""", "identify");
        await world.TrackAsync("""{"userId":"u1","anonymousId":"a1","messageId":"dir/with/slashes & more"}""", "identify");
        await world.SettledAsync(2);

        var passport = await world.PassportAsync("dir/with/slashes & more");

        var known = Assert.Single(passport["events"]!.AsArray())!;
        Assert.Equal(("accepted", "identify", world.Source), ((string?)known["verdict"], (string?)known["type"], (string?)known["source"]));
        Assert.Equal(1, known["repeats"]!.GetValue<long>());
        Assert.StartsWith("use_", (string?)known["profile"], StringComparison.Ordinal);
        Assert.Equal(["anonymous_id:a1", "email:ada@example.com", "user_id:u1"], known["identifiers"]!.AsArray().Select(each => $"{each!["type"]}:{each["value"]}").Order());
        Assert.Equal("u1", (string?)known["event"]!["userId"]);
        Assert.Equal(("delivered", world.Destination, "Hook"), ((string?)known["destinations"]![0]!["state"], (string?)known["destinations"]![0]!["id"], (string?)known["destinations"]![0]!["name"]));
        Assert.Equal((string?)known["profile"], (string?)(await world.PassportAsync("first"))["events"]![0]!["profile"]);
        Assert.Equal(200, (await world.Server.SendAsync(HttpMethod.Get, "/api/events/dir/with/slashes%20&%20more")).Status);
    }

    [Fact]
    public async Task The_passport_of_a_rejected_message_has_its_code_and_payload()
    {
        await using var world = await DeliveredServer.StartAsync();
        world.Server.Services.GetRequiredService<Processor>().Probe = record =>
        {
            if (record.Kind == ReceivedKind.Event && record.MessageId.Span.SequenceEqual("poison"u8)) throw new InvalidOperationException("cannot cope");
        };
        await world.TrackAsync("""{"event":"Nobody","messageId":"nobody"}""");
        await world.TrackAsync("""{"userId":"u1","event":"Bad","messageId":"poison"}""");
        await world.TrackAsync("""{"userId":"u1","event":"Good","messageId":"good"}""");
        await world.SettledAsync(1);

        var discarded = Assert.Single((await world.PassportAsync("nobody"))["rejected"]!.AsArray())!;
        var quarantined = Assert.Single((await world.PassportAsync("poison"))["rejected"]!.AsArray())!;
        Assert.Equal(("discarded", "no_user_anon_id", "Nobody"), ((string?)discarded["verdict"], (string?)discarded["code"], (string?)discarded["payload"]!["event"]));
        Assert.Equal(("quarantined", "InvalidOperationException", "cannot cope", "Bad"), ((string?)quarantined["verdict"], (string?)quarantined["code"], (string?)quarantined["detail"], (string?)quarantined["payload"]!["event"]));
        var listed = await world.Server.GetAsync("/api/sources/shop/discards");
        Assert.Equal(1, listed["counts"]!["no_user_anon_id"]!.GetValue<int>());
        Assert.Equal("nobody", (string?)Assert.Single(listed["discards"]!.AsArray())!["messageId"]);
        Assert.Equal("poison", (string?)Assert.Single((await world.Server.GetAsync("/api/events?verdict=quarantined"))["events"]!.AsArray())!["messageId"]);
        await world.FlowAsync();
    }

    [Fact]
    public async Task A_retry_and_a_failure_are_told_with_their_reasons()
    {
        await using var world = await DeliveredServer.StartAsync();
        world.Stub.Answer = async (request, context) =>
        {
            context.Response.StatusCode = Encoding.UTF8.GetString(request.Body).Contains("\"Bad\"", StringComparison.Ordinal) ? 422 : 503;
            if (context.Response.StatusCode == 503) context.Response.Headers.RetryAfter = "3600";
            await context.Response.WriteAsync("not today");
        };
        await world.TrackAsync("""{"userId":"u1","event":"Bad","messageId":"bad"}""");
        await world.UntilAsync(async () => (string?)(await world.LifeAsync("bad"))["state"] == "failed");
        await world.TrackAsync("""{"userId":"u2","event":"Good","messageId":"good"}""");
        await world.UntilAsync(async () => (string?)(await world.LifeAsync("good"))["state"] == "retrying");

        var (bad, good) = (await world.LifeAsync("bad"), await world.LifeAsync("good"));
        Assert.Equal(("http_422", "not today"), ((string?)bad["reason"], (string?)bad["lastError"]));
        Assert.Equal(("http_503", 1), ((string?)good["reason"], good["attempts"]!.GetValue<int>()));
        Assert.InRange((DateTimeOffset.Parse((string)good["nextAttemptAt"]!, null) - TimeProvider.System.GetUtcNow()).TotalMinutes, 58, 61);
        var flow = await world.FlowAsync();
        Assert.Equal((1, 1), (DeliveredServer.Number(flow, "pending"), flow["failed"]!["http_422"]!.GetValue<int>()));
    }

    [Fact]
    public async Task A_private_address_is_refused_unless_it_is_allowed()
    {
        await using var world = await DeliveredServer.StartAsync(allow: null);
        await world.TrackAsync("""{"userId":"u1","event":"E","messageId":"m1"}""");
        await world.SettledAsync(1);

        Assert.Empty(world.Stub.Requests);
        Assert.Equal(("failed", "egress_refused"), ((string?)(await world.LifeAsync("m1"))["state"], (string?)(await world.LifeAsync("m1"))["reason"]));
    }

    [Fact]
    public async Task What_waits_survives_a_restart_and_the_law_holds_throughout()
    {
        await using var world = await DeliveredServer.StartAsync(options: [("BackoffMsMin", "50"), ("BackoffMsMax", "100"), ("ProbeMsMax", "100")]);
        var isDown = true;
        world.Stub.Answer = (_, context) =>
        {
            context.Response.StatusCode = isDown ? 500 : 200;
            return Task.CompletedTask;
        };
        for (var i = 0; i < 40; i++) await world.TrackAsync($$"""{"userId":"u{{i}}","event":"E","messageId":"m{{i}}"}""");
        await world.UntilAsync(async () => world.Stub.Requests.Count > 20 && DeliveredServer.Number(await world.FlowAsync(), "pending") == 40);

        await world.Server.RestartAsync();
        Assert.Equal(40, DeliveredServer.Number(await world.FlowAsync(), "pending"));
        isDown = false;
        await world.SettledAsync(40);

        var ids = world.Stub.Requests.Select(request => (string?)JsonNode.Parse(request.Body)!["messageId"]).Distinct();
        Assert.Equal(40, ids.Count());
        Assert.Equal(40, DeliveredServer.Number(await world.FlowAsync(), "delivered"));
    }

    [Fact]
    public async Task A_disabled_destination_filters_and_a_deleted_one_is_gone()
    {
        await using var world = await DeliveredServer.StartAsync();
        await world.Server.SendAsync(HttpMethod.Patch, "/api/destinations/" + world.Destination, """{"enabled":false}""");
        await world.TrackAsync("""{"userId":"u1","event":"E","messageId":"m1"}""");
        await world.SettledAsync(1);
        Assert.Equal(("filtered", "destination_disabled"), ((string?)(await world.LifeAsync("m1"))["state"], (string?)(await world.LifeAsync("m1"))["reason"]));

        await world.Server.SendAsync(HttpMethod.Patch, "/api/destinations/" + world.Destination, """{"enabled":true}""");
        await world.TrackAsync("""{"userId":"u1","event":"E","messageId":"m2"}""");
        await world.SettledAsync(2);
        Assert.Single(world.Stub.Requests);

        await world.Server.SendAsync(HttpMethod.Delete, "/api/destinations/" + world.Destination);
        await world.TrackAsync("""{"userId":"u1","event":"E","messageId":"m3"}""");
        Assert.Empty((await world.Server.GetAsync("/api/flow"))["destinations"]!.AsArray());
        Assert.Empty((await world.PassportAsync("m3"))["events"]![0]!["destinations"]!.AsArray());
        Assert.Single(world.Stub.Requests);
    }

    [Fact]
    public async Task Recent_events_are_listed_newest_first_and_searched()
    {
        await using var world = await DeliveredServer.StartAsync();
        for (var i = 0; i < 5; i++) await world.TrackAsync($$"""{"userId":"u1","event":"E{{i}}","messageId":"m{{i}}"}""");
        await world.TrackAsync("""{"userId":"u1","name":"Home","messageId":"p"}""", "page");
        async Task<string> Ids(string query) => string.Join(' ', (await world.Server.GetAsync("/api/events" + query))["events"]!.AsArray().Select(each => (string?)each!["messageId"]));
        await world.UntilAsync(async () => (await Ids("")).Length > 0);

        Assert.Equal("p m4 m3 m2 m1 m0", await Ids("?source=shop"));
        Assert.Equal("m4 m3", await Ids("?type=track&limit=2"));
        Assert.Equal("m2", await Ids("?event=E2"));
        var second = (await world.Server.GetAsync("/api/events?limit=2"))["events"]![1]!["eventOffset"];
        Assert.Equal("m3 m2", await Ids($"?limit=2&before={second}"));
        await world.Server.RestartAsync();
        await world.UntilAsync(async () => await Ids("?source=" + world.Source) == "p m4 m3 m2 m1 m0");
    }

    [Theory]
    [InlineData("/api/events/unknown", 404, null)]
    [InlineData("/api/events?limit=0", 400, "limit")]
    [InlineData("/api/events?limit=many", 400, "limit")]
    [InlineData("/api/events?type=trak", 400, "type")]
    [InlineData("/api/events?source=none", 400, "source")]
    [InlineData("/api/events?verdict=lost", 400, "verdict")]
    [InlineData("/api/events?before=-1", 400, "before")]
    [InlineData("/api/sources/none/discards", 404, null)]
    public async Task What_cannot_be_answered_gets_an_error_that_says_where(string path, int status, string? field)
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.SendAsync(HttpMethod.Get, path);

        Assert.Equal((status, field), (answer.Status, (string?)answer.Body["errors"]![0]!["field"]));
    }

    [Fact]
    public async Task A_deeply_nested_message_has_a_passport()
    {
        await using var world = await DeliveredServer.StartAsync();
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 60)) + "1" + new string('}', 60);
        await world.TrackAsync($$"""{"userId":"u1","event":"Deep","messageId":"deep","properties":{{deep}} }""");
        await world.TrackAsync($$"""{"userId":"u1","event":"Deep","messageId":"deeper","properties":{"b":{"c":{"d":{{deep}} } } } }""");

        using var answer = await world.Server.Http.GetAsync("/api/events/deep");
        using var passport = JsonDocument.Parse(await answer.Content.ReadAsStreamAsync(), new JsonDocumentOptions { MaxDepth = 100 });
        Assert.Equal("Deep", passport.RootElement.GetProperty("data").GetProperty("events")[0].GetProperty("event").GetProperty("event").GetString());
        Assert.Equal("nested_too_deep", (string?)(await world.Server.GetAsync("/api/sources/shop/discards?limit=1"))["counts"]!.AsObject().Single().Key);
    }
}
