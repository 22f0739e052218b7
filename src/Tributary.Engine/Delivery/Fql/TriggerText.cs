using System.Text;

namespace Tributary.Engine.Delivery.Fql;

/// <summary>Writes a trigger as text, character for character as Segment's <c>generateFql</c> does; texts are not escaped, so one with quotes does not read back.</summary>
internal static class TriggerText
{
    /// <returns>The text, or a fault when the tree has a condition of an unknown type.</returns>
    public static (string? Fql, FqlFault? Fault) Write(TriggerGroup tree)
    {
        var text = new StringBuilder();
        if (!TryWriteGroup(text, tree)) return (null, new FqlFault("The syntax tree has a condition of an unknown type.", null));
        var fql = text.ToString();
        return fql.StartsWith('(') && fql.EndsWith(')') && fql.Count(character => character is '(' or ')') == 2 ? (fql[1..^1], null) : (fql, null);
    }

    private static bool TryWriteGroup(StringBuilder text, TriggerGroup group)
    {
        for (var at = 0; at < group.Children.Length; at++)
        {
            if (at > 0) text.Append(' ').Append(group.Operator ?? "undefined").Append(' ');
            switch (group.Children[at])
            {
                case TriggerGroup inner:
                    text.Append('(');
                    if (!TryWriteGroup(text, inner)) return false;
                    text.Append(')');
                    break;
                case TriggerCondition condition when FieldOf(condition) is { } field:
                    Write(text, field, condition);
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private static string? FieldOf(TriggerCondition condition) => condition.Type switch
    {
        "name" or "userId" or "event" => condition.Type,
        "event-type" => "type",
        "event-property" => $"properties.{Escape(condition.Name)}",
        "event-trait" => $"traits.{Escape(condition.Name)}",
        "event-context" => $"context.{Escape(condition.Name)}",
        _ => null,
    };

    private static void Write(StringBuilder text, string field, TriggerCondition condition)
    {
        var comparison = condition.Operator ?? "undefined";
        var negation = comparison.StartsWith("not_", StringComparison.Ordinal) ? "!" : "";
        var quoted = condition.Value is bool or double ? condition.ValueText : $"\"{condition.ValueText}\"";
        text.Append(comparison switch
        {
            "contains" or "not_contains" => $"{negation}contains({field}, {quoted})",
            "exists" => $"{field} != null",
            "not_exists" => $"{field} = null",
            "is_true" => $"{field} = true",
            "is_false" => $"{field} = false",
            "starts_with" or "not_starts_with" => $"{negation}match({field}, \"{condition.ValueText}*\")",
            "ends_with" or "not_ends_with" => $"{negation}match({field}, \"*{condition.ValueText}\")",
            "<" or ">" or "<=" or ">=" => $"{field} {comparison} {ScriptNumber.Write(condition.ValueNumber)}",
            "number_equals" => $"{field} = {ScriptNumber.Write(condition.ValueNumber)}",
            "number_not_equals" => $"{field} != {ScriptNumber.Write(condition.ValueNumber)}",
            _ => $"{field} {comparison} {quoted}",
        });
    }

    private static string Escape(string? name)
    {
        if (name is null) return "undefined";
        var escaped = new StringBuilder(name.Length);
        foreach (var character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('.' or '_' or '-')) escaped.Append('\\');
            escaped.Append(character);
        }

        return escaped.ToString();
    }
}
