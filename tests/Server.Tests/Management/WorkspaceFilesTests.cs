using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Management;

public sealed class WorkspaceFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tributary-files-").FullName;

    [Fact]
    public async Task The_example_of_the_documents_applies_and_then_changes_nothing()
    {
        Environment.SetEnvironmentVariable("ORDER_HOOK_SECRET", "a very secret word");
        await using var server = await RunningServer.StartAsync();
        await HasOrdersAsync(server);
        var text = await File.ReadAllTextAsync(Repository.PathOf("docs", "reference", "workspace-files.md"));
        var file = Write("workspace.yaml", text.Split("```yaml\n")[1].Split("```")[0]);

        var planned = await CommandLine.JsonAsync(server, "plan", file);
        Assert.Equal(2, (await server.GetAsync("/api/sources"))["sources"]!.AsArray().Count);
        var applied = await CommandLine.JsonAsync(server, "apply", file);
        var again = await CommandLine.JsonAsync(server, "apply", file);

        Assert.Equal(["update space default", "update source shop-web", "create source crm", "create source personas-default", "create destination shop-web/Order hook", "create destination personas-default/Mail tool", "create audience default/buyers", "create connection default/buyers → personas-default/Mail tool", "create computed trait default/spent", "create SQL trait default/Orders in numbers"], Steps(planned));
        Assert.Equal(Steps(planned), Steps(applied));
        Assert.Equal(0, again["changes"]!.GetValue<int>());
        Assert.All(Steps(again), step => Assert.StartsWith("unchanged", step, StringComparison.Ordinal));
        var source = (await server.GetAsync("/api/sources"))["sources"]![1]!;
        Assert.Equal(("Shop website", 500), (source["name"]!.GetValue<string>(), source["settings"]!["rateLimit"]!.GetValue<int>()));
        var destination = (await server.GetAsync("/api/destinations"))["destinations"]![0]!;
        Assert.Equal("••••", destination["settings"]!["sharedSecret"]!.GetValue<string>());
        Assert.Equal("Weekly", (await server.GetAsync("/api/spaces/default/identity"))["identifiers"]![3]!["window"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_update_sends_what_differs_and_names_no_value()
    {
        await using var server = await RunningServer.StartAsync();
        var file = Write("a.yaml", Shop("https://example.com/one", "secret-one"));
        await CommandLine.JsonAsync(server, "apply", file);

        Write("a.yaml", Shop("https://example.com/two", null));
        var (code, output, _) = await CommandLine.RunAsync("apply", file, "--server", server.Address, "--token", RunningServer.AdminToken);

        Assert.Equal(0, code);
        Assert.Contains("~ destination shop/hook update: settings.url, settings.sharedSecret", output, StringComparison.Ordinal);
        Assert.DoesNotContain("example.com", output, StringComparison.Ordinal);
        var settings = (await server.GetAsync("/api/destinations"))["destinations"]![0]!["settings"]!;
        Assert.Equal("""{"url":"https://example.com/two"}""", settings.ToJsonString());
    }

    [Fact]
    public async Task Only_prune_deletes()
    {
        await using var server = await RunningServer.StartAsync();
        var file = Write("a.yaml", Shop("https://example.com/one", null));
        await CommandLine.JsonAsync(server, "apply", file);
        Write("a.yaml", "sources:\n  - slug: other\n    metadataId: csv\n");

        var kept = await CommandLine.JsonAsync(server, "apply", file);
        var pruned = await CommandLine.JsonAsync(server, "apply", file, "--prune");

        Assert.Equal(["create source other"], Steps(kept));
        Assert.Equal(["unchanged source other", "delete destination shop/hook", "delete source first-source", "delete source shop"], Steps(pruned));
        Assert.Equal("other", Assert.Single((await server.GetAsync("/api/sources"))["sources"]!.AsArray())!["slug"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_folder_is_read_as_one_file()
    {
        await using var server = await RunningServer.StartAsync();
        Write("2-destinations.yml", "destinations:\n  - {source: shop, name: hook, metadataId: webhook, settings: {url: 'http://example.com'}}\n");
        Write("1-sources.yaml", "sources:\n  - {slug: shop, metadataId: http-api, space: dev, writeKeys: [my-own-write-key]}\nspaces:\n  - {slug: dev}\n");

        await CommandLine.JsonAsync(server, "apply", _folder);

        Assert.Equal(0, (await CommandLine.JsonAsync(server, "plan", _folder))["changes"]!.GetValue<int>());
        var source = (await server.GetAsync("/api/sources"))["sources"]![1]!;
        Assert.Equal("my-own-write-key", source["writeKeys"]![0]!.GetValue<string>());
        Assert.Equal((await server.GetAsync("/api/spaces/dev"))["space"]!["id"]!.GetValue<string>(), source["spaceId"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("sources:\n  - slug: [\n", "a.yaml(")]
    [InlineData("things: []", "things")]
    [InlineData("sources:\n  - {slug: a, metadataId: csv, colour: red}", "sources[0].colour")]
    [InlineData("sources:\n  - {slug: a}", "sources[0].metadataId")]
    [InlineData("sources:\n  - {slug: a, metadataId: csv}\n  - {slug: a, metadataId: csv}", "described twice")]
    [InlineData("spaces:\n  - {slug: default, identity: {identifiers: [{type: email, window: Never}]}}", "spaces[0].identity.identifiers[0].window")]
    [InlineData("destinations:\n  - {source: none, name: a, metadataId: webhook}", "wants the source none")]
    [InlineData("sources:\n  - {slug: '${NOT_SET_ANYWHERE}', metadataId: csv}", "NOT_SET_ANYWHERE")]
    [InlineData("sources:\n  - {slug: first-source, metadataId: csv}", "cannot become csv")]
    [InlineData("- 1", "the top must have")]
    public async Task A_wrong_file_is_refused_with_its_place(string yaml, string message)
    {
        await using var server = await RunningServer.StartAsync();
        var file = Write("a.yaml", yaml);

        var (code, _, error) = await CommandLine.RunAsync("plan", file, "--server", server.Address, "--token", RunningServer.AdminToken);

        Assert.Equal(1, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_token_and_a_missing_server_say_what_to_do()
    {
        await using var server = await RunningServer.StartAsync();
        var file = Write("a.yaml", "sources: []");

        var (refused, _, wrongToken) = await CommandLine.RunAsync("plan", file, "--server", server.Address, "--token", "wrong");
        var (absent, _, noServer) = await CommandLine.RunAsync("plan", file, "--server", "http://127.0.0.1:1", "--token", "wrong");

        Assert.Equal((1, 1), (refused, absent));
        Assert.Contains("--token", wrongToken, StringComparison.Ordinal);
        Assert.Contains("tributary serve", noServer, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string[] Steps(JsonNode plan) =>
        [.. plan["steps"]!.AsArray().Select(step => $"{step!["action"]} {step["kind"]} {step["name"]}")];

    // The example has a query of the lake, so it needs a source that has sent something.
    private static async Task HasOrdersAsync(RunningServer server)
    {
        var (status, body) = await server.SendAsync(HttpMethod.Post, "/api/sources", """{"slug":"shop-web","metadataId":"javascript"}""");
        Assert.Equal(201, status);
        var key = (string)body["data"]!["source"]!["writeKeys"]![0]!;
        await server.SendAsync(HttpMethod.Post, "/v1/track", $$"""{"writeKey":"{{key}}","userId":"ada","event":"Order Completed"}""");
        for (var tries = 0; (await server.SendAsync(HttpMethod.Post, "/api/lake/query", """{"sql":"SELECT 1 FROM shop_web.order_completed"}""")).Status != 200; tries++)
        {
            Assert.True(tries < 1_000, "The lake did not load the event.");
            await Task.Delay(10);
        }
    }

    private static string Shop(string url, string? secret) =>
        $"sources:\n  - {{slug: shop, metadataId: http-api}}\ndestinations:\n  - source: shop\n    name: hook\n    metadataId: webhook\n    settings:\n      url: {url}\n"
        + (secret is null ? "" : $"      sharedSecret: {secret}\n");

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
