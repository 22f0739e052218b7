using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Tributary.Model;

namespace Tributary.Destinations.Kafka;

/// <summary>Makes messages of deliveries: the value is the event as it is, the key one of its fields.</summary>
internal static class KafkaMessage
{
    /// <summary>Carries the event's <c>messageId</c>, so that readers can drop repeats without reading the value.</summary>
    public const string IdHeader = "messageId";

    /// <summary>Carries the event's type, e.g. <c>track</c>.</summary>
    public const string TypeHeader = "type";

    private static readonly JsonReaderOptions Options = new() { MaxDepth = 128 };

    /// <summary>Null when the event is no JSON object.</summary>
    public static Message<byte[]?, byte[]>? Of(in Delivery delivery, KafkaKey key)
    {
        string? messageId = null, userId = null, anonymousId = null, type = null;
        try
        {
            var reader = new Utf8JsonReader(delivery.Payload.Span, Options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("messageId"u8)) messageId = Text(ref reader);
                else if (reader.ValueTextEquals("userId"u8)) userId = Text(ref reader);
                else if (reader.ValueTextEquals("anonymousId"u8)) anonymousId = Text(ref reader);
                else if (reader.ValueTextEquals("type"u8)) type = Text(ref reader);
                else reader.Skip();
            }
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return null;
        }

        var chosen = key switch
        {
            KafkaKey.UserId => userId ?? anonymousId,
            KafkaKey.AnonymousId => anonymousId ?? userId,
            KafkaKey.MessageId => messageId,
        };
        var headers = new Headers();
        if (messageId is not null) headers.Add(IdHeader, Encoding.UTF8.GetBytes(messageId));
        if (type is not null) headers.Add(TypeHeader, Encoding.UTF8.GetBytes(type));
        return new Message<byte[]?, byte[]> { Key = chosen is null ? null : Encoding.UTF8.GetBytes(chosen), Value = delivery.Payload.ToArray(), Headers = headers };
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length > 0) return reader.GetString();
        reader.Skip();
        return null;
    }
}
