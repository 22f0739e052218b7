using System.Text.Json;
using System.Text.Unicode;
using Tributary.Model;

namespace Tributary.Engine.Identity;

/// <summary>The words by which messages are counted: the name of the event, page or screen, and the version of the app. UTF-8, empty when there is none.</summary>
internal readonly ref struct EventLabels(ReadOnlySpan<byte> name, ReadOnlySpan<byte> appVersion)
{
    public ReadOnlySpan<byte> Name { get; } = name;

    public ReadOnlySpan<byte> AppVersion { get; } = appVersion;

    public int Bytes => Name.Length + AppVersion.Length;

    public bool IsEmpty => Bytes == 0;

    /// <summary>Reads them from what a client sent, which may be anything: as far as it can be read.</summary>
    /// <param name="message">The bytes.</param>
    /// <param name="type">The type of the message; 0 when it is unknown.</param>
    public static EventLabels ReadRaw(ReadOnlySpan<byte> message, EventType type)
    {
        byte[]? name = null, appVersion = null;
        try
        {
            var reader = new Utf8JsonReader(message, new JsonReaderOptions { MaxDepth = 1_000 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return default;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (IsName(ref reader, type)) name = Text(ref reader);
                else if (reader.ValueTextEquals("context"u8)) appVersion = ReadAppVersion(ref reader);
                else Skip(ref reader);
            }
        }
        catch (JsonException)
        {
            // It was cut, or is no JSON; what stood before counts.
        }

        return new EventLabels(name, appVersion);
    }

    /// <summary>Whether the member that the reader stands on names a message of this type.</summary>
    public static bool IsName(ref Utf8JsonReader reader, EventType type) => type switch
    {
        EventType.Track => reader.ValueTextEquals("event"u8),
        EventType.Page or EventType.Screen => reader.ValueTextEquals("name"u8),
        EventType.Identify or EventType.Group or EventType.Alias or EventType.Set => false,
        // Of an unknown type.
        0 => reader.ValueTextEquals("event"u8),
    };

    /// <summary>The value of the member that the reader stands on, when it is text that can be shown; otherwise null, and the value is skipped.</summary>
    public static byte[]? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return null;
        }

        if (!reader.ValueIsEscaped) return Utf8.IsValid(reader.ValueSpan) ? reader.ValueSpan.ToArray() : null;
        try
        {
            var text = new byte[reader.ValueSpan.Length];
            return text[..reader.CopyString(text)];
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }

    /// <summary>From a member that is an object, its text <c>version</c>; null when there is none.</summary>
    public static byte[]? ReadVersion(ref Utf8JsonReader reader) => ReadMember(ref reader, "version"u8, Text);

    // From the member context, the text app.version.
    private static byte[]? ReadAppVersion(ref Utf8JsonReader reader) => ReadMember(ref reader, "app"u8, ReadVersion);

    // What one member of an object is, the last one if there are several; null when it is not there, or the value is no object.
    private static byte[]? ReadMember(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, MemberReading read)
    {
        byte[]? found = null;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(name)) found = read(ref reader);
            else Skip(ref reader);
        }

        return found;
    }

    private delegate byte[]? MemberReading(ref Utf8JsonReader reader);

    private static void Skip(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }
}
