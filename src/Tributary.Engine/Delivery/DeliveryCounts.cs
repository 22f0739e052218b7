using System.Buffers.Binary;
using Tributary.Engine.Identity;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>
/// Where a destination stands and what became of the events before, exactly: <c>seen = delivered + filtered + failed + waiting</c>. One row of
/// <see cref="Table.Cursors"/> with the destination's number (u32, big-endian) as key, always written together with what it counts.
/// </summary>
/// <remarks>
/// Value: <c>version:u8 cursor exceptions exceptionsFrom seen delivered waiting replayed count {reason n}* count {reason n}*</c> (filtered, failed), integers
/// and texts as in <see cref="ProfileCodec"/>. Version 1 has no <c>replayed</c>.
/// </remarks>
internal sealed class DeliveryCounts
{
    private const byte Version = 2;

    /// <summary>Every event of the source before this offset of the event log is counted here, and is settled or has a row that waits for a retry.</summary>
    public long Cursor { get; set; }

    /// <summary>Rows kept for the passport.</summary>
    public long Exceptions { get; set; }

    /// <summary>Rows of events before this offset were forgotten; see <see cref="DeliveryOptions.ExceptionsMax"/>.</summary>
    public long ExceptionsFrom { get; set; }

    public long Seen { get; set; }

    public long Delivered { get; set; }

    /// <summary>Events with rows that wait for a retry: counted up when the first is written and down when the last is deleted.</summary>
    public long Waiting { get; set; }

    /// <summary>
    /// Events among <see cref="Seen"/> that were sent on request though the destination never received them, or so long ago that only the counts remember;
    /// they count as received once more.
    /// </summary>
    public long Replayed { get; set; }

    public SortedDictionary<string, long> Filtered { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, long> Failed { get; } = new(StringComparer.Ordinal);

    public static byte[] KeyOf(uint destination)
    {
        var key = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(key, destination);
        return key;
    }

    /// <summary>The committed row; null before the first commit.</summary>
    public static DeliveryCounts? Read(IStateStore store, uint destination) =>
        store.Get(Table.Cursors, KeyOf(destination)) is { } bytes ? Decode(bytes) : null;

    /// <summary>Where a destination begins in the event log and how many events its source had accepted before; null until Processing has come to its creation.</summary>
    public static (LogOffset Offset, long AcceptedBefore)? Beginning(IStateStore store, uint destination) =>
        store.Get(Table.Meta, StateKeys.DestinationBeginning(destination)) is { } bytes
            ? (new LogOffset(BinaryPrimitives.ReadInt64LittleEndian(bytes)), BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8)))
            : null;

    public static void Add(SortedDictionary<string, long> counts, string reason, long count)
    {
        var sum = counts.GetValueOrDefault(reason) + count;
        if (sum == 0) counts.Remove(reason);
        else counts[reason] = sum;
    }

    public void Encode(ByteWriter writer)
    {
        writer.WriteByte(Version);
        foreach (var number in (ReadOnlySpan<long>)[Cursor, Exceptions, ExceptionsFrom, Seen, Delivered, Waiting, Replayed]) writer.WriteUnsigned((ulong)number);
        foreach (var counts in (ReadOnlySpan<SortedDictionary<string, long>>)[Filtered, Failed])
        {
            writer.WriteUnsigned((ulong)counts.Count);
            foreach (var (reason, count) in counts)
            {
                writer.WriteString(reason);
                writer.WriteUnsigned((ulong)count);
            }
        }
    }

    private static DeliveryCounts Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var version = reader.ReadByte();
        if (version is 0 or > Version) throw new InvalidDataException("The position of a destination was written by a newer version.");
        var counts = new DeliveryCounts
        {
            Cursor = (long)reader.ReadUnsigned(),
            Exceptions = (long)reader.ReadUnsigned(),
            ExceptionsFrom = (long)reader.ReadUnsigned(),
            Seen = (long)reader.ReadUnsigned(),
            Delivered = (long)reader.ReadUnsigned(),
            Waiting = (long)reader.ReadUnsigned(),
            Replayed = version > 1 ? (long)reader.ReadUnsigned() : 0,
        };
        foreach (var target in (ReadOnlySpan<SortedDictionary<string, long>>)[counts.Filtered, counts.Failed])
        {
            for (var left = reader.ReadCount(); left > 0; left--)
            {
                var reason = reader.ReadString();
                target[reason] = (long)reader.ReadUnsigned();
            }
        }

        return counts;
    }
}
