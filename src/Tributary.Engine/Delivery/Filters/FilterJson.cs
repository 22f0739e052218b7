using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Filters;

/// <summary>Reads the JSON form that <see cref="FilterText.ToJson"/> writes.</summary>
internal static class FilterJson
{
    public static (FilterExpression? Expression, FqlFault? Fault) Read(JsonNode? json)
    {
        if (ReadAt(json, 0) is not { } expression) return (null, new FqlFault("The JSON form of a statement is a list that begins with an operator or a function.", null));
        // The text decides: what can be written and read back is a statement, everything else is not.
        var (parsed, fault) = FilterParser.Parse(FilterText.Write(expression));
        return fault is null ? (parsed, null) : (null, fault with { Position = null });
    }

    private static FilterExpression? ReadAt(JsonNode? json, int depth)
    {
        if (depth > FilterParser.DepthMax) return null;
        switch (json)
        {
            case JsonValue when json.GetValueKind() == JsonValueKind.String:
                return FilterParser.Parse(json.GetValue<string>()).Expression as FilterPath;
            case JsonObject literal when literal.TryGetPropertyValue("value", out var value):
                return ReadLiteral(value);
            case JsonObject list when list["list"] is JsonArray elements:
                return ReadAll(elements, depth) is { } read ? new FilterList([.. read]) : null;
            case JsonArray { Count: > 0 } call when call[0]?.GetValueKind() == JsonValueKind.String:
                return ReadAll(call.Skip(1), depth) is { } arguments ? Of(call[0]!.GetValue<string>(), arguments) : null;
            default:
                return null;
        }
    }

    private static FilterExpression? Of(string head, List<FilterExpression> arguments)
    {
        if (FilterFunctions.TryParse(head, out var function) && arguments.Count == function.ArgumentCount()) return new FilterCall(function, [.. arguments]);
        return (head, arguments.Count) switch
        {
            ("!", 1) => new FilterNot(arguments[0]),
            ("and" or "or", >= 2) => new FilterJunction(head == "and", [.. arguments]),
            ("=" or "!=" or "<" or "<=" or ">" or ">=" or "in", 2) => new FilterComparison(head, arguments[0], arguments[1]),
            _ => null,
        };
    }

    private static FilterLiteral? ReadLiteral(JsonNode? value) => value?.GetValueKind() switch
    {
        null => new FilterLiteral(null),
        JsonValueKind.String => new FilterLiteral(value.GetValue<string>()),
        JsonValueKind.Number => new FilterLiteral(ScriptNumber.Read(value.ToJsonString())),
        JsonValueKind.True or JsonValueKind.False => new FilterLiteral(value.GetValueKind() == JsonValueKind.True),
        _ => null,
    };

    private static List<FilterExpression>? ReadAll(IEnumerable<JsonNode?> elements, int depth)
    {
        var read = new List<FilterExpression>();
        foreach (var element in elements)
        {
            if (ReadAt(element, depth + 1) is not { } expression) return null;
            read.Add(expression);
        }

        return read;
    }
}
