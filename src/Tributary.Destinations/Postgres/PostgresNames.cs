using System.Collections.Frozen;
using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Tributary.Destinations.Postgres;

/// <summary>Names as PostgreSQL can hold them, and as SQL writes them.</summary>
internal static class PostgresNames
{
    /// <summary>Longest identifier in bytes; PostgreSQL would cut a longer one, and two could become one.</summary>
    /// <remarks>https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS.</remarks>
    public const int BytesMax = 63;

    // Columns that every table has, so that no other may be called so: https://www.postgresql.org/docs/current/ddl-system-columns.html.
    private static readonly FrozenSet<string> OfSystem = FrozenSet.ToFrozenSet(["oid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"]);

    /// <summary>
    /// The name itself when it fits. An overlong one is cut and ends in 16 hexadecimal digits of its hash, so that it stays the same and apart from its like;
    /// the name of a system column gets an underscore before it.
    /// </summary>
    /// <param name="name">Snake case, ASCII.</param>
    public static string Fit(string name)
    {
        if (OfSystem.Contains(name)) return "_" + name;
        if (name.Length <= BytesMax) return name;
        var hash = XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(name)).ToString("x16", CultureInfo.InvariantCulture);
        return $"{name.AsSpan(0, BytesMax - hash.Length - 1)}_{hash}";
    }

    /// <summary>An identifier as SQL writes it; no name needs another escape.</summary>
    public static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A text as SQL writes it, whatever <c>standard_conforming_strings</c> says.</summary>
    public static string Literal(string text)
    {
        var quoted = text.Replace("'", "''", StringComparison.Ordinal);
        return text.Contains('\\', StringComparison.Ordinal) ? $"E'{quoted.Replace("\\", "\\\\", StringComparison.Ordinal)}'" : $"'{quoted}'";
    }
}
