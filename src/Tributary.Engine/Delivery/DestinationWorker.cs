using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>
/// Brings the events of one source to one destination, at least once, in order per profile. It reads the event log at its own pace from its own cursor, so
/// that a slow or dead destination costs a bounded amount of memory and slows nobody else.
/// </summary>
/// <remarks>
/// <para>One loop owns all state; requests run beside it and come back through a queue. A turn: (1) take the newest configuration; (2) draw the conclusions of
/// attempts that came back; (3) make ready what is due; (4) read new events as far as there is room; (5) start requests; (6) count, and commit when due.</para>
/// <para>Order is that of the profile as it is known when the event is read. Events that are under way when two profiles merge are not put in line with each
/// other.</para>
/// </remarks>
internal sealed partial class DestinationWorker : IDisposable
{
    /// <summary>Failed: the log no longer has the event.</summary>
    public const string Dropped = "dropped_by_retention";

    /// <summary>Failed: every attempt within <see cref="DeliveryOptions.RetrySeconds"/> was in vain.</summary>
    public const string Exhausted = "retries_exhausted";

    private const int CursorCommitMs = 1_000;
    private const int SuccessSampleMs = 10_000;
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly string _id;
    private readonly uint _number;
    private readonly uint _source;
    private readonly Func<WorkspaceSnapshot> _workspace;
    private readonly DeliverySetup _setup;
    private readonly IEventLog _log;
    private readonly IStateStore _store;
    private readonly DeliveryOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Circuit _circuit;
    private readonly WakeUp _wake;
    private readonly ConcurrentQueue<DeliveryAttempt> _returned = new();
    private readonly CancellationTokenSource _breakOff = new();
    private readonly LogBatch _records = new(256 << 10);
    private readonly LogBatch _single = new(8 << 10);
    private readonly long _startedAt;
    private readonly long _startedTicks;

    // Owned by the loop.
    private DeliveryBook _book = null!;
    private DeliveryChains _chains = null!;
    private DeliverySeries _series = null!;
    private DeliverySamples _samples = null!;
    private WorkspaceSnapshot? _configured;
    private DestinationPlan? _plan;
    private readonly Pace _pace = new();
    private readonly List<uint> _lanes = [];
    private readonly List<uint> _invalid = [];
    private readonly List<IDestinationSender> _replaced = [];
    private uint _lastLane;
    private long _sampledAt;
    private LogOffset _head;
    private LogBatch.Enumerator _reader;
    private bool _isReading;
    private int _inFlight;
    private long _uncommittedSince;
    private long _committedAt;
    private Task _watch = Task.CompletedTask;

    /// <param name="destination">Whose number and source never change; the rest is read from the workspace.</param>
    /// <param name="workspace">The newest snapshot.</param>
    /// <param name="setup">How to send.</param>
    /// <param name="log">The event log.</param>
    /// <param name="store">Where cursor, rows and counts are.</param>
    /// <param name="options">Limits.</param>
    /// <param name="clock">The machine's clocks.</param>
    /// <param name="logger">Never told payloads or settings.</param>
    public DestinationWorker(
        Destination destination, Func<WorkspaceSnapshot> workspace, DeliverySetup setup, IEventLog log, IStateStore store, DeliveryOptions options, TimeProvider clock, ILogger logger)
    {
        (_id, _number, _workspace, _setup, _log, _store) = (destination.Id, destination.Number, workspace, setup, log, store);
        (_options, _clock, _logger) = (options, clock, logger);
        _source = workspace().FindSource(destination.SourceId)?.Number ?? 0;
        _circuit = new Circuit(options);
        _wake = new WakeUp(clock);
        (_startedAt, _startedTicks) = (clock.GetUtcNow().ToUnixTimeMilliseconds(), clock.GetTimestamp());
    }

    /// <summary>Spreads retries, so that what failed together does not come back together.</summary>
    public Random Chance { get; init; } = Random.Shared;

    // Milliseconds since 1970 that never jump: a wall clock that is put back must not make what waits wait for a year.
    private long Now => _startedAt + (long)_clock.GetElapsedTime(_startedTicks).TotalMilliseconds;

    private bool IsEnabled => _plan is { Destination.Enabled: true };

    private bool MayDeliver => _plan is { Destination: { Enabled: true, Paused: false }, Fault: null };

