using System.Buffers.Binary;
using Tributary.Engine.Identity;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>What the passport is told about an event that was not simply delivered. The numbers are part of the store format.</summary>
internal enum ExceptionState : byte
{
    Retrying = 1,
    Filtered = 2,
    Failed = 3,

    /// <summary>Delivered when it was sent again on request.</summary>
    Replayed = 4,
}

/// <summary>A delivery that waits for a retry. The event itself stays in the log.</summary>
/// <param name="Offset">Where it lies in the event log.</param>
/// <param name="Lane">The number of the subscription; 0 when the destination has none.</param>
/// <param name="DueAt">When it may be tried; milliseconds since 1970. Part of the key.</param>
/// <param name="Attempts">How often it was tried; 0 when it only stands behind another event of its profile.</param>
/// <param name="FirstAttemptAt">Milliseconds since 1970; 0 before the first attempt.</param>
/// <param name="Profile">Whose order it keeps; none when it has no profile.</param>
/// <param name="Reason">Why the last attempt failed.</param>
/// <param name="Detail">What the destination said.</param>
internal sealed record WaitingRow(LogOffset Offset, uint Lane, long DueAt, int Attempts, long FirstAttemptAt, ProfileId Profile, string Reason, string Detail);

/// <summary>An outcome other than delivered, of one event or of a run of events that were filtered for the same reason.</summary>
/// <param name="First">Offset of the first event.</param>
/// <param name="State">What became of it.</param>
/// <param name="Last">Offset of the last event; of <see cref="ExceptionState.Retrying"/> the due time of the first of its <see cref="WaitingRow"/>s instead.</param>
/// <param name="Attempts">How often it was tried; of <see cref="ExceptionState.Retrying"/> that of the parts which are settled.</param>
/// <param name="Reason">A stable code; of <see cref="ExceptionState.Retrying"/> that of the parts which are settled.</param>
/// <param name="Detail">What the destination said; of <see cref="ExceptionState.Retrying"/> to the parts which are settled.</param>
/// <param name="Result">Of <see cref="ExceptionState.Retrying"/>: what the parts amount to that are settled.</param>
/// <param name="Lane">Of <see cref="ExceptionState.Retrying"/>: the lane of that row.</param>
/// <param name="IsReplay">It is, or was, sent again on request.</param>
internal sealed record ExceptionRow(
    long First, ExceptionState State, long Last, int Attempts, string Reason, string Detail, EntryState Result = EntryState.Queued, uint Lane = 0, bool IsReplay = false)
{
    /// <summary>The attempts in vain, by time.</summary>
    public IReadOnlyList<DeliveryTry> Tries { get; init; } = [];
}

/// <summary>
/// The rows of <see cref="Table.Deliveries"/>. Keys, numbers big-endian:
/// <code>
/// waiting    0:u8 destination:u32 due:i64 offset:i64 [lane:u32]  → attempts firstAttemptAt profile:20 reason detail
/// exception  1:u8 destination:u32 offset:i64                     → state:u8 last attempts reason detail [result:u8 lane replay:u8 count {at lane reason}*]
/// sample     2:u8 destination:u32 …                              → see DeliverySamples
/// series     3:u8 destination:u32 …                              → see DeliverySeries
/// replay     4:u8 destination:u32                                → see ReplayRow
/// request    6:u8 due:i64 source:u32 id:16                       → a request that waits for its source function; see KeptRequests in Tributary.Destinations
/// </code>
/// Integers and texts of values as in <see cref="ProfileCodec"/>. Lane 0 is not written, nor what is in brackets when all of it is zero: rows from before
/// there were lanes are the same.
/// </summary>
internal static class DeliveryRows
{
    public const byte WaitingKind = 0;
    public const byte ExceptionKind = 1;
    public const byte SampleKind = 2;
    public const byte SeriesKind = 3;
    public const byte ReplayKind = 4;

    private const byte KindEnd = 5;

