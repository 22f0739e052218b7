using System.Text;

namespace Tributary.Server.Tests.Delivery;

/// <summary>Makes triggers, mappings and events by chance: right ones, nearly right ones, and what only somebody hostile writes.</summary>
internal sealed class ToolsCases(int seed)
{
    private const string Mutants = "abcnullorandtrue =!<>()[]{},.\"'\\_-+*0159:é@\t\n/\r";

    private static readonly string[] Fields =
    [
        "type", "event", "name", "userId", "properties.a", "properties.b", "properties.c.d", "properties.items.length", "properties.a\\ b", "traits.a", "traits.c.d", "context.a",
        "context.c", "properties", "traits", "context.0", "properties . a", "anonymousId", "groupId", "constructor", "toString.x", "properties.e\\.f", "properties.é", "properties.\\.",
        "propertiesX", "contextual.a", "properties.null", "properties.and", "properties.order", "an", "nul", "match", "contains",
    ];

    private static readonly string[] Comparisons = ["=", "!=", "<", "<=", ">", ">=", "contains", "exists", "is_true", "number_equals", "==", "!", "in", "starts_with", ""];

    private static readonly string[] Values =
    [
        "\"track\"", "\"x\"", "\"\"", "'x'", "1", "-2.5", "+3", "0", "1e5", "true", "false", "null", "\"*x\"", "\"x*\"", "\"é\"", "\"true\"", "\"1\"", "x", "-", "1.", "10000000000000000000000",
        "0.0000001", "\"a\"b\"", "\"null\"", "]", ",", "\"x", "\"😀\"",
    ];

    private static readonly string[] Keys = ["a", "b", "c", "d", "items", "a b", "0", "1", "e.f", "é", "", "length", "c", "product 1", "10", "_metadata"];

    private static readonly string[] Scalars =
    [
        "\"track\"", "\"x\"", "\"\"", "\"Xx yX\"", "\"é\"", "\"ß\"", "\"ΟΔΟΣ\"", "\"İ\"", "\"😀a\"", "\"\\ud83d\"", "\"\\u0041\\n\\\"\"", "\"a.b$&\"", "\"1\"", "\"true\"", "\"{\\\"a\\\":1}\"",
        "\"[1, 2]\"", "\"1e400\"", "0", "1", "-2.5", "1.0", "1e21", "1e-7", "123456789012345680000", "0.1", "5e-324", "1.7976931348623157e308", "-0", "1e400", "true", "false", "null",
        "4294967295", "100000000000000000000000", "\"\\u2028 \\ufeff\"", "\"<&>/\"",
    ];

    private static readonly string[] Paths =
    [
        "$.a", "a", "$", "", ".", "$.", "$.a.b", "$.items[0].b", "$.items[0]['a']", "$['a']", "items.length", "$.a[0]", "$.a[b]", "a..b", "x$.a", "$.items[1]", "['a b']", "a b", "$.c.d", "$.items",
        "$.items.0.a", "c[\"d\"]", "b.length", "[0]", "$.c", "$.d", "$.é", "a.$.b", "$.$.a", "a[", "a]", "a]]b", "['']", "$.items[0]]", "0", "'a'",
    ];

    private static readonly string[] Templates =
    [
        "{{a}}", "{{ $.a }}", "x {{b}} y {{ c.d }}", "{{{a}}}", "{{{ b }}}{{a}}", "{{}}", "{{ }}", "{{.}}", "plain", "", "{{a", "{{{{a}}}}", "{{a}}}", "{{{a}}", "{ {a}}", "{{items}}",
        "{{items.0.a}}", "{{ a }} {{{ items }}}", "{{\\ufeffa}}", "{{a}b}}", "{{{a}b}}}",
    ];

    private readonly Random _random = new(seed);

    public string Trigger()
    {
        var text = new StringBuilder(Expression(0));
        for (var mutations = _random.Next(3) == 0 ? _random.Next(1, 4) : 0; mutations > 0 && text.Length > 0; mutations--)
        {
            var at = _random.Next(text.Length);
            if (_random.Next(2) == 0) text.Remove(at, 1);
            if (_random.Next(3) > 0) text.Insert(Math.Min(at, text.Length), Mutants[_random.Next(Mutants.Length)]);
        }

        return text.ToString();
    }

    public string Event(int depth = 0)
    {
        var members = Enumerable.Range(0, _random.Next(6)).Select(_ => $"{Quote(Pick(Keys))}:{Value(depth)}").ToList();
        if (depth == 0)
        {
            foreach (var name in (ReadOnlySpan<string>)["type", "event", "name", "userId"]) if (_random.Next(2) == 0) members.Add($"\"{name}\":{(_random.Next(2) == 0 ? "\"track\"" : Pick(Scalars))}");
            foreach (var name in (ReadOnlySpan<string>)["properties", "traits", "context"]) if (_random.Next(3) > 0) members.Add($"\"{name}\":{(_random.Next(6) == 0 ? Value(1) : Event(1))}");
        }

