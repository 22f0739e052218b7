using System.Text.Json;
using Tributary.Engine.Lake;
using Tributary.Model;

namespace Tributary.Destinations.Warehouse;

/// <summary>Reads of a delivered message what a row needs besides its columns.</summary>
internal static class DeliveredEvent
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 128 };

    /// <summary>
    /// False when the message is no JSON object or lacks <c>messageId</c> or <c>receivedAt</c>, both of which the door always writes. A message without a
    /// readable <c>timestamp</c> gets that of its arrival.
    /// </summary>
    public static bool TryRead(in Delivery delivery, out LakeEvent result)
    {
        result = default;
        byte[]? messageId = null;
        long? receivedAt = null, timestamp = null;
        try
        {
            var reader = new Utf8JsonReader(delivery.Payload.Span, Options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("messageId"u8)) messageId = Text(ref reader);
                else if (reader.ValueTextEquals("receivedAt"u8)) receivedAt = Time(ref reader);
                else if (reader.ValueTextEquals("timestamp"u8)) timestamp = Time(ref reader);
                else reader.Skip();
            }
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return false;
        }

        if (messageId is not { Length: > 0 } || receivedAt is not { } received) return false;
        result = new LakeEvent(delivery.Type, messageId, default, received, timestamp ?? received, delivery.Payload);
        return true;
    }

    private static byte[]? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String) return System.Text.Encoding.UTF8.GetBytes(reader.GetString()!);
        reader.Skip();
        return null;
    }

    private static long? Time(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String) return IsoTime.TryParse(reader.ValueSpan, out var microseconds) ? microseconds / 1_000 : null;
        reader.Skip();
        return null;
    }
}
