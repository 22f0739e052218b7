using System.Buffers.Binary;
using System.Text;
using Tributary.Model;

namespace Tributary.Engine.Log;

/// <summary>What a record of the event log is. The numbers are part of the format.</summary>
public enum DecidedKind : byte
{
    /// <summary>An accepted event and the profile it belongs to.</summary>
    Event = 1,

    /// <summary>A profile id now resolves to a canonical one (to itself when the profile is new).</summary>
    Graph = 2,

    /// <summary>An identifier was mapped to a profile, or taken from it.</summary>
    Mapping = 3,

    /// <summary>Traits of a profile changed.</summary>
    Traits = 4,
}

/// <summary>
/// A view of one record of the event log: what was decided. Integers are little-endian, times are milliseconds since 1970-01-01 UTC, a profile id is
/// 20 bytes (all zero: no profile). Common head, 52 bytes and the message id:
/// <code>
/// kind:u8 type:u8 space:u16 source:u32 receivedOffset:i64 receivedAt:i64 timestamp:i64 profile:20 idLength:u16 messageId
/// event    … count:u16 { collection:u8 typeLength:u8 type valueLength:u16 value }* payload(JSON, the normalised message)
/// graph    … canonical:20
/// mapping  … operation:u8 (1 created, 2 removed) collection:u8 typeLength:u8 type valueLength:u16 value
/// traits   … flags:u8 (bit 0: these are all traits, others are gone) payload(JSON object; null means removed)
/// </code>
/// Of changes, <c>type</c> is that of the event that caused them (0: a command), <c>messageId</c> that event's or the command's id.
/// </summary>
public readonly struct DecidedRecord
{
    private const int HeadSize = 54;
    private readonly ReadOnlyMemory<byte> _bytes;

    private DecidedRecord(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    public DecidedKind Kind => (DecidedKind)_bytes.Span[0];

    /// <summary>The type of the event, or of the event that caused the change; 0 when a command did.</summary>
    public EventType Type => (EventType)_bytes.Span[1];

    /// <summary>The number of the space.</summary>
    public ushort Space => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.Span[2..]);

    /// <summary>The number of the source; 0 when a command was the cause.</summary>
    public uint Source => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.Span[4..]);

    /// <summary>Where in the received log the cause lies.</summary>
    public LogOffset ReceivedOffset => new(BinaryPrimitives.ReadInt64LittleEndian(_bytes.Span[8..]));

    public long ReceivedAt => BinaryPrimitives.ReadInt64LittleEndian(_bytes.Span[16..]);

    public long Timestamp => BinaryPrimitives.ReadInt64LittleEndian(_bytes.Span[24..]);

    /// <summary>The profile as it was known when this was decided; it may have been merged into another since.</summary>
    public ProfileId Profile => ProfileId.Read(_bytes.Span[32..]);

    public ReadOnlyMemory<byte> MessageId => _bytes.Slice(HeadSize, MessageIdLength);

    /// <summary>Of <see cref="DecidedKind.Event"/>: the normalised message. Of <see cref="DecidedKind.Traits"/>: the traits. JSON in UTF-8.</summary>
    public ReadOnlyMemory<byte> Payload => Kind switch
    {
        DecidedKind.Event => _bytes[IdentifiersEnd..],
        DecidedKind.Traits => _bytes[(BodyStart + 1)..],
        DecidedKind.Graph or DecidedKind.Mapping => ReadOnlyMemory<byte>.Empty,
    };

    /// <summary>Of <see cref="DecidedKind.Graph"/>: what <see cref="Profile"/> resolves to.</summary>
    public ProfileId Canonical => ProfileId.Read(_bytes.Span[BodyStart..]);

    /// <summary>Of <see cref="DecidedKind.Mapping"/>: true when the identifier was taken away, false when it was added.</summary>
    public bool MappingRemoved => _bytes.Span[BodyStart] == 2;

    /// <summary>Of <see cref="DecidedKind.Mapping"/>: the identifier.</summary>
    public Identifier MappingIdentifier => ReadIdentifier(_bytes.Span, BodyStart + 1, out _);

    /// <summary>Of <see cref="DecidedKind.Traits"/>: the payload holds all traits; what it lacks is gone.</summary>
    public bool TraitsReplaced => (_bytes.Span[BodyStart] & 1) != 0;

    /// <summary>Of <see cref="DecidedKind.Event"/>: how many identifiers were promoted, i.e. took part in the matching.</summary>
    public int IdentifierCount => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.Span[BodyStart..]);

    private int MessageIdLength => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.Span[52..]);

    private int BodyStart => HeadSize + MessageIdLength;

    private int IdentifiersEnd
    {
        get
        {
            var span = _bytes.Span;
            var at = BodyStart + 2;
            for (var left = IdentifierCount; left > 0; left--)
            {
                at += 2 + span[at + 1];
                at += 2 + BinaryPrimitives.ReadUInt16LittleEndian(span[at..]);
            }

            return at;
        }
    }

    /// <summary>Of <see cref="DecidedKind.Event"/> with identifiers: the strongest one, whose fragment the event belongs to.</summary>
    public Identifier FirstIdentifier => ReadIdentifier(_bytes.Span, BodyStart + 2, out _);

    /// <summary>As <see cref="FirstIdentifier"/>, in UTF-8.</summary>
    /// <param name="collection">Its collection; an event that belongs to nobody begins with an account's.</param>
    /// <param name="type">Its type.</param>
    /// <param name="value">Its value.</param>
    /// <returns>False when there is none.</returns>
    public bool TryReadFirst(out ProfileCollection collection, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> value)
    {
        collection = default;
        type = value = default;
        if (IdentifierCount == 0) return false;
        ReadIdentifier(_bytes.Span, BodyStart + 2, out collection, out type, out value);
        return true;
    }

    /// <summary>Of <see cref="DecidedKind.Event"/>: the strongest identifier of an account, in UTF-8. False when there is none.</summary>
    public bool TryReadFirstAccount(out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> value)
    {
        var at = BodyStart + 2;
        for (var left = IdentifierCount; left > 0; left--)
        {
            at = ReadIdentifier(_bytes.Span, at, out var collection, out type, out value);
            if (collection == ProfileCollection.Accounts) return true;
        }

        type = value = default;
        return false;
    }

    /// <summary>Of <see cref="DecidedKind.Event"/>: the identifiers that were promoted, the strongest of users first, then those of accounts.</summary>
    public IReadOnlyList<Identifier> ReadIdentifiers()
    {
        var span = _bytes.Span;
        var at = BodyStart + 2;
        var identifiers = new Identifier[IdentifierCount];
        for (var i = 0; i < identifiers.Length; i++) identifiers[i] = ReadIdentifier(span, at, out at);
        return identifiers;
    }

    /// <summary>Views a record.</summary>
    /// <exception cref="InvalidDataException">The kind is unknown or the record too short.</exception>
    public static DecidedRecord View(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < HeadSize || bytes.Span[0] is < 1 or > 4)
            throw new InvalidDataException("A record of the event log has an unknown kind or is too short.");
        return new DecidedRecord(bytes);
    }

    /// <summary>Writes the common head after <see cref="LogRecords.BeginRecord"/>.</summary>
    public static void WriteHead(LogRecords records, DecidedKind kind, in DecidedCause cause, ProfileId profile)
    {
        records.WriteByte((byte)kind);
        records.WriteByte((byte)cause.Type);
        records.WriteUInt16(cause.Space);
        records.WriteUInt32(cause.Source);
        records.WriteInt64(cause.ReceivedOffset.Value);
        records.WriteInt64(cause.ReceivedAt);
        records.WriteInt64(cause.Timestamp);
        var target = records.GetSpan(ProfileId.Size);
        profile.Write(target);
        records.Advance(ProfileId.Size);
        records.WriteUInt16(checked((ushort)cause.MessageId.Length));
        records.Write(cause.MessageId.Span);
    }

    public static void AddGraph(LogRecords records, in DecidedCause cause, ProfileId profile, ProfileId canonical)
    {
        records.BeginRecord();
        WriteHead(records, DecidedKind.Graph, cause, profile);
        canonical.Write(records.GetSpan(ProfileId.Size));
        records.Advance(ProfileId.Size);
        records.EndRecord();
    }

    public static void AddMapping(
        LogRecords records, in DecidedCause cause, ProfileId profile, bool removed, ProfileCollection collection, ReadOnlySpan<byte> type, ReadOnlySpan<byte> value)
    {
        records.BeginRecord();
        WriteHead(records, DecidedKind.Mapping, cause, profile);
        records.WriteByte(removed ? (byte)2 : (byte)1);
        WriteIdentifier(records, collection, type, value);
        records.EndRecord();
    }

    /// <summary>Begins a traits record; the caller writes the JSON object and calls <see cref="LogRecords.EndRecord"/>.</summary>
    public static void BeginTraits(LogRecords records, in DecidedCause cause, ProfileId profile, bool replaced)
    {
        records.BeginRecord();
        WriteHead(records, DecidedKind.Traits, cause, profile);
        records.WriteByte(replaced ? (byte)1 : (byte)0);
    }

    public static void WriteIdentifier(LogRecords records, ProfileCollection collection, ReadOnlySpan<byte> type, ReadOnlySpan<byte> value)
    {
        records.WriteByte((byte)collection);
        records.WriteByte(checked((byte)type.Length));
        records.Write(type);
        records.WriteUInt16(checked((ushort)value.Length));
        records.Write(value);
    }

    private static Identifier ReadIdentifier(ReadOnlySpan<byte> span, int at, out int end)
    {
        end = ReadIdentifier(span, at, out var collection, out var type, out var value);
        return new Identifier(collection, Encoding.UTF8.GetString(type), Encoding.UTF8.GetString(value));
    }

    private static int ReadIdentifier(ReadOnlySpan<byte> span, int at, out ProfileCollection collection, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> value)
    {
        collection = (ProfileCollection)span[at];
        type = span.Slice(at + 2, span[at + 1]);
        at += 2 + span[at + 1];
        var length = BinaryPrimitives.ReadUInt16LittleEndian(span[at..]);
        value = span.Slice(at + 2, length);
        return at + 2 + length;
    }
}

/// <summary>What caused a record of the event log: the event or command, and where it lies in the received log.</summary>
public readonly record struct DecidedCause(
    EventType Type, ushort Space, uint Source, LogOffset ReceivedOffset, long ReceivedAt, long Timestamp, ReadOnlyMemory<byte> MessageId);
