using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Tributary.Server.Tests.SqlTraits;

/// <summary>SQL traits over HTTP, from events in the lake to values on profiles.</summary>
public sealed class SqlTraitsApiTests
{
    private const string Path = "/api/spaces/default/sql-traits";
    private const string Orders = "SELECT user_id, count(*) AS orders, max(total) AS largest FROM shop.order_completed GROUP BY user_id";

    [Fact]
    public async Task A_query_is_previewed_saved_run_changed_and_deleted()
    {
        await using var server = await RunningServer.StartAsync();
        var source = await server.CreateSourceAsync("shop");
        await OrderAsync(server, source, "ada", 120);
        await OrderAsync(server, source, "ada", 80);
        await OrderAsync(server, source, "bob", 20);
        await LoadedAsync(server, "SELECT 1 FROM shop.order_completed HAVING count(*) = 3");

        var (status, body) = await server.SendAsync(HttpMethod.Post, $"{Path}/preview", Body(Orders));
        Assert.Equal(200, status);
        var preview = body["data"]!["sqlTraitPreview"]!;
        Assert.Equal("""["user_id","orders","largest"]""", new JsonArray([.. preview["columns"]!.AsArray().Select(column => column!["name"]!.DeepClone())]).ToJsonString());
        Assert.Equal((2, 2, 0, "user_id"), ((int)preview["count"]!, preview["rows"]!.AsArray().Count, preview["refused"]!.AsArray().Count, (string?)preview["id"]));
        Assert.Equal("""{"nullId":0,"idTooLong":0,"duplicateId":0,"recordTooLarge":0}""", preview["discarded"]!.ToJsonString());
        Assert.Empty((await server.GetAsync(Path))["sqlTraits"]!.AsArray());

        (status, body) = await server.SendAsync(HttpMethod.Post, Path, new JsonObject { ["name"] = "Orders", ["query"] = Orders }.ToJsonString());
        Assert.Equal(201, status);
        var trait = body["data"]!["sqlTrait"]!;
        var id = (string)trait["id"]!;
        Assert.StartsWith("sql_", id, StringComparison.Ordinal);
        Assert.Equal(("PERIODIC", "12h", true), ((string?)trait["scheduleStrategy"], (string?)trait["scheduleConfig"]!["interval"], (bool)trait["enabled"]!));
        Assert.Contains((await server.GetAsync("/api/sources"))["sources"]!.AsArray(), each => (string?)each!["slug"] == "personas-default");

        var run = await EndedAsync(server, id, 1);
        Assert.Equal(("SUCCEEDED", "SCHEDULED", 2, 2), ((string?)run["status"], (string?)run["trigger"], (int)run["rows"]!, (int)run["changed"]!));
        await TraitsAsync(server, "ada", """{"largest":120,"orders":2}""");
        await TraitsAsync(server, "bob", """{"largest":20,"orders":1}""");

        await OrderAsync(server, source, "bob", 30);
        (status, body) = await server.SendAsync(HttpMethod.Post, $"{Path}/{id}/runs");
        Assert.Equal((202, "QUEUED"), (status, (string?)body["data"]!["status"]));
        run = await EndedAsync(server, id, 2);
        Assert.Equal(("MANUAL", 1, 1, 0), ((string?)run["trigger"], (int)run["changed"]!, (int)run["unchanged"]!, (int)run["gone"]!));
        await TraitsAsync(server, "bob", """{"largest":30,"orders":2}""");

        (status, body) = await server.SendAsync(HttpMethod.Patch, $"{Path}/{id}", new JsonObject { ["query"] = Orders + " HAVING count(*) > 5", ["scheduleConfig"] = new JsonObject { ["interval"] = "90m" } }.ToJsonString());
        Assert.Equal((200, "90m"), (status, (string?)body["data"]!["sqlTrait"]!["scheduleConfig"]!["interval"]));
        Assert.Equal(2, (int)(await EndedAsync(server, id, 3))["gone"]!);
        await TraitsAsync(server, "ada", "{}");
        Assert.Equal("Live", (string?)(await server.GetAsync($"{Path}/{id}"))["sqlTrait"]!["status"]);

        (status, _) = await server.SendAsync(HttpMethod.Patch, $"{Path}/{id}", """{"enabled":false}""");
        Assert.Equal(200, status);
        Assert.Equal(409, (await server.SendAsync(HttpMethod.Post, $"{Path}/{id}/runs")).Status);
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Delete, $"{Path}/{id}")).Status);
        Assert.Equal(404, (await server.SendAsync(HttpMethod.Get, $"{Path}/{id}")).Status);
        Assert.Equal(404, (await server.SendAsync(HttpMethod.Get, $"{Path}/{id}/runs")).Status);
    }

    [Theory]
    [InlineData("""{"query":"SELECT 'a' AS user_id, 1 AS x"}""", "name", "required")]
    [InlineData("""{"name":"x"}""", "query", "required")]
    [InlineData("""{"name":"x","query":"SELEC 1"}""", "query", "SELEC")]
    [InlineData("""{"name":"x","query":"SELECT 'a' AS user_id"}""", "query", "at least one column")]
    [InlineData("""{"name":"x","query":"SELECT 'a' AS user_id, 'b' AS anonymous_id, 1 AS x"}""", "query", "exactly one id")]
    [InlineData("""{"name":"x","query":"CREATE TABLE t (a INTEGER)"}""", "query", "only be read")]
    [InlineData("""{"name":"x","query":"SELECT 'a' AS user_id, 1 AS x","scheduleConfig":{"interval":"59m"}}""", "scheduleConfig.interval", "1h to 30d")]
    [InlineData("""{"name":"x","query":"SELECT 'a' AS user_id, 1 AS x","scheduleConfig":{"interval":"often"}}""", "scheduleConfig.interval", "1h to 30d")]
    [InlineData("""{"name":"x","query":"SELECT 'a' AS user_id, 1 AS x","scheduleStrategy":"MANUAL"}""", "scheduleStrategy", "PERIODIC")]
    public async Task What_cannot_work_is_refused_with_its_field(string json, string field, string because)
    {
        await using var server = await RunningServer.StartAsync();
        var (status, body) = await server.SendAsync(HttpMethod.Post, Path, json);
        Assert.Equal(400, status);
        var error = Assert.Single(body["errors"]!.AsArray());
        Assert.Equal(field, (string?)error!["field"]);
        Assert.Contains(because, (string?)error["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_preview_says_what_would_be_refused_and_discarded()
    {
        await using var server = await RunningServer.StartAsync();
        var (_, body) = await server.SendAsync(HttpMethod.Post, $"{Path}/preview", Body("SELECT now() AS at, 1 AS x"));
        Assert.Equal(2, body["data"]!["sqlTraitPreview"]!["refused"]!.AsArray().Count);
        (_, body) = await server.SendAsync(HttpMethod.Post, $"{Path}/preview", Body("SELECT CASE WHEN i % 10 = 0 THEN NULL ELSE i // 2 END AS user_id, i AS x FROM range(1000) AS r(i);"));
        var preview = body["data"]!["sqlTraitPreview"]!;
        Assert.Equal((1_000, 100, true), ((int)preview["count"]!, preview["rows"]!.AsArray().Count, (bool)preview["truncated"]!));
        Assert.Equal((100, 800), ((int)preview["discarded"]!["nullId"]!, (int)preview["discarded"]!["duplicateId"]!));
        Assert.Equal(400, (await server.SendAsync(HttpMethod.Post, $"{Path}/preview", Body("SELECT * FROM nothing.there"))).Status);
        Assert.Equal(404, (await server.SendAsync(HttpMethod.Post, "/api/spaces/other/sql-traits/preview", Body("SELECT 1"))).Status);
        Assert.Equal(404, (await server.SendAsync(HttpMethod.Post, $"{Path}/sql_none/runs")).Status);
    }

    [Fact]
    public async Task The_schedule_survives_a_restart_and_a_missed_turn_runs_at_the_start()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)) { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) };
        var starts = 0;
        await using var server = await RunningServer.StartAsync(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(clock);
            if (starts++ > 0) clock.Advance(TimeSpan.FromHours(5));
        });
        using var moving = new Timer(_ => clock.Advance(TimeSpan.FromMilliseconds(200)), null, 20, 20);
        var (_, body) = await server.SendAsync(HttpMethod.Post, Path, """{"name":"x","query":"SELECT 'ada' AS user_id, 1 AS x","scheduleConfig":{"interval":"1h"}}""");
        var id = (string)body["data"]!["sqlTrait"]!["id"]!;
        await EndedAsync(server, id, 1);

        await server.RestartAsync();
        var run = await EndedAsync(server, id, 2);
        Assert.Equal(("SCHEDULED", 0, 1), ((string?)run["trigger"], (int)run["changed"]!, (int)run["unchanged"]!));
        Assert.Equal(2, (await server.GetAsync($"{Path}/{id}/runs"))["runs"]!.AsArray().Count);
    }

    private static string Body(string query) => new JsonObject { ["query"] = query }.ToJsonString();

    private static async Task OrderAsync(RunningServer server, JsonObject source, string user, int total)
    {
        var json = $$"""{"userId":"{{user}}","event":"Order Completed","properties":{"total":{{total}}},"writeKey":"{{(string)source["writeKeys"]![0]!}}"}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/track") { Content = new StringContent(json) };
        using var response = await server.Http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode);
    }

    private static async Task LoadedAsync(RunningServer server, string sql)
    {
        var query = new JsonObject { ["sql"] = sql }.ToJsonString();
        while ((await server.SendAsync(HttpMethod.Post, "/api/lake/query", query)).Body["data"]?["rows"]?.AsArray() is not { Count: > 0 }) await Task.Delay(20, TestContext.Current.CancellationToken);
    }

    // The run with this number, once it has ended.
    private static async Task<JsonNode> EndedAsync(RunningServer server, string id, int number)
    {
        while (true)
        {
            var runs = (await server.GetAsync($"{Path}/{id}/runs"))["runs"]!.AsArray();
            if (runs.FirstOrDefault(run => (int)run!["number"]! == number && run["finishedAt"] is not null) is { } ended) return ended.DeepClone();
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    // What a run appended is processed a moment later.
    private static async Task TraitsAsync(RunningServer server, string user, string expected)
    {
        var found = "";
        for (var patience = 0; found != expected && patience < 500; patience++)
        {
            using var answer = await server.Http.GetAsync($"/v1/spaces/default/collections/users/profiles/user_id:{user}/traits");
            found = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["traits"]?.ToJsonString() ?? "";
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.Equal(expected, found);
    }
}
