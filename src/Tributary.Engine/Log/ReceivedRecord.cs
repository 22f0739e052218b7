using System.Buffers.Binary;
using System.Text;
using Tributary.Model;

namespace Tributary.Engine.Log;

/// <summary>What a record of the received log is. The numbers are part of the format.</summary>
public enum ReceivedKind : byte
{
    /// <summary>A message that passed the checks at the door.</summary>
    Event = 1,

    /// <summary>A message that was answered 200 and did not pass them.</summary>
    Discard = 2,

    /// <summary>The clock: time only moves here.</summary>
    Tick = 3,

    /// <summary>A change of the workspace, effective from this offset on.</summary>
    Revision = 4,

    /// <summary>An order to change profiles: merge, split.</summary>
    Command = 5,

    /// <summary>Work for audiences and computed traits: events of the past to be folded, profiles to be asked.</summary>
    Gathered = 6,
}

/// <summary>
/// A view of one record of the received log. Integers are little-endian, times are milliseconds since 1970-01-01 UTC:
/// <code>
/// event    1:u8 type:u8 flags:u16 source:u32 receivedAt:i64 timestamp:i64 idLength:u16 messageId payload(JSON, the normalised message)
/// discard  2:u8 type:u8 reason:u16 source:u32 receivedAt:i64 0:i64        idLength:u16 messageId payload(what was sent, cut at 64 KiB)
/// tick     3:u8 0:u8 0:u16 0:u32 time:i64
/// revision 4:u8 0:u8 0:u16 0:u32 time:i64 payload(JSON)
/// command  5:u8 0:u8 0:u16 0:u32 time:i64 payload(JSON)
/// gathered 6:u8 0:u8 0:u16 0:u32 time:i64 payload(see GatheredRecord)
/// </code>
/// </summary>
public readonly struct ReceivedRecord
{
    /// <summary>Most bytes of a discarded message that are kept.</summary>
    public const int DiscardPayloadMax = 64 << 10;

    private const int TimedHeader = 16;
    private const int MessageHeader = 26;
    private readonly ReadOnlyMemory<byte> _bytes;

    private ReceivedRecord(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    public ReceivedKind Kind => (ReceivedKind)_bytes.Span[0];

    /// <summary>The event's type; of a discard it may be 0 (unknown).</summary>
    public EventType Type => (EventType)_bytes.Span[1];

    public DiscardReason Reason => (DiscardReason)BinaryPrimitives.ReadUInt16LittleEndian(_bytes.Span[2..]);

    /// <summary>The number of the source in the workspace.</summary>
    public uint Source => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.Span[4..]);

    /// <summary>When it was received, or the time of a tick, revision or command; milliseconds since 1970.</summary>
    public long ReceivedAt => BinaryPrimitives.ReadInt64LittleEndian(_bytes.Span[8..]);

    /// <summary>The corrected time of an event; milliseconds since 1970, may lie before it.</summary>
    public long Timestamp => BinaryPrimitives.ReadInt64LittleEndian(_bytes.Span[16..]);

    public ReadOnlyMemory<byte> MessageId => _bytes.Slice(MessageHeader, MessageIdLength);

    public ReadOnlyMemory<byte> Payload => Kind is ReceivedKind.Event or ReceivedKind.Discard
        ? _bytes[(MessageHeader + MessageIdLength)..]
        : _bytes[TimedHeader..];

    private int MessageIdLength => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.Span[24..]);

    /// <summary>Views a record; throws when the bytes are none of ours, which a checksum makes impossible unless a newer binary wrote them.</summary>
    /// <exception cref="InvalidDataException">The kind is unknown or the record too short.</exception>
    public static ReceivedRecord View(ReadOnlyMemory<byte> bytes)
    {
        var span = bytes.Span;
        var whole = span.Length >= TimedHeader && (ReceivedKind)span[0] switch
        {
            ReceivedKind.Event or ReceivedKind.Discard =>
                span.Length >= MessageHeader && span.Length >= MessageHeader + BinaryPrimitives.ReadUInt16LittleEndian(span[24..]),
            ReceivedKind.Tick or ReceivedKind.Revision or ReceivedKind.Command or ReceivedKind.Gathered => true,
            _ => false,
        };
        return whole ? new ReceivedRecord(bytes) : throw new InvalidDataException("A record of the received log has an unknown kind or is too short.");
    }

    /// <summary>Begins an event record; the caller writes the payload and calls <see cref="LogRecords.EndRecord"/>.</summary>
    public static void BeginEvent(LogRecords records, EventType type, uint source, long receivedAt, long timestamp, ReadOnlySpan<byte> messageId)
    {
        records.BeginRecord();
        WriteHeader(records, ReceivedKind.Event, (byte)type, 0, source, receivedAt);
        records.WriteInt64(timestamp);
        records.WriteUInt16(checked((ushort)messageId.Length));
        records.Write(messageId);
    }

    /// <summary>Adds a discard record; of the payload the first <see cref="DiscardPayloadMax"/> bytes are kept.</summary>
    public static void AddDiscard(
        LogRecords records, EventType type, DiscardReason reason, uint source, long receivedAt, ReadOnlySpan<byte> messageId, ReadOnlySpan<byte> payload)
    {
        records.BeginRecord();
        WriteHeader(records, ReceivedKind.Discard, (byte)type, (ushort)reason, source, receivedAt);
        records.WriteInt64(0);
        records.WriteUInt16(checked((ushort)messageId.Length));
        records.Write(messageId);
        records.Write(payload[..Math.Min(payload.Length, DiscardPayloadMax)]);
        records.EndRecord();
    }

    public static void AddTick(LogRecords records, long time)
    {
        records.BeginRecord();
        WriteHeader(records, ReceivedKind.Tick, 0, 0, 0, time);
        records.EndRecord();
    }

    /// <summary>Adds a revision (see <c>WorkspaceRevision</c>) or a command (see <c>ProfileCommand</c>).</summary>
    public static void AddJson(LogRecords records, ReceivedKind kind, long time, ReadOnlySpan<byte> json)
    {
        Invariant.Holds(kind is ReceivedKind.Revision or ReceivedKind.Command);
        records.BeginRecord();
        WriteHeader(records, kind, 0, 0, 0, time);
        records.Write(json);
        records.EndRecord();
    }

    /// <summary>Adds gathered work.</summary>
    public static void AddGathered(LogRecords records, long time, ReadOnlySpan<byte> payload)
    {
        records.BeginRecord();
        WriteHeader(records, ReceivedKind.Gathered, 0, 0, 0, time);
        records.Write(payload);
        records.EndRecord();
    }

    public override string ToString() => $"{Kind} {Encoding.UTF8.GetString(Payload.Span[..Math.Min(Payload.Length, 200)])}";

    private static void WriteHeader(LogRecords records, ReceivedKind kind, byte type, ushort reason, uint source, long time)
    {
        records.WriteByte((byte)kind);
        records.WriteByte(type);
        records.WriteUInt16(reason);
        records.WriteUInt32(source);
        records.WriteInt64(time);
    }
}
