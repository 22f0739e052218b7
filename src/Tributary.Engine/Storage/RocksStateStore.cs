using RocksDbSharp;

namespace Tributary.Engine.Storage;

/// <summary>
/// The state store in one RocksDB instance: a column family per table, one atomic batch per draft. Writes go through RocksDB's own log without a flush,
/// because the received log is the truth: after a power cut an older state is rolled forward by replaying it.
/// </summary>
public sealed class RocksStateStore : IStateStore
{
    // One block cache for all tables; the page cache does the rest.
    private const ulong BlockCacheBytes = 256UL << 20;
    private const ulong WriteBufferBytes = 32UL << 20;

    private static readonly WriteOptions Unflushed = new WriteOptions().SetSync(false);
    private static readonly WriteOptions Flushed = new WriteOptions().SetSync(true);
    private readonly RocksDb _db;
    private readonly ColumnFamilyHandle[] _families;

    // RocksDB does not survive being used once it is closed, and readers beside the river, such as an open page, may outlast a stop by a moment.
    private static readonly TimeSpan ClosingPatience = TimeSpan.FromSeconds(10);
    private int _users;
    private volatile bool _isClosed;

    private RocksStateStore(RocksDb db)
    {
        _db = db;
        _families = [.. Enum.GetValues<Table>().Select(table => db.GetColumnFamily(NameOf(table)))];
    }

    /// <summary>
    /// Binds the library's five hundred functions, for which the first use would wait: a fifth of a server's start, in which another core has nothing to do.
    /// </summary>
    public static void LoadLibrary() => _ = Native.Instance;

    /// <summary>Opens or makes the store in a folder.</summary>
    /// <exception cref="IOException">Another process has it open, or it is damaged.</exception>
    public static RocksStateStore Open(string folder)
    {
        Directory.CreateDirectory(folder);
        var options = new DbOptions()
            .SetCreateIfMissing(true)
            .SetCreateMissingColumnFamilies(true)
            .SetMaxBackgroundCompactions(1)
            .SetMaxBackgroundFlushes(1)
            .SetMaxTotalWalSize(256UL << 20)
            .SetKeepLogFileNum(2)
            .SetInfoLogLevel(InfoLogLevel.Warn);
        var cache = Cache.CreateLru(BlockCacheBytes);
        var families = new ColumnFamilies(OptionsOf(Table.Meta, cache));
        foreach (var table in Enum.GetValues<Table>()) families.Add(NameOf(table), OptionsOf(table, cache));
        try
        {
            return new RocksStateStore(RocksDb.Open(options, folder, families));
        }
        catch (RocksDbException failure)
        {
            throw new IOException($"The state store in {folder} does not open: {failure.Message}", failure);
        }
    }

    /// <inheritdoc/>
    public byte[]? Get(Table table, ReadOnlySpan<byte> key)
    {
        using var use = Enter();
        try
        {
            return _db.Get(key, _families[(int)table]);
        }
        catch (RocksDbException failure)
        {
            throw Unreadable(table, failure);
        }
    }

