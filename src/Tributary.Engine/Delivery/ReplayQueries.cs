using System.Text.Json.Nodes;
using Tributary.Engine.Log;
using Tributary.Engine.Profiles;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery;

/// <summary>Prepares, counts, begins and shows replays.</summary>
internal sealed class ReplayQueries(DeliveryEngine engine, DecidedLog decided, IStateStore store, TimeProvider clock)
{
    /// <summary>A replay that would begin now.</summary>
    /// <param name="from">Events received from here on; milliseconds since 1970.</param>
    /// <param name="to">Events received before.</param>
    /// <param name="reason">Only those with this recorded reason; null for all.</param>
    /// <param name="filter">Only those that a valid filter expression is true of; null for all.</param>
    public ReplayRow Plan(long from, long to, string? reason, string? filter) => new(
        WorkspaceSecrets.NewId(), from, to, reason, filter, clock.GetUtcNow().ToUnixTimeMilliseconds(),
        decided.Log.First, decided.Log.End);

    /// <summary>How many events a replay is about. Reads the log from its beginning; about a million events a second.</summary>
    public long Count(Destination destination, Source source, ReplayRow replay, CancellationToken cancellationToken)
    {
        var scan = new ReplayScan(store, destination.Number, source.Number, replay);
        var batch = new LogBatch(256 << 10);
        var count = 0L;
        // What the destination has not come to yet it gets anyway.
        var end = Math.Min(replay.End.Value, DeliveryCounts.Read(store, destination.Number)?.Cursor ?? DeliveryCounts.Beginning(store, destination.Number)?.Offset.Value ?? 0);
        for (var at = replay.At; at.Value < end && decided.Log.Read(at, batch); at = batch.Next)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var record in batch)
            {
                if (record.Offset.Value >= end) break;
                if (scan.Judge(record, out _, out _)) count++;
            }
        }

        return count;
    }

    /// <summary>Begins a replay; or tells that another one runs, which is what is returned then.</summary>
    public async Task<ReplayRow?> BeginAsync(Destination destination, ReplayRow replay, CancellationToken cancellationToken) =>
        engine.RequestReplay(destination.Number, replay) is { } asked ? await asked.WaitAsync(cancellationToken) : null;

    /// <summary>Ends the replay that runs; what was taken up is delivered all the same.</summary>
    public async Task<ReplayRow?> EndAsync(Destination destination, CancellationToken cancellationToken) =>
        engine.RequestReplay(destination.Number, null) is { } asked ? await asked.WaitAsync(cancellationToken) : null;

    /// <summary>The last replay of a destination; null when there was none.</summary>
    public ReplayRow? Find(Destination destination) => ReplayRow.Read(store, destination.Number);

    public static JsonObject Of(ReplayRow replay) => new()
    {
        ["id"] = replay.Id,
        ["status"] = replay.IsOver ? "FINISHED" : "RUNNING",
        ["from"] = ProfileWriter.Iso(replay.From),
        ["to"] = ProfileWriter.Iso(replay.To),
        ["reason"] = replay.Reason,
        ["filter"] = replay.Filter,
        ["startedAt"] = ProfileWriter.Iso(replay.StartedAt),
        ["taken"] = replay.Taken,
        // How much of the log was looked through, for progress bars.
        ["progress"] = replay.IsOver || replay.End.Value <= 0 ? 1 : Math.Clamp(replay.At.Value / (double)replay.End.Value, 0, 1),
    };
}
