using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Tests.Workspace;

/// <summary>A log in memory. What it took is durable; a crash is simulated by opening something new on it.</summary>
internal sealed class MemoryLog : IEventLog
{
    private readonly List<byte> _bytes = [];

    /// <summary>True: the queue is full, nothing is taken.</summary>
    public bool IsBusy { get; set; }

    /// <summary>True: the disk refuses.</summary>
    public bool IsBroken { get; set; }

    public LogOffset First => LogOffset.Zero;

    public LogOffset End => new(_bytes.Count);

    public ValueTask<LogAppended> AppendAsync(LogRecords records)
    {
        if (IsBroken) throw new IOException("The disk is full.");
        if (IsBusy) return ValueTask.FromResult(LogAppended.Busy);
        var first = End;
        _bytes.AddRange(records.Frames);
        return ValueTask.FromResult(new LogAppended(first, End));
    }

    public bool Read(LogOffset from, LogBatch batch)
    {
        if (from >= End) return false;
        batch.Buffer = _bytes.ToArray()[(int)from.Value..];
        batch.Filled(from, batch.Buffer.Length);
        return true;
    }

    public ValueTask WaitAsync(LogOffset offset, CancellationToken cancellationToken) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}

/// <summary>A state store in memory, good enough for the workspace: it reads, and tests put the state in.</summary>
internal sealed class MemoryStore : IStateStore
{
    private readonly SortedDictionary<(Table, string), (byte[] Key, byte[] Value)> _rows = [];

    public void Put(Table table, ReadOnlySpan<byte> key, byte[] value) => _rows[(table, Convert.ToHexString(key))] = (key.ToArray(), value);

    public byte[]? Get(Table table, ReadOnlySpan<byte> key) => _rows.TryGetValue((table, Convert.ToHexString(key)), out var row) ? row.Value : null;

    public bool Contains(Table table, ReadOnlySpan<byte> key) => Get(table, key) is not null;

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(Table table, byte[] from, byte[] to, bool backwards = false) => _rows
        .Where(row => row.Key.Item1 == table && row.Value.Key.AsSpan().SequenceCompareTo(from) >= 0 && row.Value.Key.AsSpan().SequenceCompareTo(to) < 0)
        .Select(row => KeyValuePair.Create(row.Value.Key, row.Value.Value))
        .ToList();

    public IStateDraft Begin() => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
