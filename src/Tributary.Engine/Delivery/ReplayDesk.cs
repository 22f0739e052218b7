using System.Globalization;
using Tributary.Engine.Delivery.Filters;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery;

/// <summary>What came of asking for a replay.</summary>
/// <param name="Refusal">Why there is none; null when there is, or when it was only counted.</param>
/// <param name="Count">How many events it is about.</param>
/// <param name="Replay">The replay that runs now; null when it was only counted.</param>
internal readonly record struct ReplayAsked(WorkspaceRefusal? Refusal, long Count, ReplayRow? Replay);

/// <summary>Has events sent again on behalf of somebody: those that were decided by a replay, those that wait at once.</summary>
internal sealed class ReplayDesk(Func<WorkspaceSnapshot> workspace, ReplayQueries replays, DeliveryEngine engine, TimeProvider clock)
{
    /// <summary>Counts the events of a replay and, unless it is only tried, begins it.</summary>
    /// <param name="id">The destination.</param>
    /// <param name="input">Which events, as the management API takes it.</param>
    /// <param name="isDryRun">Only counts.</param>
    /// <param name="cancellationToken">Whoever asks has gone.</param>
    public async Task<ReplayAsked> AskAsync(string id, JsonInput input, bool isDryRun, CancellationToken cancellationToken)
    {
        var now = workspace();
        if (now.FindDestination(id) is not { } destination || now.FindSource(destination.SourceId) is not { } source)
            return Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));
        input.Allow("from", "to", "reason", "filter", "dryRun");
        var from = Time(input, "from") ?? 0;
        var to = Time(input, "to") ?? clock.GetUtcNow().ToUnixTimeMilliseconds() + 1;
        if (to <= from) input.Fault("to", "to must be after from.");
        var reason = input.Text("reason", 200);
        var filter = input.Text("filter", 5_120);
        if (filter is not null && FilterStatement.Compile(filter).Fault is { } fault) input.Fault("filter", $"filter: {fault}");
        if (input.Faults.Count > 0) return Refused(WorkspaceRefusal.Invalid(input.Faults));
        if (!isDryRun && !destination.Enabled) return Refused(WorkspaceRefusal.Conflict(null, "The destination is disabled. Enable it first; it may be paused."));
        var wanted = replays.Plan(from, to, reason, filter);
        var count = await Task.Run(() => replays.Count(destination, source, wanted, cancellationToken), cancellationToken);
        if (isDryRun) return new ReplayAsked(null, count, null);
        if (await replays.BeginAsync(destination, wanted, cancellationToken) is not { } running) return Refused(Starting);
        return running.Id == wanted.Id
            ? new ReplayAsked(null, count, running)
            : Refused(WorkspaceRefusal.Conflict(null, $"The replay {running.Id} still runs. Wait for it, or end it with DELETE."));
    }

    /// <summary>Tries again at once what waits for a later attempt.</summary>
    /// <returns>Null, or why not.</returns>
    public WorkspaceRefusal? Retry(string id)
    {
        if (workspace().FindDestination(id) is not { } destination) return WorkspaceRefusal.NotFound(ResourceKind.Destination, id);
        if (!destination.Enabled || destination.Paused) return WorkspaceRefusal.Conflict(null, "The destination is disabled or paused, so nothing is sent.");
        return engine.Hurry(destination.Number) ? null : Starting;
    }

    private static WorkspaceRefusal Starting => new(RefusalReason.Busy, [new(null, "The destination is being started. Try again in a second.")]);

    private static ReplayAsked Refused(WorkspaceRefusal refusal) => new(refusal, 0, null);

    private static long? Time(JsonInput input, string name)
    {
        if (input.Text(name, 40) is not { } text) return null;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return time.ToUnixTimeMilliseconds();
        input.Fault(name, $"{name} must be a time such as 2026-01-31T12:00:00Z.");
        return null;
    }
}
