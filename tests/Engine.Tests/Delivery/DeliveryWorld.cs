using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Tributary.Engine.Delivery;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Storage;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Delivery;

/// <summary>A river with destinations whose answers the test decides.</summary>
internal sealed class DeliveryWorld : IAsyncDisposable
{
    private readonly List<(DestinationWorker Worker, CancellationTokenSource Stop, Task Task)> _running = [];
    private readonly Dictionary<string, Receiver> _receivers = [];
    private WorkspaceSnapshot _workspace;

    public DeliveryWorld()
    {
        River.Run();
        _workspace = RevisionStep.Load(River.Store);
        Store = new FaultyStore(River.Store);
    }

    public River River { get; } = new();

    public FaultyStore Store { get; }

    public DeliveryOptions Options { get; } = new() { BackoffMsMin = 20, BackoffMsMax = 50, ProbeMsMax = 50, CommitEveryMs = 5, StopMsMax = 500 };

    public TimeProvider Clock { get; set; } = TimeProvider.System;

    public IEventLog? Log { get; set; }

    /// <summary>Creates or changes a destination of the website.</summary>
    public Receiver Destination(string id = "hook", uint number = 1, bool enabled = true, int batchMax = 1, JsonObject? settings = null)
    {
        if (!_receivers.TryGetValue(id, out var receiver)) _receivers[id] = receiver = new Receiver { BatchMax = batchMax };
        River.Revise(new ResourceChange("destination", id, River.Body(new Destination
        {
            Id = id,
            Number = number,
            Name = id,
            MetadataId = "test-" + id,
            Enabled = enabled,
            SourceId = "website",
            Settings = settings ?? [],
        }))).Run();
        Volatile.Write(ref _workspace, RevisionStep.Load(River.Store));
        foreach (var (worker, _, _) in _running) worker.Wake();
        return receiver;
    }

    /// <summary>Creates or changes a subscription of a destination; from then on its events go through subscriptions, each to a receiver of its own.</summary>
    public Receiver Subscription(string id, uint number, string trigger, string destination = "hook", bool enabled = true, JsonObject? mapping = null, int batchMax = 1)
    {
        if (!_receivers.TryGetValue(id, out var receiver)) _receivers[id] = receiver = new Receiver { BatchMax = batchMax };
        Change(ResourceKind.Put(new Subscription { Id = id, Number = number, DestinationId = destination, Name = id, Action = id, Trigger = trigger, Enabled = enabled, Settings = mapping ?? [] }));
        return receiver;
    }

    public void Filter(string condition, string action, string destination = "hook") => Change(ResourceKind.Put(new DestinationFilter
    {
        Id = "filter",
        DestinationId = destination,
        Title = "a filter",
        If = condition,
        Enabled = true,
        Actions = [JsonNode.Parse(action)],
    }));

    public void Change(params ResourceChange[] changes)
    {
        River.Revise(changes).Run();
        Volatile.Write(ref _workspace, RevisionStep.Load(River.Store));
        foreach (var (worker, _, _) in _running) worker.Wake();
    }

    public Task<ReplayRow?> Replay(string? reason = null, string? filter = null, long from = 0)
    {
        var cursor = DeliveryCounts.Read(River.Store, 1)!.Cursor;
        return _running[0].Worker.RequestAsync(new ReplayRow("replay", from, long.MaxValue, reason, filter, 0, River.Decided.First, new LogOffset(cursor)));
    }

    public Task<ReplayRow?> EndReplay() => _running[0].Worker.RequestAsync(null);

    public void Start(string id = "hook")
    {
        var drivers = _receivers.Select(pair => new DestinationDriver(
            "test-" + pair.Key,
            request => SenderOpened.With(request.Subscription is { } subscription ? _receivers[subscription.Id] : pair.Value),
            HasActions: _workspace.SubscriptionsOf(pair.Key).Any()));
        var destination = _workspace.FindDestination(id)!;
        var worker = new DestinationWorker(
            destination, () => Volatile.Read(ref _workspace), new DeliverySetup(new DestinationCatalog([]), drivers), Log ?? River.Decided, Store, Options, Clock, NullLogger.Instance);
        var stop = new CancellationTokenSource();
        _running.Add((worker, stop, Task.Run(() => worker.RunAsync(stop.Token))));
    }

    public async Task StopAsync()
    {
        foreach (var (worker, stop, task) in _running)
        {
            await stop.CancelAsync();
            await task;
            worker.Dispose();
            stop.Dispose();
        }

        _running.Clear();
    }

    public DestinationFlow Flow(string id = "hook") =>
        new FlowQueries(() => Volatile.Read(ref _workspace), River.Store).Count(_workspace).Destinations.Single(flow => flow.Destination.Id == id);

    /// <summary>The law of conservation; also that as many rows wait as are counted, when nothing moves.</summary>
    public void AssertLaw(string id = "hook", bool atRest = false)
    {
        var flow = Flow(id);
        Assert.Equal(flow.Received, flow.Counts.Delivered + flow.Counts.Filtered.Values.Sum() + flow.Counts.Failed.Values.Sum() + flow.Pending);
        Assert.True(flow.Unread >= 0);
        if (!atRest) return;
        Assert.Equal(flow.Counts.Waiting, DeliveryRows.Waiting(River.Store, flow.Destination.Number).Count());
        Assert.Equal(flow.Counts.Exceptions, DeliveryRows.Exceptions(River.Store, flow.Destination.Number).Count());
    }

