using Tributary.Engine.Delivery;
using Tributary.Engine.Tests.Simulation;
using Tributary.Model;

namespace Tributary.Engine.Tests.Delivery.Simulation;

/// <summary>What must hold for a destination, whatever happened. Each law throws with what broke it.</summary>
internal static class DeliveryLaws
{
    /// <summary>Nothing is lost, and what is counted is there.</summary>
    public static void HoldAtAnyMoment(DeliveryHistory world, SimulatedDestination destination)
    {
        Must(destination.Receiver.Faults.Count == 0, string.Join(' ', destination.Receiver.Faults));
        var flow = world.Flow.Count(world.Workspace).Destinations.Single(flow => flow.Destination.Id == destination.Id);
        var counts = flow.Counts;
        Must(
            flow.Received == counts.Delivered + counts.Filtered.Values.Sum() + counts.Failed.Values.Sum() + flow.Pending,
            $"{destination.Id}: {flow.Received} received are not {counts.Delivered} + {Text(counts.Filtered)} + {Text(counts.Failed)} + {flow.Unread} unread + {counts.Waiting} waiting.");
        Must(flow.Unread >= 0 && counts.Delivered >= 0 && counts.Filtered.Values.All(count => count > 0) && counts.Failed.Values.All(count => count > 0), $"{destination.Id} counts below zero.");
        var waiting = DeliveryRows.Waiting(world.Store, destination.Number).Select(row => row.Offset.Value).ToHashSet();
        Must(waiting.Count == counts.Waiting, $"{destination.Id} counts {counts.Waiting} that wait, and {waiting.Count} are there.");
        var exceptions = DeliveryRows.Exceptions(world.Store, destination.Number).ToList();
        Must(exceptions.Count == counts.Exceptions, $"{destination.Id} counts {counts.Exceptions} exceptions, and {exceptions.Count} are there.");
        foreach (var offset in waiting) Must(exceptions.Exists(row => row.First == offset && row.State == ExceptionState.Retrying), $"Nothing speaks of {offset}, which waits.");
        foreach (var row in exceptions.Where(row => row.State == ExceptionState.Retrying)) Must(waiting.Contains(row.First), $"{row.First} is said to wait, and does not.");
    }

    /// <summary>Everything is settled: the passport of each event agrees with the counts, with what was configured, and with what arrived.</summary>
    public static void HoldAtTheEnd(DeliveryHistory world, SimulatedDestination destination)
    {
        var beginning = DeliveryCounts.Beginning(world.Store, destination.Number)!.Value.Offset;
        var counts = DeliveryCounts.Read(world.Store, destination.Number)!;
        var (lives, taken) = (new SortedDictionary<string, long>(StringComparer.Ordinal), destination.Receiver.Taken.ToLookup(each => each.Event.Offset, each => each.Lane));
        foreach (var seen in world.Events.Values)
        {
            var isReplay = DeliveryRows.FindException(world.Store, destination.Number, new LogOffset(seen.Offset)) is { IsReplay: true };
            if (seen.Offset < beginning.Value && !isReplay)
            {
                Must(destination.HasReplayed || !taken.Contains(seen.Offset), $"{seen.Id} is from before {destination.Id}, which got it.");
                continue;
            }

            var life = DeliveryLife.Read(world.Store, destination.Number, new LogOffset(seen.Offset));
            if (life.State == "unknown") continue;
            DeliveryCounts.Add(lives, life.State == "delivered" ? "delivered" : $"{life.State} {life.Reason}", 1);
            TheFateFollowsFromTheConfiguration(destination, seen, life, isReplay || destination.HasReplayed, [.. taken[seen.Offset]]);
        }

        if (counts.ExceptionsFrom == 0)
        {
            var counted = new SortedDictionary<string, long>(StringComparer.Ordinal);
            if (counts.Delivered > 0) counted["delivered"] = counts.Delivered;
            foreach (var (reason, count) in counts.Filtered) counted["filtered " + reason] = count;
            foreach (var (reason, count) in counts.Failed) counted["failed " + reason] = count;
            Must(Text(lives) == Text(counted), $"{destination.Id}: the passports say {Text(lives)}, and the counts {Text(counted)}.");
        }

        TheOrderOfEachPersonIsKept(world, destination);
        TheSeriesAgreesWithTheCounts(world, destination, counts);
        foreach (var (offset, hasSecret) in destination.Receiver.Seen)
        {
            var situations = destination.History.Skip(destination.Read[offset].From);
            Must(hasSecret ? situations.Any(situation => !situation.HidesSecret) : situations.Any(situation => situation.HidesSecret), $"{destination.Id} got {offset} with the wrong parts.");
        }
    }

