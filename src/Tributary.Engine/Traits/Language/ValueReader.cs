using System.Text;
using System.Text.Json;

namespace Tributary.Engine.Traits.Language;

/// <summary>Reads values out of JSON by path.</summary>
internal static class ValueReader
{
    /// <summary>Most values that a path with <c>$</c> gives; the rest of a longer array is left out.</summary>
    public const int ManyMax = 1_000;

    /// <summary>Longest text that is kept of one value, in characters; the rest is cut off.</summary>
    public const int TextMax = 2_000;

    private const int DepthMax = 128;

    private static ReadOnlySpan<byte> Each => "$"u8;

    /// <summary>The value at a path that has no <c>$</c>, or nothing.</summary>
    public static QueryValue One(ReadOnlySpan<byte> json, ValuePath path)
    {
        if (json.IsEmpty) return QueryValue.Nothing;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = DepthMax });
        if (!reader.Read()) return QueryValue.Nothing;
        foreach (var name in path.Names)
            if (!Enter(ref reader, name)) return QueryValue.Nothing;
        return Read(ref reader, json);
    }

    /// <summary>Adds every value at a path; at most <see cref="ManyMax"/>.</summary>
    public static void Many(ReadOnlySpan<byte> json, ValuePath path, List<QueryValue> values)
    {
        var left = ManyMax;
        Walk(json, path.Names.AsSpan(), value =>
        {
            values.Add(value);
            return --left > 0;
        });
    }

    // Calls back with each value; false ends the walk.
    private static bool Walk(ReadOnlySpan<byte> json, ReadOnlySpan<byte[]> steps, Func<QueryValue, bool> found)
    {
        if (json.IsEmpty) return true;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = DepthMax });
        if (!reader.Read()) return true;
        for (var i = 0; i < steps.Length; i++)
        {
            if (steps[i].AsSpan().SequenceEqual(Each))
            {
                if (reader.TokenType != JsonTokenType.StartArray) return true;
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    if (!Walk(json[start..(int)reader.BytesConsumed], steps[(i + 1)..], found)) return false;
                }

                return true;
            }

            if (!Enter(ref reader, steps[i])) return true;
        }

        var value = Read(ref reader, json);
        return value.IsNothing || found(value);
    }

    private static bool Enter(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        if (reader.TokenType != JsonTokenType.StartObject) return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals(name);
            reader.Read();
            if (isIt) return true;
            reader.Skip();
        }

        return false;
    }

    private static QueryValue Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.True or JsonTokenType.False:
                return QueryValue.Of(reader.TokenType == JsonTokenType.True);
            case JsonTokenType.Number:
                return reader.TryGetDouble(out var number) ? QueryValue.Of(number) : QueryValue.Nothing;
            case JsonTokenType.String:
                return OfText(reader.GetString()!);
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                return OfText(Flat(json[start..(int)reader.BytesConsumed]));
            default:
                return QueryValue.Nothing;
        }
    }

    // Without the blanks that a sender put between members, so that substrings do not depend on them.
    private static string Flat(ReadOnlySpan<byte> json)
    {
        using var document = JsonDocument.Parse(json.ToArray(), new JsonDocumentOptions { MaxDepth = DepthMax });
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = DepthMax }))
            document.RootElement.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <summary>A text as definitions have it: what is longer than <see cref="TextMax"/> is cut off.</summary>
    public static QueryValue OfText(string text)
    {
        if (text.Length <= TextMax) return QueryValue.Of(text);
        // A pair of surrogates is not cut in two.
        return QueryValue.Of(text[..(char.IsHighSurrogate(text[TextMax - 1]) ? TextMax - 1 : TextMax)]);
    }
}