    public DeliveryLife Life(string messageId, uint destination = 1)
    {
        var (_, offset, _) = new EventQueries(River.Store, new ReceivedLog(River.Received), new DecidedLog(River.Decided)).FindAccepted(messageId).Single();
        return DeliveryLife.Read(River.Store, destination, offset);
    }

    /// <summary>Waits until something holds; fails after ten seconds.</summary>
    public async Task Until(Func<bool> holds, Action? meanwhile = null)
    {
        for (var tries = 0; !holds(); tries++)
        {
            Assert.True(tries < 5_000, "It did not come to pass.");
            meanwhile?.Invoke();
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, CancellationToken.None);
        }
    }

    public Task Settled(string id = "hook", Action? meanwhile = null) => Until(() => Flow(id).Pending == 0, meanwhile);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        River.Dispose();
    }
}

/// <summary>A destination in memory.</summary>
internal sealed class Receiver : IDestinationSender
{
    private int _inFlight;

    public int BatchMax { get; init; } = 1;

    public TimeSpan BatchAge { get; set; }

    public int InFlightMost { get; private set; }

    /// <summary>How many events each call had.</summary>
    public ConcurrentQueue<int> Batches { get; } = new();

    /// <summary>Message ids of every attempt.</summary>
    public ConcurrentQueue<string> Attempts { get; } = new();

    /// <summary>Message ids that were delivered, in order.</summary>
    public ConcurrentQueue<string> Delivered { get; } = new();

    /// <summary>The newest message as it was sent.</summary>
    public string Newest { get; private set; } = "";

    /// <summary>Decides by message id.</summary>
    public Func<string, DeliveryOutcome> Judge { get; set; } = static _ => DeliveryOutcome.Delivered;

    /// <summary>By how many the outcomes of a call are more than its events.</summary>
    public int OutcomesMore { get; set; }

    /// <summary>What a request waits for.</summary>
    public Func<Task> Delay { get; set; } = static () => Task.CompletedTask;

    public async ValueTask<DeliveryOutcomes> SendAsync(IReadOnlyList<Model.Delivery> batch, WireTrace trace, CancellationToken cancellationToken)
    {
        Batches.Enqueue(batch.Count);
        lock (Attempts) InFlightMost = Math.Max(InFlightMost, ++_inFlight);
        try
        {
            await Delay().WaitAsync(cancellationToken);
            var outcomes = new DeliveryOutcome[batch.Count];
            for (var i = 0; i < outcomes.Length; i++)
            {
                var id = JsonNode.Parse(batch[i].Payload.Span)!["messageId"]!.GetValue<string>();
                Newest = System.Text.Encoding.UTF8.GetString(batch[i].Payload.Span);
                Attempts.Enqueue(id);
                outcomes[i] = Judge(id);
                if (outcomes[i].Verdict == DeliveryVerdict.Delivered) Delivered.Enqueue(id);
            }

            Array.Resize(ref outcomes, batch.Count + OutcomesMore);
            return DeliveryOutcomes.Each(outcomes);
        }
        finally
        {
            lock (Attempts) _inFlight--;
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>A store whose commits can be made to fail, as on a full disk.</summary>
internal sealed class FaultyStore(IStateStore store) : IStateStore
{
    public volatile bool IsBroken;

    public byte[]? Get(Table table, ReadOnlySpan<byte> key) => store.Get(table, key);

    public bool Contains(Table table, ReadOnlySpan<byte> key) => store.Contains(table, key);

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(Table table, byte[] from, byte[] to, bool backwards = false) => store.Scan(table, from, to, backwards);

    public IStateDraft Begin() => new Draft(this, store.Begin());

    public void Dispose()
    {
    }

    private sealed class Draft(FaultyStore owner, IStateDraft draft) : IStateDraft
    {
        public void Put(Table table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => draft.Put(table, key, value);

        public void Delete(Table table, ReadOnlySpan<byte> key) => draft.Delete(table, key);

        public void DeleteRange(Table table, byte[] from, byte[] to) => draft.DeleteRange(table, from, to);

        public void Commit(bool flush = false)
        {
            if (owner.IsBroken) throw new IOException("No space left on device");
            draft.Commit(flush);
        }

        public void Dispose() => draft.Dispose();
    }
}

/// <summary>An event log whose beginning retention has dropped.</summary>
internal sealed class CutLog(IEventLog log) : IEventLog
{
    public LogOffset First { get; set; }

    public LogOffset End => log.End;

    public ValueTask<LogAppended> AppendAsync(LogRecords records) => log.AppendAsync(records);

    public bool Read(LogOffset from, LogBatch batch) => from < First ? throw new LogOffsetGoneException(from, First) : log.Read(from, batch);

    public ValueTask WaitAsync(LogOffset offset, CancellationToken cancellationToken) => log.WaitAsync(offset, cancellationToken);

    public void Dispose()
    {
    }
}
