using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tributary.Engine.Ingest;
using Tributary.Engine.Lake;
using Tributary.Engine.Lake.SqlTraits;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Tests.Lake.SqlTraits;

/// <summary>A river, a lake whose tables a test writes by hand, and SQL traits between them. Their clock moves by <see cref="Clock"/> only.</summary>
internal sealed class SqlTraitWorld : IDisposable
{
    public const uint Engage = 9;

    private readonly LakeDatabase _database;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FaultyStore _store;
    private readonly FaultyLog _received;
    private readonly Lock _gate = new();
    private WorkspaceSnapshot _workspace = WorkspaceSnapshot.Empty;

    public SqlTraitWorld()
    {
        var options = new LakeOptions { MemoryBytesMax = 512L << 20 };
        _database = LakeDatabase.Open(Path.Combine(River.Folder, "lake"), options);
        Query = new LakeQuery(_database, Microsoft.Extensions.Options.Options.Create(options), TimeProvider.System);
        _store = new FaultyStore(River.Store, Crash);
        _received = new FaultyLog(River.Received, Crash);
        Restart();
        River.Revise(ResourceKind.Put(new Source
        {
            Id = "engage",
            Number = Engage,
            Slug = "personas-default",
            Name = "Engage",
            MetadataId = SourceCatalog.Engage,
            SpaceId = "spa_default",
            WriteKeys = ["wk-engage"],
        }));
        River.Run();
        ReadWorkspace();
        Table("CREATE SCHEMA shop; CREATE TABLE shop.t (user_id VARCHAR, plan VARCHAR, seats BIGINT)");
    }