    private static void TheFateFollowsFromTheConfiguration(SimulatedDestination destination, SimulatedEvent seen, DeliveryLife life, bool mayBeReplay, uint[] taken)
    {
        var (from, to) = destination.Read[seen.Offset];
        var later = destination.History.Skip(from).ToList();
        var verdicts = destination.History.Take(from..((to ?? destination.History.Count - 1) + 1)).Select(situation => situation.Judge(seen, isReplay: false)).ToList();
        if (mayBeReplay) verdicts.AddRange(later.Select(situation => situation.Judge(seen, isReplay: true)));
        var said = $"{destination.Id}: {seen.Id} at {seen.Offset} is {life.State} {life.Reason}, taken through [{string.Join(',', taken)}], but";
        var lanes = verdicts.SelectMany(verdict => verdict.Lanes).ToHashSet();
        Must(taken.All(lanes.Contains), $"{said} only [{string.Join(',', lanes)}] were for it.");
        var mayBeRemoved = later.Exists(situation => lanes.Any(lane => lane > 0 && Goes(situation, lane)));
        var isRefused = destination.Receiver.Refusals.Contains((seen.Offset, life.Reason ?? ""));
        switch (life.State)
        {
            case "filtered":
                Must(
                    verdicts.Exists(verdict => verdict.Reason == life.Reason) || isRefused
                    || (life.Reason == DestinationPlan.MappingRemoved && mayBeRemoved)
                    || (life.Reason == DeliveryFilter.Disabled && lanes.Count > 0 && later.Exists(situation => !situation.IsEnabled)),
                    $"{said} nothing said so.");
                break;
            case "delivered":
                Must(
                    verdicts.Exists(verdict => verdict.Lanes.Length > 0 && verdict.Lanes.All(lane => taken.Contains(lane) || later.Exists(situation => lane > 0 && Goes(situation, lane))
                        || destination.Receiver.Refusals.Contains((seen.Offset, "dropped_by_function")) || later.Exists(situation => !situation.IsEnabled))),
                    $"{said} did not arrive everywhere.");
                Must(taken.Length > 0, $"{said} it never arrived.");
                break;
            case "failed":
                Must(isRefused || life.Reason is DestinationWorker.Exhausted or DestinationWorker.Dropped, $"{said} nobody refused it.");
                break;
            default:
                throw new LawBrokenException($"{said} everything was settled.");
        }
    }

    private static bool Goes(Situation situation, uint lane) => !situation.Subscriptions.TryGetValue(lane, out var now) || now.Condition == Situation.Invalid;

    private static void TheOrderOfEachPersonIsKept(DeliveryHistory world, SimulatedDestination destination)
    {
        if (destination.History.Exists(situation => !situation.IsOrdered) || destination.HasReplayed) return;
        var receiver = destination.Receiver;
        // What was given up is sent again after a crash, when the account had not come to it; then it comes late.
        var patience = Math.Min(world.Options.RetrySeconds * 1_000L, destination.History.Min(situation => situation.Sync["retryHours"]?.GetValue<int>() * 3_600_000L ?? long.MaxValue));
        var refused = receiver.Refusals.Select(each => each.Offset).ToHashSet();
        InOrder(receiver.Attempted, "was sent");
        InOrder([.. receiver.Taken.Where(each => !receiver.Mixed.Contains(each.Event.User) && !refused.Contains(each.Event.Offset)
            && receiver.Times[(each.Event.Offset, each.Lane)] is var (first, last) && last - first < patience)], "took");

        void InOrder(List<(SimulatedEvent Event, uint Lane)> deliveries, string how)
        {
            foreach (var person in deliveries.Where(each => !world.Merged.Contains(each.Event.User) && !each.Event.IsKept && IsClear(destination, each.Event)).GroupBy(each => (each.Event.User, each.Lane)))
            {
                var offsets = person.Select(each => each.Event.Offset).ToList();
                Must(offsets.SequenceEqual(offsets.Order()), $"{destination.Id} {how} the events of u{person.Key.User} in the order {string.Join(' ', offsets)}.");
            }
        }
    }

    // Whether it was one and the same that the destination should get, whenever the event was read; after a crash it is read once more.
    private static bool IsClear(SimulatedDestination destination, SimulatedEvent seen)
    {
        var (from, to) = destination.Read[seen.Offset];
        var lanes = destination.History.Take(from..((to ?? destination.History.Count - 1) + 1)).Select(situation => situation.Judge(seen, isReplay: false).Lanes).ToList();
        return lanes.TrueForAll(lanes[0].SequenceEqual);
    }

    // Of a destination without subscriptions an event is a delivery; a replay counts in the series once more.
    private static void TheSeriesAgreesWithTheCounts(DeliveryHistory world, SimulatedDestination destination, DeliveryCounts counts)
    {
        if (destination.HasReplayed || destination.Now.HasActions) return;
        foreach (var byHour in (ReadOnlySpan<bool>)[true, false])
        {
            var (delivered, filtered, failed) = (0L, new SortedDictionary<string, long>(StringComparer.Ordinal), new SortedDictionary<string, long>(StringComparer.Ordinal));
            foreach (var (_, key, count) in DeliverySeries.Read(world.Store, destination.Number, byHour, 0, long.MaxValue / 2))
            {
                if (key.Metric == SeriesMetric.Delivered) delivered += count;
                else if (key.Metric == SeriesMetric.Filtered) DeliveryCounts.Add(filtered, key.Detail, count);
                else if (key.Metric == SeriesMetric.Failed) DeliveryCounts.Add(failed, key.Detail, count);
            }

            var series = $"{delivered} {Text(filtered)} {Text(failed)}";
            // Minutes are kept for two days, and the wall clock may have been put further than that.
            var counted = $"{counts.Delivered} {Text(counts.Filtered)} {Text(counts.Failed)}";
            if (byHour) Must(series == counted, $"{destination.Id}: the series says {series}, the counts {counted}.");
        }
    }

    private static string Text(SortedDictionary<string, long> counts) => string.Join(", ", counts.Select(pair => $"{pair.Value} {pair.Key}"));

    private static void Must(bool holds, string otherwise)
    {
        if (!holds) throw new LawBrokenException(otherwise);
    }
}