    public static byte[] WaitingKey(uint destination, long due, long offset, uint lane)
    {
        var key = Prefix(WaitingKind, destination, lane == 0 ? 21 : 25);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(5), due);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(13), offset);
        if (lane != 0) BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(21), lane);
        return key;
    }

    public static byte[] ExceptionKey(uint destination, long offset)
    {
        var key = Prefix(ExceptionKind, destination, 13);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(5), offset);
        return key;
    }

    /// <summary>A key that begins with a kind and a destination; the rest is zero.</summary>
    public static byte[] Prefix(byte kind, uint destination, int length = 5)
    {
        var key = new byte[length];
        key[0] = kind;
        BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(1), destination);
        return key;
    }

    public static void Put(IStateDraft draft, ByteWriter writer, uint destination, WaitingRow row)
    {
        writer.Clear();
        writer.WriteUnsigned((ulong)row.Attempts);
        writer.WriteSigned(row.FirstAttemptAt);
        row.Profile.Write(writer.Reserve(ProfileId.Size));
        writer.WriteString(row.Reason);
        writer.WriteString(row.Detail);
        draft.Put(Table.Deliveries, WaitingKey(destination, row.DueAt, row.Offset.Value, row.Lane), writer.Written);
    }

    public static void Put(IStateDraft draft, ByteWriter writer, uint destination, ExceptionRow row)
    {
        writer.Clear();
        writer.WriteByte((byte)row.State);
        writer.WriteSigned(row.Last);
        writer.WriteUnsigned((ulong)row.Attempts);
        writer.WriteString(row.Reason);
        writer.WriteString(row.Detail);
        if (row.Result != EntryState.Queued || row.Lane != 0 || row.IsReplay || row.Tries.Count > 0)
        {
            writer.WriteByte((byte)row.Result);
            writer.WriteUnsigned(row.Lane);
            writer.WriteByte(row.IsReplay ? (byte)1 : (byte)0);
            writer.WriteUnsigned((ulong)row.Tries.Count);
            foreach (var each in row.Tries)
            {
                writer.WriteSigned(each.At);
                writer.WriteUnsigned(each.Lane);
                writer.WriteString(each.Reason);
            }
        }

        draft.Put(Table.Deliveries, ExceptionKey(destination, row.First), writer.Written);
    }

    /// <summary>
    /// The oldest event that a destination may still need: where its cursor stands, what waits for a retry, or what is being sent again. Retention keeps the
    /// log from there on.
    /// </summary>
    public static LogOffset Slowest(IStateStore store, IEnumerable<uint> destinations, LogOffset end)
    {
        foreach (var destination in destinations)
        {
            var cursor = DeliveryCounts.Read(store, destination)?.Cursor ?? DeliveryCounts.Beginning(store, destination)?.Offset.Value;
            if (cursor < end.Value) end = new LogOffset(cursor.Value);
            if (ReplayRow.Read(store, destination) is { IsOver: false } replay && replay.At < end) end = replay.At;
            foreach (var row in Waiting(store, destination))
                if (row.Offset < end) end = row.Offset;
        }

        return end;
    }

    /// <summary>All rows of a destination that wait, by due time.</summary>
    public static IEnumerable<WaitingRow> Waiting(IStateStore store, uint destination) =>
        store.Scan(Table.Deliveries, Prefix(WaitingKind, destination), StateKeys.After(Prefix(WaitingKind, destination))).Select(row => ReadWaiting(row.Key, row.Value));

    /// <summary>The row of one delivery that waits; null when it is gone.</summary>
    public static WaitingRow? FindWaiting(IStateStore store, uint destination, long due, long offset, uint lane)
    {
        var key = WaitingKey(destination, due, offset, lane);
        return store.Get(Table.Deliveries, key) is { } value ? ReadWaiting(key, value) : null;
    }

    /// <summary>What is kept about an event; null when nothing is.</summary>
    public static ExceptionRow? FindException(IStateStore store, uint destination, LogOffset offset)
    {
        foreach (var (key, value) in store.Scan(Table.Deliveries, ExceptionKey(destination, 0), ExceptionKey(destination, offset.Value + 1), backwards: true))
        {
            var row = ReadException(key, value);
            return row.First == offset.Value || (row.State != ExceptionState.Retrying && row.Last >= offset.Value) ? row : null;
        }

        return null;
    }

    /// <summary>The exceptions from an offset on, the oldest first.</summary>
    public static IEnumerable<ExceptionRow> Exceptions(IStateStore store, uint destination, long from = 0) =>
        store.Scan(Table.Deliveries, ExceptionKey(destination, from), ExceptionKey(destination, long.MaxValue)).Select(row => ReadException(row.Key, row.Value));

    /// <summary>Numbers of the destinations that have rows of any kind.</summary>
    public static HashSet<uint> Destinations(IStateStore store)
    {
        var found = new HashSet<uint>();
        for (byte kind = 0; kind < KindEnd; kind++)
        {
            // Leaps from destination to destination, so that many rows cost nothing.
            for (byte[] from = [kind, 0, 0, 0, 0]; store.Scan(Table.Deliveries, from, [(byte)(kind + 1)]).FirstOrDefault() is { Key: { } key };)
            {
                found.Add(BinaryPrimitives.ReadUInt32BigEndian(key.AsSpan(1)));
                from = StateKeys.After(key.AsSpan(0, 5));
            }
        }

        foreach (var (key, _) in store.Scan(Table.Cursors, [], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF])) found.Add(BinaryPrimitives.ReadUInt32BigEndian(key));
        return found;
    }

    /// <summary>Removes everything about a destination but its beginning, which is Processing's.</summary>
    public static void Forget(IStateStore store, uint destination)
    {
        using var draft = store.Begin();
        draft.Delete(Table.Cursors, DeliveryCounts.KeyOf(destination));
        for (byte kind = 0; kind < KindEnd; kind++)
            draft.DeleteRange(Table.Deliveries, Prefix(kind, destination), StateKeys.After(Prefix(kind, destination)));
        draft.Commit();
    }

    private static WaitingRow ReadWaiting(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value);
        var attempts = reader.ReadCount();
        var first = reader.ReadSigned();
        var profile = ProfileId.Read(reader.Take(ProfileId.Size));
        var lane = key.Length > 21 ? BinaryPrimitives.ReadUInt32BigEndian(key[21..]) : 0;
        return new WaitingRow(
            new LogOffset(BinaryPrimitives.ReadInt64BigEndian(key[13..])), lane, BinaryPrimitives.ReadInt64BigEndian(key[5..]),
            attempts, first, profile, reader.ReadString(), reader.ReadString());
    }

    private static ExceptionRow ReadException(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value);
        var row = new ExceptionRow(
            BinaryPrimitives.ReadInt64BigEndian(key[5..]), (ExceptionState)reader.ReadByte(), reader.ReadSigned(), reader.ReadCount(), reader.ReadString(), reader.ReadString());
        if (reader.IsAtEnd) return row;
        row = row with { Result = (EntryState)reader.ReadByte(), Lane = (uint)reader.ReadUnsigned(), IsReplay = reader.ReadByte() != 0 };
        var tries = new DeliveryTry[reader.ReadCount()];
        for (var i = 0; i < tries.Length; i++) tries[i] = new DeliveryTry(reader.ReadSigned(), (uint)reader.ReadUnsigned(), reader.ReadString());
        return row with { Tries = tries };
    }
}
