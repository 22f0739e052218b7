using System.Text.Json.Nodes;
using Tributary.Engine.Processing;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery;

/// <summary>What a destination was given and what became of it, as of one moment.</summary>
/// <param name="Destination">The destination.</param>
/// <param name="Received">Events that its source accepted since the destination exists, and older ones that were replayed to it.</param>
/// <param name="Unread">Those that the cursor has not reached.</param>
/// <param name="Counts">The account of the others.</param>
internal sealed record DestinationFlow(Destination Destination, long Received, long Unread, DeliveryCounts Counts)
{
    /// <summary>What is still to be decided, counted by itself: not read, or in a row that waits for a retry.</summary>
    public long Pending => Unread + Counts.Waiting;
}

/// <summary>
/// The conservation law: <c>received = delivered + filtered + failed + pending</c> for every destination, at every moment. What is pending is counted and not
/// derived from the rest, so an answer that breaks the law shows a fault of ours.
/// </summary>
public sealed class FlowQueries(Func<WorkspaceSnapshot> workspace, IStateStore store)
{
    /// <summary>The answer of <c>GET /api/flow</c>.</summary>
    public JsonObject Read()
    {
        var now = workspace();
        var (sources, destinations) = Count(now);
        return new JsonObject
        {
            ["sources"] = new JsonArray([.. now.Sources.Select(source => Of(source, sources[source.Number]))]),
            ["destinations"] = new JsonArray([.. destinations.Select(Of)]),
        };
    }

    internal (Dictionary<uint, SourceCounts> Sources, List<DestinationFlow> Destinations) Count(WorkspaceSnapshot now)
    {
        // Destinations first: each row is consistent in itself, and what a source accepts afterwards only adds to what is unread.
        var counted = now.Destinations.Select(destination => (destination, Counts: DeliveryCounts.Read(store, destination.Number))).ToList();
        var sources = now.Sources.ToDictionary(source => source.Number, source => SourceCounters.Read(store, source.Number));
        return (sources, [.. counted.Select(pair => FlowOf(pair.destination, pair.Counts ?? new DeliveryCounts(), now, sources))]);
    }

    private DestinationFlow FlowOf(Destination destination, DeliveryCounts counts, WorkspaceSnapshot now, Dictionary<uint, SourceCounts> sources)
    {
        // Until Processing has come to its creation, it has received nothing. Once it has, the source's count must be at least as new as the beginning.
        if (now.FindSource(destination.SourceId) is not { } source || DeliveryCounts.Beginning(store, destination.Number) is not { } beginning)
            return new DestinationFlow(destination, 0, 0, counts);
        var accepted = sources[source.Number].Accepted;
        if (accepted < beginning.AcceptedBefore) return new DestinationFlow(destination, 0, 0, counts);
        var received = accepted - beginning.AcceptedBefore + counts.Replayed;
        return new DestinationFlow(destination, received, received - counts.Seen, counts);
    }

    private static JsonObject Of(Source source, SourceCounts counts)
    {
        var discarded = new JsonObject();
        foreach (var (reason, count) in counts.Discarded) discarded[Model.DiscardReasons.Code(reason)] = count;
        return new JsonObject
        {
            ["id"] = source.Id,
            ["received"] = counts.Received,
            ["accepted"] = counts.Accepted,
            ["duplicate"] = counts.Duplicate,
            ["discarded"] = discarded,
            ["quarantined"] = counts.Quarantined,
        };
    }

    private static JsonObject Of(DestinationFlow flow) => new()
    {
        ["id"] = flow.Destination.Id,
        ["received"] = flow.Received,
        ["delivered"] = flow.Counts.Delivered,
        ["filtered"] = Of(flow.Counts.Filtered),
        ["failed"] = Of(flow.Counts.Failed),
        ["pending"] = flow.Pending,
        ["replayed"] = flow.Counts.Replayed,
    };

    private static JsonObject Of(SortedDictionary<string, long> counts)
    {
        var json = new JsonObject();
        foreach (var (reason, count) in counts) json[reason] = count;
        return json;
    }
}
