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
internal sealed class DedupRing(IStateStore store, int daysKept, int filterBytes)
{
    private const long GenerationMs = 24 * 3_600_000L;

    private const int FilledAtATime = 20_000;

    // What was seen since the last commit, and what a commit under way is writing; neither is in the store yet.
    private Dictionary<(UInt128 Hash, uint Source), Seen> _recent = [];
    private Dictionary<(UInt128 Hash, uint Source), Seen> _settling = [];
    private uint _oldest;

    // A commit may cover days of log time in a replay: what an id was in an older generation is written beside what it is now.
    private List<Row> _outlived = [];
    private List<Row> _rows = [];

    // The filters of the two generations that are searched. Until they are filled from the store, the store is asked.
    private readonly Dictionary<uint, SeenFilter> _filters = [];
    private byte[]? _fillFrom;
    private bool _isFilled;

    /// <summary>What stands for a message id.</summary>
    public static UInt128 HashOf(ReadOnlySpan<byte> messageId) => XxHash128.HashToUInt128(messageId);

    /// <summary>The generation of a log time.</summary>
    public static uint GenerationOf(long now) => (uint)Math.Max(0, now / GenerationMs);

    /// <summary>
    /// True when the message is the first of its id; it is then remembered with the offset where its event will be. False for a repeat, which is counted.
    /// </summary>
    public bool Enter(ReadOnlySpan<byte> messageId, uint source, long now, long decidedOffset)
    {
        var hash = HashOf(messageId);
        var generation = GenerationOf(now);
        if (Find(hash, source, generation) is { } seen)
        {
            _recent[(hash, source)] = seen with { Repeats = seen.Repeats + 1 };
            return false;
        }

        if (_recent.TryGetValue((hash, source), out var outlived)) _outlived.Add(new Row(outlived, hash, source));
        FilterOf(generation).Add(hash, source);
        _recent[(hash, source)] = new Seen(generation, decidedOffset, 0);
        return true;
    }

    /// <summary>A commit begins to write what was seen so far; see <see cref="Write"/>.</summary>
    public void Settle()
    {
        (_recent, _settling) = (_settling, _recent);
        (_outlived, _rows) = (_rows, _outlived);
    }

    /// <summary>
    /// Writes what <see cref="Settle"/> put aside, in the order of keys, which the store takes much faster than random ones. May run beside
    /// <see cref="Enter"/>, until <see cref="Settled"/>.
    /// </summary>
    /// <param name="draft">Where to.</param>
    /// <param name="now">Log time of the commit: generations that are too old by then are dropped, with what was just written of them.</param>
    public void Write(IStateDraft draft, long now)
    {
        foreach (var (id, seen) in _settling) _rows.Add(new Row(seen, id.Hash, id.Source));
        _rows.Sort(static (a, b) => a.CompareTo(b));
        Span<byte> key = stackalloc byte[StateKeys.DedupSize];
        Span<byte> value = stackalloc byte[16];
        foreach (var row in _rows)
        {
            StateKeys.WriteDedup(key, row.Seen.Generation, row.Hash, row.Source);
            BinaryPrimitives.WriteInt64LittleEndian(value, row.Seen.DecidedOffset);
            BinaryPrimitives.WriteInt64LittleEndian(value[8..], row.Seen.Repeats);
            draft.Put(Table.Dedup, key, value);
        }

        var kept = GenerationOf(now) - Math.Min(GenerationOf(now), (uint)daysKept);
        if (kept <= _oldest) return;
        Span<byte> bound = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bound, kept);
        draft.DeleteRange(Table.Dedup, [0, 0, 0, 0], bound.ToArray());
        _oldest = kept;
    }

    /// <summary>The commit is done: the store knows.</summary>
    public void Settled()
    {
        _settling.Clear();
        _rows.Clear();
    }

    /// <summary>Forgets what is not committed.</summary>
    public void Abandon()
    {
        _recent.Clear();
        _outlived.Clear();
        _oldest = 0;
        Settled();
        // Time goes back as well, to generations whose filters may be gone.
        foreach (var filter in _filters.Values) filter.Dispose();
        _filters.Clear();
        (_isFilled, _fillFrom) = (false, null);
    }

    /// <summary>Fills the filters a little further from the store; called between batches until it is done.</summary>
    public void Fill(long now)
    {
        if (_isFilled) return;
        var generation = GenerationOf(now);
        var from = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(from, generation - Math.Min(1, generation));
        var filled = 0;
        foreach (var (key, _) in store.Scan(Table.Dedup, _fillFrom ?? from, [0xFF, 0xFF, 0xFF, 0xFF]))
        {
            FilterOf(BinaryPrimitives.ReadUInt32BigEndian(key)).Add(BinaryPrimitives.ReadUInt128BigEndian(key.AsSpan(4)), BinaryPrimitives.ReadUInt32BigEndian(key.AsSpan(20)));
            _fillFrom = key;
            if (++filled == FilledAtATime) return;
        }

        _isFilled = true;
    }

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
        // What was entered since the start is in the filters too, so they know of nearly every message at once that it is new.
        if (_isFilled && !MayContain(hash, source, generation) && !(generation > 0 && MayContain(hash, source, generation - 1))) return null;
        // A commit may cover days of log time in a replay, so what is too old for the store's search is too old here as well.
        if (_recent.TryGetValue((hash, source), out var seen) || _settling.TryGetValue((hash, source), out seen))
            return seen.Generation + 1 >= generation ? seen : null;
        Span<byte> key = stackalloc byte[StateKeys.DedupSize];
        for (var back = 0u; back < 2 && back <= generation; back++)
        {
            if (_isFilled && !MayContain(hash, source, generation - back)) continue;
            StateKeys.WriteDedup(key, generation - back, hash, source);
            if (store.Get(Table.Dedup, key) is { } value)
                return new Seen(generation - back, BinaryPrimitives.ReadInt64LittleEndian(value), BinaryPrimitives.ReadInt64LittleEndian(value.AsSpan(8)));
        }

        return null;
    }

    private bool MayContain(UInt128 hash, uint source, uint generation) => _filters.TryGetValue(generation, out var filter) && filter.MayContain(hash, source);

    private SeenFilter FilterOf(uint generation) => _filters.TryGetValue(generation, out var filter) ? filter : BeginFilter(generation);

    private SeenFilter BeginFilter(uint generation)
    {
        foreach (var old in _filters.Keys.Where(key => key + 1 < generation).ToList())
        {
            _filters.Remove(old, out var gone);
            gone!.Dispose();
        }

        return _filters[generation] = new SeenFilter(filterBytes);
    }

    private readonly record struct Seen(uint Generation, long DecidedOffset, long Repeats);

    private readonly record struct Row(Seen Seen, UInt128 Hash, uint Source)
    {
        public int CompareTo(in Row other)
        {
            var order = Seen.Generation.CompareTo(other.Seen.Generation);
            if (order == 0) order = Hash.CompareTo(other.Hash);
            return order != 0 ? order : Source.CompareTo(other.Source);
        }
    }
}
