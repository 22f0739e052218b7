using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tributary.Console.Destinations;

/// <summary>
/// When a field of an action has a meaning or is required: <c>{"match":"all","conditions":[{"fieldKey":"operation","operator":"is","value":"create"}]}</c>. Without
/// a value, "is" asks for a field that is not set; a list of values asks for one of them.
/// </summary>
internal static class FieldConditions
{
    /// <summary>Whether conditions hold; true when there are none.</summary>
    /// <param name="conditions">As the definition has them.</param>
    /// <param name="valueOf">What a field has now; null when it is not set.</param>
    public static bool Hold(JsonElement conditions, Func<string, JsonNode?> valueOf)
    {
        if (conditions.ValueKind != JsonValueKind.Object || !conditions.TryGetProperty("conditions", out var list) || list.ValueKind != JsonValueKind.Array) return true;
        var isAny = conditions.TryGetProperty("match", out var match) && match.ValueKind == JsonValueKind.String && match.ValueEquals("any");
        var verdicts = list.EnumerateArray().Select(condition => Holds(condition, valueOf));
        return isAny ? verdicts.Any(verdict => verdict) : verdicts.All(verdict => verdict);
    }

    private static bool Holds(JsonElement condition, Func<string, JsonNode?> valueOf)
    {
        // Conditions may be nested groups themselves.
        if (condition.TryGetProperty("conditions", out _)) return Hold(condition, valueOf);
        var key = condition.TryGetProperty("type", out var type) && type.ValueEquals("syncMode") ? MappingDraft.SyncModeKey
            : condition.TryGetProperty("fieldKey", out var named) ? named.GetString()! : "";
        var value = valueOf(key);
        var isWanted = condition.TryGetProperty("value", out var wanted) && wanted.ValueKind != JsonValueKind.Null ? Equals(value, wanted) : value is null || Equals(value, "");
        return condition.TryGetProperty("operator", out var how) && how.ValueEquals("is_not") ? !isWanted : isWanted;
    }

    private static bool Equals(JsonNode? value, JsonElement wanted) => wanted.ValueKind == JsonValueKind.Array
        ? wanted.EnumerateArray().Any(each => Equals(value, each))
        : value is JsonValue && Equals(value, wanted.ToString());

    private static bool Equals(JsonNode? value, string wanted) => value is JsonValue literal && string.Equals(literal.ToString(), wanted, StringComparison.OrdinalIgnoreCase);
}
