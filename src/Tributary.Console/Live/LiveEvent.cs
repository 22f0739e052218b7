using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Processing;
using Tributary.Model;

namespace Tributary.Console.Live;

/// <summary>What became of a message at the door and in Processing.</summary>
public enum LiveVerdict
{
    Accepted,
    Discarded,
    Quarantined,
}

/// <summary>One message as the debugger lists it.</summary>
/// <param name="Verdict">What became of it.</param>
/// <param name="Offset">Where it lies: in the event log when it was accepted, else in the received log.</param>
/// <param name="Source">The number of its source.</param>
/// <param name="Type">Its type; empty when it has none that is known.</param>
/// <param name="Name">The event of a track call, the name of a page or screen; empty otherwise.</param>
/// <param name="Person">The user id or, without one, the anonymous id.</param>
/// <param name="MessageId">Its id; empty when it has none.</param>
/// <param name="ReceivedAt">When it came.</param>
/// <param name="Code">Why it was refused; empty when it was accepted.</param>
/// <param name="Detail">More words on that.</param>
/// <param name="Payload">The message as it is kept, in UTF-8.</param>
public sealed record LiveEvent(
    LiveVerdict Verdict, long Offset, uint Source, string Type, string Name, string Person, string MessageId, DateTimeOffset ReceivedAt, string Code, string Detail,
    ReadOnlyMemory<byte> Payload)
{
    /// <summary>Longest name and person that a row shows, in characters; the payload has the rest.</summary>
    public const int TextLengthMax = 200;

    // Deeper than the door lets anything in; what was discarded for its depth stays text.
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 128 };

    /// <summary>Names this row among others.</summary>
    public string Key => $"{(Verdict == LiveVerdict.Accepted ? 'a' : 'r')}{Offset}";

    /// <summary>The payload as text.</summary>
    public string Text => Encoding.UTF8.GetString(Payload.Span);

    /// <summary>The payload as JSON; null when it is none.</summary>
    public JsonNode? Json
    {
        get
        {
            try
            {
                return JsonNode.Parse(Payload.Span, documentOptions: Deep);
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }

    internal static LiveEvent Accepted(LogOffset offset, uint source, EventType type, ReadOnlySpan<byte> messageId, long receivedAt, ReadOnlyMemory<byte> payload)
    {
        var (name, person, _) = Read(payload.Span);
        return new LiveEvent(LiveVerdict.Accepted, offset.Value, source, type.Name(), name, person, Encoding.UTF8.GetString(messageId), At(receivedAt), "", "", payload);
    }

    internal static LiveEvent Refused(Rejection rejection, bool isQuarantined, ReadOnlyMemory<byte> payload)
    {
        var (name, person, type) = Read(payload.Span);
        return new LiveEvent(
            isQuarantined ? LiveVerdict.Quarantined : LiveVerdict.Discarded, rejection.Offset.Value, rejection.Source, type, name, person, rejection.MessageId, At(rejection.ReceivedAt),
            rejection.Code, rejection.Detail, payload);
    }

    private static DateTimeOffset At(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, 0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));

    // What was discarded may be no JSON at all; then there is nothing to tell.
    private static (string Name, string Person, string Type) Read(ReadOnlySpan<byte> message)
    {
        string @event = "", name = "", user = "", anonymous = "", type = "";
        try
        {
            var reader = new Utf8JsonReader(message, new JsonReaderOptions { MaxDepth = 128 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return ("", "", "");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var field = reader.ValueTextEquals("event"u8) ? 1 : reader.ValueTextEquals("name"u8) ? 2 : reader.ValueTextEquals("userId"u8) ? 3
                    : reader.ValueTextEquals("anonymousId"u8) ? 4 : reader.ValueTextEquals("type"u8) ? 5 : 0;
                reader.Read();
                var text = field > 0 && reader.TokenType is JsonTokenType.String ? reader.GetString() ?? "" : field > 0 && reader.TokenType is JsonTokenType.Number ? Encoding.UTF8.GetString(reader.ValueSpan) : "";
                if (text.Length > TextLengthMax) text = text[..TextLengthMax] + "…";
                switch (field)
                {
                    case 1: @event = text; break;
                    case 2: name = text; break;
                    case 3: user = text; break;
                    case 4: anonymous = text; break;
                    case 5: type = text; break;
                }

                reader.Skip();
            }
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // Half a message is shown as far as it could be read.
        }

        return (@event.Length > 0 ? @event : name, user.Length > 0 ? user : anonymous, type);
    }
}
