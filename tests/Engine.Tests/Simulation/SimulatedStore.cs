using Tributary.Engine.Storage;

namespace Tributary.Engine.Tests.Simulation;

/// <summary>The twin of the state store: sorted tables that survive a crash, written by drafts that take effect together or not at all.</summary>
internal sealed class SimulatedStore(Faults faults) : IStateStore
{
    private readonly SortedDictionary<byte[], byte[]>[] _tables =
        [.. Enum.GetValues<Table>().Select(_ => new SortedDictionary<byte[], byte[]>(Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b))))];

    /// <summary>A table's rows in order.</summary>
    public IReadOnlyCollection<KeyValuePair<byte[], byte[]>> this[Table table] => _tables[(int)table];

    public byte[]? Get(Table table, ReadOnlySpan<byte> key)
    {
        faults.Before("a look-up", 0.01);
        return _tables[(int)table].GetValueOrDefault(key.ToArray());
    }

    public bool Contains(Table table, ReadOnlySpan<byte> key) => Get(table, key) is not null;

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(Table table, byte[] from, byte[] to, bool backwards = false)
    {
        var found = _tables[(int)table].Where(row => row.Key.AsSpan().SequenceCompareTo(from) >= 0 && row.Key.AsSpan().SequenceCompareTo(to) < 0).ToList();
        if (backwards) found.Reverse();
        return found;
    }

    public IStateDraft Begin() => new Draft(this, faults);

    public void Dispose()
    {
    }

    private sealed class Draft(SimulatedStore store, Faults faults) : IStateDraft
    {
        private readonly List<Action<SortedDictionary<byte[], byte[]>[]>> _writes = [];

        public void Put(Table table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            var (keyBytes, valueBytes) = (key.ToArray(), value.ToArray());
            _writes.Add(tables => tables[(int)table][keyBytes] = valueBytes);
        }

        public void Delete(Table table, ReadOnlySpan<byte> key)
        {
            var keyBytes = key.ToArray();
            _writes.Add(tables => tables[(int)table].Remove(keyBytes));
        }

        public void DeleteRange(Table table, byte[] from, byte[] to) => _writes.Add(tables =>
        {
            foreach (var (key, _) in store.Scan(table, from, to)) tables[(int)table].Remove(key);
        });

        public void Commit(bool flush = false)
        {
            faults.Before("a commit");
            _writes.ForEach(write => write(store._tables));
            faults.CrashAfter("a commit");
        }

        public void Dispose()
        {
        }
    }
}
