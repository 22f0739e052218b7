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

    private static string? Environment(string name) => name switch { "HOST" => "example.com", "PORT" => "80", _ => null };
}
