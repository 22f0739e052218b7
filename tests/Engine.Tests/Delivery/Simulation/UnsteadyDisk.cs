using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Tests.Delivery.Simulation;

/// <summary>What the disk of one world does to the delivery engine; Processing's own reads and commits are not touched.</summary>
internal sealed class UnsteadyDisk(Random random)
{
    /// <summary>No commit succeeds.</summary>
    public bool IsFull { get; set; }

    /// <summary>How likely a single read or commit fails.</summary>
    public double Chance { get; set; }

    /// <summary>How often it failed.</summary>
    public int Failures { get; private set; }

    public void Read()
    {
        if (random.NextDouble() >= Chance) return;
        Failures++;
        throw new IOException("Simulated failure of a read");
    }

    public void Commit()
    {
        if (!IsFull && random.NextDouble() >= Chance) return;
        Failures++;
        throw new IOException("Simulated failure of a commit");
    }
}

/// <summary>The state store on such a disk.</summary>
internal sealed class UnsteadyStore(IStateStore store, UnsteadyDisk disk) : IStateStore
{
    public byte[]? Get(Table table, ReadOnlySpan<byte> key)
    {
        disk.Read();
        return store.Get(table, key);
    }

    public bool Contains(Table table, ReadOnlySpan<byte> key) => Get(table, key) is not null;

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(Table table, byte[] from, byte[] to, bool backwards = false)
    {
        disk.Read();
        return store.Scan(table, from, to, backwards);
    }

    public IStateDraft Begin() => new Draft(store.Begin(), disk);

    public void Dispose()
    {
    }

    private sealed class Draft(IStateDraft draft, UnsteadyDisk disk) : IStateDraft
    {
        public void Put(Table table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => draft.Put(table, key, value);

        public void Delete(Table table, ReadOnlySpan<byte> key) => draft.Delete(table, key);

        public void DeleteRange(Table table, byte[] from, byte[] to) => draft.DeleteRange(table, from, to);

        public void Commit(bool flush = false)
        {
            disk.Commit();
            draft.Commit(flush);
        }

        public void Dispose() => draft.Dispose();
    }
}

/// <summary>The event log on such a disk, whose beginning retention drops.</summary>
internal sealed class UnsteadyLog(IEventLog log, UnsteadyDisk disk) : IEventLog
{
    private TaskCompletionSource _grown = new();

    public LogOffset First { get; set; }

    public LogOffset End => log.End;

    public ValueTask<LogAppended> AppendAsync(LogRecords records) => throw new NotSupportedException("Delivery reads.");

    public bool Read(LogOffset from, LogBatch batch)
    {
        if (from < First) throw new LogOffsetGoneException(from, First);
        disk.Read();
        return log.Read(from, batch);
    }

    public async ValueTask WaitAsync(LogOffset offset, CancellationToken cancellationToken)
    {
        while (End <= offset) await _grown.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Readers that wait are told to look again.</summary>
    public void Grow()
    {
        var grown = _grown;
        _grown = new TaskCompletionSource();
        grown.SetResult();
    }

    public void Dispose()
    {
    }
}
