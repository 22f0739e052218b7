using Microsoft.Extensions.Logging;
using Tributary.Engine.Delivery;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Console.Live;

/// <summary>What came in since the last batch, or a part of it when there was more than people can read.</summary>
/// <param name="Events">The oldest first.</param>
/// <param name="Skipped">Accepted events that were passed over, estimated from their bytes; 0 when none was.</param>
public sealed record LiveBatch(IReadOnlyList<LiveEvent> Events, long Skipped);

/// <summary>
/// The tail of the river for people who watch: messages as they are decided, and those that are refused. One reader for all pages, none while nobody watches, and
/// a bound on what it reads: when more comes than that, it samples and says so.
/// </summary>
public sealed class LiveFeed
{
    // A quarter of a second is at once for an eye, and lets a batch gather under load.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    // About 370 events of 700 bytes a batch, so 1,500 a second. The end of the log is a boundary of records, so whatever lies between can be jumped over.
    private const int BytesMax = 256 << 10;
    private const int RefusedMax = 100;

    private readonly Func<WorkspaceSnapshot> _workspace;
    private readonly DecidedLog _decided;
    private readonly ProcessingProgress _progress;
    private readonly EventQueries _events;
    private readonly PassportQueries _passports;
    private readonly IStateStore _store;
    private readonly TimeProvider _clock;
    private readonly Watchers _watchers;
    private LiveBatch _latest = new([], 0);

    internal LiveFeed(
        Func<WorkspaceSnapshot> workspace, DecidedLog decided, ProcessingProgress progress, EventQueries events, PassportQueries passports, IStateStore store, ReadingGate gate,
        TimeProvider clock, ILogger<LiveFeed> logger)
    {
        (_workspace, _decided, _progress, _events, _passports, _store, _clock) = (workspace, decided, progress, events, passports, store, clock);
        _watchers = new Watchers(WatchAsync, gate, clock, logger);
    }

    /// <summary>Calls <paramref name="take"/> with each batch, from any thread, until the result is disposed.</summary>
    public IDisposable Subscribe(Action<LiveBatch> take) => _watchers.Add(() => take(Volatile.Read(ref _latest)));

    /// <summary>The newest messages of a source that are remembered, the newest first.</summary>
    public IReadOnlyList<LiveEvent> Recent(uint source, int max)
    {
        var end = new LogOffset(long.MaxValue);
        var accepted = _passports.Recent(source, null, null, end).Take(max)
            .Select(pair => LiveEvent.Accepted(pair.Event.Offset, source, pair.Record.Type, pair.Record.MessageId.Span, pair.Record.ReceivedAt, pair.Record.Payload));
        return [.. accepted.Concat(Refused(source, false).Take(max)).Concat(Refused(source, true).Take(max)).OrderByDescending(each => each.ReceivedAt).Take(max)];
    }

    private IEnumerable<LiveEvent> Refused(uint source, bool isQuarantined) => _events.ListRejected(source, isQuarantined)
        .Select(rejection => LiveEvent.Refused(rejection, isQuarantined, _events.ReadPayload(rejection) ?? ReadOnlyMemory<byte>.Empty));

    private async Task WatchAsync(CancellationToken stopping)
    {
        var batch = new LogBatch(BytesMax);
        var next = _decided.Log.End;
        var processed = _progress.Processed;
        var refused = Sources().ToDictionary(source => source, source => (Count: CountRefused(source), Offset: processed.Value - 1));
        while (true)
        {
            await _progress.WaitAsync(new LogOffset(processed.Value + 1), stopping);
            processed = _progress.Processed;
            var found = new List<LiveEvent>();
            (next, var skipped) = ReadAccepted(next, batch, found);
            ReadRefused(refused, found);
            if (found.Count > 0)
            {
                Volatile.Write(ref _latest, new LiveBatch(found, skipped));
                _watchers.Notify();
            }

            await Task.Delay(Pause, _clock, stopping);
        }
    }

    private (LogOffset Next, long Skipped) ReadAccepted(LogOffset from, LogBatch batch, List<LiveEvent> found)
    {
        if (from < _decided.Log.First) from = _decided.Log.First;
        if (!_decided.Log.Read(from, batch)) return (from, 0);
        var events = 0;
        foreach (var record in batch)
        {
            var view = DecidedRecord.View(record.Payload);
            if (view.Kind != DecidedKind.Event) continue;
            events++;
            // The batch is used again; what pages keep needs memory of its own.
            found.Add(LiveEvent.Accepted(record.Offset, view.Source, view.Type, view.MessageId.Span, view.ReceivedAt, view.Payload.ToArray()));
        }

        var end = _decided.Log.End;
        if (batch.Next >= end) return (batch.Next, 0);
        var share = (double)events / (batch.Next.Value - from.Value);
        return (end, Math.Max(1, (long)((end.Value - batch.Next.Value) * share)));
    }

    private void ReadRefused(Dictionary<uint, (long Count, long Offset)> refused, List<LiveEvent> found)
    {
        foreach (var source in Sources())
        {
            var (count, seen) = refused.GetValueOrDefault(source, (0, -1));
            var now = CountRefused(source);
            if (now == count) continue;
            var fresh = new[] { false, true }.SelectMany(isQuarantined => Refused(source, isQuarantined).TakeWhile(each => each.Offset > seen).Take(RefusedMax)).OrderBy(each => each.Offset).ToList();
            refused[source] = (now, fresh.Count > 0 ? fresh[^1].Offset : seen);
            found.AddRange(fresh);
        }
    }

    private IEnumerable<uint> Sources() => _workspace().Sources.Select(source => source.Number);

    private long CountRefused(uint source)
    {
        var counts = SourceCounters.Read(_store, source);
        return counts.Quarantined + counts.Discarded.Values.Sum();
    }
}
