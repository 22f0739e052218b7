using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Tributary.Engine.Traits.Language;
using Xunit;

namespace Tributary.Engine.Tests.Audiences;

public sealed class DefinitionJsonTests
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = DefinitionJson.DepthMax };

    [Fact]
    public void Text_and_JSON_say_the_same()
    {
        const string Query = "event('Bought').where(property('price') >= 100 AND event('Returned').within(parent: 5 days).count() = 0).within(30 days).mode(property('sku') as string, 2) = 'x1' "
            + "OR NOT trait('since').within_last(7 days) OR trait('a\\\\.b').one_of('x', 1, true, 2020-01-01, trait('c'))";
        Assert.True(QueryParser.TryParse(Query, DefinitionScope.Users, null, out var definition, out _));
        const string Json = """
            {"type":"USERS","kind":"AUDIENCE","condition":{"any":[
            {"of":{"event":"Bought","filters":[{"where":{"all":[
            {"of":{"property":"price"},"is":"at_least","to":[100]},
            {"of":{"event":"Returned","filters":[{"within":{"count":5,"unit":"days"},"parent":true}],"reduce":"count"},"is":"equals","to":[0]}]}},
            {"within":{"count":30,"unit":"days"}}],"reduce":"mode","value":{"property":"sku"},"as":"string","least":2},"is":"equals","to":["x1"]},
            {"not":{"of":{"trait":"since"},"is":"within_last","to":[{"count":7,"unit":"days"}]}},
            {"of":{"trait":"a\\.b"},"is":"one_of","to":["x",1,true,{"date":"2020-01-01"},{"trait":"c"}]}]}}
            """;

        Assert.Equal(Json.ReplaceLineEndings(""), DefinitionJson.Write(definition).ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.Equal(definition, Read(Json));
    }

    [Fact]
    public void What_is_written_reads_back_as_the_same()
    {
        foreach (var scope in Enum.GetValues<DefinitionScope>())
        {
            new Generated(scope, ["aud_1", "tra_1"], IsWild: true).Definition.Sample(definition =>
            {
                var json = DefinitionJson.Write(definition);
                Assert.True(DefinitionJson.TryRead(json, out var read, out var fault), fault?.ToString());
                Assert.Equal(definition, read);
                Assert.Equal(definition, Read(json.ToJsonString()));
            }, iter: 3_000);
        }
    }

    [Fact]
    public void What_the_JSON_accepts_the_parser_reads()
    {
        new Generated(DefinitionScope.Accounts, [], IsWild: true).Definition.Sample(definition =>
        {
            var read = Read(DefinitionJson.Write(definition).ToJsonString());
            Assert.True(QueryParser.TryParse(read.ToString(), read.Scope, read.Kind, out var parsed, out var fault), fault?.ToString());
            Assert.Equal(read, parsed);
        }, iter: 2_000);
    }

    [Theory]
    [InlineData("""{"type":"USERS","condition":{"all":[{"of":{"trait":"a"},"is":"exists"}]}}""", "trait('a').exists()")]
    [InlineData("""{"type":"USERS","condition":{"all":[{"all":[{"of":{"trait":"a"},"is":"exists"},{"of":{"trait":"b"},"is":"exists","to":[]}]},{"of":{"trait":"c"},"is":"exists"}]}}""", "trait('a').exists() AND trait('b').exists() AND trait('c').exists()")]
    [InlineData("""{"type":"USERS","condition":{"of":{"trait":"a"},"is":"equals","to":1.0}}""", "trait('a') = 1")]
    [InlineData("""{"type":"USERS","condition":{"of":{"trait":"a"},"is":"within_last","to":{"count":1,"unit":"day"}}}""", "trait('a').within_last(1 days)")]
    [InlineData("""{"type":"ACCOUNTS","condition":{"not":{"anyone":{"of":{"event":"X","reduce":"count","filters":[]},"is":"at_least","to":[1]}}}}""", "NOT ANY event('X').count() >= 1")]
    [InlineData("""{"type":"ACCOUNTS","value":{"event":"X","reduce":"unique_count","value":{"context":"locale"}}}""", "event('X').unique(context('locale')).count()")]
    [InlineData("""{"type":"USERS","condition":{"of":{"event":"X","reduce":"count","filters":[{"excludeSources":["s1","s2"]},{"expiresAfter":{"count":1,"unit":"hours"}},{"between":[{"count":1,"unit":"days"},{"count":2,"unit":"days"}]}]},"is":"exists"}}""", "event('X').sources({exclude: 's1', 's2'}).expires_after(1 hours).between(1 days, 2 days).count().exists()")]
    public void Other_spellings_are_read(string json, string query) => Assert.Equal(query, Read(json).ToString());

    [Theory]
    [InlineData("""{}""", "type", "USERS", null)]
    [InlineData("""{"type":"USER","value":{"trait":"a"}}""", "type", "USERS", "USERS")]
    [InlineData("""{"type":"USERS"}""", "", "condition", null)]
    [InlineData("""{"type":"USERS","kind":"TRAIT","condition":{}}""", "condition", "value", null)]
    [InlineData("""{"type":"USERS","kind":"AUDIENCE","value":{"trait":"a"}}""", "value", "condition", null)]
    [InlineData("""{"type":"USERS","conditions":{}}""", "conditions", "condition", "condition")]
    [InlineData("""{"type":"USERS","condition":7}""", "condition", null, null)]
    [InlineData("""{"type":"USERS","condition":{}}""", "condition", "all", null)]
    [InlineData("""{"type":"USERS","condition":{"all":[],"any":[]}}""", "condition", "all", null)]
    [InlineData("""{"type":"USERS","condition":{"al":[]}}""", "condition.al", "all", "all")]
    [InlineData("""{"type":"USERS","condition":{"all":[]}}""", "condition.all", null, null)]
    [InlineData("""{"type":"USERS","condition":{"any":[{"of":{"trait":"a"},"is":"exists"},{"not":{"of":{"trait":"a"},"is":"exist"}}]}}""", "condition.any[1].not.is", "exists", "exists")]
    [InlineData("""{"type":"USERS","condition":{"is":"exists"}}""", "condition.of", null, null)]
    [InlineData("""{"type":"USERS","condition":{"of":{"trait":"a"},"is":"exists","to":[1]}}""", "condition.to", null, null)]
    [InlineData("""{"type":"USERS","condition":{"of":{"trait":"a"},"is":"equals","to":[1,2]}}""", "condition.to", null, null)]
    [InlineData("""{"type":"USERS","condition":{"of":{"trait":"a"},"is":"equals"}}""", "condition.to", "a text", null)]
    [InlineData("""{"type":"USERS","condition":{"of":{"trait":"a"},"is":"one_of","to":[1,null]}}""", "condition.to[1]", "a number", null)]
    [InlineData("""{"type":"USERS","condition":{"of":{"trait":"a"},"is":"equals","to":[{"date":"2020-13-01"}]}}""", "condition.to[0].date", null, null)]
    [InlineData("""{"type":"USERS","condition":{"of":{"trait":"a"},"is":"equals","to":[{"date":"2020-01-01 10:00Z"}]}}""", "condition.to[0].date", null, null)]
    [InlineData("""{"type":"USERS","condition":{"of":{"trait":"a"},"is":"equals","to":[1e999]}}""", "condition.to[0]", null, null)]
    [InlineData("""{"type":"USERS","condition":{"of":{"trait":"a"},"is":"within_last","to":[{"count":0,"unit":"days"}]}}""", "condition.to[0].count", null, null)]
    [InlineData("""{"type":"USERS","condition":{"of":{"trait":"a"},"is":"within_last","to":[{"count":1,"unit":"dayss"}]}}""", "condition.to[0].unit", "days", "days")]
    [InlineData("""{"type":"USERS","condition":{"of":{"trait":"a..b"},"is":"exists"}}""", "condition.of.trait", null, null)]
    [InlineData("""{"type":"USERS","condition":{"of":{"trait":7},"is":"exists"}}""", "condition.of.trait", null, null)]
    [InlineData("""{"type":"USERS","condition":{"of":{"entity":"orders"},"is":"exists"}}""", "condition.of.entity", "trait", null)]
    [InlineData("""{"type":"USERS","value":{"event":"X","reduce":"counts"}}""", "value.reduce", "count", "count")]
    [InlineData("""{"type":"USERS","value":{"event":"X","reduce":"sum"}}""", "value.value", null, null)]
    [InlineData("""{"type":"USERS","value":{"event":"X","reduce":"count","value":{"property":"a"}}}""", "value.value", "reduce", null)]
    [InlineData("""{"type":"USERS","value":{"event":"X","reduce":"sum","value":{"property":"a"},"as":"number"}}""", "value.as", "value", null)]
    [InlineData("""{"type":"USERS","value":{"event":"X","reduce":"mode","value":{"property":"a"}}}""", "value.least", null, null)]
    [InlineData("""{"type":"USERS","value":{"event":"X","reduce":"max","value":{"property":"a"},"as":"array"}}""", "value.as", "number", null)]
    [InlineData("""{"type":"USERS","value":{"event":"X","reduce":"count","filters":[{"within":{"count":1,"unit":"days"},"parent":7}]}}""", "value.filters[0].parent", "true", null)]
    [InlineData("""{"type":"USERS","value":{"event":"X","reduce":"count","filters":[{"between":[{"count":1,"unit":"days"}]}]}}""", "value.filters[0].between", null, null)]
    [InlineData("""{"type":"USERS","value":{"event":"X","reduce":"count","filters":[{"excludeSources":[]}]}}""", "value.filters[0].excludeSources", null, null)]
    [InlineData("""{"type":"USERS","value":{"event":"X","reduce":"count","filters":[{"where":{"not":null}}]}}""", "value.filters[0].where", "not", null)]
    [InlineData("""{"type":"USERS","value":{"property":"a"}}""", "", null, null)]
    [InlineData("""{"type":"USERS","condition":{"anyone":{"of":{"trait":"a"},"is":"exists"}}}""", "", null, null)]
    [InlineData("""{"type":"USERS","value":{"event":"X","reduce":"sum","value":{"context":"traits.a"}}}""", "", null, null)]
    public void A_fault_names_its_place(string json, string path, string? expected, string? suggestion)
    {
        var fault = Fault(JsonNode.Parse(json)!.AsObject());
        Assert.Equal(path, fault.Path);
        if (expected is not null) Assert.Contains(expected, fault.Expected);
        Assert.Equal(suggestion, fault.Suggestion);
        Assert.EndsWith(".", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_and_lists_end()
    {
        Assert.True(DefinitionJson.TryRead(Nested(49), out var definition, out _));
        Assert.True(QueryParser.TryParse(definition.ToString(), DefinitionScope.Users, null, out _, out _));
        Assert.Contains("50 deep", Fault(Nested(50)).Message, StringComparison.Ordinal);
        Assert.Contains("50 deep", Fault(Nested(100)).Message, StringComparison.Ordinal);
        Assert.Contains("1000", Fault(Among(1_001)).Message, StringComparison.Ordinal);
        Assert.True(DefinitionJson.TryRead(Among(1_000), out _, out _));
        Assert.InRange(Fault(new JsonObject { [new string('x', 5_000)] = 1 }).Path.Length, 1, 100);
    }

    private static JsonObject Nested(int levels)
    {
        JsonNode condition = JsonNode.Parse("""{"of":{"trait":"a"},"is":"exists"}""")!;
        for (var i = 0; i < levels; i++)
            condition = new JsonObject { [i % 2 == 0 ? "all" : "any"] = new JsonArray(condition, JsonNode.Parse("""{"of":{"trait":"b"},"is":"exists"}""")) };
        return new JsonObject { ["type"] = "USERS", ["condition"] = condition };
    }

    private static JsonObject Among(int count) => new()
    {
        ["type"] = "USERS",
        ["condition"] = new JsonObject { ["of"] = new JsonObject { ["trait"] = "a" }, ["is"] = "one_of", ["to"] = new JsonArray([.. Enumerable.Range(0, count).Select(i => (JsonNode)i)]) },
    };

    private static Definition Read(string json)
    {
        Assert.True(DefinitionJson.TryRead(JsonNode.Parse(json, documentOptions: Deep)!.AsObject(), out var definition, out var fault), fault?.ToString());
        return definition;
    }

    private static DefinitionFault Fault(JsonObject json)
    {
        Assert.False(DefinitionJson.TryRead(json, out _, out var fault));
        return fault;
    }
}
