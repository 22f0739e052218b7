using System.Text.Json.Nodes;
using Tributary.Model;
using Xunit;

namespace Tributary.Server.Tests.Ingest;

/// <summary>Segment's own clients from npm, pointed at us and otherwise untouched.</summary>
public sealed class PublishedClientTests(DoorHost host) : IClassFixture<DoorHost>
{
    private readonly LogOffset _before = host.Log.End;

    [Theory]
    [InlineData("node-next.mjs", "@segment/analytics-node")]
    [InlineData("node-classic.cjs", "analytics-node")]
    public async Task A_node_client_delivers_every_call(string program, string library)
    {
        var report = await ClientPrograms.RunAsync(program, host.Address, DoorHost.WriteKey, TestContext.Current.CancellationToken);

        Assert.Empty(report["failures"]!.AsArray());
        var records = host.Records(_before);
        Assert.Equal(["alias", "group", "identify", "page", "screen", "track"], records.Select(record => record.Verdict).Order());
        Assert.All(records, record => Assert.Equal(library, (string)record.Payload!["context"]!["library"]!["name"]!));
    }

    [Theory]
    [InlineData("browser.mjs", "/v1/t")]
    [InlineData("browser.mjs batching", "/v1/b")]
    public async Task The_browser_client_on_a_page_with_the_standard_snippet_talks_to_us_alone(string program, string path)
    {
        var report = await ClientPrograms.RunAsync(program, host.Address, DoorHost.BrowserKey, TestContext.Current.CancellationToken);

        var requests = report["requests"]!.AsArray().Select(request => request!).ToList();
        Assert.Empty(report["complaints"]!.AsArray().Select(complaint => (string)complaint!));
        Assert.All(requests, request => Assert.InRange((int)request["status"]!, 200, 299));
        Assert.All(requests, request => Assert.True(IsOurs((string)request["url"]!), (string)request["url"]!));
        Assert.Contains(requests, request => ((string)request["url"]!).EndsWith("/settings", StringComparison.Ordinal));
        Assert.Contains(requests, request => ((string)request["url"]!).EndsWith(path, StringComparison.Ordinal));

        // The client promises no order on the wire, and two calls may carry the same millisecond.
        var messages = host.Records(_before);
        Assert.Equal(["alias", "group", "identify", "page", "page", "track", "track"], messages.Select(record => record.Verdict).Order());
        Assert.All(messages, record => Assert.Equal("127.0.0.1", (string)record.Payload!["context"]!["ip"]!));
        Assert.NotEqual(AnonymousIdOf(messages, "Order Completed"), AnonymousIdOf(messages, "After Reset"));
        Assert.Equal("test", (string)messages.First(message => message.Payload!["context"]!["campaign"] is not null).Payload!["context"]!["campaign"]!["source"]!);
    }

    private bool IsOurs(string url) => url.StartsWith(host.Address.ToString(), StringComparison.Ordinal) || url.StartsWith("data:", StringComparison.Ordinal) || IsThePage(url);

    private static bool IsThePage(string url) => new Uri(url) is { Host: "127.0.0.1", AbsolutePath: "/" };

    private static string AnonymousIdOf(IEnumerable<(string Verdict, JsonNode? Payload)> messages, string name) =>
        (string)messages.Single(message => (string?)message.Payload!["event"] == name).Payload!["anonymousId"]!;
}
