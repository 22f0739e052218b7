using Tributary.Engine.Identity;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Processing;

/// <summary>What became of a source's messages, exactly: <c>received = accepted + duplicate + discarded + quarantined</c>.</summary>
public sealed class SourceCounts
{
    public long Received { get; internal set; }

    public long Accepted { get; internal set; }

    public long Duplicate { get; internal set; }

    public long Quarantined { get; internal set; }

    /// <summary>By reason.</summary>
    public SortedDictionary<DiscardReason, long> Discarded { get; } = [];

    internal void Encode(ByteWriter writer)
    {
        writer.WriteUnsigned((ulong)Received);
        writer.WriteUnsigned((ulong)Accepted);
        writer.WriteUnsigned((ulong)Duplicate);
        writer.WriteUnsigned((ulong)Quarantined);
        writer.WriteUnsigned((ulong)Discarded.Count);
        foreach (var (reason, count) in Discarded)
        {
            writer.WriteUnsigned((ulong)reason);
            writer.WriteUnsigned((ulong)count);
        }
    }

    internal static SourceCounts Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var counts = new SourceCounts
        {
            Received = (long)reader.ReadUnsigned(),
            Accepted = (long)reader.ReadUnsigned(),
            Duplicate = (long)reader.ReadUnsigned(),
            Quarantined = (long)reader.ReadUnsigned(),
        };
        for (var left = reader.ReadCount(); left > 0; left--)
        {
            var reason = (DiscardReason)reader.ReadUnsigned();
            counts.Discarded[reason] = (long)reader.ReadUnsigned();
        }

        return counts;
    }
}

/// <summary>The counts of all sources since the beginning; written with the commit that they belong to.</summary>
internal sealed class SourceCounters(IStateStore store)
{
    private readonly Dictionary<uint, SourceCounts> _counts = [];
    private readonly HashSet<uint> _changed = [];
    private readonly ByteWriter _writer = new();

    /// <summary>The counts of a source, to be changed.</summary>
    public SourceCounts this[uint source]
    {
        get
        {
            _changed.Add(source);
            if (_counts.TryGetValue(source, out var counts)) return counts;
            return _counts[source] = Read(store, source);
        }
    }

    /// <summary>The committed counts of a source.</summary>
    public static SourceCounts Read(IStateStore store, uint source) =>
        store.Get(Table.Counters, StateKeys.Counter(source)) is { } bytes ? SourceCounts.Decode(bytes) : new SourceCounts();

    public void Write(IStateDraft draft)
    {
        foreach (var source in _changed)
        {
            _writer.Clear();
            _counts[source].Encode(_writer);
            draft.Put(Table.Counters, StateKeys.Counter(source), _writer.Written);
        }
    }

    public void Committed() => _changed.Clear();

    public void Abandon()
    {
        _counts.Clear();
        _changed.Clear();
    }
}
