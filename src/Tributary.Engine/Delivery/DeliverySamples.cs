using System.Buffers;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using Tributary.Engine.Profiles;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>
/// A few attempts of each outcome as they went over the wire, without secrets: what somebody looks at who wants to know why a destination did not take an
/// event. The newest ten of each reason, the newest ten that were delivered; at most one a second of each. When there are too many reasons, the one that was not
/// met for longest is forgotten.
/// </summary>
/// <remarks>Rows: <c>2:u8 destination:u32 reason:u64 (XxHash64 of its name) slot:u8 → JSON</c>; at most <see cref="ReasonsMax"/> reasons at a time.</remarks>
internal sealed class DeliverySamples(IStateStore store, uint destination)
{
    /// <summary>The name under which deliveries that succeeded are kept.</summary>
    public const string Delivered = "delivered";

    public const int PerReason = 10;
    public const int ReasonsMax = 100;

    private const int BodyMax = 8_000;
    private const long PauseMs = 1_000;

    private readonly Dictionary<string, (int Next, long LastAt)> _reasons = new(StringComparer.Ordinal);
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private bool _hasRecalled;
    private long _begunAt;

    /// <summary>Whether a sample of this outcome is wanted now.</summary>
    public bool Wants(string reason, long now)
    {
        if (!_hasRecalled) Recall(now);
        return _reasons.TryGetValue(reason, out var known) ? now - known.LastAt >= PauseMs : _reasons.Count < ReasonsMax || now - _begunAt >= PauseMs;
    }

    /// <summary>Keeps a sample.</summary>
    /// <param name="draft">Becomes durable with it.</param>
    /// <param name="mask">Takes secrets out.</param>
    /// <param name="attempt">What was sent.</param>
    /// <param name="part">The delivery that it is a sample of.</param>
    /// <param name="outcome">What became of it.</param>
    /// <param name="subscription">The id of its subscription; null when there is none.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    public void Keep(IStateDraft draft, SecretMask mask, DeliveryAttempt attempt, DeliveryPart part, in DeliveryOutcome outcome, string? subscription, long now)
    {
        var reason = outcome.Reason ?? Delivered;
        var slot = _reasons.TryGetValue(reason, out var known) ? known.Next : Begin(draft, now);
        _reasons[reason] = ((slot + 1) % PerReason, now);
        _buffer.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("reason", reason);
            json.WriteString("at", ProfileWriter.Iso(now));
            if (subscription is not null) json.WriteString("subscriptionId", subscription);
            if (MessageId(part) is { } messageId) json.WriteString("messageId", messageId);
            json.WriteNumber("eventOffset", part.Entry.Offset.Value);
            json.WriteNumber("attempt", part.Attempts + 1);
            json.WriteNumber("events", attempt.Parts.Count);
            if (outcome.Detail is { Length: > 0 } detail) json.WriteString("detail", mask.Clean(detail));
            json.WriteStartArray("exchanges");
            foreach (var exchange in attempt.Trace.Exchanges) mask.Write(json, exchange, BodyMax);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        draft.Put(Table.Deliveries, KeyOf(reason, slot), _buffer.WrittenSpan);
    }

    /// <summary>The samples of a destination as JSON objects, in no order.</summary>
    public static IEnumerable<byte[]> Read(IStateStore store, uint destination)
    {
        var prefix = DeliveryRows.Prefix(DeliveryRows.SampleKind, destination);
        return store.Scan(Table.Deliveries, prefix, StateKeys.After(prefix)).Select(row => row.Value);
    }

    /// <summary>The newest samples of a destination, as JSON objects.</summary>
    /// <param name="store">Where they are.</param>
    /// <param name="destination">Its number.</param>
    /// <param name="reason">Only those of this reason; null for all.</param>
    /// <param name="limit">How many at most.</param>
    public static List<SampleHead> Newest(IStateStore store, uint destination, string? reason, int limit) =>
    [
        .. Read(store, destination).Select(SampleHead.Of).Where(sample => reason is null || sample.Reason == reason)
            .OrderByDescending(sample => sample.At, StringComparer.Ordinal).Take(limit),
    ];

    /// <summary>Which event a sample is about.</summary>
    public static long OffsetOf(byte[] sample)
    {
        using var parsed = JsonDocument.Parse(sample);
        return parsed.RootElement.GetProperty("eventOffset").GetInt64();
    }

    // What an earlier run has kept counts too; of each reason the oldest is overwritten first.
    private void Recall(long now)
    {
        var prefix = DeliveryRows.Prefix(DeliveryRows.SampleKind, destination);
        foreach (var (key, value) in store.Scan(Table.Deliveries, prefix, StateKeys.After(prefix)))
        {
            using var sample = JsonDocument.Parse(value);
            var reason = sample.RootElement.GetProperty("reason").GetString()!;
            // A wall clock that was ahead must not keep samples away.
            var at = Math.Min(now - PauseMs, sample.RootElement.GetProperty("at").GetDateTimeOffset().ToUnixTimeMilliseconds());
            if (!_reasons.TryGetValue(reason, out var known) || at >= known.LastAt) _reasons[reason] = ((key[13] + 1) % PerReason, at);
        }

        _hasRecalled = true;
    }

    private int Begin(IStateDraft draft, long now)
    {
        _begunAt = now;
        while (_reasons.Count >= ReasonsMax)
        {
            var oldest = _reasons.MinBy(each => each.Value.LastAt).Key;
            draft.DeleteRange(Table.Deliveries, KeyOf(oldest, 0), KeyOf(oldest, PerReason));
            _reasons.Remove(oldest);
        }

        return 0;
    }

    private byte[] KeyOf(string reason, int slot)
    {
        var key = DeliveryRows.Prefix(DeliveryRows.SampleKind, destination, 14);
        XxHash64.Hash(Encoding.UTF8.GetBytes(reason), key.AsSpan(5, 8));
        key[13] = (byte)slot;
        return key;
    }

    private static string? MessageId(DeliveryPart part)
    {
        if (part.Payload is not { } payload) return null;
        var reader = new Utf8JsonReader(payload.Span, new JsonReaderOptions { MaxDepth = 1_000 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isId = reader.ValueTextEquals("messageId"u8);
            reader.Read();
            if (isId && reader.TokenType == JsonTokenType.String) return reader.GetString();
            reader.Skip();
        }

        return null;
    }
}

/// <summary>A sample and what it is found by.</summary>
/// <param name="Json">The sample itself.</param>
/// <param name="Reason">Why the attempt was in vain, or <see cref="DeliverySamples.Delivered"/>.</param>
/// <param name="At">When it was, in ISO 8601.</param>
internal readonly record struct SampleHead(byte[] Json, string Reason, string At)
{
    public static SampleHead Of(byte[] sample)
    {
        using var parsed = JsonDocument.Parse(sample);
        return new SampleHead(sample, parsed.RootElement.GetProperty("reason").GetString()!, parsed.RootElement.GetProperty("at").GetString()!);
    }
}