        if (_random.Next(25) == 0) members.Add($"\"__proto__\":{Pick(Scalars)}");
        return $"{{{string.Join(',', members)}}}";
    }

    public string Mapping() => _random.Next(40) switch
    {
        0 => Any(0),
        1 => $"{{\"__segment_internal_directive\":{{\"@transform\":{{\"apply\":{Object(1)},\"mapping\":{{}}}}}},\"a\":{Any(1)},\"b\":{Any(1)}}}",
        2 => $"{{\"__segment_internal_directive\":{Any(1)},\"a\":{Any(1)}}}",
        _ => Object(0),
    };

    private string Expression(int depth)
    {
        var parts = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => _random.Next(10) switch
        {
            0 when depth < 3 => $"({Expression(depth + 1)})",
            1 => $"!({Expression(3)})",
            2 or 3 => $"{Pick("", "!")}{Pick("contains", "match")}({Pick(Fields)}, {Pick(Values)})",
            4 or 5 => $"{Pick("type", "event", "properties.a", "traits.b", "context.c")} {Pick("=", "!=", "!=", ">", "<")} {Pick("\"track\"", "null", "1", "true", "0")}",
            _ => $"{Pick(Fields)} {Pick(Comparisons)} {Pick(Values)}",
        });
        return string.Join(Pick(" and ", " or ", " or ", " AND ", " ", " and"), parts);
    }

    private string Value(int depth) => _random.Next(depth > 3 ? 6 : 9) switch
    {
        6 => Event(depth + 1),
        7 => $"[{string.Join(',', Enumerable.Range(0, _random.Next(4)).Select(_ => Value(depth + 1)))}]",
        8 => $"[{string.Join(',', Enumerable.Range(0, _random.Next(3)).Select(_ => Event(depth + 2)))}]",
        _ => Pick(Scalars),
    };

    private string Object(int depth) => $"{{{string.Join(',', Enumerable.Range(0, _random.Next(1, 4)).Select(_ => $"{Quote(Pick(Keys))}:{Any(depth + 1)}"))}}}";

    private string Any(int depth) => _random.Next(depth > 4 ? 3 : 16) switch
    {
        0 => Pick(Scalars),
        1 or 2 => $"{{\"@path\":{Quote(Pick(Paths))}}}",
        3 => Object(depth),
        4 => $"[{string.Join(',', Enumerable.Range(0, _random.Next(3)).Select(_ => Any(depth + 1)))}]",
        _ => Directive(depth + 1),
    };

    private string Directive(int depth)
    {
        var body = _random.Next(15) switch
        {
            0 => $"\"@template\":{(_random.Next(6) == 0 ? Any(depth) : $"\"{Pick(Templates)}\"")}",
            1 => $"\"@if\":{{{Options(("exists", Any(depth)), ("blank", Any(depth)), ("then", Any(depth)), ("else", Any(depth)))}}}",
            2 => $"\"@case\":{{{Options(("operator", Pick("\"lower\"", "\"upper\"", "\"upper\"", "\"x\"", "1")), ("value", Any(depth)))}}}",
            3 or 4 => $"\"@replace\":{Replace(depth)}",
            5 => $"\"@arrayPath\":[{Pick(Quote(Pick(Paths)), Any(depth))},{Any(depth)}]",
            6 => $"\"@literal\":{Any(depth)}",
            7 => $"\"@flatten\":{{{Options(("value", Any(depth)), ("separator", Pick("\".\"", "\"_\"", "\"\"", "1")), ("omitArrays", Pick("true", "false", "1")))}}}",
            8 or 9 => $"\"@json\":{{{Options(("mode", Pick("\"encode\"", "\"decode\"", "\"decode\"", "\"ENCODE\"")), ("value", Any(depth)))}}}",
            10 => $"\"@merge\":{{{Options(("objects", $"[{Any(depth)},{Any(depth)}]"), ("direction", Pick("\"left\"", "\"right\"", "\"LEFT\"")))}}}",
            11 => $"\"@transform\":{{{Options(("apply", Pick(Object(depth), Any(depth))), ("mapping", Any(depth)))}}}",
            12 => $"\"@excludeWhenNull\":{Any(depth)}",
            13 => $"\"@path\":{Any(depth)}",
            _ => $"\"{Pick("@and", "@path", "@", "@literal")}\":{Any(depth)}{Pick("", "", ",\"_metadata\":{}", ",\"x\":1", ",\"@path\":\"a\"")}",
        };
        return $"{{{body}}}";
    }

    private string Replace(int depth) => $"{{{Options(
        ("pattern", Pick("\"x\"", "\"a\"", "\".\"", "\"ß\"", "\"é\"", "\"XX\"", "\"\"", "\"1\"", "\"elevenchars\"")),
        ("replacement", Pick("\"y\"", "\"\"", "\"$&$&\"", "\"$$\"", "\"$1\"", "\"$`\"", "\"$'\"", "\"$\"", "\"elevenchars\"", "null")),
        ("value", Any(depth)),
        ("ignorecase", Pick("true", "false", "1")),
        ("global", Pick("true", "false")),
        ("pattern2", Pick("\"y\"", "\"\"", "\"$\"", "\"elevenchars\"", "3")),
        ("replacement2", Pick("\"z\"", "\"$&$&\"", "null")))}}}";

    // Each option is there most of the time.
    private string Options(params (string Name, string Value)[] options) =>
        string.Join(',', options.Where(_ => _random.Next(8) > 0).Select(option => $"\"{option.Name}\":{option.Value}"));

    private string Pick(params string[] from) => from[_random.Next(from.Length)];

    private static string Quote(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
