using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tributary.Engine.Delivery;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Profiles;
using Tributary.Engine.Tests.Simulation;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Tests.Delivery.Simulation;

/// <summary>
/// A river with two destinations, one of which has subscriptions, on one thread: clients, operators, receivers, the disk and the clock do what the seed says,
/// and the laws are looked at after every step.
/// </summary>
internal sealed class DeliveryHistory
{
    private readonly Random _random;
    private readonly FakeTimeProvider _steady = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly SimulatedClock _clock;
    private readonly UnsteadyDisk _disk;
    private readonly SimulatedLog _received;
    private readonly SimulatedLog _decided;
    private readonly Processor _processor;
    private readonly UnsteadyStore _unsteady;
    private readonly LogRecords _records = new();
    private readonly OperatorOfDeliveries _operator;
    private SeededScheduler _scheduler;
    private WorkspaceSnapshot _workspace;
    private LogOffset _looked;
    private int _revision;
    private int _names;

    public DeliveryHistory(int seed)
    {
        _random = new Random(seed);
        _clock = new SimulatedClock(_steady);
        _scheduler = new SeededScheduler(_random);
        _disk = new UnsteadyDisk(_random);
        var calm = new Faults(_random, 0) { AreOver = true };
        Store = new SimulatedStore(calm);
        _unsteady = new UnsteadyStore(Store, _disk);
        _received = new SimulatedLog(new SimulatedFile(), _random, calm);
        _decided = new SimulatedLog(new SimulatedFile(), _random, calm, LogOffset.Zero);
        Log = new UnsteadyLog(_decided, _disk);
        _processor = new Processor(_received, _decided, Store, new ProcessingProgress(), new ProcessingOptions { MessageIdFilterBytes = 1 << 10 }, _steady, NullLogger<Processor>.Instance)
        {
            CommitScheduler = new SeededCommits(new Random(seed)),
        };
        Options = new DeliveryOptions
        {
            BackoffMsMin = 20,
            BackoffMsMax = _random.Next(2) == 0 ? 100 : 60_000,
            ProbeMsMax = _random.Next(2) == 0 ? 50 : 60_000,
            CommitEveryMs = _random.Next(2) == 0 ? 0 : 100,
            OutcomesPerCommitMax = _random.Next(3) == 0 ? 1 : 500,
            StopMsMax = _random.Next(3) == 0 ? 0 : 500,
            WaitingMax = _random.Next(2) == 0 ? 6 : 10_000,
            RetrySeconds = _random.Next(3) switch { 0 => 0, 1 => 5, _ => 14_400 },
            FailuresToPause = _random.Next(1, 6),
            InFlightMax = _random.Next(1, 6),
            ExceptionsMax = _random.Next(5) == 0 ? 8 : 100_000,
        };
        Destinations = [.. Enumerable.Range(1, 2).Select(number => new SimulatedDestination(
            "d" + number, (uint)number, new Situation(HasActions: number == 1), new UnsteadyReceiver(_random, _clock) { EventAt = offset => Events[offset], MayMix = MayMix }))];
        _operator = new OperatorOfDeliveries(_random, this);
        Append(
            new ResourceChange("space", "spa_default", River.Body(new Space { Id = "spa_default", Number = 1, Slug = "default", Name = "Default", Identity = IdentitySettings.Default })),
            new ResourceChange("source", "website", River.Body(new Source { Id = "website", Number = 1, Slug = "website", Name = "Website", MetadataId = "javascript", SpaceId = "spa_default", WriteKeys = ["wk"] })));
        _workspace = RevisionStep.Load(Store);
        // What was there before the destinations is theirs only on request.
        for (var before = _random.Next(6); before > 0; before--) Send();
        foreach (var destination in Destinations) Revise(destination, destination.Now, isNew: true);
        Start();
    }

    public SimulatedStore Store { get; }

    public UnsteadyLog Log { get; }

    public DeliveryOptions Options { get; }

    public List<SimulatedDestination> Destinations { get; }

    /// <summary>By offset.</summary>
    public SortedDictionary<long, SimulatedEvent> Events { get; } = [];

    /// <summary>Users whose profiles were merged with others': their events may have been under way then.</summary>
    public HashSet<int> Merged { get; } = [];

    public SortedDictionary<string, int> Deeds { get; } = new(StringComparer.Ordinal);