    /// <inheritdoc/>
    public bool Contains(Table table, ReadOnlySpan<byte> key)
    {
        using var use = Enter();
        try
        {
            return _db.HasKey(key, _families[(int)table]);
        }
        catch (RocksDbException failure)
        {
            throw Unreadable(table, failure);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(Table table, byte[] from, byte[] to, bool backwards = false)
    {
        using var use = Enter();
        using var options = new ReadOptionsHandle(new ReadOptions().SetTotalOrderSeek(true));
        using var iterator = _db.NewIterator(_families[(int)table], options.Options);
        if (backwards) iterator.SeekForPrev(to);
        else iterator.Seek(from);
        for (; iterator.Valid(); Step(iterator, backwards))
        {
            var key = iterator.Key();
            if (backwards)
            {
                // The bound itself is excluded, and the seek may have found it.
                if (key.AsSpan().SequenceCompareTo(to) >= 0) continue;
                if (key.AsSpan().SequenceCompareTo(from) < 0) yield break;
            }
            else if (key.AsSpan().SequenceCompareTo(to) >= 0)
            {
                yield break;
            }

            yield return new KeyValuePair<byte[], byte[]>(key, iterator.Value());
        }

        // An iterator that cannot read on looks like one that is at the end.
        try
        {
            Native.Instance.rocksdb_iter_get_error(iterator.Handle);
        }
        catch (RocksDbException failure)
        {
            throw Unreadable(table, failure);
        }
    }

    /// <inheritdoc/>
    public IStateDraft Begin() => new Draft(this);

    /// <summary>Closes the store once nobody reads it. A reader that does not end keeps it open, which the end of the process ends as well as anything.</summary>
    public void Dispose()
    {
        _isClosed = true;
        if (SpinWait.SpinUntil(() => Volatile.Read(ref _users) == 0, ClosingPatience)) _db.Dispose();
    }

    private Use Enter()
    {
        Interlocked.Increment(ref _users);
        if (!_isClosed) return new Use(this);
        Interlocked.Decrement(ref _users);
        throw new ObjectDisposedException(nameof(RocksStateStore));
    }

    // Without this a stage that meets a broken disk would pass for one that cannot cope with its record, and the record would go into quarantine.
    private static IOException Unreadable(Table table, RocksDbException failure) => new($"The state store cannot read {NameOf(table)}: {failure.Message}", failure);

    private static void Step(Iterator iterator, bool backwards)
    {
        if (backwards) iterator.Prev();
        else iterator.Next();
    }

    private static string NameOf(Table table) => table.ToString().ToLowerInvariant();

    private static ColumnFamilyOptions OptionsOf(Table table, Cache cache)
    {
        // Small blocks and a whole-key filter: these tables are read by point look-ups of keys that are often absent.
        var isPointLookup = table is Table.Identifiers or Table.Profiles or Table.Dedup or Table.Retired;
        var blocks = new BlockBasedTableOptions()
            .SetBlockCache(cache)
            .SetBlockSize(isPointLookup ? 4096UL : 16384UL)
            .SetFilterPolicy(BloomFilterPolicy.Create(10, false))
            .SetWholeKeyFiltering(true)
            .SetFormatVersion(5);
        return new ColumnFamilyOptions()
            .SetBlockBasedTableFactory(blocks)
            .SetWriteBufferSize(WriteBufferBytes)
            .SetMaxWriteBufferNumber(3)
            .SetCompression(isPointLookup ? Compression.No : Compression.Lz4)
            .SetLevelCompactionDynamicLevelBytes(true);
    }

    /// <summary>Keeps the store open.</summary>
    private readonly struct Use(RocksStateStore store) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref store._users);
    }

    /// <summary>Keeps the managed options alive while a native iterator uses them.</summary>
    private readonly struct ReadOptionsHandle(ReadOptions options) : IDisposable
    {
        public ReadOptions Options => options;

        public void Dispose() => GC.KeepAlive(options);
    }

    private sealed class Draft(RocksStateStore store) : IStateDraft
    {
        private readonly WriteBatch _batch = new();

        // A batch asks the column family of each key, which is gone once the store is closed.
        public void Put(Table table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            using var use = store.Enter();
            _batch.Put(key, value, store._families[(int)table]);
        }

        public void Delete(Table table, ReadOnlySpan<byte> key)
        {
            using var use = store.Enter();
            _batch.Delete(key, store._families[(int)table]);
        }

        public void DeleteRange(Table table, byte[] from, byte[] to)
        {
            using var use = store.Enter();
            _batch.DeleteRange(from, (ulong)from.Length, to, (ulong)to.Length, store._families[(int)table]);
        }

        public void Commit(bool flush = false)
        {
            using var use = store.Enter();
            try
            {
                store._db.Write(_batch, flush ? Flushed : Unflushed);
            }
            catch (RocksDbException failure)
            {
                throw new IOException("The state store refused a commit: " + failure.Message, failure);
            }
        }

        public void Dispose() => _batch.Dispose();
    }
}
