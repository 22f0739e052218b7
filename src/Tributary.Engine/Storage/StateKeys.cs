using System.Buffers.Binary;
using Tributary.Model;

namespace Tributary.Engine.Storage;

/// <summary>
/// The byte layout of keys. Numbers in keys are big-endian, so that they sort; every key of a space begins with its number.
/// See docs/internals/state-store.md.
/// </summary>
internal static class StateKeys
{
    /// <summary>Key of <see cref="Table.Meta"/>: a commit's position, <c>received:i64 decided:i64 now:i64</c>, little-endian.</summary>
    public static byte[] Position => "position"u8.ToArray();

    /// <summary>Key of <see cref="Table.Meta"/>: the revision of <see cref="Table.Workspace"/>, i64 little-endian.</summary>
    public static byte[] WorkspaceRevision => "workspace.revision"u8.ToArray();

    /// <summary>
    /// Key of <see cref="Table.Meta"/>: where in the event log a destination begins and how many events its source had before,
    /// <c>offset:i64 accepted:i64</c>, little-endian.
    /// </summary>
    public static byte[] DestinationBeginning(uint destination)
    {
        var key = new byte["destination.".Length + 4];
        "destination."u8.CopyTo(key);
        BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(key.Length - 4), destination);
        return key;
    }

    /// <summary>Key of <see cref="Table.Meta"/>: the streams that definitions of a space read, JSON.</summary>
    public static byte[] Streams(ushort space)
    {
        var key = new byte["streams.".Length + 2];
        "streams."u8.CopyTo(key);
        BinaryPrimitives.WriteUInt16BigEndian(key.AsSpan(key.Length - 2), space);
        return key;
    }

    /// <summary><c>space:2 profile:20</c>; of <see cref="Table.Profiles"/> and <see cref="Table.Retired"/>.</summary>
    public static byte[] Profile(ushort space, ProfileId id)
    {
        var key = new byte[2 + ProfileId.Size];
        BinaryPrimitives.WriteUInt16BigEndian(key, space);
        id.Write(key.AsSpan(2));
        return key;
    }

    /// <summary>Size of a timeline key.</summary>
    public const int TimelineSize = 2 + 8 + 8 + 8;

    /// <summary><c>space:2 fragment:8 time:8 offset:8</c>; the time's sign bit is flipped so that times before 1970 sort first.</summary>
    public static void WriteTimeline(Span<byte> key, ushort space, ulong fragment, long timestamp, long offset)
    {
        BinaryPrimitives.WriteUInt16BigEndian(key, space);
        BinaryPrimitives.WriteUInt64BigEndian(key[2..], fragment);
        BinaryPrimitives.WriteUInt64BigEndian(key[10..], (ulong)timestamp ^ (1UL << 63));
        BinaryPrimitives.WriteInt64BigEndian(key[18..], offset);
    }

    /// <summary>The time and the event-log offset of a timeline key.</summary>
    public static (long Timestamp, LogOffset Offset) ReadTimeline(ReadOnlySpan<byte> key) =>
        ((long)(BinaryPrimitives.ReadUInt64BigEndian(key[10..]) ^ (1UL << 63)), new LogOffset(BinaryPrimitives.ReadInt64BigEndian(key[18..])));

    /// <summary>Size of a deduplication key.</summary>
    public const int DedupSize = 4 + 16 + 4;

    /// <summary><c>generation:4 hash:16 source:4</c>.</summary>
    public static void WriteDedup(Span<byte> key, uint generation, UInt128 hash, uint source)
    {
        BinaryPrimitives.WriteUInt32BigEndian(key, generation);
        BinaryPrimitives.WriteUInt128BigEndian(key[4..], hash);
        BinaryPrimitives.WriteUInt32BigEndian(key[20..], source);
    }

    /// <summary><c>source:4</c>; of <see cref="Table.Counters"/>.</summary>
    public static byte[] Counter(uint source)
    {
        var key = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(key, source);
        return key;
    }

    /// <summary><c>source:4 unit:1 start:8</c>; of <see cref="Table.Counters"/>, see SourceSeries.</summary>
    public static byte[] Series(uint source, byte unit, long start)
    {
        var key = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(key, source);
        key[4] = unit;
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(5), Math.Max(0, start));
        return key;
    }

    /// <summary><c>0:1 source:4 offset:8</c>; lists what a source had discarded or quarantined, in order.</summary>
    public static byte[] Rejected(uint source, long offset)
    {
        var key = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(1), source);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(5), offset);
        return key;
    }

    /// <summary><c>1:1 hash:16 offset:8</c>; finds them by message id.</summary>
    public static byte[] RejectedById(UInt128 hash, long offset)
    {
        var key = new byte[25];
        key[0] = 1;
        BinaryPrimitives.WriteUInt128BigEndian(key.AsSpan(1), hash);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(17), offset);
        return key;
    }

    /// <summary><c>space:2 offset:8 ordinal:1</c>; of <see cref="Table.Violations"/>.</summary>
    public static byte[] Violation(ushort space, long offset, byte ordinal)
    {
        var key = new byte[11];
        BinaryPrimitives.WriteUInt16BigEndian(key, space);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(2), offset);
        key[10] = ordinal;
        return key;
    }

    /// <summary><c>space:2 account:8 user:8</c>; of <see cref="Table.Members"/>, by the numbers of the identifiers' nodes.</summary>
    public static byte[] Member(ushort space, ulong account, ulong user)
    {
        var key = new byte[18];
        BinaryPrimitives.WriteUInt16BigEndian(key, space);
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(2), account);
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(10), user);
        return key;
    }

    /// <summary><c>space:2 computation:4</c>; of <see cref="Table.Computations"/>. Number 0 is the pass over all profiles that is under way.</summary>
    public static byte[] Computation(ushort space, uint computation)
    {
        var key = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(key, space);
        BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(2), computation);
        return key;
    }

    /// <summary><c>space:2 computation:4 profile:20</c>; of <see cref="Table.AudienceMembers"/>.</summary>
    public static byte[] AudienceMember(ushort space, uint computation, ProfileId profile)
    {
        var key = new byte[6 + ProfileId.Size];
        BinaryPrimitives.WriteUInt16BigEndian(key, space);
        BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(2), computation);
        profile.Write(key.AsSpan(6));
        return key;
    }

    /// <summary><c>space:2 computation:4 time:8</c>; of <see cref="Table.AudienceSizes"/>, by the beginning of the hour.</summary>
    public static byte[] AudienceSize(ushort space, uint computation, long time)
    {
        var key = new byte[14];
        BinaryPrimitives.WriteUInt16BigEndian(key, space);
        BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(2), computation);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(6), time);
        return key;
    }

    /// <summary>Size of a timer's key.</summary>
    public const int TimerSize = 8 + 2 + ProfileId.Size;

    /// <summary><c>time:8 space:2 profile:20</c>; of <see cref="Table.Timers"/>.</summary>
    public static byte[] Timer(long time, ushort space, ProfileId profile)
    {
        var key = new byte[TimerSize];
        BinaryPrimitives.WriteInt64BigEndian(key, time);
        BinaryPrimitives.WriteUInt16BigEndian(key.AsSpan(8), space);
        profile.Write(key.AsSpan(10));
        return key;
    }

    /// <summary>The first key that does not begin with <paramref name="prefix"/>.</summary>
    public static byte[] After(ReadOnlySpan<byte> prefix)
    {
        var bound = prefix.ToArray();
        for (var i = bound.Length - 1; i >= 0; i--)
        {
            if (++bound[i] != 0) return bound[..(i + 1)];
        }

        // A prefix of nothing but 0xFF has no successor; no key here begins so.
        throw new ArgumentException("The prefix has no successor.", nameof(prefix));
    }
}
