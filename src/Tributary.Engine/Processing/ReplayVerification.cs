using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Processing;

/// <summary>
/// Proves that all state is a function of the received log: replays it and compares every table that Processing writes and the event log, byte for byte.
/// </summary>
public sealed class ReplayVerification(IEventLog received, IEventLog decided, IStateStore store, ProcessingOptions options, TimeProvider clock)
{
    private static readonly Table[] Compared = [.. Enum.GetValues<Table>().Except([Table.Cursors, Table.Deliveries, Table.SqlTraits])];

    /// <summary>How the event log of the replay lies on disk, which makes no difference.</summary>
    internal SegmentLogOptions Decided { get; init; } = new();

    /// <summary>Replays and compares.</summary>
    /// <param name="progress">Told how much of the history is replayed, from 0 to 1.</param>
    /// <param name="cancellationToken">Stops between two batches.</param>
    /// <returns>The first difference in words, or null when there is none.</returns>
    /// <exception cref="LogOffsetGoneException">Retention has dropped the beginning of the history, so that it cannot be replayed.</exception>
    public string? Run(Action<double>? progress, CancellationToken cancellationToken)
    {
        var position = ProcessingPosition.Read(store);
        if (received.First != LogOffset.Zero) throw new LogOffsetGoneException(LogOffset.Zero, received.First);
        using var run = ScratchRun.Replay(
            received, position.Received, null, options, clock, at => progress?.Invoke(at.Value / (double)Math.Max(1, position.Received.Value)), cancellationToken, Decided);
        foreach (var table in Compared)
            if (CompareTable(table, run.Store) is { } difference) return difference;
        return CompareLog(position.Decided, run.Decided);
    }

    private string? CompareTable(Table table, IStateStore replayed)
    {
        byte[] end = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        using var live = store.Scan(table, [], end).GetEnumerator();
        using var again = replayed.Scan(table, [], end).GetEnumerator();
        for (var row = 0L; ; row++)
        {
            var (hasLive, hasAgain) = (live.MoveNext(), again.MoveNext());
            if (!hasLive && !hasAgain) return null;
            if (!hasLive || !hasAgain) return $"Table {table}: {(hasLive ? "the replay lacks" : "the replay has one more than")} row {row}.";
            if (!live.Current.Key.AsSpan().SequenceEqual(again.Current.Key))
                return $"Table {table}: row {row} has key {Convert.ToHexString(live.Current.Key)}, in the replay {Convert.ToHexString(again.Current.Key)}.";
            if (!live.Current.Value.AsSpan().SequenceEqual(again.Current.Value)) return $"Table {table}: the values of key {Convert.ToHexString(live.Current.Key)} differ.";
        }
    }

    private string? CompareLog(LogOffset end, SegmentLog replayed)
    {
        if (replayed.End != end) return $"The event log ends at {end}, in the replay at {replayed.End}.";
        var (live, again) = (new LogBatch(), new LogBatch());
        for (var from = decided.First; from < end; from = live.Next)
        {
            decided.Read(from, live);
            live.CutAt(end);
            replayed.Read(from, again);
            // A batch ends with its file at the latest, and the files of the two need not end at the same record.
            again.CutAt(live.Next);
            live.CutAt(again.Next);
            if (again.Next != live.Next || !live.Frames.SequenceEqual(again.Frames)) return $"The event log differs between {from} and {live.Next}.";
        }

        return null;
    }
}
