using Xunit;

namespace Tributary.Server.Tests.Delivery;

public sealed class ToolsTests
{
    [Fact]
    public async Task Languages_are_tried_over_http()
    {
        await using var server = await RunningServer.StartAsync();
        await AnswersAsync(server, "fql", """{"fql":"type = \"track\"","event":{"type":"track"}}""",
            """{"data":{"matches":true,"ast":{"type":"group","operator":"and","children":[{"type":"event-type","operator":"=","value":"track"}]}}}""");
        await AnswersAsync(server, "fql", """{"ast":{"type":"group","operator":"and","children":[{"type":"event-type","operator":"=","value":"track"}]},"event":{"type":"page"}}""",
            """{"data":{"matches":false,"fql":"type = \"track\""}}""");
        await AnswersAsync(server, "fql", """{"fql":"type in ['track']","dialect":"filter","event":{"type":"track"}}""",
            """{"data":{"matches":true,"ast":["in","type",{"list":[{"value":"track"}]}]}}""");
        await AnswersAsync(server, "fql", """{"ast":["!",["contains","event",{"value":"x"}]],"dialect":"filter","event":{"event":"y"}}""",
            """{"data":{"matches":true,"fql":"!(contains(event, \"x\"))"}}""");
        await AnswersAsync(server, "mapping", """{"mapping":{"a":{"@path":"$.b"},"c":{"@path":"$.d"}},"event":{"b":1.50}}""", """{"data":{"output":{"a":1.50}}}""");
        await AnswersAsync(server, "mapping", """{"mapping":{"@path":"$.b"},"event":{}}""", """{"data":{}}""");
        await AnswersAsync(server, "mapping", """{"mapping":{"a":{"@path":"$.b"}},"events":[{"b":1},{}]}""", """{"data":{"outputs":[{"a":1},{}]}}""");
        await AnswersAsync(server, "fql", """{"cases":[{"fql":"type = 'x","event":{}},{"fql":"type != \"x\"","event":{}},{"fql":"(a","event":{},"dialect":"filter"},7]}""",
            """
            {"data":{"results":[{"error":"The text that begins here has no end: \"'\" is missing, or something follows it without a space.","position":7},
            {"matches":true,"ast":{"type":"group","operator":"and","children":[{"type":"event-type","operator":"!=","value":"x"}]}},
            {"error":"Expected ), found the end.","position":2},{"error":"A case must be an object."}]}}
            """);
        await AnswersAsync(server, "mapping", """{"cases":[{"mapping":{"@nope":1},"event":{}},{"mapping":{"a":{"@path":"$.s"}},"event":{"s":"\ud800"}}]}""",
            """{"data":{"results":[{"error":"/ has an invalid directive: @nope."},{"output":{"a":"\ud800"}}]}}""");
    }

    [Fact]
    public async Task What_cannot_be_tried_is_refused_with_its_field()
    {
        await using var server = await RunningServer.StartAsync();
        await RefusesAsync(server, "fql", """{"fql":"type","event":{}}""", "fql");
        await RefusesAsync(server, "fql", """{"fql":"type = \"a\""}""", "event");
        await RefusesAsync(server, "fql", """{"event":{}}""", "fql");
        await RefusesAsync(server, "fql", """{"fql":"a","event":{},"dialect":"sql"}""", "dialect");
        await RefusesAsync(server, "fql", """{"ast":{"type":"group","operator":"and","children":[],"children":7},"event":{}}""", "ast");
        await RefusesAsync(server, "fql", """{"ast":["in"],"event":{},"dialect":"filter"}""", "ast");
        await RefusesAsync(server, "fql", """{"cases":7}""", "cases");
        await RefusesAsync(server, "fql", "[]", null);
        await RefusesAsync(server, "fql", "{", null);
        await RefusesAsync(server, "mapping", """{"mapping":{"@nope":1},"event":{}}""", "mapping");
        await RefusesAsync(server, "mapping", """{"mapping":{},"event":7}""", "mapping");
        await RefusesAsync(server, "mapping", """{"mapping":{}}""", "event");
        await RefusesAsync(server, "mapping", $$$"""{"mapping":{"a":"{{{new string('x', 9 << 20)}}}"}}""", null);
    }

    private static async Task AnswersAsync(RunningServer server, string tool, string body, string expected)
    {
        using var response = await server.Http.PostAsync($"/api/tools/{tool}", new StringContent(body), TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(expected.ReplaceLineEndings(""), text);
    }

    private static async Task RefusesAsync(RunningServer server, string tool, string body, string? field)
    {
        var (status, answer) = await server.SendAsync(HttpMethod.Post, $"/api/tools/{tool}", body);
        Assert.Equal(400, status);
        Assert.Equal(field, answer["errors"]![0]!["field"]?.GetValue<string>());
        Assert.NotEmpty(answer["errors"]![0]!["message"]!.GetValue<string>());
    }
}
