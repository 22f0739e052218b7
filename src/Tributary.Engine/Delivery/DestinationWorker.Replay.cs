using System.Collections.Concurrent;
using Tributary.Engine.Log;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>Sends events again that somebody asked for, as fast as the destination takes them.</summary>
internal sealed partial class DestinationWorker
{
    // Half of what may wait: new events must not starve behind old ones.
    private int ReplayRoom => (_options.WaitingMax / 2) - _chains.WaitingCount;

    private readonly ConcurrentQueue<(ReplayRow? Wanted, TaskCompletionSource<ReplayRow?> Answer)> _requests = new();
    private readonly LogBatch _past = new(64 << 10);
    private ReplayRow? _replay;
    private int _isHurried;

    /// <summary>
    /// How it stands with the destination. Read while the loop runs: each member is one word that the loop writes at once, so what is seen is at most a turn old.
    /// </summary>
    public DestinationHealth Health => new(
        _circuit.IsOpen,
        _circuit.NextAt is > 0 and var next && next > Now ? DateTimeOffset.FromUnixTimeMilliseconds(next) : null,
        _plan?.Fault,
        [.. (_plan?.Lanes ?? []).Where(lane => lane.Fault is not null).Select(lane => lane.Fault!)]);

    /// <summary>Tries again at once what waits for a later attempt: somebody believes that the destination is well again.</summary>
    public void Hurry()
    {
        Volatile.Write(ref _isHurried, 1);
        _wake.Set();
    }

    private void HurryWhenAsked()
    {
        if (Interlocked.Exchange(ref _isHurried, 0) == 0) return;
        _circuit.Reset();
        _chains.Hurry(Now);
    }

    /// <summary>Begins a replay, or with null gives up the one that runs. Completes when that is durable, with the replay as it is then.</summary>
    /// <returns>The replay that runs already, unchanged, when there is one.</returns>
    public Task<ReplayRow?> RequestAsync(ReplayRow? wanted)
    {
        var answer = new TaskCompletionSource<ReplayRow?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _requests.Enqueue((wanted, answer));
        _wake.Set();
        return answer.Task;
    }

    private bool Replay()
    {
        while (_requests.TryPeek(out var request))
        {
            Take(request.Wanted);
            // What becomes durable with it must not be behind what it says.
            Commit(Now);
            request.Answer.TrySetResult(_replay);
            _requests.TryDequeue(out _);
        }

        if (_replay is not { IsOver: false } replay || !MayDeliver || (_circuit.IsOpen && !_chains.IsEmpty) || ReplayRoom <= 0) return false;
        if (_book.Uncommitted > 0) Commit(Now);
        Remember(Advance(replay));
        Commit(Now);
        return true;
    }

    private void Take(ReplayRow? wanted)
    {
        if (wanted is null && _replay is { IsOver: false } running) _replay = running with { IsOver = true };
        if (wanted is not null && _replay is not { IsOver: false }) _replay = wanted;
        _replay?.Put(_book.Draft, _number);
    }

    private ReplayRow Advance(ReplayRow replay)
    {
        var scan = new ReplayScan(_store, _number, _source, replay);
        var at = replay.At < _log.First ? _log.First : replay.At;
        var end = new LogOffset(Math.Min(replay.End.Value, _book.Counts.Cursor));
        try
        {
            if (at >= end || !_log.Read(at, _past)) return replay with { At = at, IsOver = at >= replay.End || at >= end };
        }
        catch (LogOffsetGoneException)
        {
            return replay;
        }

        var taken = replay.Taken;
        foreach (var record in _past)
        {
            if (record.Offset >= end) break;
            try
            {
                if (TakeUp(scan, record, replay, taken)) taken++;
            }
            catch (IOException)
            {
                Remember(replay with { At = record.Offset, Taken = taken });
                throw;
            }

            at = record.Next;
            if (ReplayRoom <= 0) break;
        }

        return replay with { At = at, Taken = taken, IsOver = at >= end };
    }

    private bool TakeUp(ReplayScan scan, in LogRecord record, ReplayRow replay, long taken)
    {
        if (!scan.Judge(record, out var row, out var wasDelivered)) return false;
        // What is kept about the next event may be what this one changed.
        if (row?.State == ExceptionState.Filtered && _book.Uncommitted > 0)
        {
            // Remembered first: when the disk refuses, what was taken up is not taken up once more.
            Remember(replay with { At = record.Offset, Taken = taken });
            Commit(Now);
            scan.Judge(record, out row, out wasDelivered);
        }

        Resend(record, row, wasDelivered);
        return true;
    }

    private void Remember(ReplayRow replay)
    {
        _replay = replay;
        _replay.Put(_book.Draft, _number);
    }

    private void Resend(in LogRecord record, ExceptionRow? row, bool wasDelivered)
    {
        var decided = DecidedRecord.View(record.Payload);
        var payload = decided.Payload;
        var entry = new DeliveryEntry(record.Offset, ProfileOf(decided)) { Type = decided.Type };
        if (_plan!.Judge(ref payload, isReplay: true, _lanes, _invalid) is { } reason) entry.Settle(EntryState.Filtered, reason, "", 0);
        else entry.Parts = [.. _lanes.Select(lane => new DeliveryPart(entry, lane) { State = EntryState.Waiting, DueAt = Now })];
        _book.Replay(entry, row, wasDelivered);
        _chains.Restore(entry.Parts, KeepsOrder);
    }
}
