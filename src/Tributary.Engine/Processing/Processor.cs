using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Tributary.Engine.Log;
using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Processing;

/// <summary>
/// The one place that turns what was received into what is decided: reads the received log in order, runs each record through its step, and commits state,
/// event log and position together. Everything else may be lost in a crash and comes back by reading the log again.
/// </summary>
public sealed partial class Processor
{
    private const int DecidedBufferKeep = 32 << 20;
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly IEventLog _received;
    private readonly IDecisionLog _decided;
    private readonly IStateStore _store;
    private readonly ProcessingProgress _progress;
    private readonly ProcessingOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly StepContext _context;
    private readonly ComputationStep _computing;
    private readonly EventStep _events;
    private readonly CommandStep _commands;
    private readonly RevisionStep _revisions;

    // One batch is worked on while the next one is read and checked.
    private LogBatch _batch = new(1 << 20);
    private LogBatch _ahead = new(1 << 20);
    private Task<bool>? _reading;
    private LogOffset _readingFrom;

    // Offsets of records that made a step throw since the last commit: the next time they are met, they are quarantined.
    private readonly Dictionary<long, Exception> _poison = [];
    private LogOffset _next;
    private LogOffset _committing;
    private long _lastCommit;
    private Flight? _flight;
    private LogRecords _spare = new(1 << 20);
    private List<TimelineEntry> _spareTimeline = [];

    public Processor(
        IEventLog received, IDecisionLog decided, IStateStore store, ProcessingProgress progress, ProcessingOptions options, TimeProvider clock, ILogger<Processor> logger)
    {
        (_received, _decided, _store, _progress, _options, _clock, _logger) = (received, decided, store, progress, options, clock, logger);
        _context = new StepContext(store, options);
        _computing = new ComputationStep(_context);
        _events = new EventStep(_context, _computing);
        _commands = new CommandStep(_context, _computing);
        _revisions = new RevisionStep(_context, _computing);
        Restart();
    }

    /// <summary>Called before each record's step; tests make it throw to prove that nothing else suffers.</summary>
    internal Action<ReceivedRecord>? Probe { get; set; }

    /// <summary>Who writes commits and reads ahead beside the batch at hand. A simulation chooses the moment itself.</summary>
    internal TaskScheduler CommitScheduler { get; init; } = TaskScheduler.Default;

    /// <summary>Other identity rules than those of the workspace, for a simulation.</summary>
    internal IdentityOverride? Identity { init => _context.Identity = value; }

    /// <summary>Where the next record will be read.</summary>
    internal LogOffset Next => _next;

