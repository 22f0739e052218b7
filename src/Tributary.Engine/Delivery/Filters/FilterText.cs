using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Filters;

/// <summary>A statement as text that reads back as itself, and as JSON: lists that begin with the operator, as the browser's filters have them.</summary>
internal static class FilterText
{
    public static string Write(FilterExpression expression)
    {
        var text = new StringBuilder();
        Write(text, expression);
        return text.ToString();
    }

    public static JsonNode? ToJson(FilterExpression expression) => expression switch
    {
        FilterLiteral { Value: string text } => new JsonObject { ["value"] = text },
        FilterLiteral { Value: double number } => new JsonObject { ["value"] = number },
        FilterLiteral { Value: bool flag } => new JsonObject { ["value"] = flag },
        FilterLiteral => new JsonObject { ["value"] = null },
        FilterPath path => Path(path),
        FilterList list => new JsonObject { ["list"] = new JsonArray([.. list.Elements.Select(ToJson)]) },
        FilterCall call => new JsonArray([call.Function.Name(), .. call.Arguments.Select(ToJson)]),
        FilterNot not => new JsonArray("!", ToJson(not.Operand)),
        FilterJunction junction => new JsonArray([junction.IsAnd ? "and" : "or", .. junction.Operands.Select(ToJson)]),
        FilterComparison comparison => new JsonArray(comparison.Operator, ToJson(comparison.Left), ToJson(comparison.Right)),
        _ => null,
    };

    private static void Write(StringBuilder text, FilterExpression expression)
    {
        switch (expression)
        {
            case FilterLiteral { Value: string literal }:
                text.Append('"').Append(Escape(literal)).Append('"');
                break;
            case FilterLiteral { Value: double number }:
                text.Append(Expand(ScriptNumber.Write(number)));
                break;
            case FilterLiteral { Value: bool flag }:
                text.Append(flag ? "true" : "false");
                break;
            case FilterPath path:
                text.Append(Path(path));
                break;
            case FilterList list:
                WriteAll(text.Append('['), list.Elements, ", ");
                text.Append(']');
                break;
            case FilterCall call:
                WriteAll(text.Append(call.Function.Name()).Append('('), call.Arguments, ", ");
                text.Append(')');
                break;
            case FilterNot not:
                text.Append("!(");
                Write(text, not.Operand);
                text.Append(')');
                break;
            case FilterJunction junction:
                var isFirst = true;
                foreach (var operand in junction.Operands)
                {
                    if (!isFirst) text.Append(junction.IsAnd ? " and " : " or ");
                    isFirst = false;
                    text.Append(operand is FilterJunction ? "(" : "");
                    Write(text, operand);
                    text.Append(operand is FilterJunction ? ")" : "");
                }

                break;
            case FilterComparison comparison:
                Write(text, comparison.Left);
                text.Append(' ').Append(comparison.Operator).Append(' ');
                Write(text, comparison.Right);
                break;
            default:
                text.Append("null");
                break;
        }
    }

    private static void WriteAll(StringBuilder text, IEnumerable<FilterExpression> expressions, string between)
    {
        var isFirst = true;
        foreach (var expression in expressions)
        {
            if (!isFirst) text.Append(between);
            isFirst = false;
            Write(text, expression);
        }
    }

    // Statements know no exponents.
    private static string Expand(string number)
    {
        var exponentAt = number.IndexOf('e', StringComparison.Ordinal);
        if (exponentAt < 0) return number;
        var exponent = int.Parse(number.AsSpan(exponentAt + 1), CultureInfo.InvariantCulture);
        var sign = number[0] == '-' ? "-" : "";
        var mantissa = number[sign.Length..exponentAt];
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        return exponent < 0 ? $"{sign}0.{new string('0', -exponent - 1)}{digits}" : sign + digits.PadRight(exponent + 1, '0');
    }

    // A backslash before a character that has no escape of its own stays as it is when it is read, but writing it double is right everywhere.
    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static string Path(FilterPath path)
    {
        var text = new StringBuilder();
        foreach (var name in path.Names)
        {
            if (text.Length > 0) text.Append('.');
            for (var at = 0; at < name.Length; at++)
            {
                var isPlain = name[at] == '_' || char.IsAsciiLetter(name[at]) || (at > 0 && (char.IsAsciiDigit(name[at]) || name[at] == '-'));
                text.Append(isPlain ? "" : "\\").Append(name[at]);
            }
        }

        return path.Names is ["true" or "false" or "null" or "and" or "or" or "in"] ? $"\\{text}" : text.ToString();
    }
}
