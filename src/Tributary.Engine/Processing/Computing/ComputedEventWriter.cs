using System.Buffers;
using System.Globalization;
using System.IO.Hashing;
using System.Text.Json;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Processing.Computing;

/// <summary>
/// Writes the messages by which tools hear of audiences and computed traits, as Segment's Engage writes them: unify specification §4.6.
/// </summary>
internal sealed class ComputedEventWriter
{
    private static ReadOnlySpan<byte> IdPrefix => "personas_"u8;

    private static readonly JsonWriterOptions Options = new() { SkipValidation = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private Utf8JsonWriter? _json;
    private readonly byte[] _time = new byte["2026-01-01T00:00:00.000Z".Length];
    private long _timeAt = -1;

    /// <summary>The message id of an event that a record causes: the same in every replay.</summary>
    /// <param name="offset">Where the record lies in the received log.</param>
    /// <param name="ordinal">Which of its events.</param>
    public static byte[] MessageId(LogOffset offset, int ordinal)
    {
        Span<byte> seed = stackalloc byte[12];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(seed, offset.Value);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(seed[8..], ordinal);
        var id = new byte[IdPrefix.Length + 32];
        IdPrefix.CopyTo(id);
        Span<byte> hash = stackalloc byte[16];
        XxHash128.Hash(seed, hash);
        Convert.TryToHexStringLower(hash, id.AsSpan(IdPrefix.Length), out _);
        return id;
    }

    /// <summary>Writes one message; valid until the next one.</summary>
    public ReadOnlySpan<byte> Write(EventType type, ReadOnlySpan<byte> messageId, Computation computation, Space space, Source source, ComputedMessage message)
    {
        _buffer.ResetWrittenCount();
        var json = _json ??= new Utf8JsonWriter(_buffer, Options);
        json.Reset();
        var time = TimeOf(message.At);
        json.WriteStartObject();
        json.WriteString("type", type.Name());
        json.WriteString("messageId", messageId);
        json.WriteString("timestamp", time);
        if (message.UserId is not null) json.WriteString("userId", message.UserId);
        if (message.AnonymousId is not null) json.WriteString("anonymousId", message.AnonymousId);
        if (message.GroupId is not null) json.WriteString("groupId", message.GroupId);
        if (type == EventType.Track) json.WriteString("event", EventName(computation, message.Value));
        WriteValues(json, type, computation, message);
        WriteContext(json, type, computation, space, message);
        json.WriteStartObject("integrations");
        json.WriteBoolean("All", false);
        if (message.Integration is not null) json.WriteBoolean(message.Integration, true);
        json.WriteEndObject();
        json.WriteString("originalTimestamp", time);
        json.WriteString("sentAt", time);
        json.WriteString("receivedAt", time);
        json.WriteNumber("version", 2);
        json.WriteString("channel", "server");
        json.WriteString("projectId", source.Id);
        json.WriteString("writeKey", source.WriteKeys[0]);
        json.WriteEndObject();
        json.Flush();
        return _buffer.WrittenSpan;
    }

    /// <summary>What a track call of a change is called, in UTF-8.</summary>
    public static ReadOnlySpan<byte> EventName(Computation computation, byte[]? value) =>
        !computation.IsAudience ? "Trait Computed"u8 : value is [(byte)'t', ..] ? "Audience Entered"u8 : "Audience Exited"u8;

    // Everything that one tick or event changes has one time.
    private byte[] TimeOf(long at)
    {
        if (at != _timeAt) DateTimeOffset.FromUnixTimeMilliseconds(at).UtcDateTime.TryFormat(_time, out _, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        _timeAt = at;
        return _time;
    }

    private static void WriteValues(Utf8JsonWriter json, EventType type, Computation computation, ComputedMessage message)
    {
        json.WriteStartObject(type == EventType.Track ? "properties" : "traits");
        if (type == EventType.Track) json.WriteString(computation.IsAudience ? "audience_key" : "trait_key", computation.Key);
        json.WritePropertyName(computation.Key);
        if (message.Value is null) json.WriteNullValue();
        else json.WriteRawValue(message.Value, skipInputValidation: true);
        if (type == EventType.Identify && message.Email is not null) json.WriteString("email", message.Email);
        json.WriteEndObject();
    }

    private static void WriteContext(Utf8JsonWriter json, EventType type, Computation computation, Space space, ComputedMessage message)
    {
        json.WriteStartObject("context");
        json.WriteStartObject("personas");
        json.WriteString("computation_class", computation.IsAudience ? "audience" : "trait");
        json.WriteString("computation_id", computation.Id);
        json.WriteString("computation_key", computation.Key);
        json.WriteString("namespace", space.Id);
        json.WriteString("space_id", space.Id);
        if (message.Connection is { } connection)
        {
            json.WriteString("event_emitter_id", connection.Id);
            if (connection.ExternalAudienceId is not null) json.WriteString("external_audience_id", connection.ExternalAudienceId);
            if (connection.AudienceSettings is not null)
            {
                json.WritePropertyName("audience_settings");
                json.WriteRawValue(connection.AudienceSettings.ToJsonString(WorkspaceSnapshot.Json), skipInputValidation: true);
            }
        }

        json.WriteEndObject();
        if (type == EventType.Track && message.Email is not null)
        {
            json.WriteStartObject("traits");
            json.WriteString("email", message.Email);
            json.WriteEndObject();
        }

        if (message.Device is { } device)
        {
            json.WriteStartObject("device");
            json.WriteString("advertisingId", device.AdvertisingId);
            json.WriteString("type", device.System);
            json.WriteBoolean("adTrackingEnabled", true);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}

/// <summary>What is said of one identifier to one destination.</summary>
/// <param name="Value">The membership or the trait's value as JSON; null when it is gone.</param>
/// <param name="At">Log time.</param>
/// <param name="Connection">Who is told; null when only the log is.</param>
/// <param name="Integration">What <c>integrations</c> calls the destination.</param>
internal sealed record ComputedMessage(byte[]? Value, long At, ComputationConnection? Connection, string? Integration)
{
    public string? UserId { get; init; }

    public string? AnonymousId { get; init; }

    public string? GroupId { get; init; }

    public string? Email { get; init; }

    public (string System, string AdvertisingId)? Device { get; init; }
}
