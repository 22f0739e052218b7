using System.Collections.Concurrent;
using System.Text.Json.Nodes;
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
    private WorkspaceSnapshot? _configured;
    private Destination? _destination;
    private DeliveryFilter? _filter;
    private IDestinationSender? _sender;
    private readonly List<IDestinationSender> _replaced = [];
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

    // Milliseconds since 1970 that never jump: a wall clock that is put back must not make what waits wait for a year.
    private long Now => _startedAt + (long)_clock.GetElapsedTime(_startedTicks).TotalMilliseconds;

    private bool IsEnabled => _destination is { Enabled: true };

    private int WindowMax => Math.Clamp(2 * (_sender?.BatchMax ?? 1) * _options.InFlightMax, 1_000, 20_000);

    /// <summary>Something outside has changed, e.g. the workspace.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Delivers until it is stopped; then waits a little for requests in flight and commits what came back.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            await OpenAsync(stopping);
            while (!stopping.IsCancellationRequested)
            {
                try
                {
                    if (Turn()) await Task.Yield();
                    else await SleepAsync(stopping);
                }
                catch (IOException failure) when (failure is not LogDamagedException)
                {
                    // Storage may come back; what is in memory is as it was, and the draft can be committed again.
                    LogStorageFailed(_logger, failure, _id, PauseAfterFailure);
                    await Task.Delay(PauseAfterFailure, _clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Asked to stop while asleep.
        }

        if (_book is not null) await StopAsync();
    }

    public void Dispose()
    {
        _sender?.Dispose();
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
        _book = new DeliveryBook(_store, _number, counts ?? new DeliveryCounts(), _options);
        _chains = new DeliveryChains(_book);
        var now = Now;
        // Times of rows come from the wall clock of an earlier run; one that was wrong must not hold events back for longer than any pause of ours.
        var latest = now + Math.Max(_options.BackoffMsMax, _options.RetrySeconds * 1_000L);
        var rows = DeliveryRows.Waiting(_store, _number).OrderBy(row => row.Offset).Select(row => new DeliveryEntry(row.Offset, row.Profile)
        {
            Attempts = row.Attempts,
            FirstAttemptAt = row.FirstAttemptAt == 0 ? 0 : Math.Min(row.FirstAttemptAt, now),
            DueAt = Math.Min(row.DueAt, latest),
            Reason = row.Reason,
            Detail = row.Detail,
            RowDue = row.DueAt,
        }).ToList();
        _chains.Restore(rows);
        if (rows.Count != _book.Counts.Waiting) LogCountsDiffer(_logger, _id, _book.Counts.Waiting, rows.Count);
        _book.Counts.Waiting = rows.Count;
        _committedAt = now;
    }

    private bool Turn()
    {
        // :: Step 1
        Configure();

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
        var (before, now) = (_destination, workspace.FindDestination(_id));
        _destination = now;
        if (now is null) return;
        _filter = new DeliveryFilter(now, _setup.KindName(now.MetadataId));
        if (!now.Enabled)
        {
            _chains.Filter(DeliveryFilter.Disabled);
            return;
        }

        if (_sender is not null && before is not null && JsonNode.DeepEquals(before.Settings, now.Settings)) return;
        if (_sender is not null) _replaced.Add(_sender);
        var opened = _setup.Open(now);
        _sender = opened.Sender;
        if (_sender is null) LogMisconfigured(_logger, _id, opened.Fault ?? "");
        _circuit.Reset();
        if (before is not null) _chains.Hurry();
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

            Admit(_reader.Current);
            _head = _reader.Current.Next;
            hasRead = true;
        }

        return hasRead;
    }

    private bool MayRead()
    {
        if (_destination is null) return false;
        if (!IsEnabled) return true;
        return _sender is not null
            && _book.WindowCount < WindowMax
            && _chains.HeldBytes < _options.HeldBytesMax
            && _chains.WaitingCount < _options.WaitingMax
            && (!_circuit.IsOpen || _chains.IsEmpty);
    }

    private bool Refill()
    {
        if (_head < _log.First)
        {
            if (_book.WindowCount > 0 || !SkipDropped()) return false;
        }

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
        if ((IsEnabled ? _filter!.Judge(payload.Span) : DeliveryFilter.Disabled) is { } reason)
        {
            _book.AppendFiltered(record.Offset, reason);
            return;
        }

        var profile = decided.Profile;
        // The profile may have been merged into another since; its events belong in that one's order.
        if (!profile.IsNone && _store.Get(Table.Retired, StateKeys.Profile(decided.Space, profile)) is { } into) profile = ProfileId.Read(into);
        var entry = new DeliveryEntry(record.Offset, profile) { Type = decided.Type };
        _book.Append(entry);
        _chains.Add(entry, payload.ToArray());
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

        var lost = accepted - DeliveryCounts.Beginning(_store, _number)!.Value.AcceptedBefore - _book.Counts.Seen - kept;
        if (lost > 0) _book.Lost(from, first, lost);
        if (lost > 0) LogLost(_logger, _id, lost);
        _head = first;
        return true;
    }

    private bool Send()
    {
        var hasSent = false;
        while (IsEnabled && _sender is not null && _inFlight < _options.InFlightMax && _chains.HasReady && _circuit.MaySend(Now, _inFlight)
            && _chains.Take(_circuit.IsOpen ? 1 : _sender.BatchMax, Now, Load) is { } attempt)
        {
            _inFlight++;
            hasSent = true;
            var sender = _sender;
            _ = Task.Run(() => AttemptAsync(sender, attempt), CancellationToken.None);
        }

        return hasSent;
    }

    private Loaded Load(DeliveryEntry entry)
    {
        try
        {
            if (!_log.Read(entry.Offset, _single)) return Loaded.Gone;
        }
        catch (LogOffsetGoneException)
        {
            return Loaded.Gone;
        }
        catch (IOException failure)
        {
            LogUnreadable(_logger, failure, _id, entry.Offset);
            return Loaded.Unreadable;
        }

        foreach (var record in _single)
        {
            var decided = DecidedRecord.View(record.Payload);
            (entry.Type, entry.Payload) = (decided.Type, decided.Payload.ToArray());
            return Loaded.Yes;
        }

        return Loaded.Gone;
    }
}
