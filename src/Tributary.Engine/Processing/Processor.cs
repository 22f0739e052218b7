using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Tributary.Engine.Log;
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
    private readonly EventStep _events;
    private readonly CommandStep _commands;
    private readonly RevisionStep _revisions;
    private readonly LogBatch _batch = new(1 << 20);

    // Offsets of records that made a step throw since the last commit: the next time they are met, they are quarantined.
    private readonly Dictionary<long, Exception> _poison = [];
    private LogOffset _next;
    private long _lastCommit;

    public Processor(
        IEventLog received, IDecisionLog decided, IStateStore store, ProcessingProgress progress, ProcessingOptions options, TimeProvider clock, ILogger<Processor> logger)
    {
        (_received, _decided, _store, _progress, _options, _clock, _logger) = (received, decided, store, progress, options, clock, logger);
        _context = new StepContext(store, options);
        _events = new EventStep(_context);
        _commands = new CommandStep(_context);
        _revisions = new RevisionStep(_context);
        Restart();
    }

    /// <summary>Called before each record's step; tests make it throw to prove that nothing else suffers.</summary>
    internal Action<ReceivedRecord>? Probe { get; set; }

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
                if (!RunBatch()) await _received.WaitAsync(_next, stopping);
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
    }

    /// <summary>
    /// Reads one batch and runs it; commits when it was the last there is, or when time or size demand it. False when there was nothing to read.
    /// </summary>
    /// <exception cref="IOException">Storage failed; the caller restarts from the last commit.</exception>
    internal bool RunBatch()
    {
        if (!_received.Read(_next, _batch)) return false;
        foreach (var record in _batch)
        {
            if (!TryStep(record)) return true;
            _next = record.Next;
        }

        _next = _batch.Next;
        var isDue = _clock.GetElapsedTime(_lastCommit).TotalMilliseconds >= _options.CommitEveryMs || _context.Decided.Frames.Length >= _options.CommitBytesMax;
        if (isDue || _next >= _received.End) Commit();
        return true;
    }

    /// <summary>Makes everything since the last commit visible at once.</summary>
    internal void Commit()
    {
        // :: Step 1. The decisions are on disk before anything refers to them.
        var decidedEnd = new LogOffset(_context.DecidedNext);
        if (_context.Decided.Count > 0) _decided.AppendAsync(_context.Decided).AsTask().GetAwaiter().GetResult();

        // :: Step 2. From here on the state is the truth. A crash before this line leaves no trace: on start the event log is cut back to what the state knows.
        _context.Graph.Write(_context.Draft);
        _context.Counters.Write(_context.Draft);
        _context.Dedup.Turn(_context.Now, _context.Draft);
        new ProcessingPosition(_next, decidedEnd, _context.Now).Write(_context.Draft);
        _context.Draft.Commit();

        // :: Step 3. Readers may see it.
        _decided.Publish(decidedEnd);
        _context.Draft.Dispose();
        _context.Draft = _store.Begin();
        _context.Graph.Committed();
        _context.Counters.Committed();
        _context.Dedup.Settled();
        _context.Decided.Clear(DecidedBufferKeep);
        _context.DecidedBase = decidedEnd.Value;
        _poison.Clear();
        _lastCommit = _clock.GetTimestamp();
        _progress.Advance(_next);
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
                break;
            case ReceivedKind.Revision:
                _revisions.Apply(record);
                break;
            case ReceivedKind.Command:
                _commands.Apply(record, offset);
                break;
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Forgets what is not committed and goes back to what is.</summary>
    internal void Restart()
    {
        var position = ProcessingPosition.Read(_store);
        _context.Draft.Dispose();
        _context.Draft = _store.Begin();
        _context.Graph.Abandon();
        _context.Counters.Abandon();
        _context.Dedup.Settled();
        _context.Decided.Clear(DecidedBufferKeep);
        _context.Now = position.Now;
        _context.Use(RevisionStep.Load(_store));
        _poison.Clear();
        _next = position.Received;
        _lastCommit = _clock.GetTimestamp();
        // A commit that failed between its two steps has left decisions in the event log that no state knows.
        if (_decided.Written > position.Decided) _decided.Rewind(position.Decided);
        if (_decided.End < position.Decided) _decided.Publish(position.Decided);
        _context.DecidedBase = position.Decided.Value;
        _progress.Advance(_next);
    }
}
