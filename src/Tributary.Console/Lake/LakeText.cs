using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tributary.Engine.Lake;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Lake;

/// <summary>Results of the lake as text: in cells, and as CSV.</summary>
internal static partial class LakeText
{
    /// <summary>A value as it stands in a cell; null stays null, because it is not the empty text.</summary>
    public static string? Cell(object? value) => value switch
    {
        null => null,
        string text => text,
        bool truth => truth ? "true" : "false",
        JsonNode node => node.ToJsonString(WorkspaceSnapshot.Json),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    /// <summary>A value as a number; null when it is none.</summary>
    public static double? Number(object? value) => value switch
    {
        sbyte or byte or short or ushort or int or uint or long or ulong or decimal or double or float => Convert.ToDouble(value, CultureInfo.InvariantCulture),
        JsonValue node when node.TryGetValue<double>(out var number) => number,
        _ => null,
    };

    /// <summary>Whether a column holds numbers, by DuckDB's name of its type.</summary>
    public static bool IsNumeric(string type) =>
        type.StartsWith("DECIMAL", StringComparison.Ordinal) || type is "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "HUGEINT" or "UTINYINT" or "USMALLINT" or "UINTEGER" or "UBIGINT" or "UHUGEINT" or "DOUBLE" or "FLOAT" or "REAL";

    /// <summary>Whether a column holds points in time.</summary>
    public static bool IsTime(string type) => type.StartsWith("TIMESTAMP", StringComparison.Ordinal) || type == "DATE";

    /// <summary>The result as CSV (RFC 4180): nothing for NULL, two quotes for the empty text.</summary>
    public static string Csv(LakeResult result)
    {
        var csv = new StringBuilder();
        csv.AppendJoin(',', result.Columns.Select(column => Quoted(column.Name))).Append("\r\n");
        foreach (var row in result.Rows) csv.AppendJoin(',', row.Select(value => Cell(value) is { } text ? Quoted(text) : "")).Append("\r\n");
        return csv.ToString();
    }

    /// <summary>Where an error is, when DuckDB says so: the line, counted from 1.</summary>
    public static int? LineOf(string message) => LineNumber().Match(message) is { Success: true } found ? int.Parse(found.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;

    private static string Quoted(string text) =>
        text.Length == 0 || text.AsSpan().IndexOfAny(",\"\r\n") >= 0 || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    [GeneratedRegex(@"^LINE (\d{1,6}):", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex LineNumber();
}
