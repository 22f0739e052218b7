using Tributary.Server.Tests.Profiles;
using Xunit;

namespace Tributary.Server.Tests.Cli;

/// <summary>The verbs that talk to a server, against a whole one.</summary>
public sealed class VerbsTests(ProfileWorld world) : IClassFixture<ProfileWorld>
{
    [Theory]
    [InlineData("events.ndjson", "{\"type\":\"identify\",\"userId\":\"{0}\",\"traits\":{\"plan\":\"pro\"}}\n\n{\"type\":\"track\",\"userId\":\"{0}\"}\n", "user_id:cli-nd")]
    [InlineData("people.csv", "user_id,plan,note\n{0},pro,\"a, b\"\n,pro,nobody\n", "user_id:cli-csv")]
    public async Task Import_takes_files_and_counts_what_was_accepted_and_discarded(string name, string content, string who)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("tributary-cli-").FullName, name);
        await File.WriteAllTextAsync(file, content.Replace("{0}", who.Split(':')[1], StringComparison.Ordinal));

        var counts = await CommandLine.JsonAsync(world.Server, "import", file, "--source", "shop");
        var (code, output, _) = await RunAsync("import", file, "--source", "shop");

        Assert.Equal((2, 1, 1), ((int)counts["rows"]!, (int)counts["accepted"]!, (int)counts["discarded"]!));
        Assert.Equal((0, $"{name} is in the log. rows 2, accepted 1, discarded 1"), (code, output.Trim()));
        await world.SendAsync($$"""{"type":"track","event":"Later","userId":"cli-later"}""");
        Assert.Equal("pro", (string)(await CommandLine.JsonAsync(world.Server, "profiles", "get", who))["traits"]!["plan"]!);
        File.Delete(file);
    }

    [Fact]
    public async Task Profiles_are_shown_explained_merged_and_split()
    {
        await world.SendAsync(
            """{"type":"identify","messageId":"cli-1","userId":"cli/1","anonymousId":"cli-a","traits":{"email":"cli@example.com"}}""", """{"type":"identify","userId":"cli-2"}""");

        var (_, shown, _) = await RunAsync("profiles", "get", "user_id:cli/1");
        var path = await CommandLine.JsonAsync(world.Server, "profiles", "explain", "anonymous_id:cli-a", "--and", "user_id:cli/1");
        var merged = await CommandLine.JsonAsync(world.Server, "profiles", "merge", "user_id:cli/1", "user_id:cli-2", "--reason", "a test");
        var planned = await CommandLine.JsonAsync(world.Server, "profiles", "split", "user_id:cli/1", "user_id:cli-2", "--dry-run");
        var together = await world.IdOfAsync("user_id:cli-2");
        var split = await CommandLine.JsonAsync(world.Server, "profiles", "split", "user_id:cli/1", "user_id:cli-2");

        Assert.Contains("cli@example.com", shown, StringComparison.Ordinal);
        Assert.Equal("cli-1", (string)Assert.Single(path["path"]!.AsArray())!["messageId"]!);
        Assert.Single(merged["profiles"]!.AsArray());
        Assert.Equal((true, 2), ((bool)planned["dryRun"]!, planned["profiles"]!.AsArray().Count));
        Assert.Equal(together, await world.IdOfAsync("user_id:cli/1"));
        Assert.Equal(2, split["profiles"]!.AsArray().Count);
        Assert.NotEqual(together, await world.IdOfAsync("user_id:cli-2"));
    }

    [Theory]
    [InlineData("404. Profile was not found.", "profiles", "get", "user_id:nobody")]
    [InlineData("type:value", "profiles", "get", "nobody")]
    [InlineData("404. Profile was not found.", "profiles", "explain", "user_id:nobody")]
    [InlineData("404. Profile was not found.", "profiles", "merge", "user_id:nobody", "user_id:else")]
    [InlineData("syntax error", "lake", "query", "selectt 1")]
    [InlineData("400.", "lake", "query", "drop table x")]
    public async Task A_verb_that_cannot_succeed_says_why_and_ends_with_1(string message, params string[] arguments)
    {
        var (code, output, error) = await RunAsync(arguments);

        Assert.Equal((1, ""), (code, output));
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_lake_answers_in_a_table_or_in_json()
    {
        var (code, table, _) = await RunAsync("lake", "query", "select 1 as one, null as nothing, 'a' as letter");
        var json = await CommandLine.JsonAsync(world.Server, "lake", "query", "select 42 as answer");

        Assert.Equal(0, code);
        Assert.Matches(@"one\s+nothing\s+letter[\s\S]+1\s+a[\s\S]+1 row\b", table);
        Assert.Equal(("answer", 42), ((string)json["columns"]![0]!["name"]!, (int)json["rows"]![0]![0]!));
    }

    [Fact]
    public async Task Without_a_server_or_a_token_the_advice_says_what_to_do()
    {
        var (noServer, _, unreachable) = await CommandLine.RunAsync("profiles", "get", "user_id:x", "--server", "http://127.0.0.1:9", "--token", "t");
        var (noToken, _, refused) = await CommandLine.RunAsync("profiles", "get", "user_id:x", "--server", world.Server.Address, "--token", "wrong");

        Assert.Equal((1, 1), (noServer, noToken));
        Assert.Contains("tributary serve", unreachable, StringComparison.Ordinal);
        Assert.Contains("--token", refused, StringComparison.Ordinal);
    }

    private Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) =>
        CommandLine.RunAsync([.. arguments, "--server", world.Server.Address, "--token", RunningServer.AdminToken]);
}