    /// <summary>Works until it is stopped. What was read and not committed then is read again after the next start.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var hasFailed = false;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                // Going back reads and cuts as well, so storage that is still gone is met here again.
                if (hasFailed) Restart();
                hasFailed = false;
                if (RunBatch()) continue;
                if (HasUncommitted) await LingerAsync(stopping);
                else await _received.WaitAsync(_next, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (IOException failure) when (failure is not (LogDamagedException or LogOffsetGoneException))
            {
                // Storage may come back; nothing of the failed commit is visible, so trying again is safe.
                LogStorageFailed(failure, PauseAfterFailure);
                hasFailed = true;
                await Task.Delay(PauseAfterFailure, _clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Processes what there is and commits; for tests, replays and simulations.</summary>
    public void RunToEnd()
    {
        while (RunBatch()) { }
        if (HasUncommitted) Commit();
        Land();
    }

    /// <summary>
    /// Reads one batch and runs it; commits when it was the last there is, or when time or size demand it. False when there was nothing to read.
    /// </summary>
    /// <exception cref="IOException">Storage failed; the caller restarts from the last commit.</exception>
    internal bool RunBatch()
    {
        _context.Dedup.Fill(_context.Now);
        if (!ReadNext()) return false;
        foreach (var record in _batch)
        {
            if (!TryStep(record)) return true;
            _next = record.Next;
        }

        _next = _batch.Next;
        if (_flight is { Written.IsCompleted: true }) Land();
        var sinceCommit = _clock.GetElapsedTime(_lastCommit).TotalMilliseconds;
        var isIdle = _next >= _received.End;
        if (isIdle && sinceCommit >= _options.CommitRestMs)
        {
            // Readers wait for what is the last there is; while there is more, the next records are worked on beside the disk.
            Commit();
            Land();
        }
        else if (sinceCommit >= _options.CommitEveryMs || _context.Decided.Frames.Length >= _options.CommitBytesMax)
        {
            Commit();
        }

        return true;
    }

    private bool ReadNext()
    {
        var isThere = EndReading() && _readingFrom == _next;
        if (isThere) (_batch, _ahead) = (_ahead, _batch);
        else if (!_received.Read(_next, _batch)) return false;
        if (_batch.Next < _received.End)
        {
            var from = _readingFrom = _batch.Next;
            var ahead = _ahead;
            _reading = Task.Factory.StartNew(() => _received.Read(from, ahead), CancellationToken.None, TaskCreationOptions.DenyChildAttach, CommitScheduler);
        }

        return true;
    }

    // True when something was read ahead.
    private bool EndReading()
    {
        if (_reading is not { } reading) return false;
        _reading = null;
        return reading.GetAwaiter().GetResult();
    }

    private bool HasUncommitted => _next > _committing;

    // A commit has a price of its own, so under a thin stream of events they come at a bounded rate; the first event after a rest is committed at once.
    private async Task LingerAsync(CancellationToken stopping)
    {
        var left = TimeSpan.FromMilliseconds(_options.CommitRestMs) - _clock.GetElapsedTime(_lastCommit);
        if (left > TimeSpan.Zero)
        {
            using var rested = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            var rest = Task.Delay(left, _clock, rested.Token);
            await Task.WhenAny(_received.WaitAsync(_next, rested.Token).AsTask(), rest);
            await rested.CancelAsync();
            if (!rest.IsCompletedSuccessfully) return;
        }

        Commit();
        Land();
    }

    /// <summary>
    /// Hands over everything since the last commit to be written, and goes on. One commit is under way at a time.
    /// </summary>
    private void Commit()
    {
        Land();
        var end = new LogOffset(_context.DecidedNext);
        _context.Graph.Write(_context.Draft);
        _context.Computations.Write(_context.Draft);
        _context.Timers.Write(_context.Draft);
        _context.People.Write(_context.Draft);
        _context.Counters.Write(_context.Draft);
        _context.Series.Write(_context.Draft);
        _context.Dedup.Settle();
        new ProcessingPosition(_next, end, _context.Now).Write(_context.Draft);
        var (draft, decided, timeline, now) = (_context.Draft, _context.Decided, _context.Timeline, _context.Now);
        var written = Task.Factory.StartNew(
            () => Write(decided, timeline, draft, now), CancellationToken.None, TaskCreationOptions.DenyChildAttach, CommitScheduler);
        _flight = new Flight(written, draft, decided, timeline, _next, end);
        (_context.Draft, _context.Decided, _context.Timeline) = (_store.Begin(), _spare, _spareTimeline);
        (_spare, _spareTimeline) = (decided, timeline);
        _context.DecidedBase = end.Value;
        _context.Counters.Committed();
        _committing = _next;
        _lastCommit = _clock.GetTimestamp();
    }

    private void Write(LogRecords decided, List<TimelineEntry> timeline, IStateDraft draft, long now)
    {
        // :: Step 1. The decisions are on disk before anything refers to them.
        var appended = decided.Count > 0 ? _decided.AppendAsync(decided).AsTask() : Task.CompletedTask;
        _context.Graph.WriteProfiles(draft);
        TimelineEntry.Write(timeline, draft);
        _context.Dedup.Write(draft, now);
        appended.GetAwaiter().GetResult();
        // :: Step 2. From here on the state is the truth. A crash before this line leaves no trace: on start the event log is cut back to what the state knows.
        draft.Commit();
    }

    /// <summary>Waits for the commit that is under way and lets readers see it.</summary>
    /// <exception cref="IOException">It failed; nothing of it is visible.</exception>
    private void Land()
    {
        if (_flight is not { } flight) return;
        flight.Written.GetAwaiter().GetResult();
        _flight = null;
        // :: Step 3. Readers may see it.
        _decided.Publish(flight.Decided);
        flight.Draft.Dispose();
        flight.Records.Clear(DecidedBufferKeep);
        flight.Timeline.Clear();
        _context.Graph.Committed();
        _context.Timers.Committed();
        _context.People.Committed();
        _context.Dedup.Settled();
        _context.Series.Landed();
        foreach (var offset in _poison.Keys.Where(offset => offset < flight.Received.Value).ToList()) _poison.Remove(offset);
        _progress.Advance(flight.Received);
    }

    private bool TryStep(in LogRecord record)
    {
        try
        {
            Step(ReceivedRecord.View(record.Payload), record.Offset);
            return true;
        }
        catch (Exception failure) when (failure is not IOException and not OutOfMemoryException)
        {
            // The step may have changed profiles half-way, so everything since the last commit is forgotten and read again.
            // When the record is met again it goes into quarantine instead of through its step.
            LogQuarantined(failure, record.Offset);
            _poison[record.Offset.Value] = failure;
            var poison = _poison.ToArray();
            Restart();
            foreach (var (offset, known) in poison) _poison[offset] = known;
            return false;
        }
    }

    private void Step(in ReceivedRecord record, LogOffset offset)
    {
        if (_poison.Count > 0 && _poison.TryGetValue(offset.Value, out var failure))
        {
            Rejections.Quarantine(_context, record, offset, failure);
            return;
        }

        Probe?.Invoke(record);
        _context.Told = 0;
        switch (record.Kind)
        {
            case ReceivedKind.Event:
                _events.Apply(record, offset);
                break;
            case ReceivedKind.Discard:
                _context.Counters[record.Source].Received++;
                Rejections.Discard(_context, record, offset, record.Reason);
                break;
            case ReceivedKind.Tick:
                _context.Now = Math.Max(_context.Now, record.ReceivedAt);
                _computing.Tick(offset);
                break;
            case ReceivedKind.Revision:
                _revisions.Apply(record);
                break;
            case ReceivedKind.Command:
                _commands.Apply(record, offset);
                break;
            case ReceivedKind.Gathered:
                _computing.Gathered(record, offset);
                break;
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Forgets what is not committed and goes back to what is.</summary>
    internal void Restart()
    {
        try
        {
            EndReading();
        }
        catch (IOException)
        {
            // It is read again, and told then.
        }

        if (_flight is { } flight)
        {
            // It ends one way or the other before anything is read: what it wrote counts, what it did not is done again.
            try
            {
                flight.Written.GetAwaiter().GetResult();
            }
            catch (IOException)
            {
                // Nothing of it is visible, and all of it is in the log that is read again.
            }

            flight.Draft.Dispose();
            flight.Records.Clear(DecidedBufferKeep);
            flight.Timeline.Clear();
            _flight = null;
        }

        var position = ProcessingPosition.Read(_store);
        _context.Draft.Dispose();
        _context.Draft = _store.Begin();
        _context.Graph.Abandon();
        _context.Counters.Abandon();
        _context.Series.Abandon();
        _context.Dedup.Abandon();
        _context.Decided.Clear(DecidedBufferKeep);
        _context.Timeline.Clear();
        _context.Now = position.Now;
        _context.Timers.Abandon();
        _context.People.Abandon();
        _context.Use(RevisionStep.Load(_store));
        _context.Computations.Load(_context.Workspace);
        _poison.Clear();
        _next = _committing = position.Received;
        _lastCommit = _clock.GetTimestamp();
        // A commit that failed between its two steps has left decisions in the event log that no state knows.
        if (_decided.Written > position.Decided) _decided.Rewind(position.Decided);
        if (_decided.End < position.Decided) _decided.Publish(position.Decided);
        _context.DecidedBase = position.Decided.Value;
        _progress.Advance(_next);
    }

    /// <summary>A commit under way.</summary>
    private sealed record Flight(Task Written, IStateDraft Draft, LogRecords Records, List<TimelineEntry> Timeline, LogOffset Received, LogOffset Decided);
}
