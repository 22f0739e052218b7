using System.Text.Json.Nodes;
using CsCheck;
using Tributary.Server.Files;
using Xunit;

namespace Tributary.Server.Tests.Management;

public sealed class YamlJsonTests
{
    [Theory]
    [InlineData("a: 12", """{"a":12}""")]
    [InlineData("a: -0.50", """{"a":-0.5}""")]
    [InlineData("a: 1e3", """{"a":1000}""")]
    [InlineData("a: 007", """{"a":"007"}""")]
    [InlineData("a: '12'", """{"a":"12"}""")]
    [InlineData("a: \"true\"", """{"a":"true"}""")]
    [InlineData("a: true\nb: False\nc: ~\nd:", """{"a":true,"b":false,"c":null,"d":null}""")]
    [InlineData("a: yes", """{"a":"yes"}""")]
    [InlineData("a: 2026-01-01", """{"a":"2026-01-01"}""")]
    [InlineData("a: 99999999999999999999", """{"a":"99999999999999999999"}""")]
    [InlineData("a: [1, {b: x}]", """{"a":[1,{"b":"x"}]}""")]
    [InlineData("a: ${HOST}/x-${PORT}", """{"a":"example.com/x-80"}""")]
    [InlineData("a: ${PORT}", """{"a":"80"}""")]
    [InlineData("a: $${PORT} $$${PORT} $${1}", """{"a":"${PORT} $${PORT} $${1}"}""")]
    [InlineData("a: $HOST {HOST}", """{"a":"$HOST {HOST}"}""")]
    [InlineData("base: &b {x: 1}\na: *b", """{"base":{"x":1},"a":{"x":1}}""")]
    public void Reads_values_by_the_core_schema(string yaml, string json) =>
        Assert.Equal(json, Assert.Single(YamlJson.Read(yaml, "test.yaml", Environment))!.ToJsonString());

    [Theory]
    [InlineData("a: [")]
    [InlineData("a: 1\na: 2")]
    [InlineData("a: ${MISSING}")]
    [InlineData("[a]: 1")]
    public void Refuses_with_the_place(string yaml) =>
        Assert.StartsWith("test.yaml(", Assert.Throws<WorkspaceFileException>(() => YamlJson.Read(yaml, "test.yaml", Environment)).Message, StringComparison.Ordinal);

    [Fact]
    public void Aliases_that_multiply_are_refused()
    {
        var yaml = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(
            Enumerable.Range(1, 9).Select(level => $"a{level}: &a{level} [{string.Join(',', Enumerable.Repeat($"*a{level - 1}", 10))}]\n"));

        Assert.Throws<WorkspaceFileException>(() => YamlJson.Read(yaml, "test.yaml", Environment));
    }

    [Fact]
    public void Quoted_text_stays_what_it_is() => Gen.String[Gen.Char.AlphaNumeric, 0, 20].Sample(text =>
        Assert.Single(YamlJson.Read($"a: '{text}'", "test.yaml", Environment))!["a"]!.GetValue<string>() == text);

    [Fact]
    public void Whatever_the_text_there_is_an_answer_or_a_refusal() => Gen.String[Gen.Char["ab:-[]{}&*!|>'\"%@`#,? \n\t0"], 0, 40].Sample(text =>
    {
        try
        {
            _ = YamlJson.Read(text, "test.yaml", Environment);
        }
        catch (WorkspaceFileException)
        {
        }
    });

    [Fact]
    public void What_is_written_reads_back_as_the_same() => Json(3).Sample(
        json => JsonNode.DeepEquals(json, Assert.Single(YamlJson.Read(JsonYaml.Write(new JsonObject { ["root"] = json?.DeepClone() }), "test.yaml", Environment))!["root"]),
        iter: 3_000,
        print: json => JsonYaml.Write(new JsonObject { ["root"] = json?.DeepClone() }));

    [Theory]
    [InlineData("event('Order Completed').count() >= 2", "query: \"event('Order Completed').count() >= 2\"\n")]
    [InlineData("SELECT user_id\nFROM shop.orders", "query: |-\n  SELECT user_id\n  FROM shop.orders\n")]
    [InlineData("Big spenders", "query: Big spenders\n")]
    [InlineData("12", "query: \"12\"\n")]
    [InlineData("No", "query: No\n")]
    [InlineData("Null", "query: \"Null\"\n")]
    public void Texts_are_written_as_a_person_would(string text, string yaml) => Assert.Equal(yaml, JsonYaml.Write(new JsonObject { ["query"] = text }));

    [Fact]
    public void A_text_that_looks_like_a_variable_can_mean_itself() => Gen.String[Gen.Char["${}AB_1 "], 0, 12].Sample(text =>
        Assert.Single(YamlJson.Read(JsonYaml.Write(new JsonObject { ["a"] = JsonYaml.Literally(text) }), "test.yaml", Environment))!["a"]!.GetValue<string>() == text);

    private static Gen<JsonNode?> Json(int depth)
    {
        var text = Gen.OneOf(Gen.String[Gen.Char["ab:-[]{}&*!|>'\"%@`#,? \n\t\r0\\\u00e9\u2028\u0001"], 0, 12], Gen.String[Gen.Char.AlphaNumeric, 0, 8], Gen.OneOf(new[] { "null", "true", "1", "-1.5", "1e3", "~", "=", "<<", "\ud83d\ude00", "a\n\nb", "a\nb", " a\nb", "a\n" }.Select(Gen.Const).ToArray()));
        var leaf = Gen.OneOf(
            text.Select(each => (JsonNode?)JsonValue.Create(each)),
            Gen.Int.Select(each => (JsonNode?)JsonValue.Create(each)),
            Gen.Bool.Select(each => (JsonNode?)JsonValue.Create(each)),
            Gen.Const((JsonNode?)null));
        if (depth == 0) return leaf;
        var inner = Json(depth - 1);
        return Gen.OneOf(
            leaf,
            inner.Array[0, 4].Select(all => (JsonNode?)new JsonArray([.. all.Select(each => each?.DeepClone())])),
            Gen.Select(text, inner).Array[0, 4].Select(all => (JsonNode?)new JsonObject(all.DistinctBy(each => each.Item1).Select(each => KeyValuePair.Create(each.Item1, each.Item2?.DeepClone())))));
    }

    private static string? Environment(string name) => name switch { "HOST" => "example.com", "PORT" => "80", _ => null };
}