    public River River { get; } = new();

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));

    public LakeQuery Query { get; }

    public SqlTraitBook Book { get; private set; } = null!;

    public SqlTraitRunner Runner { get; private set; } = null!;

    public Crash Crash { get; } = new();

    public WorkspaceSnapshot Workspace
    {
        get
        {
            lock (_gate) return _workspace;
        }
    }

    public Space Space => Workspace.FindSpace("default")!;

    /// <summary>What a restart does: nothing but the disk survives.</summary>
    public void Restart()
    {
        Book = new SqlTraitBook(_store);
        var intake = new EventIntake(
            new ReceivedLog(_received), () => Workspace, Clock, Microsoft.Extensions.Options.Options.Create(new IngestOptions()),
            new IngestMetrics(_services.GetRequiredService<IMeterFactory>()), NullLogger<EventIntake>.Instance);
        Runner = new SqlTraitRunner(Book, Query, new SqlTraitDoor(intake, Clock), _ => Task.CompletedTask, () => Workspace, Clock, NullLogger<SqlTraitRunner>.Instance);
    }

    /// <summary>Makes or changes a SQL trait.</summary>
    public SqlTrait Define(string query, string id = "sql_1", Func<SqlTrait, SqlTrait>? edit = null)
    {
        var before = Workspace.FindSqlTrait(id);
        var trait = new SqlTrait
        {
            Id = id,
            Number = before?.Number ?? checked((uint)Workspace.SqlTraits.Length + 1),
            Version = (before?.Version ?? 0) + (before?.Query == query ? 0u : 1u),
            SpaceId = "spa_default",
            Name = id,
            Query = query,
            CreatedAt = before?.CreatedAt ?? Clock.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        trait = edit?.Invoke(trait) ?? trait;
        River.Revise(ResourceKind.Put(trait)).Run();
        ReadWorkspace();
        return trait;
    }

    public void Delete(SqlTrait trait)
    {
        River.Revise(ResourceKind.Delete(ResourceKind.SqlTrait, trait.Id)).Run();
        ReadWorkspace();
    }

    /// <summary>Changes the lake.</summary>
    public void Table(string sql)
    {
        using var connection = _database.Connect();
        LakeDatabase.Execute(connection, sql);
    }

    /// <summary>Runs a SQL trait a second later and processes what it sent.</summary>
    public async Task<SqlTraitRunRecord> RunAsync(SqlTrait trait, CancellationToken stopping = default)
    {
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Runner.RunOneAsync(trait, Space, stopping);
        River.Run();
        return Book.Runs(Space, trait).First();
    }

    /// <summary>The events of SQL traits in the order of the log.</summary>
    public List<JsonNode> Sent() =>
        [.. River.Decisions().Where(record => record.Kind == DecidedKind.Event && record.Source == Engage).Select(record => JsonNode.Parse(Encoding.UTF8.GetString(record.Payload.Span))!)];

    /// <summary>Completes when a revision after the given one is there.</summary>
    public async ValueTask ChangedAsync(long revision, CancellationToken cancellationToken)
    {
        while (Workspace.Revision <= revision) await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, cancellationToken);
    }

    /// <summary>Completes when so many runs have ended.</summary>
    public async Task EndedAsync(SqlTrait trait, int runs)
    {
        while (Book.Runs(Space, trait).Count(run => run.FinishedAt is not null) < runs)
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Xunit.TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        Query.Dispose();
        _database.Dispose();
        _services.Dispose();
        River.Dispose();
    }

    private void ReadWorkspace()
    {
        var read = LiveWorkspace.Open(River.Store, River.Received, LogOffset.Zero, TimeProvider.System).Current;
        lock (_gate) _workspace = read;
    }

    private sealed class FaultyLog(IEventLog log, Crash crash) : IEventLog
    {
        public LogOffset First => log.First;

        public LogOffset End => log.End;

        public async ValueTask<LogAppended> AppendAsync(LogRecords records)
        {
            if (crash.IsLogBroken) throw new IOException("No space left on device");
            crash.Step();
            var appended = await log.AppendAsync(records);
            crash.Step();
            return appended;
        }

        public bool Read(LogOffset from, LogBatch batch) => log.Read(from, batch);

        public ValueTask WaitAsync(LogOffset offset, CancellationToken cancellationToken) => log.WaitAsync(offset, cancellationToken);

        public void Dispose()
        {
        }
    }

    private sealed class FaultyStore(IStateStore store, Crash crash) : IStateStore
    {
        public byte[]? Get(Table table, ReadOnlySpan<byte> key) => store.Get(table, key);

        public bool Contains(Table table, ReadOnlySpan<byte> key) => store.Contains(table, key);

        public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(Table table, byte[] from, byte[] to, bool backwards = false) => store.Scan(table, from, to, backwards);

        public IStateDraft Begin() => new FaultyDraft(store.Begin(), crash);

        public void Dispose()
        {
        }
    }

    private sealed class FaultyDraft(IStateDraft draft, Crash crash) : IStateDraft
    {
        public void Put(Table table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => draft.Put(table, key, value);

        public void Delete(Table table, ReadOnlySpan<byte> key) => draft.Delete(table, key);

        public void DeleteRange(Table table, byte[] from, byte[] to) => draft.DeleteRange(table, from, to);

        public void Commit(bool flush = false)
        {
            crash.Step();
            draft.Commit(flush);
            crash.Step();
        }

        public void Dispose() => draft.Dispose();
    }
}

/// <summary>Ends the process, as far as SQL traits can tell, before or after something that lasts.</summary>
internal sealed class Crash
{
    private CancellationTokenSource _process = new();
    private int _left = int.MaxValue;

    /// <summary>Cancelled by the crash, like everything of a process that ends.</summary>
    public CancellationToken Token => _process.Token;

    public bool IsLogBroken { get; set; }

    /// <summary>Crashes at the step with this number, from 1.</summary>
    public void At(int step) => (_left, _process) = (step, new CancellationTokenSource());

    public void Never() => At(int.MaxValue);

    public void Step()
    {
        if (--_left != 0) return;
        _process.Cancel();
        throw new OperationCanceledException(_process.Token);
    }
}
