using System.Text;
using System.Text.Json;
using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Traits.Folding;

/// <summary>What reducers take and give. Pure.</summary>
internal static class Reductions
{
    /// <summary>The order of lists and of ties: by text, and of one text a number or truth value before the text that spells it.</summary>
    public static IComparer<QueryValue> ByText { get; } = Comparer<QueryValue>.Create((a, b) =>
    {
        var order = string.CompareOrdinal(a.ToString(), b.ToString());
        return order != 0 ? order : a.Kind.CompareTo(b.Kind);
    });

    /// <summary>A value as the reducer takes it; nothing when it is not of the reducer's type.</summary>
    public static QueryValue Typed(Reduction reduction, QueryValue value)
    {
        var type = reduction.As != Language.ValueType.Unstated ? reduction.As : reduction.Reducer switch
        {
            ReducerKind.Max or ReducerKind.Min => Language.ValueType.Number,
            ReducerKind.Mode => Language.ValueType.String,
            ReducerKind.Count or ReducerKind.Sum or ReducerKind.Avg or ReducerKind.First or ReducerKind.Last or ReducerKind.Unique or ReducerKind.UniqueCount => Language.ValueType.Unstated,
        };
        if (value.IsNothing) return value;
        return type switch
        {
            Language.ValueType.Number => ValueComparison.NumberOf(value) is { } number ? QueryValue.Of(number) : QueryValue.Nothing,
            Language.ValueType.String or Language.ValueType.Array => QueryValue.Of(value.ToString()),
            Language.ValueType.Unstated => value,
        };
    }

    /// <summary>The values of one event as the reducer takes them; with <c>as array</c> all of them are one.</summary>
    public static Values Taken(Reduction reduction, Values values) =>
        reduction.As == Language.ValueType.Array && values.Count > 1 ? new Values(QueryValue.Of(Flat(values))) : values;

    /// <summary>The most frequent value: one that occurs at least so often; of equals the first by text.</summary>
    public static QueryValue Mode(Dictionary<QueryValue, long> counts, int least)
    {
        var best = QueryValue.Nothing;
        var most = 0L;
        foreach (var (value, count) in counts)
        {
            if (count < most || (count == most && ByText.Compare(value, best) > 0)) continue;
            (best, most) = (value, count);
        }

        return most >= least ? best : QueryValue.Nothing;
    }

    /// <summary>Different values as a JSON array, by text; null when there are none.</summary>
    public static byte[]? List(IEnumerable<QueryValue> values)
    {
        var sorted = values.Order(ByText).ToList();
        if (sorted.Count == 0) return null;
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            foreach (var value in sorted) json.WriteRawValue(Json(value)!);
            json.WriteEndArray();
        }

        return stream.ToArray();
    }

    private static string Flat(Values values)
    {
        var parts = new string[values.Count];
        for (var i = 0; i < parts.Length; i++) parts[i] = Encoding.UTF8.GetString(Json(values[i])!);
        return $"[{string.Join(',', parts)}]";
    }

    /// <summary>A value as JSON; null for nothing.</summary>
    public static byte[]? Json(QueryValue value) => value.Kind switch
    {
        QueryValueKind.Nothing => null,
        QueryValueKind.Boolean => value.Truth ? "true"u8.ToArray() : "false"u8.ToArray(),
        QueryValueKind.Number => Encoding.UTF8.GetBytes(QueryValue.NumberText(value.Number)),
        QueryValueKind.Text or QueryValueKind.Instant =>
            [(byte)'"', .. JsonEncodedText.Encode(value.Text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, (byte)'"'],
    };
}