    private int WindowMax => Math.Clamp(2 * (_plan?.BatchMax ?? 1) * _pace.InFlightMax, 1_000, 20_000);

    /// <summary>Something outside has changed, e.g. the workspace.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Delivers until it is stopped; then waits a little for requests in flight and commits what came back.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            var isOpen = false;
            while (!stopping.IsCancellationRequested)
            {
                try
                {
                    if (!isOpen) await OpenAsync(stopping);
                    isOpen = true;
                    if (Turn()) await Task.Yield();
                    else await SleepAsync(stopping);
                }
                catch (IOException failure) when (failure is not LogDamagedException)
                {
                    // Storage may come back; what is in memory is as it was, and the draft can be committed again.
                    LogStorageFailed(_logger, failure, _id, PauseAfterFailure);
                    await Task.Delay(PauseAfterFailure, _clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Asked to stop while asleep.
        }

        if (_chains is not null) await StopAsync();
    }

    public void Dispose()
    {
        foreach (var lane in _plan?.Lanes ?? []) lane.Sender?.Dispose();
        _replaced.ForEach(sender => sender.Dispose());
        _wake.Dispose();
        _book?.Dispose();
        _breakOff.Dispose();
    }

    private async Task OpenAsync(CancellationToken stopping)
    {
        // The destination is in the workspace as soon as its creation is durable; Processing says a moment later where it begins.
        while (DeliveryCounts.Beginning(_store, _number) is null) await Task.Delay(TimeSpan.FromMilliseconds(20), _clock, stopping);
        var counts = DeliveryCounts.Read(_store, _number);
        _head = new LogOffset(counts?.Cursor ?? DeliveryCounts.Beginning(_store, _number)!.Value.Offset.Value);
        _series = new DeliverySeries(_store, _number);
        _book = new DeliveryBook(_store, _number, counts ?? new DeliveryCounts(), _series, _options);
        _chains = new DeliveryChains(_book);
        _samples = new DeliverySamples(_store, _number);
        _replay = ReplayRow.Read(_store, _number);
        Configure();
        var now = Now;
        var waiting = 0L;
        // Times of rows come from the wall clock of an earlier run; one that was wrong must not hold events back for longer than any pause of ours.
        var latest = now + Math.Max(_options.BackoffMsMax, RetryMs);
        var restored = new List<DeliveryPart>();
        foreach (var rows in DeliveryRows.Waiting(_store, _number).GroupBy(row => row.Offset).OrderBy(rows => rows.Key))
        {
            var kept = DeliveryRows.FindException(_store, _number, rows.Key);
            var entry = new DeliveryEntry(rows.Key, rows.First().Profile) { IsDrained = true, IsReplay = kept?.IsReplay == true };
            if (kept is { Result: not EntryState.Queued }) entry.Settle(kept.Result, kept.Reason, kept.Detail, kept.Attempts);
            entry.Parts = [.. rows.OrderBy(row => row.Lane).Select(row => new DeliveryPart(entry, row.Lane)
            {
                Attempts = row.Attempts,
                FirstAttemptAt = row.FirstAttemptAt == 0 ? 0 : Math.Min(row.FirstAttemptAt, now),
                DueAt = Math.Min(row.DueAt, latest),
                Reason = row.Reason,
                Detail = row.Detail,
                RowDue = row.DueAt,
                Tries = [.. (kept?.Tries ?? []).Where(each => each.Lane == row.Lane)],
            })];
            restored.AddRange(entry.Parts);
            waiting++;
        }

        _chains.Restore(restored, KeepsOrder);
        if (waiting != _book.Counts.Waiting) LogCountsDiffer(_logger, _id, _book.Counts.Waiting, waiting);
        _book.Counts.Waiting = waiting;
        _committedAt = now;
    }

    private bool Turn()
    {
        // :: Step 1
        Configure();
        HurryWhenAsked();

        // :: Step 2
        var hasWorked = false;
        while (_returned.TryDequeue(out var attempt))
        {
            Conclude(attempt);
            hasWorked = true;
        }

        if (_inFlight == 0 && _replaced.Count > 0)
        {
            _replaced.ForEach(sender => sender.Dispose());
            _replaced.Clear();
        }

        // :: Step 3
        hasWorked |= _chains.Promote(Now);

        // :: Step 4
        hasWorked |= Read();
        hasWorked |= Replay();

        // :: Step 5
        hasWorked |= Send();

        // :: Step 6
        _book.Drain();
        CommitWhenDue(hasWorked);
        return hasWorked;
    }

    private void Configure()
    {
        var workspace = _workspace();
        if (ReferenceEquals(workspace, _configured)) return;
        _configured = workspace;
        // A destination that is deleted keeps its last plan until its worker is stopped.
        if (workspace.FindDestination(_id) is not { } now) return;
        var before = _plan;
        _plan = DestinationPlan.Make(workspace, now, _setup, before);
        _pace.Configure(_plan.Sync.Concurrency ?? _options.InFlightMax, _plan.Sync.Rate);
        _replaced.AddRange((before?.Lanes ?? []).Where(old => !_plan.Lanes.Any(lane => ReferenceEquals(lane.Sender, old.Sender))).Select(old => old.Sender).OfType<IDestinationSender>());
        if (!now.Enabled)
        {
            _chains?.Filter(DeliveryFilter.Disabled);
            return;
        }

        foreach (var lane in _plan.Lanes.Where(lane => lane.Fault is not null && !(before?.Lanes ?? []).Any(old => old.Number == lane.Number && old.Fault == lane.Fault)))
            LogMisconfigured(_logger, _id, lane.Fault!);
        if (before is null || _plan.Lanes.All(lane => before.Lanes.Any(old => ReferenceEquals(old.Sender, lane.Sender)))) return;
        // What was learnt and what waits is about the old settings.
        _circuit.Reset();
        _chains?.Hurry(Now);
    }

    private bool Read()
    {
        var hasRead = false;
        while (MayRead())
        {
            if (!_isReading)
            {
                // One read a turn, so that outcomes do not wait behind a long log.
                if (hasRead || !Refill()) return hasRead;
                _reader = _records.GetEnumerator();
                _isReading = true;
            }

            if (!_reader.MoveNext())
            {
                (_isReading, _head) = (false, _records.Next);
                return true;
            }

            try
            {
                Admit(_reader.Current);
            }
            catch (IOException)
            {
                // The next turn reads this one again.
                _isReading = false;
                throw;
            }

            _head = _reader.Current.Next;
            hasRead = true;
        }

        return hasRead;
    }

    private bool MayRead()
    {
        if (_plan is null) return false;
        if (!IsEnabled) return true;
        return MayDeliver
            && _book.WindowCount < WindowMax
            && _chains.HeldBytes < _options.HeldBytesMax
            && _chains.WaitingCount < _options.WaitingMax
            && (!_circuit.IsOpen || _chains.IsEmpty);
    }

    // Retention has overtaken it. What it dropped is counted when nothing before is under way any more; until then there is nothing to read.
    private bool AwaitsWindow => _head < _log.First && _book.WindowCount > 0;

    private bool Refill()
    {
        if (AwaitsWindow || (_head < _log.First && !SkipDropped())) return false;

        try
        {
            return _log.Read(_head, _records);
        }
        catch (LogOffsetGoneException)
        {
            // Retention was faster; the next turn finds the new beginning.
            return false;
        }
    }

    private void Admit(in LogRecord record)
    {
        var decided = DecidedRecord.View(record.Payload);
        if (decided.Kind != DecidedKind.Event || decided.Source != _source) return;
        var payload = decided.Payload;
        if ((IsEnabled ? _plan!.Judge(ref payload, isReplay: false, _lanes, _invalid) : DeliveryFilter.Disabled) is { } reason)
        {
            _book.AppendFiltered(record.Offset, reason);
            return;
        }

        var entry = new DeliveryEntry(record.Offset, ProfileOf(decided)) { Type = decided.Type };
        entry.Parts = [.. _lanes.Select(lane => new DeliveryPart(entry, lane))];
        // What one subscription keeps because it cannot be read is counted, also when others send the event.
        entry.InvalidLanes = [.. _invalid];
        _book.Append(entry);
        _chains.Add(entry, payload.ToArray(), KeepsOrder, Now);
    }

    private bool KeepsOrder(uint lane) => _plan?.KeepsOrder(lane) ?? true;

    // The profile may have been merged into another since; its events belong in that one's order.
    private ProfileId ProfileOf(in DecidedRecord decided)
    {
        var profile = decided.Profile;
        return !profile.IsNone && _store.Get(Table.Retired, StateKeys.Profile(decided.Space, profile)) is { } into ? ProfileId.Read(into) : profile;
    }

    // What retention took is the difference between what the source had accepted and what is still there, both as of one commit.
    private bool SkipDropped()
    {
        var (from, first) = (_head, _log.First);
        ProcessingPosition position;
        long accepted;
        do
        {
            position = ProcessingPosition.Read(_store);
            accepted = SourceCounters.Read(_store, _source).Accepted;
        }
        while (ProcessingPosition.Read(_store) != position);
        // The commit is there a moment before the log shows what belongs to it.
        if (_log.End < position.Decided) return false;
        var kept = 0L;
        for (var at = first; at < position.Decided && _log.Read(at, _records); at = _records.Next)
        {
            foreach (var record in _records)
            {
                if (record.Offset >= position.Decided) break;
                var decided = DecidedRecord.View(record.Payload);
                if (decided.Kind == DecidedKind.Event && decided.Source == _source) kept++;
            }
        }

        var lost = accepted - DeliveryCounts.Beginning(_store, _number)!.Value.AcceptedBefore - (_book.Counts.Seen - _book.Counts.Replayed) - kept;
        if (lost > 0) _book.Lost(from, first, lost);
        if (lost > 0) LogLost(_logger, _id, lost);
        _head = first;
        return true;
    }

    private bool Send()
    {
        var hasSent = false;
        while (MayDeliver && _inFlight < _pace.InFlightNow && _circuit.MaySend(Now, _inFlight) && _pace.NextAt(Now) <= Now && Take() is { } attempt)
        {
            _inFlight++;
            hasSent = true;
            var now = Now;
            _pace.Sent(now);
            // Now and then one that may well succeed is looked at too.
            var keepsSuccess = now - _sampledAt >= SuccessSampleMs;
            if (keepsSuccess) _sampledAt = now;
            attempt.Trace = new WireTrace(keepsSuccess);
            var sender = _plan!.Find(attempt.Lane)!.Sender!;
            // Beside the loop, on the scheduler that the loop runs on.
            _ = Task.Factory.StartNew(() => AttemptAsync(sender, attempt), CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Current).Unwrap();
        }

        // What has come to another lane meanwhile is looked at in the next turn: nobody else would wake it.
        return hasSent | _chains.TakeMoved();
    }

    // The next batch of the lanes in turn, so that a busy one does not keep another waiting.
    private DeliveryAttempt? Take()
    {
        var now = Now;
        foreach (var (number, chains, since) in _chains.Ready.OrderBy(ready => ready.Lane <= _lastLane).ToList())
        {
            if (_plan!.Find(number) is not { } lane)
            {
                _chains.Abandon(number, DestinationPlan.MappingRemoved, now);
                continue;
            }

            if (lane.Sender is not { } sender || !IsRipe(sender, chains, since, now)) continue;
            if (_chains.Take(number, _circuit.IsOpen ? 1 : sender.BatchMax, sender.BatchBytesMax, now, Load) is not { } attempt) continue;
            _lastLane = number;
            return attempt;
        }

        return null;
    }

    private static bool IsRipe(IDestinationSender sender, int chains, long since, long now) =>
        chains >= sender.BatchMax || now - since >= sender.BatchAge.TotalMilliseconds;

    private Loaded Load(DeliveryPart part)
    {
        try
        {
            if (!_log.Read(part.Entry.Offset, _single)) return Loaded.Gone;
        }
        catch (LogOffsetGoneException)
        {
            return Loaded.Gone;
        }
        catch (IOException failure)
        {
            LogUnreadable(_logger, failure, _id, part.Entry.Offset);
            return Loaded.Unreadable;
        }

        foreach (var record in _single)
        {
            var decided = DecidedRecord.View(record.Payload);
            part.Entry.Type = decided.Type;
            // That it is delivered was decided when it was read first, and a filter that was made since does not drop it. What of it is delivered follows the
            // filters of today, so that one which hides something holds for what waits as well.
            if (_plan!.Filtered(decided.Payload) is not { } payload)
            {
                part.Reason = DestinationPlan.ByRules;
                return Loaded.Filtered;
            }

            part.Payload = part.Entry.IsReplay ? ReplayedMessage.For(_setup.KindName(_plan.Destination.MetadataId), payload) : payload.ToArray();
            return Loaded.Yes;
        }

        return Loaded.Gone;
    }
}
