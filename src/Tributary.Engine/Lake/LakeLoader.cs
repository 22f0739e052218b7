using DuckDB.NET.Data;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tributary.Engine.Log;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Lake;

/// <summary>Loads the event log into the lake, each record exactly once: the position is committed with the rows.</summary>
/// <remarks>
/// <para>(1) read records until the batch is full or the log has no more; (2) turn them into column buffers; (3) create schemas, tables, columns and
/// views that are new; (4) in one transaction append the buffers, fold the newest traits, and move the position; (5) now and then write a checkpoint.</para>
/// <para>A crash at any point leaves the lake as of its last checkpoint, position included; what follows is loaded again. A lake that was deleted is
/// rebuilt from the log's first record.</para>
/// </remarks>
public sealed partial class LakeLoader : IDisposable
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(2);

    private readonly IEventLog _log;
    private readonly Func<WorkspaceSnapshot> _workspace;
    private readonly LakeDatabase _database;
    private readonly LakeOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<LakeLoader> _logger;
    private readonly LogBatch _records = new();
    private LakeSession? _session;
    private long _position;
    private long _savedPosition;
    private long _eventsLoaded;
    private long _bytesSinceCheckpoint;
    private long _checkpointDueAt = long.MaxValue;

    internal LakeLoader(
        DecidedLog log, Func<WorkspaceSnapshot> workspace, LakeDatabase database, IOptions<LakeOptions> options, TimeProvider clock, ILogger<LakeLoader> logger)
    {
        (_log, _workspace, _database, _options, _clock, _logger) = (log.Log, workspace, database, options.Value, clock, logger);
    }

    /// <summary>What of the loaded events did not become a value. Counted since the process began.</summary>
    public LakeLosses Losses { get; } = new();

    /// <summary>Everything before this offset of the event log can be queried.</summary>
    public LogOffset Position => new(Volatile.Read(ref _position));

    /// <summary>Everything before this offset is in the file; what is behind it would be loaded again after a crash, so the log must keep it.</summary>
    public LogOffset SavedPosition => new(Volatile.Read(ref _savedPosition));

    /// <summary>Events loaded since the process began.</summary>
    public long EventsLoaded => Volatile.Read(ref _eventsLoaded);

    /// <summary>For tests: the next batch fails after its rows are written and before they are committed.</summary>
    internal bool FailNextCommit { get; set; }

    /// <summary>Loads until <paramref name="stopping"/>, then writes a last checkpoint.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                // A full batch means there is more; otherwise gather, so that a trickle does not make a transaction per event.
                if (LoadAvailable() >= _options.BatchEventsMax / 2) continue;
                await WaitAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure) when (failure is IOException or DuckDBException)
            {
                // At this point the transaction is gone and the position has not moved, so trying again is safe.
                LogLoadFailed(_logger, failure, PauseAfterFailure);
                await Task.Delay(PauseAfterFailure, _clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        StopWithCheckpoint();
    }

    /// <summary>Loads one batch of what the log holds. Not to be called while <see cref="RunAsync"/> runs.</summary>
    /// <returns>How many records were loaded; 0 when the lake is up to date.</returns>
    public int LoadAvailable()
    {
        try
        {
            var count = LoadBatch(Session());
            while (Losses.TryTakeNews(out var news)) LogRefused(_logger, news!);
            if (IsCheckpointDue) Checkpoint();
            return count;
        }
        catch (Exception failure)
        {
            // At this point the transaction is gone and the position has not moved: the next session reads both from the lake.
            FailNextCommit = false;
            _session?.Dispose();
            _session = null;
            if (LakeDatabase.IsFatal(failure)) Reopen();
            throw;
        }
    }

    private void Reopen()
    {
        LogReopening(_logger);
        _database.Reopen();
        (_bytesSinceCheckpoint, _checkpointDueAt) = (0, long.MaxValue);
    }

    /// <summary>Writes everything loaded to the file. Without effect when nothing was loaded since the last time.</summary>
    public void Checkpoint()
    {
        if (_session is null || _bytesSinceCheckpoint == 0) return;
        var begun = _clock.GetTimestamp();
        if (!_session.TryCheckpoint())
        {
            // A long query pins what it sees. It ends within its time limit.
            _checkpointDueAt = _clock.GetTimestamp() + _clock.TimestampFrequency;
            return;
        }

        LogCheckpoint(_logger, _bytesSinceCheckpoint >> 20, _clock.GetElapsedTime(begun).TotalMilliseconds);
        _bytesSinceCheckpoint = 0;
        _checkpointDueAt = long.MaxValue;
        Volatile.Write(ref _savedPosition, _position);
    }

    /// <inheritdoc/>
    public void Dispose() => _session?.Dispose();

    private void StopWithCheckpoint()
    {
        try
        {
            Checkpoint();
        }
        catch (DuckDBException failure)
        {
            // What is not in the file is loaded again at the next start.
            LogLoadFailed(_logger, failure, TimeSpan.Zero);
        }
    }

    private bool IsCheckpointDue => _bytesSinceCheckpoint >= _options.CheckpointBytes || _clock.GetTimestamp() >= _checkpointDueAt;

    private LakeSession Session()
    {
        if (_session is not null) return _session;
        _session = LakeSession.Open(_database, new LakeBounds(_options.ColumnsMax, _options.TablesMax), Losses);
        if (_session.Position > _log.End) LogAheadOfLog(_logger, _session.Position.Value, _log.End);
        Volatile.Write(ref _position, (_session.Position ?? _log.First).Value);
        if (_bytesSinceCheckpoint == 0) Volatile.Write(ref _savedPosition, _position);
        return _session;
    }

    private int LoadBatch(LakeSession session)
    {
        var next = session.Position ?? _log.First;
        if (next >= _log.End) return 0;
        if (next < _log.First)
        {
            LogRecordsMissing(_logger, next, _log.First);
            next = _log.First;
        }

        var (count, events) = (0, 0);
        var loadedAt = (_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / 10;
        var workspace = _workspace();
        while (count < _options.BatchEventsMax && session.Bytes < _options.BatchBytesMax && next < _log.End && _log.Read(next, _records))
        {
            foreach (var record in _records)
            {
                var decided = DecidedRecord.View(record.Payload);
                session.Add(record.Offset, decided, workspace, loadedAt);
                count++;
                if (decided.Kind == DecidedKind.Event) events++;
            }

            next = _records.Next;
        }

        _bytesSinceCheckpoint += session.Bytes + 1;
        session.Commit(next, FailNextCommit);
        if (_checkpointDueAt == long.MaxValue) _checkpointDueAt = _clock.GetTimestamp() + (_options.CheckpointSeconds * _clock.TimestampFrequency);
        Volatile.Write(ref _eventsLoaded, _eventsLoaded + events);
        Volatile.Write(ref _position, next.Value);
        return count;
    }

    /// <summary>Waits until there is something to load, or a checkpoint is due.</summary>
    private async Task WaitAsync(CancellationToken stopping)
    {
        using var due = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var toCheckpoint = _checkpointDueAt == long.MaxValue ? Timeout.InfiniteTimeSpan : _clock.GetElapsedTime(_clock.GetTimestamp(), _checkpointDueAt);
        if (toCheckpoint < TimeSpan.Zero && toCheckpoint != Timeout.InfiniteTimeSpan) toCheckpoint = TimeSpan.Zero;
        using var timer = _clock.CreateTimer(_ => due.Cancel(), null, toCheckpoint, Timeout.InfiniteTimeSpan);
        try
        {
            await _log.WaitAsync(Position, due.Token);
            await Task.Delay(TimeSpan.FromMilliseconds(_options.GatherMs), _clock, stopping);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            Checkpoint();
        }
    }
}
