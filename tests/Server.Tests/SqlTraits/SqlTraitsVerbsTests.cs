using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.SqlTraits;

/// <summary><c>tributary sql-traits</c> against a whole server.</summary>
public sealed class SqlTraitsVerbsTests
{
    private const string Query = "SELECT * FROM (VALUES ('ada', 2), ('bob', 1), (NULL, 7)) AS t(user_id, orders)";

    [Fact]
    public async Task They_are_listed_previewed_and_run_and_their_runs_are_shown()
    {
        await using var server = await RunningServer.StartAsync();
        var (status, body) = await server.SendAsync(HttpMethod.Post, "/api/spaces/default/sql-traits", new JsonObject { ["name"] = "Orders", ["query"] = Query }.ToJsonString());
        Assert.True(status == 201, body.ToJsonString());
        var id = (string)body["data"]!["sqlTrait"]!["id"]!;

        var preview = await CommandLine.JsonAsync(server, "sql-traits", "preview", Query);
        var (_, shown, _) = await RunAsync(server, "preview", Query);
        var run = (await CommandLine.JsonAsync(server, "sql-traits", "run", "Orders", "--wait")).AsArray().Single()!;
        var runs = (await CommandLine.JsonAsync(server, "sql-traits", "runs", id)).AsArray();
        var (_, table, _) = await RunAsync(server, "runs", "Orders", "--count", "1");
        var list = await CommandLine.JsonAsync(server, "sql-traits", "list");
        var (_, listed, _) = await RunAsync(server, "list");
        var queued = await CommandLine.JsonAsync(server, "sql-traits", "run", "Orders");

        Assert.Equal((3, 1), ((int)preview["count"]!, (int)preview["discarded"]!["nullId"]!));
        Assert.Contains("3 in all, by user_id; of these would be discarded: nullId 1.", shown.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Equal(("SUCCEEDED", 3), ((string?)run["status"], (int)run["rows"]!));
        Assert.Equal((string?)runs[0]!["startedAt"], (string?)run["startedAt"]);
        Assert.InRange(runs.Count, 1, 2);
        Assert.Contains("MANUAL", table, StringComparison.Ordinal);
        Assert.Equal("Orders", (string?)Assert.Single(list["sqlTraits"]!.AsArray())!["name"]);
        Assert.Contains("Orders", listed, StringComparison.Ordinal);
        Assert.Equal("QUEUED", (string?)queued["status"]);
    }

    [Theory]
    [InlineData("at least one column", "preview", "SELECT 'a' AS user_id")]
    [InlineData("SELEC", "preview", "SELEC 1")]
    [InlineData("There is no SQL trait \"Nothing\".", "run", "Nothing")]
    [InlineData("There is no SQL trait \"Nothing\".", "runs", "Nothing")]
    [InlineData("Two SQL traits are called \"Twin\".", "run", "Twin")]
    [InlineData("disabled", "run", "Off", "--wait")]
    [InlineData("FAILED", "run", "Broken", "--wait")]
    public async Task A_verb_that_cannot_succeed_says_why_and_ends_with_1(string message, params string[] arguments)
    {
        await using var server = await RunningServer.StartAsync();
        foreach (var (name, enabled, query) in new[] { ("Twin", true, Query), ("Twin", true, Query), ("Off", false, Query), ("Broken", true, "SELECT user_id, error('it broke') AS x FROM (VALUES ('ada')) AS t(user_id)") })
        {
            var json = new JsonObject { ["name"] = name, ["enabled"] = enabled, ["query"] = query };
            var (status, body) = await server.SendAsync(HttpMethod.Post, "/api/spaces/default/sql-traits", json.ToJsonString());
            Assert.True(status == 201, body.ToJsonString());
        }

        var (code, _, error) = await RunAsync(server, arguments);

        Assert.Equal(1, code);
        Assert.Contains(message, error.ReplaceLineEndings(" ").Replace("  ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static Task<(int Code, string Output, string Error)> RunAsync(RunningServer server, params string[] arguments) =>
        CommandLine.RunAsync(["sql-traits", .. arguments, "--server", server.Address, "--token", RunningServer.AdminToken]);
}
