using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Audiences;

public sealed class QueryToolsTests
{
    [Fact]
    public async Task Definitions_are_read_as_text_and_as_JSON()
    {
        await using var server = await RunningServer.StartAsync();
        const string Answer = """
            {"data":{"query":"event('Bought').within(7 days).count() >= trait('least')","definition":{"type":"USERS","kind":"AUDIENCE","condition":{"of":{"event":"Bought","filters":
            [{"within":{"count":7,"unit":"days"}}],"reduce":"count"},"is":"at_least","to":[{"trait":"least"}]}},"kind":"AUDIENCE","events":["Bought"],"traits":["least"]}}
            """;
        await AnswersAsync(server, """{"query":"event( 'Bought' ).within(7days).count().at_least( trait('least') )","type":"USERS"}""", Answer);
        await AnswersAsync(server, """{"query":"event( 'Bought' ).within(7days).count().at_least( trait('least') )","type":"USERS","kind":"AUDIENCE"}""", Answer);
        var read = JsonNode.Parse(Answer.ReplaceLineEndings(""))!["data"]!["definition"]!;
        await AnswersAsync(server, $$"""{"definition":{{read.ToJsonString()}}}""", Answer);
        await AnswersAsync(server, $$"""{"definition":{{read.ToJsonString()}},"type":"USERS","kind":"AUDIENCE"}""", Answer);
        await AnswersAsync(server, """{"query":"event('X').unique(property('sku'))","type":"ACCOUNTS"}""",
            """{"data":{"query":"event('X').unique(property('sku'))","definition":{"type":"ACCOUNTS","kind":"TRAIT","value":{"event":"X","reduce":"unique","value":{"property":"sku"}}},"kind":"TRAIT","events":["X"],"traits":[]}}""");
    }

    [Fact]
    public async Task What_is_wrong_with_a_definition_is_told_with_its_place()
    {
        await using var server = await RunningServer.StartAsync();
        await AnswersAsync(server, """{"query":"trait('a') = 1 and trait('b') = 1","type":"USERS"}""",
            """{"data":{"error":{"message":"The condition is complete, but \"and\" follows.","position":15,"length":3,"expected":["AND","OR","the end of the query"],"suggestion":"AND"}}}""");
        await AnswersAsync(server, """{"query":"ANY trait('a') = 1","type":"USERS"}""",
            """{"data":{"error":{"message":"ANY and ALL are about the people of an account: they need a definition of type ACCOUNTS.","position":0,"length":18,"expected":[],"suggestion":null}}}""");
        await AnswersAsync(server, """{"definition":{"type":"USERS","condition":{"all":[{"of":{"trait":"a"},"is":"equal","to":[1]}]}}}""",
            """
            {"data":{"error":{"message":"There is no such choice.","path":"condition.all[0].is","expected":["absent","after_date","after_next","at_least","at_most","before_date","before_last",
            "contains","differs","ends_with","equals","exists","greater_than","less_than","none_of","omits","one_of","starts_with","within_last","within_next"],"suggestion":"equals"}}}
            """);
        await AnswersAsync(server, """{"definition":{"type":"USERS","value":{"trait":"a"}},"type":"ACCOUNTS"}""",
            """{"data":{"error":{"message":"It must be ACCOUNTS.","path":"type","expected":["ACCOUNTS"],"suggestion":null}}}""");
    }

    [Fact]
    public async Task Many_are_read_at_once()
    {
        await using var server = await RunningServer.StartAsync();
        await AnswersAsync(server, """{"cases":[{"query":"trait('a')","type":"USERS"},7,{"query":"trait('a')"},{"query":"trait(","type":"USERS"}]}""",
            """
            {"data":{"results":[{"query":"trait('a')","definition":{"type":"USERS","kind":"TRAIT","value":{"trait":"a"}},"kind":"TRAIT","events":[],"traits":["a"]},
            {"error":{"message":"A case must be an object."}},{"error":{"message":"type is required: USERS or ACCOUNTS."}},
            {"error":{"message":"the end of the query is no name.","position":6,"length":0,"expected":["'…'"],"suggestion":null}}]}}
            """);
    }

    [Fact]
    public async Task The_deepest_definition_goes_there_and_back()
    {
        await using var server = await RunningServer.StartAsync();
        var query = "trait('a') = 1";
        for (var level = 0; level < 48; level++) query = level % 2 == 0 ? $"({query} AND trait('b') = 1)" : $"({query} OR trait('b') = 1)";
        var read = await AskAsync(server, new JsonObject { ["query"] = query, ["type"] = "USERS" });
        var again = await AskAsync(server, new JsonObject { ["definition"] = read["definition"]!.DeepClone() });
        Assert.StartsWith("((((((", read["query"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.True(JsonNode.DeepEquals(read, again));
    }

    [Fact]
    public async Task Questions_that_make_no_sense_are_refused_with_their_field()
    {
        await using var server = await RunningServer.StartAsync();
        await RefusesAsync(server, "{}", "query");
        await RefusesAsync(server, """{"query":"trait('a')","definition":{},"type":"USERS"}""", "query");
        await RefusesAsync(server, """{"query":7,"type":"USERS"}""", "query");
        await RefusesAsync(server, """{"query":"trait('a')"}""", "type");
        await RefusesAsync(server, """{"query":"trait('a')","type":"LINKED"}""", "type");
        await RefusesAsync(server, """{"query":"trait('a')","type":"USERS","kind":"SQL"}""", "kind");
        await RefusesAsync(server, """{"definition":[]}""", "definition");
        await RefusesAsync(server, """{"cases":7}""", "cases");
        await RefusesAsync(server, "[]", null);
        await RefusesAsync(server, "{", null);
        await RefusesAsync(server, """{"query":"\ud800","type":"USERS"}""", null);
        await RefusesAsync(server, $$"""{"query":"{{new string('x', 5 << 20)}}"}""", null);
        await RefusesAsync(server, $$"""{"definition":{{string.Concat(Enumerable.Repeat("{\"not\":", 300))}}1{{new string('}', 300)}}}""", null);
    }

    private static async Task<JsonNode> AskAsync(RunningServer server, JsonObject question)
    {
        using var response = await server.Http.PostAsync("/api/tools/query", new StringContent(question.ToJsonString(new() { MaxDepth = 300 })), TestContext.Current.CancellationToken);
        var answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return JsonNode.Parse(answer, documentOptions: new() { MaxDepth = 300 })!["data"]!;
    }

    private static async Task AnswersAsync(RunningServer server, string body, string expected)
    {
        using var response = await server.Http.PostAsync("/api/tools/query", new StringContent(body), TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(expected.ReplaceLineEndings(""), text);
        Assert.Equal(200, (int)response.StatusCode);
    }

    private static async Task RefusesAsync(RunningServer server, string body, string? field)
    {
        var (status, answer) = await server.SendAsync(HttpMethod.Post, "/api/tools/query", body);
        Assert.Equal(400, status);
        Assert.Equal(field, answer["errors"]![0]!["field"]?.GetValue<string>());
        Assert.NotEmpty(answer["errors"]![0]!["message"]!.GetValue<string>());
    }
}
