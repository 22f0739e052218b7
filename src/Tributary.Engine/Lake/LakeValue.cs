using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using DuckDB.NET.Data;
using DuckDB.NET.Native;

namespace Tributary.Engine.Lake;

/// <summary>Makes values of DuckDB ready for JSON.</summary>
/// <remarks>
/// Numbers stay numbers, also those beyond 2⁵³; timestamps are ISO 8601 in UTC with milliseconds and <c>Z</c>, dates and times without a zone; blobs are
/// base64; lists become arrays, structs and maps objects; an infinite or not-a-number double, which JSON lacks, becomes null.
/// </remarks>
public static class LakeValue
{

    /// <summary>DuckDB's name of a column's type.</summary>
    internal static string TypeName(DuckDBDataReader reader, int ordinal) => reader.GetDataTypeName(ordinal).ToUpperInvariant();

    /// <summary>Which columns hold lists, structs, maps or unions.</summary>
    internal static bool[] NestedColumns(DuckDBDataReader reader)
    {
        var nested = new bool[reader.FieldCount];
        for (var i = 0; i < nested.Length; i++)
        {
            var type = TypeName(reader, i);
            nested[i] = type is "LIST" or "STRUCT" or "MAP" or "UNION" or "ARRAY" || type.Contains('[', StringComparison.Ordinal)
                || (type.Contains('(', StringComparison.Ordinal) && !type.StartsWith("DECIMAL", StringComparison.Ordinal));
        }

        return nested;
    }

    /// <summary>The value of a column in the row at hand.</summary>
    internal static object? Read(DuckDBDataReader reader, int ordinal)
    {
        if (reader.IsDBNull(ordinal)) return null;
        try
        {
            return Ready(reader.GetValue(ordinal));
        }
        catch (Exception failure) when (failure is ArgumentException or InvalidOperationException or OverflowException or InvalidCastException)
        {
            // Points in time that .NET cannot hold, and types that the binding cannot read.
            return ReadRare(reader, ordinal);
        }
    }

    private static object? ReadRare(DuckDBDataReader reader, int ordinal)
    {
        try
        {
            return TypeName(reader, ordinal).StartsWith("TIMESTAMP", StringComparison.Ordinal) ? Text(reader.GetFieldValue<DuckDBTimestamp>(ordinal)) : null;
        }
        catch (Exception failure) when (failure is ArgumentException or InvalidOperationException or InvalidCastException or NotSupportedException or OverflowException)
        {
            return null;
        }
    }

    private static object? Ready(object? value) => value switch
    {
        null or DBNull => null,
        bool or string or sbyte or byte or short or ushort or int or uint or long or ulong or decimal => value,
        double number => double.IsFinite(number) ? value : null,
        float number => float.IsFinite(number) ? value : null,
        BigInteger number => JsonNode.Parse(number.ToString(CultureInfo.InvariantCulture)),
        DateTime time => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly time => time.ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        DuckDBTimestamp time => Text(time),
        Stream blob => Base64(blob),
        byte[] blob => System.Convert.ToBase64String(blob),
        IDictionary map => map.Keys.Cast<object>().ToDictionary(key => System.Convert.ToString(key, CultureInfo.InvariantCulture) ?? "", key => Ready(map[key])),
        IEnumerable list => list.Cast<object?>().Select(Ready).ToList(),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    /// <summary>A timestamp of any year; the infinities by name.</summary>
    private static string Text(DuckDBTimestamp time)
    {
        if (time.IsPositiveInfinity) return "infinity";
        if (time.IsNegativeInfinity) return "-infinity";
        var (date, clock) = (time.Date, time.Time);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{date.Year:0000}-{date.Month:00}-{date.Day:00}T{clock.Hour:00}:{clock.Min:00}:{clock.Sec:00}.{clock.Microsecond / 1000:000}Z");
    }

    private static string Base64(Stream blob)
    {
        using (blob)
        {
            var bytes = new byte[blob.Length];
            blob.ReadExactly(bytes);
            return System.Convert.ToBase64String(bytes);
        }
    }
}
