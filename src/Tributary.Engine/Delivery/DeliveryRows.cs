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
}

/// <summary>An event that waits for a retry. The event itself stays in the log.</summary>
/// <param name="Offset">Where it lies in the event log.</param>
/// <param name="DueAt">When it may be tried; milliseconds since 1970. Part of the key.</param>
/// <param name="Attempts">How often it was tried; 0 when it only stands behind another event of its profile.</param>
/// <param name="FirstAttemptAt">Milliseconds since 1970; 0 before the first attempt.</param>
/// <param name="Profile">Whose order it keeps; none when it has no profile.</param>
/// <param name="Reason">Why the last attempt failed.</param>
/// <param name="Detail">What the destination said.</param>
internal sealed record WaitingRow(LogOffset Offset, long DueAt, int Attempts, long FirstAttemptAt, ProfileId Profile, string Reason, string Detail);

/// <summary>An outcome other than delivered, of one event or of a run of events that were filtered for the same reason.</summary>
/// <param name="First">Offset of the first event.</param>
/// <param name="State">What became of it.</param>
/// <param name="Last">Offset of the last event; of <see cref="ExceptionState.Retrying"/> the due time of its <see cref="WaitingRow"/> instead.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Reason">A stable code; empty while it is retried.</param>
/// <param name="Detail">What the destination said; empty while it is retried.</param>
internal sealed record ExceptionRow(long First, ExceptionState State, long Last, int Attempts, string Reason, string Detail);

/// <summary>
/// The rows of <see cref="Table.Deliveries"/>. Keys, numbers big-endian:
/// <code>
/// waiting    0:u8 destination:u32 due:i64 offset:i64 → attempts firstAttemptAt profile:20 reason detail
/// exception  1:u8 destination:u32 offset:i64         → state:u8 last attempts reason detail
/// </code>
/// Integers and texts of values as in <see cref="ProfileCodec"/>.
/// </summary>
internal static class DeliveryRows
{
    private const byte WaitingKind = 0;
    private const byte ExceptionKind = 1;

    public static byte[] WaitingKey(uint destination, long due, long offset)
    {
        var key = new byte[21];
        Prefix(key, WaitingKind, destination);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(5), due);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(13), offset);
        return key;
    }

    public static byte[] ExceptionKey(uint destination, long offset)
    {
        var key = new byte[13];
        Prefix(key, ExceptionKind, destination);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(5), offset);
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
        draft.Put(Table.Deliveries, WaitingKey(destination, row.DueAt, row.Offset.Value), writer.Written);
    }

    public static void Put(IStateDraft draft, ByteWriter writer, uint destination, ExceptionRow row)
    {
        writer.Clear();
        writer.WriteByte((byte)row.State);
        writer.WriteSigned(row.Last);
        writer.WriteUnsigned((ulong)row.Attempts);
        writer.WriteString(row.Reason);
        writer.WriteString(row.Detail);
        draft.Put(Table.Deliveries, ExceptionKey(destination, row.First), writer.Written);
    }

    /// <summary>
    /// The oldest event that a destination may still need: where its cursor stands, or what waits for a retry. Retention keeps the log from there on.
    /// </summary>
    public static LogOffset Slowest(IStateStore store, IEnumerable<uint> destinations, LogOffset end)
    {
        foreach (var destination in destinations)
        {
            var cursor = DeliveryCounts.Read(store, destination)?.Cursor ?? DeliveryCounts.Beginning(store, destination)?.Offset.Value;
            if (cursor < end.Value) end = new LogOffset(cursor.Value);
            foreach (var row in Waiting(store, destination))
                if (row.Offset < end) end = row.Offset;
        }

        return end;
    }

    /// <summary>All rows of a destination that wait, by due time.</summary>
    public static IEnumerable<WaitingRow> Waiting(IStateStore store, uint destination) =>
        store.Scan(Table.Deliveries, WaitingKey(destination, 0, 0), WaitingKey(destination, long.MaxValue, long.MaxValue)).Select(row => ReadWaiting(row.Key, row.Value));

    /// <summary>The row of one event that waits; null when it is gone.</summary>
    public static WaitingRow? FindWaiting(IStateStore store, uint destination, long due, long offset)
    {
        var key = WaitingKey(destination, due, offset);
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

    /// <summary>The oldest exceptions.</summary>
    public static IEnumerable<ExceptionRow> Exceptions(IStateStore store, uint destination) =>
        store.Scan(Table.Deliveries, ExceptionKey(destination, 0), ExceptionKey(destination, long.MaxValue)).Select(row => ReadException(row.Key, row.Value));

    /// <summary>Numbers of the destinations that have rows of any kind.</summary>
    public static HashSet<uint> Destinations(IStateStore store)
    {
        var found = new HashSet<uint>();
        foreach (var kind in (ReadOnlySpan<byte>)[WaitingKind, ExceptionKind])
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
        draft.DeleteRange(Table.Deliveries, WaitingKey(destination, 0, 0), StateKeys.After(WaitingKey(destination, 0, 0).AsSpan(0, 5)));
        draft.DeleteRange(Table.Deliveries, ExceptionKey(destination, 0), StateKeys.After(ExceptionKey(destination, 0).AsSpan(0, 5)));
        draft.Commit();
    }

    private static void Prefix(Span<byte> key, byte kind, uint destination)
    {
        key[0] = kind;
        BinaryPrimitives.WriteUInt32BigEndian(key[1..], destination);
    }

    private static WaitingRow ReadWaiting(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value);
        var attempts = reader.ReadCount();
        var first = reader.ReadSigned();
        var profile = ProfileId.Read(reader.Take(ProfileId.Size));
        return new WaitingRow(
            new LogOffset(BinaryPrimitives.ReadInt64BigEndian(key[13..])), BinaryPrimitives.ReadInt64BigEndian(key[5..]),
            attempts, first, profile, reader.ReadString(), reader.ReadString());
    }

    private static ExceptionRow ReadException(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value);
        return new ExceptionRow(
            BinaryPrimitives.ReadInt64BigEndian(key[5..]), (ExceptionState)reader.ReadByte(), reader.ReadSigned(), reader.ReadCount(), reader.ReadString(), reader.ReadString());
    }
}
