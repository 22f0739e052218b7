using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Tributary.Engine.Lake;
using Tributary.Engine.Lake.Evaluating;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Storage;
using Tributary.Engine.Traits;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Benchmarks;

/// <summary>The engine on a disk.</summary>
internal sealed class OpenedRiver : IDisposable
{
    private readonly SegmentLog _received;
    private readonly ProcessingProgress _progress = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private long _revision;

    private OpenedRiver(string folder)
    {
        Directory.CreateDirectory(folder);
        _received = SegmentLog.Open(Path.Combine(folder, "received"), new SegmentLogOptions(), TimeProvider.System);
        Decided = SegmentLog.Open(Path.Combine(folder, "decided"), new SegmentLogOptions { KnowsItsEnd = false }, TimeProvider.System);
        Store = RocksStateStore.Open(Path.Combine(folder, "state"));
        var processor = new Processor(_received, Decided, Store, _progress, new ProcessingOptions(), TimeProvider.System, NullLogger<Processor>.Instance);
        _running = Task.Factory.StartNew(() => processor.RunAsync(_stopping.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    public static async Task<OpenedRiver> OpenAsync(string folder, bool withLake = false)
    {
        var opened = new OpenedRiver(folder);
        await opened.ReviseAsync([
            Put("space", "spa_default", new Space { Id = "spa_default", Number = 1, Slug = "default", Name = "Default" }),
            Put("source", "website", new Source { Id = "website", Number = 1, Slug = "website", Name = "Website", MetadataId = "javascript", SpaceId = "spa_default", WriteKeys = ["k"] }),
            Put("source", "engage", new Source { Id = "engage", Number = 2, Slug = "engage", Name = "Engage", MetadataId = SourceCatalog.Engage, SpaceId = "spa_default", WriteKeys = ["e"] }),
        ]);
        if (withLake) opened.Lake = new OpenedLake(folder, opened, opened._stopping.Token);
        return opened;
    }

    public SegmentLog Received => _received;

    public SegmentLog Decided { get; }

    public RocksStateStore Store { get; }

    public ProcessingProgress Progress => _progress;

    public OpenedLake? Lake { get; private set; }

    public WorkspaceSnapshot Workspace { get; private set; } = WorkspaceSnapshot.Empty;

    public async Task ReviseAsync(ResourceChange[] changes)
    {
        var revision = new WorkspaceRevision(++_revision, "bench", AudiencesBenchmark.Start, [.. changes]);
        Workspace = Workspace.With(revision);
        var records = new LogRecords();
        ReceivedRecord.AddJson(records, ReceivedKind.Revision, AudiencesBenchmark.Start, JsonSerializer.SerializeToUtf8Bytes(revision, WorkspaceSnapshot.Json));
        ReceivedRecord.AddTick(records, AudiencesBenchmark.Start);
        await _received.AppendAsync(records);
        await _progress.WaitAsync(_received.End, CancellationToken.None);
    }

    public async Task SendAsync(Shoppers shoppers, long count, bool isEverybodyOnce)
    {
        var records = new LogRecords(1 << 20);
        for (long sent = 0; sent < count;)
        {
            records.Clear();
            for (var i = 0; i < 500 && sent < count; i++, sent++) shoppers.AddEvent(records, isEverybodyOnce ? (int)sent : null);
            await AppendAsync(records);
        }

        await SettleAsync();
    }

    public async Task AppendAsync(LogRecords records)
    {
        await _received.AppendAsync(records);
        // Stay at most 64 MiB ahead, as a bounded server would.
        while (_received.End.Value - _progress.Processed.Value > 64 << 20)
            await _progress.WaitAsync(new LogOffset(_received.End.Value - (48 << 20)), CancellationToken.None);
    }

    public async Task SettleAsync() => await _progress.WaitAsync(_received.End, CancellationToken.None);

    public (long Profiles, long Bytes, long Folds) Profiles()
    {
        var (profiles, bytes, folds) = (0L, 0L, 0L);
        foreach (var (_, value) in Store.Scan(Table.Profiles, [], [0xFF, 0xFF]))
        {
            profiles++;
            bytes += value.Length;
            folds += Engine.Identity.ProfileCodec.Decode(value).Nodes.Sum(node => node.Fragment.Folds?.Count ?? 0);
        }

        return (profiles, bytes, folds);
    }

    public long Members() => Store.Scan(Table.AudienceMembers, [], [0xFF, 0xFF]).LongCount();

    public ComputationState? State(uint number) => Store.Get(Table.Computations, StateKeys.Computation(1, number)) is { } json ? ComputationState.Parse(json) : null;

    public bool HasPass() => Store.Get(Table.Computations, StateKeys.Computation(1, 0)) is not null;

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        if (Lake is not null) await Lake.Loading;
    }

    public void Dispose()
    {
        Lake?.Dispose();
        Store.Dispose();
        Decided.Dispose();
        _received.Dispose();
        _stopping.Dispose();
    }

    private static ResourceChange Put<T>(string kind, string id, T body) => new(kind, id, JsonSerializer.SerializeToNode(body, WorkspaceSnapshot.Json)!.AsObject());
}

/// <summary>The lake beside it.</summary>
internal sealed class OpenedLake : IDisposable
{
    private readonly LakeDatabase _database;
    private readonly LakeLoader _loader;
    private readonly CancellationTokenSource _gathering = new();

    public OpenedLake(string folder, OpenedRiver river, CancellationToken stopping)
    {
        var options = new LakeOptions { Folder = Path.Combine(folder, "lake") };
        _database = LakeDatabase.Open(options.Folder, options);
        _loader = new LakeLoader(
            new DecidedLog(river.Decided), () => river.Workspace, _database, Microsoft.Extensions.Options.Options.Create(options), TimeProvider.System, NullLogger<LakeLoader>.Instance);
        Loading = Task.Run(() => _loader.RunAsync(stopping), CancellationToken.None);
        Evaluator = new LakeEvaluator(_database, TimeProvider.System);
    }

    public Task Loading { get; }

    public LakeEvaluator Evaluator { get; }

    public async Task CatchUpAsync(LogOffset end)
    {
        while (_loader.Position < end) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
    }

    public Task GatherAsync(OpenedRiver river)
    {
        var gatherer = new ComputationGatherer(
            new GatheringDoor(new ReceivedLog(river.Received), river.Progress, TimeProvider.System),
            river.Store,
            new HistoryReader(_database, _loader),
            () => river.Workspace,
            TimeProvider.System,
            NullLogger<ComputationGatherer>.Instance);
        return Task.Run(() => gatherer.RunAsync((_, stop) => new ValueTask(Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, stop)), _gathering.Token), CancellationToken.None);
    }

    public async Task StopAsync(Task gathering)
    {
        await _gathering.CancelAsync();
        await gathering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _database.Dispose();
        _gathering.Dispose();
    }
}
