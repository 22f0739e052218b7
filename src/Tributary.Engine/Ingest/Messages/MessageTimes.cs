using System.Text.Json;

namespace Tributary.Engine.Ingest;

/// <summary>
/// The times of one message in milliseconds since 1970, with the error of the sender's clock taken out: what the sender's clock says of the
/// event, against
/// what it says of the sending. Rule: spec/connections.md §2.2. Nothing is clamped; the future is legal.
/// </summary>
/// <param name="Timestamp">When it happened, by our clock.</param>
/// <param name="Original">When it happened, as sent.</param>
/// <param name="SentAt">When it was sent, by the sender's clock; null when not said or not readable.</param>
internal readonly record struct MessageTimes(long Timestamp, long Original, long? SentAt)
{
    /// <summary>
    /// An item's own <c>sentAt</c> wins over the envelope's; old clients call the latter <c>timestamp</c>. A message that brings only
    /// <c>originalTimestamp</c> (Swift, Kotlin, exports) happened then.
    /// </summary>
    public static MessageTimes Of(in MessageView message, RequestScan scan, long receivedAt)
    {
        var body = message.Body;
        var given = Read(message[MessageField.Timestamp], body) ?? Read(message[MessageField.OriginalTimestamp], body);
        var sentAt = Read(message[MessageField.SentAt], body) ?? Read(scan.SentAt, body) ?? Read(scan.EnvelopeTimestamp, body);
        if (given is not { } original) return new MessageTimes(receivedAt, receivedAt, sentAt);
        if (sentAt is not { } sent) return new MessageTimes(original, original, null);
        var corrected = receivedAt - (sent - original);
        return new MessageTimes(corrected is >= IsoTime.Min and <= IsoTime.Max ? corrected : original, original, sent);
    }

    // Longest text with escapes that can still be a time, in bytes.
    private const int EscapedMax = 256;

    private static long? Read(in Member member, ReadOnlySpan<byte> body) => member.Kind switch
    {
        JsonTokenType.String when IsoTime.TryParse(Plain(member, body, stackalloc byte[EscapedMax]), out var ms) => ms,
        JsonTokenType.Number when IsoTime.TryParseEpoch(member.Value(body), out var ms) => ms,
        _ => null,
    };

    // System.Text.Json writes the plus of an offset as \u002B unless told otherwise.
    private static ReadOnlySpan<byte> Plain(in Member member, ReadOnlySpan<byte> body, Span<byte> room)
    {
        var text = member.Text(body);
        if (!text.Contains((byte)'\\') || text.Length > EscapedMax) return text;
        var reader = new Utf8JsonReader(member.Value(body));
        reader.Read();
        return room[..reader.CopyString(room)];
    }
}