    public UnsteadyDisk Disk => _disk;

    public long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    public FlowQueries Flow => new(() => _workspace, Store);

    public WorkspaceSnapshot Workspace => _workspace;

    /// <summary>Lives through the seed's story, until nothing disturbs any more and everything is settled.</summary>
    public DeliveryHistory Live()
    {
        for (var left = _random.Next(20, 90); left > 0; left--)
        {
            Did(_operator.Act());
            Rest();
        }

        _operator.EndTroubles();
        for (var patience = 0; Pending() > 0; patience++)
        {
            if (patience > 2_000) throw new LawBrokenException($"{Pending()} deliveries are pending for ever.");
            Advance(patience < 200 ? 250 : patience < 1_000 ? 10_000 : 300_000);
            Rest();
        }

        Stop();
        return this;
    }

    public void Did(string what) => Deeds[what] = Deeds.GetValueOrDefault(what) + 1;

    public void Advance(int milliseconds)
    {
        _steady.Advance(TimeSpan.FromMilliseconds(milliseconds));
    }

    public void Send()
    {
        var sent = new SimulatedEvent($"m{_names++}", _random.Next(5), _random.Next(4) == 0, _random.Next(10), _random.Next(12) == 0);
        _records.Clear();
        var type = sent.IsPage ? EventType.Page : EventType.Track;
        ReceivedRecord.BeginEvent(_records, type, 1, Now, Now, Encoding.UTF8.GetBytes(sent.Id));
        _records.Write(Encoding.UTF8.GetBytes($$"""{"type":"{{type.Name()}}","messageId":"{{sent.Id}}",{{sent.Members}}}"""));
        _records.EndRecord();
        Process();
        var batch = new LogBatch();
        for (; _decided.Read(_looked, batch); _looked = batch.Next)
        {
            foreach (var record in batch)
            {
                var decided = DecidedRecord.View(record.Payload);
                if (decided.Kind != DecidedKind.Event) continue;
                sent.Offset = record.Offset.Value;
                Events.Add(sent.Offset, sent);
                foreach (var destination in Destinations) destination.Read[sent.Offset] = (destination.History.Count - 1, null);
            }
        }
    }

    public void Merge(int user, int with)
    {
        Merged.UnionWith([user, with]);
        _records.Clear();
        var command = new ProfileCommand { Id = $"cmd_{_names++}", Kind = ProfileCommandKind.Merge, Space = 1, Profile = $"user_id:u{user}", With = $"user_id:u{with}" };
        ReceivedRecord.AddJson(_records, ReceivedKind.Command, Now, command.ToJson());
        Process();
    }

    /// <summary>Changes a destination, its subscriptions and filters in one revision.</summary>
    public void Revise(SimulatedDestination destination, Situation now, bool isNew = false)
    {
        var before = isNew ? new Situation(now.HasActions) : destination.Now;
        var settings = new JsonObject { ["address"] = now.Address, ["sync"] = now.Sync.DeepClone() };
        if (now.IsBroken) settings["broken"] = true;
        var changes = new List<ResourceChange>
        {
            ResourceKind.Put(new Destination
            {
                Id = destination.Id, Number = destination.Number, Name = destination.Id, MetadataId = "test-" + destination.Id, SourceId = "website",
                Enabled = now.IsEnabled, Paused = now.IsPaused, Settings = settings,
            }),
        };
        foreach (var (number, (condition, mapping)) in now.Subscriptions) changes.Add(ResourceKind.Put(Subscription(destination, number, condition, mapping, isEnabled: true)));
        foreach (var (number, (condition, mapping)) in before.Subscriptions.Where(each => !now.Subscriptions.ContainsKey(each.Key)))
        {
            changes.Add(_random.Next(2) == 0
                ? ResourceKind.Delete(ResourceKind.Subscription, $"{destination.Id}-{number}")
                : ResourceKind.Put(Subscription(destination, number, condition, mapping, isEnabled: false)));
        }

        foreach (var filter in now.Filters(destination.Id)) changes.Add(ResourceKind.Put(filter));
        foreach (var gone in before.Filters(destination.Id).ExceptBy(now.Filters(destination.Id).Select(filter => filter.Id), filter => filter.Id))
            changes.Add(ResourceKind.Delete(ResourceKind.Filter, gone.Id));
        Append([.. changes]);
        _workspace = RevisionStep.Load(Store);
        if (!isNew) destination.History.Add(now);
        foreach (var each in Destinations) each.Worker?.Wake();
    }

