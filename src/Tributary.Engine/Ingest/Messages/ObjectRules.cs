using System.Text.Json;

namespace Tributary.Engine.Ingest;

/// <summary>What an object must be: Segment's Objects API, spec/connections.md §8.1.</summary>
internal static class ObjectRules
{
    /// <summary>Longest name of a collection and longest id, in characters.</summary>
    public const int LengthMax = 100;

    /// <summary>
    /// True when the collection is a name of small letters, digits and underscores inside, the id a text, and the properties an object of texts, numbers, booleans and
    /// nulls.
    /// </summary>
    public static bool AreKept(in MessageView message) =>
        IsCollection(message.Other("collection"u8)) && IsId(message.Other("id"u8)) && ArePlain(message.Value(MessageField.Properties));

    private static bool IsCollection(ReadOnlySpan<byte> json)
    {
        if (json.Length is < 3 or > LengthMax + 2 || json[0] != '"') return false;
        var name = json[1..^1];
        if (name[0] == '_' || name[^1] == '_') return false;
        foreach (var letter in name)
        {
            if (!char.IsAsciiLetterLower((char)letter) && !char.IsAsciiDigit((char)letter) && letter != '_') return false;
        }

        return true;
    }

    private static bool IsId(ReadOnlySpan<byte> json)
    {
        if (json.Length < 3 || json[0] != '"') return false;
        if (json.Length - 2 <= LengthMax) return true;
        var reader = new Utf8JsonReader(json);
        return reader.Read() && reader.GetString()!.Length <= LengthMax;
    }

    private static bool ArePlain(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return false;
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) return false;
        }

        return true;
    }
}
