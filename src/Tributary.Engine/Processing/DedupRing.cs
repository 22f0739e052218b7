using System.Buffers.Binary;
using System.IO.Hashing;
using Tributary.Engine.Storage;

namespace Tributary.Engine.Processing;

/// <summary>
/// Keeps the first event of each message id and source. A generation is a day of log time; the current and the one before are searched, so a repeat is
/// found for at least 24 hours and at most 48. Older generations are only read for passports, and dropped whole after
/// <see cref="ProcessingOptions.MessageIdDays"/>.
/// </summary>
/// <remarks>Rule: connections specification §2.3; per source, because an event may be forwarded between sources under its id.</remarks>
internal sealed class DedupRing(IStateStore store, int daysKept)
{
    private const long GenerationMs = 24 * 3_600_000L;

    // What was seen since the last commit and is not in the store yet.
    private readonly Dictionary<(UInt128 Hash, uint Source), Seen> _recent = [];
    private uint _oldest;

    /// <summary>What stands for a message id.</summary>
    public static UInt128 HashOf(ReadOnlySpan<byte> messageId) => XxHash128.HashToUInt128(messageId);

    /// <summary>The generation of a log time.</summary>
    public static uint GenerationOf(long now) => (uint)Math.Max(0, now / GenerationMs);

    /// <summary>
    /// True when the message is the first of its id; it is then remembered with the offset where its event will be. False for a repeat, which is counted.
    /// </summary>
    public bool Enter(ReadOnlySpan<byte> messageId, uint source, long now, long decidedOffset, IStateDraft draft)
    {
        var hash = HashOf(messageId);
        var generation = GenerationOf(now);
        Span<byte> key = stackalloc byte[StateKeys.DedupSize];
        if (Find(hash, source, generation) is { } seen)
        {
            seen = seen with { Repeats = seen.Repeats + 1 };
            _recent[(hash, source)] = seen;
            StateKeys.WriteDedup(key, seen.Generation, hash, source);
            Put(key, seen, draft);
            return false;
        }

        seen = new Seen(generation, decidedOffset, 0);
        _recent[(hash, source)] = seen;
        StateKeys.WriteDedup(key, generation, hash, source);
        Put(key, seen, draft);
        return true;
    }

    /// <summary>Drops generations that are too old. Called when the clock of the log has moved.</summary>
    public void Turn(long now, IStateDraft draft)
    {
        var keep = GenerationOf(now) - Math.Min(GenerationOf(now), (uint)daysKept);
        if (keep <= _oldest) return;
        Span<byte> bound = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bound, keep);
        draft.DeleteRange(Table.Dedup, [0, 0, 0, 0], bound.ToArray());
        _oldest = keep;
    }

    /// <summary>Called after a commit or when it is abandoned: the store is the truth again.</summary>
    public void Settled() => _recent.Clear();

    /// <summary>All events with a message id, of any source and generation, oldest generation first.</summary>
    public static IEnumerable<(uint Source, long DecidedOffset, long Repeats)> FindAll(IStateStore store, ReadOnlySpan<byte> messageId, uint from, uint to) =>
        FindAll(store, HashOf(messageId), from, to);

    private static IEnumerable<(uint Source, long DecidedOffset, long Repeats)> FindAll(IStateStore store, UInt128 hash, uint from, uint to)
    {
        var prefix = new byte[20];
        for (var generation = from; generation <= to; generation++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(prefix, generation);
            BinaryPrimitives.WriteUInt128BigEndian(prefix.AsSpan(4), hash);
            foreach (var (key, value) in store.Scan(Table.Dedup, prefix, StateKeys.After(prefix)))
                yield return (BinaryPrimitives.ReadUInt32BigEndian(key.AsSpan(20)), BinaryPrimitives.ReadInt64LittleEndian(value), BinaryPrimitives.ReadInt64LittleEndian(value.AsSpan(8)));
        }
    }

    private Seen? Find(UInt128 hash, uint source, uint generation)
    {
        if (_recent.TryGetValue((hash, source), out var seen)) return seen;
        Span<byte> key = stackalloc byte[StateKeys.DedupSize];
        for (var back = 0u; back < 2 && back <= generation; back++)
        {
            StateKeys.WriteDedup(key, generation - back, hash, source);
            if (store.Get(Table.Dedup, key) is { } value)
                return new Seen(generation - back, BinaryPrimitives.ReadInt64LittleEndian(value), BinaryPrimitives.ReadInt64LittleEndian(value.AsSpan(8)));
        }

        return null;
    }

    private static void Put(ReadOnlySpan<byte> key, Seen seen, IStateDraft draft)
    {
        Span<byte> value = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(value, seen.DecidedOffset);
        BinaryPrimitives.WriteInt64LittleEndian(value[8..], seen.Repeats);
        draft.Put(Table.Dedup, key, value);
    }

    private readonly record struct Seen(uint Generation, long DecidedOffset, long Repeats);
}
