using System.Text.Json;

namespace Tributary.Engine.Delivery;

/// <summary>A message as it is sent once more: its <c>integrations</c> name the one destination that it goes to, spec/connections.md §5.2. Pure.</summary>
internal static class ReplayedMessage
{
    /// <summary>The message with <c>{"All":false,"name":true}</c> as its integrations; everything else keeps its bytes.</summary>
    /// <param name="name">What messages call the kind of the destination.</param>
    /// <param name="message">A JSON object.</param>
    public static byte[] For(string name, ReadOnlyMemory<byte> message)
    {
        var json = message.Span;
        byte[] only = [.. "{\"All\":false,\""u8, .. JsonEncodedText.Encode(name).EncodedUtf8Bytes, .. "\":true}"u8];
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1_000 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals("integrations"u8);
            reader.Read();
            var from = (int)reader.TokenStartIndex;
            reader.Skip();
            if (isIt) return [.. json[..from], .. only, .. json[(int)reader.BytesConsumed..]];
        }

        var end = (int)reader.TokenStartIndex;
        ReadOnlySpan<byte> comma = json[..end].TrimEnd(" \t\r\n"u8).EndsWith("{"u8) ? [] : ","u8;
        return [.. json[..end], .. comma, .. "\"integrations\":"u8, .. only, .. json[end..]];
    }
}
