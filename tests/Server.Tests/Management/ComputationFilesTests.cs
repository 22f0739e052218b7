using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Server.Tests.Management;

/// <summary>Audiences, computed traits and SQL traits in workspace files, and the file that a server writes of itself.</summary>
public sealed class ComputationFilesTests : IDisposable
{
    private const string Computations = """
        sources:
          - {slug: shop, metadataId: http-api}
          - {slug: personas-default, metadataId: personas, name: Engage}
        destinations:
          - source: personas-default
            name: Mail tool
            metadataId: webhook
            settings: {url: "http://127.0.0.1:9/in", sharedSecret: "${HOOK_WORD}"}
        audiences:
          - key: vip
            definition: {type: USERS, query: "trait('spent') > 100 AND trait('buyers') = true"}
            connections:
              - destination: personas-default/Mail tool
                sendIdentify: false
                idSyncConfiguration: [{externalId: email, strategy: LAST}]
          - key: buyers
            name: Buyers
            description: |-
              Whoever
              bought for ${MONEY_OF} something.
            definition: {query: "event('Order Completed').within(30 days).count() >= 2"}
            options: {includeHistoricalData: false, filterByExternalIds: [user_id]}
        computedTraits:
          - key: spent
            enabled: false
            definition: {query: "event('Order Completed').sum(property('total'))"}
            options: {backfillEventDataDays: 30}
        sqlTraits:
          - name: Orders in numbers
            query: |-
              SELECT 'ada' AS user_id,
                     2 AS orders
            scheduleConfig: {interval: 90m}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("tributary-files-").FullName;

    [Fact]
    public async Task What_is_computed_applies_in_an_order_that_works_and_then_changes_nothing()
    {
        Environment.SetEnvironmentVariable("HOOK_WORD", "a very secret word");
        Environment.SetEnvironmentVariable("MONEY_OF", "money");
        await using var server = await RunningServer.StartAsync();
        var file = Write(Computations);

        var applied = await CommandLine.JsonAsync(server, "apply", file);
        var again = await CommandLine.JsonAsync(server, "plan", file);

        Assert.Equal(
            [
                "create source shop", "create source personas-default", "create destination personas-default/Mail tool",
                "create audience default/buyers", "create computed trait default/spent", "create audience default/vip", "create connection default/vip → personas-default/Mail tool",
                "create SQL trait default/Orders in numbers",
            ],
            Steps(applied));
        Assert.All(Steps(again), step => Assert.StartsWith("unchanged", step, StringComparison.Ordinal));
        var buyers = (await server.GetAsync("/api/spaces/default/audiences/buyers"))["audience"]!;
        Assert.Equal("""{"includeHistoricalData":false,"filterByExternalIds":["user_id"]}""", buyers["options"]!.ToJsonString());
        Assert.Equal("Whoever\nbought for money something.", (string?)buyers["description"]);
        Assert.Equal("vip", (string?)(await server.GetAsync("/api/spaces/default/audiences/vip"))["audience"]!["name"]);
        Assert.Equal("Disabled", (string?)(await server.GetAsync("/api/spaces/default/computed-traits/spent"))["computedTrait"]!["status"]);
        var connection = Assert.Single((await server.GetAsync("/api/spaces/default/audiences/vip/destination-connections"))["connections"]!.AsArray())!;
        Assert.Equal(("Mail tool", "last", false, true), ((string?)connection["destination"]!["name"], (string?)connection["idSyncConfiguration"]![0]!["strategy"], (bool)connection["sendIdentify"]!, (bool)connection["sendTrack"]!));
        Assert.Equal("90m", (string?)(await server.GetAsync("/api/spaces/default/sql-traits"))["sqlTraits"]![0]!["scheduleConfig"]!["interval"]);
        Assert.Single((await server.GetAsync("/api/sources"))["sources"]!.AsArray(), source => (string?)source!["metadata"]!["slug"] == "personas");
    }

    [Fact]
    public async Task What_a_server_exports_changes_nothing_there_and_makes_another_the_same()
    {
        Environment.SetEnvironmentVariable("HOOK_WORD", "a very secret word");
        Environment.SetEnvironmentVariable("MONEY_OF", "${MONEY_OF}");
        await using var first = await RunningServer.StartAsync();
        await CommandLine.JsonAsync(first, "apply", Write(Computations));
        var file = Path.Combine(_folder, "export.yaml");

        var (code, _, notice) = await CommandLine.RunAsync("export", "-o", file, "--server", first.Address, "--token", RunningServer.AdminToken);

        Assert.Equal(0, code);
        Assert.Contains("PERSONAS_DEFAULT_MAIL_TOOL_SHAREDSECRET", notice, StringComparison.Ordinal);
        var text = await File.ReadAllTextAsync(file);
        Assert.DoesNotContain("secret word", text, StringComparison.Ordinal);
        Assert.DoesNotContain("writeKeys", text, StringComparison.Ordinal);
        Assert.Contains("bought for $${MONEY_OF} something.", text, StringComparison.Ordinal);
        // The console writes the same file without a request.
        var inProcess = first.Services.GetRequiredService<WorkspaceFileDesk>().Write(false);
        Assert.Equal(text, inProcess.Yaml);
        Assert.Contains("PERSONAS_DEFAULT_MAIL_TOOL_SHAREDSECRET", inProcess.Variables);
        Assert.Contains("writeKeys", first.Services.GetRequiredService<WorkspaceFileDesk>().Write(true).Yaml, StringComparison.Ordinal);
        Environment.SetEnvironmentVariable("PERSONAS_DEFAULT_MAIL_TOOL_SHAREDSECRET", "a very secret word");
        Assert.Equal(0, (await CommandLine.JsonAsync(first, "plan", file, "--prune"))["changes"]!.GetValue<int>());

        await using var second = await RunningServer.StartAsync();
        await CommandLine.JsonAsync(second, "apply", file, "--prune");
        Assert.Equal((await CommandLine.JsonAsync(first, "export")).ToJsonString(), (await CommandLine.JsonAsync(second, "export")).ToJsonString());
        Assert.Equal(0, (await CommandLine.JsonAsync(second, "plan", file))["changes"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_change_is_sent_by_field_and_connections_are_the_whole_of_them()
    {
        Environment.SetEnvironmentVariable("HOOK_WORD", "a very secret word");
        Environment.SetEnvironmentVariable("MONEY_OF", "money");
        await using var server = await RunningServer.StartAsync();
        await CommandLine.JsonAsync(server, "apply", Write(Computations));
        var changed = Write("""
            audiences:
              - key: vip
                name: Very important
                definition: {query: "trait('buyers') = true"}
                connections: []
              - key: buyers
                definition: {query: "event('Order Completed').within(30 days).count() >= 2"}
                options: {filterByExternalIds: [user_id, email]}
            sqlTraits:
              - name: Orders in numbers
                query: SELECT 'ada' AS user_id, 3 AS orders
            """);

        var applied = await CommandLine.JsonAsync(server, "apply", changed);

        Assert.Equal(
            ["update audience default/buyers options.filterByExternalIds", "update audience default/vip name,definition", "delete connection default/vip → personas-default/Mail tool ", "update SQL trait default/Orders in numbers query"],
            applied["steps"]!.AsArray().Select(step => $"{step!["action"]} {step["kind"]} {step["name"]} {string.Join(',', step["fields"]!.AsArray())}"));
        Assert.Empty((await server.GetAsync("/api/spaces/default/audiences/vip/destination-connections"))["connections"]!.AsArray());
        Assert.Equal(0, (await CommandLine.JsonAsync(server, "plan", changed))["changes"]!.GetValue<int>());
    }

    [Fact]
    public async Task Prune_deletes_what_lists_do_not_name_and_leaves_kinds_without_a_list()
    {
        Environment.SetEnvironmentVariable("HOOK_WORD", "a very secret word");
        Environment.SetEnvironmentVariable("MONEY_OF", "money");
        await using var server = await RunningServer.StartAsync();
        await CommandLine.JsonAsync(server, "apply", Write(Computations));

        var none = await CommandLine.JsonAsync(server, "plan", Write("sources: [{slug: shop, metadataId: http-api}]"), "--prune");
        var pruned = await CommandLine.JsonAsync(server, "apply", Write("sources: [{slug: shop, metadataId: http-api}]\naudiences: []\nsqlTraits: []"), "--prune");

        Assert.Equal(["unchanged source shop", "delete destination personas-default/Mail tool", "delete source first-source"], Steps(none));
        Assert.Equal(
            ["unchanged source shop", "delete audience default/vip", "delete audience default/buyers", "delete SQL trait default/Orders in numbers", "delete destination personas-default/Mail tool", "delete source first-source"],
            Steps(pruned));
        Assert.Empty((await server.GetAsync("/api/spaces/default/audiences"))["audiences"]!.AsArray());
        Assert.Single((await server.GetAsync("/api/spaces/default/computed-traits"))["computedTraits"]!.AsArray());
    }

    [Theory]
    [InlineData("audiences: [{key: a, definition: {query: \"trait('a') = \"}}]", "audiences[0].definition.query: At character 13")]
    [InlineData("audiences: [{key: a, definition: {query: \"event('a').count()\"}}]", "audiences[0].definition.query")]
    [InlineData("audiences: [{key: 2a, definition: {query: \"trait('a') = 1\"}}]", "audiences[0].key")]
    [InlineData("audiences: [{definition: {query: \"trait('a') = 1\"}}]", "audiences[0].key is required")]
    [InlineData("audiences: [{key: a}]", "audiences[0].definition")]
    [InlineData("audiences: [{key: a, definition: {query: \"trait('b') = 1\"}, options: {includeAll: true}}]", "audiences[0].options.includeAll")]
    [InlineData("audiences: [{key: a, definition: {query: \"trait('b') = true\"}}, {key: b, definition: {query: \"trait('a') = true\"}}]", "a → b → a")]
    [InlineData("audiences: [{key: here, definition: {query: \"trait('b') = true\"}}, {key: b, definition: {query: \"trait('reader') = true\"}}]", "here → b → reader → here")]
    [InlineData("audiences: [{key: a, space: nowhere, definition: {query: \"trait('b') = true\"}}]", "wants the space nowhere")]
    [InlineData("audiences: [{key: a, definition: {query: \"trait('b') = true\"}, connections: [{destination: shop/hook}]}]", "wants the destination shop/hook")]
    [InlineData("audiences: [{key: a, definition: {query: \"trait('b') = true\"}, connections: [{destination: x/y, idSyncConfiguration: [{externalId: email, strategy: some}]}]}]", "audiences[0].connections[0].idSyncConfiguration[0].strategy")]
    [InlineData("computedTraits: [{key: here, definition: {query: \"trait('b')\"}}]", "is there as audience")]
    [InlineData("audiences: [{key: here, definition: {type: ACCOUNTS, query: \"trait('b') = 1\"}}]", "cannot become ACCOUNTS")]
    [InlineData("audiences: [{key: a, definition: {query: \"trait('b') = 1\"}}]\ncomputedTraits: [{key: a, definition: {query: \"trait('b')\"}}]", "described twice")]
    [InlineData("sqlTraits: [{name: a, query: SELECT 1 AS x}]", "SQL trait default/a: query:")]
    [InlineData("sqlTraits: [{name: a, query: SELECT user_id FROM nothing.there}]", "nothing.there")]
    [InlineData("sqlTraits: [{name: a, query: \"SELECT 'a' AS user_id, 1 AS x\", scheduleConfig: {interval: 1s}}]", "sqlTraits[0].scheduleConfig.interval")]
    public async Task A_wrong_definition_is_refused_with_its_place_before_anything_is_done(string yaml, string message)
    {
        await using var server = await RunningServer.StartAsync();
        await CommandLine.JsonAsync(server, "apply", Write("""
            audiences:
              - {key: here, definition: {query: "trait('plan') = 'pro'"}}
              - {key: reader, definition: {query: "trait('here') = true"}}
            """));

        var (code, _, error) = await CommandLine.RunAsync("plan", Write(yaml), "--server", server.Address, "--token", RunningServer.AdminToken);

        Assert.Equal(1, code);
        Assert.Contains(message, error.ReplaceLineEndings(" ").Replace("  ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string[] Steps(JsonNode plan) =>
        [.. plan["steps"]!.AsArray().Select(step => $"{step!["action"]} {step["kind"]} {step["name"]}")];

    private string Write(string text)
    {
        var path = Path.Combine(_folder, $"{Guid.CreateVersion7()}.yaml");
        File.WriteAllText(path, text);
        return path;
    }
}
