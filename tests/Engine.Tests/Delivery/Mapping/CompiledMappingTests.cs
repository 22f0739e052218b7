using System.Text;
using System.Text.Json.Nodes;
using Tributary.Engine.Delivery.Fql;
using Tributary.Engine.Delivery.Mapping;
using Xunit;

namespace Tributary.Engine.Tests.Delivery.Mapping;

/// <summary>What the recorded answers do not show: bounds, bytes, and where Tributary differs on purpose.</summary>
public sealed class CompiledMappingTests
{
    [Fact]
    public void A_path_copies_the_bytes_of_the_event() => Assert.Equal(
        """{"a":{ "x" : 12345678901234567890, "y":"\u0041\ud800" }}""",
        Map("""{"a":{"@path":"$.p"}}""", """{"p":{ "x" : 12345678901234567890, "y":"\u0041\ud800" }}"""));

    [Theory]
    [InlineData("constructor")]
    [InlineData("__proto__")]
    [InlineData("a.toString")]
    [InlineData("s.trim")]
    public void What_objects_inherit_is_not_there(string path) => Assert.Equal("{}", Map($$$"""{"v":{"@path":"$.{{{path}}}"}}""", """{"a":{},"s":"x"}"""));

    [Fact]
    public void A_prototype_never_gets_out() => Assert.Equal(
        """{"v":{"b":{}}}""", Map("""{"v":{"@path":"$.a"},"__proto__":{"x":1}}""", """{"a":{"__proto__":{"x":1},"b":{"\u005f_proto__":1}}}"""));

    [Fact]
    public void The_last_of_two_members_counts() => Assert.Equal("""{"v":2}""", Map("""{"v":{"@path":"$.a"},"v":{"@path":"$.a"}}""", """{"a":1,"a":2}"""));

    [Theory]
    [InlineData("ß ŉ ﬁ ıſ İ", "upper", "SS ʼN FI IS İ")]
    [InlineData("ΟΔΟΣ ΑΣ. Σ ΑΣΑ İ", "lower", "οδος ας. σ ασα i̇")]
    [InlineData("𐐨 ᾳ \u0390", "upper", "𐐀 ΑΙ \u0399\u0308\u0301")]
    public void Case_is_that_of_Unicode(string text, string to, string expected) =>
        Assert.Equal($$$"""{"v":"{{{expected}}}"}""", Map("""{"v":{"@case":{"operator":"TO","value":{"@path":"$.t"}}}}""".Replace("TO", to, StringComparison.Ordinal), $$"""{"t":"{{text}}"}"""));

    [Fact]
    public void A_mapping_cannot_grow_without_bound()
    {
        var big = new string('x', 400_000);
        var template = string.Concat(Enumerable.Repeat("{{t}}", 1_000));
        Assert.Contains("more text", Apply($$$"""{"v":{"@template":"{{{template}}}"}}""", $$"""{"t":"{{big}}"}""").Fault, StringComparison.Ordinal);
        var copies = string.Join(',', Enumerable.Range(0, 20).Select(at => $$"""{{'"'}}k{{at}}{{'"'}}:{"@path":"$.t"}"""));
        Assert.Contains("larger", Apply($"{{{copies}}}", $$"""{"t":"{{big}}"}""").Fault, StringComparison.Ordinal);
        var list = string.Join(',', Enumerable.Repeat("{}", 5_000));
        var nested = $$$"""{"@arrayPath":["$.l",{"a":{"@literal":[{{{string.Join(',', Enumerable.Repeat("{\"@path\":\"$.x\"}", 5_000))}}}]}}]}""";
        Assert.NotNull(Apply($$"""{"v":{{nested}}}""", $$"""{"l":[{{list}}]}""").Fault);
    }

    [Fact]
    public void A_mapping_is_only_so_deep()
    {
        foreach (var depth in (int[])[CompiledMapping.DepthMax + 5, 900, 5_000])
        {
            var mapping = $"{string.Concat(Enumerable.Repeat("{\"a\":", depth))}1{new string('}', depth)}";
            Assert.Single(CompiledMapping.Compile(Encoding.UTF8.GetBytes(mapping)).Faults);
        }
    }

    [Fact]
    public void An_event_may_be_as_deep_as_the_log_takes_it()
    {
        var deep = $"{new string('[', 990)}{new string(']', 990)}";
        Assert.Equal($$"""{"v":{{deep}}}""", Map("""{"v":{"@path":"$.d"}}""", $$"""{"d":{{deep}}}"""));
        foreach (var directive in (string[])["{\"@json\":{\"mode\":\"encode\",\"value\":{\"@path\":\"$.d\"}}}", "{\"@flatten\":{\"separator\":\".\",\"value\":{\"@path\":\"$.d\"}}}", "{\"@template\":\"{{d}}\"}"])
            Assert.Null(Apply($$"""{"v":{{directive}}}""", $$"""{"d":{{deep}}}""").Fault);
    }

    [Fact]
    public void Every_fault_is_told_with_its_place()
    {
        var (mapping, faults) = CompiledMapping.Compile((JsonObject)JsonNode.Parse("""{"a":{"@nope":1},"b":{"c":{"@replace":{"value":"x"}}}}""")!);
        Assert.Null(mapping);
        Assert.Equal(["/a has an invalid directive: @nope.", "/b/c/@replace should have field \"pattern\" but it doesn't."], faults);
    }

    [Fact]
    public void One_document_can_be_read_again()
    {
        var document = new EventDocument();
        var mapping = CompiledMapping.Compile("""{"v":{"@path":"$.a"}}"""u8.ToArray()).Mapping!;
        foreach (var value in (string[])["1", "[1,2,3]", "\"x\"", "{}"])
        {
            Assert.True(document.TryRead(Encoding.UTF8.GetBytes($$"""{"a":{{value}}}""")));
            Assert.Equal($$"""{"v":{{value}}}""", Encoding.UTF8.GetString(mapping.Apply(document).Output.Span));
        }

        Assert.False(document.TryRead("{"u8.ToArray()));
        Assert.NotNull(mapping.Apply(document).Fault);
    }

    [Theory]
    [InlineData("{{ a | date: \"%Y\" }}")]
    [InlineData("{% cycle 'a' %}")]
    public void A_template_that_would_not_mean_the_same_fails(string template) => Assert.Contains("disabled", Apply($$$"""{"v":{"@liquid":{{{JsonValue.Create(template)!.ToJsonString()}}}}}""", "{}").Fault, StringComparison.Ordinal);

    private static MappingOutcome Apply(string mapping, string message)
    {
        var (compiled, faults) = CompiledMapping.Compile(Encoding.UTF8.GetBytes(mapping));
        Assert.Empty(faults);
        return compiled!.Apply(Encoding.UTF8.GetBytes(message));
    }

    private static string Map(string mapping, string message)
    {
        var outcome = Apply(mapping, message);
        Assert.Null(outcome.Fault);
        return Encoding.UTF8.GetString(outcome.Output.Span);
    }
}