    /// <summary>The process begins.</summary>
    public void Start()
    {
        foreach (var destination in Destinations)
        {
            var setup = new DeliverySetup(new DestinationCatalog([]), [destination.Driver(_random)]);
            var worker = new DestinationWorker(
                _workspace.FindDestination(destination.Id)!, () => _workspace, setup, Log, _unsteady, Options, _clock, NullLogger.Instance)
            { Chance = new Random(_random.Next()) };
            (destination.Worker, destination.Stop) = (worker, new CancellationTokenSource());
            destination.Running = Task.Factory.StartNew(
                () => worker.RunAsync(destination.Stop.Token), CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler).Unwrap();
        }
    }

    /// <summary>The process ends, and with it what was in its memory.</summary>
    public void Crash()
    {
        _scheduler.Kill();
        _scheduler = new SeededScheduler(_random);
        foreach (var destination in Destinations)
        {
            destination.Receiver.HangUp();
            destination.Worker = null;
        }
    }

    /// <summary>The process is asked to end, and does.</summary>
    public void Stop()
    {
        foreach (var destination in Destinations) destination.Stop.Cancel();
        Run();
        for (var patience = 0; Destinations.Exists(destination => !destination.Running.IsCompleted); patience++)
        {
            if (patience > 10_000) throw new LawBrokenException("A worker does not stop.");
            // Requests are broken off on a thread of their own, which needs the machine's time and none of ours.
            if (patience < 20) Advance(100);
            else Thread.Sleep(1);
            Run();
        }

        foreach (var destination in Destinations)
        {
            destination.Receiver.HangUp();
            destination.Running.GetAwaiter().GetResult();
            destination.Worker!.Dispose();
            destination.Worker = null;
        }
    }

    /// <summary>Lets everything happen that can without time going by, and looks at the laws.</summary>
    public void Rest()
    {
        Run();
        foreach (var destination in Destinations)
        {
            if (destination.Running.IsFaulted) throw new LawBrokenException("A worker ended by itself.", destination.Running.Exception.InnerException);
            DeliveryLaws.HoldAtAnyMoment(this, destination);
            var cursor = DeliveryCounts.Read(Store, destination.Number)?.Cursor ?? 0;
            foreach (var offset in destination.Read.Where(each => each.Value.To is null && each.Key < cursor).Select(each => each.Key).ToList())
                destination.Read[offset] = (destination.Read[offset].From, destination.History.Count - 1);
        }
    }

    public void SetWallClock(int hours) => _clock.Error += TimeSpan.FromHours(hours);

    private bool MayMix(int user) => Merged.Contains(user) || Destinations.Exists(destination => destination.History.Exists(situation => !situation.IsOrdered));

    private long Pending() => Flow.Count(_workspace).Destinations.Sum(flow => flow.Pending)
        + Destinations.Count(destination => ReplayRow.Read(Store, destination.Number) is { IsOver: false });

    private void Run()
    {
        if (!_scheduler.RunToRest(3_000)) throw new LawBrokenException("The workers do not come to rest.");
    }

    private void Append(params ResourceChange[] changes)
    {
        _records.Clear();
        var revision = new WorkspaceRevision(++_revision, "test", Now, [.. changes]);
        ReceivedRecord.AddJson(_records, ReceivedKind.Revision, Now, JsonSerializer.SerializeToUtf8Bytes(revision, WorkspaceSnapshot.Json));
        Process();
    }

    private void Process()
    {
        var appended = _received.AppendAsync(_records);
        if (!appended.IsCompletedSuccessfully) throw new InvalidOperationException("The received log of a simulation never waits.");
        _processor.RunToEnd();
        Log.Grow();
    }

    private static Subscription Subscription(SimulatedDestination destination, uint number, int condition, int mapping, bool isEnabled) => new()
    {
        Id = $"{destination.Id}-{number}",
        Number = number,
        DestinationId = destination.Id,
        Name = $"subscription {number}",
        Action = "send",
        Trigger = Situation.Conditions[condition].Text,
        Enabled = isEnabled,
        Settings = new JsonObject { ["mapping"] = mapping },
    };
}
