namespace Tributary.Engine.Traits.Folding;

/// <summary>
/// What must be looked at to know whether one more event lets a condition of the form "at least one event of a stream, of which something about other events holds"
/// become true. Of a person with thousands of events most are known not to count, whatever is done later, so only the new one and those that did count are looked at.
/// </summary>
/// <param name="outer">The stream whose events are counted.</param>
/// <param name="inner">The streams that are asked about for each of those, and of which more events can let it count.</param>
internal sealed class Funnel(StreamPlan outer, List<StreamPlan> inner)
{
    public StreamPlan Outer => outer;

    public List<StreamPlan> Inner => inner;

    /// <summary>What there is to look at; null for a condition that is not of this form, or that time turns otherwise than by the windows of the outer stream.</summary>
    public static Funnel? Of(CountClause clause)
    {
        if (!clause.IsAtLeastOne) return null;
        var plan = clause.Left.Plan;
        var inner = new List<StreamPlan>();
        var isPair = false;
        foreach (var filter in plan.Later)
        {
            if (filter is WindowFilter) continue;
            if (filter is not ClauseFilter { Clause: var where } || !IsOfPairs(where, isTrue: true, inner)) return null;
            isPair |= Counts(where);
        }

        return isPair ? new Funnel(plan, inner) : null;
    }

    private static bool Counts(Clause clause) => clause is CountClause || clause.Parts.Any(Counts);

    // True when nothing but the event, and counts of events in windows behind it, decide.
    private static bool IsOfPairs(Clause clause, bool isTrue, List<StreamPlan> inner)
    {
        switch (clause)
        {
            case AllClause or OneClause:
                return clause.Parts.All(part => IsOfPairs(part, isTrue, inner));
            case NotClause:
                return IsOfPairs(clause.Parts[0], !isTrue, inner);
            case CountClause count when count.Left.Plan.Later.TrueForAll(filter => filter is ParentWindowFilter or ClauseFilter { Clause: CompareClause { IsOfEvents: true } }):
                if (count.MoreMakes(isTrue) is not { } makes) return false;
                if (makes) inner.Add(count.Left.Plan);
                return true;
            case CompareClause compare:
                return compare.IsOfEvents;
            default:
                return false;
        }
    }
}

/// <summary>What was found out about such a condition: but for the events that count, none can until one more event or time lets it.</summary>
internal sealed class FunnelMemory : Identity.Remembered
{
    /// <summary>Time alone lets no other event count before this.</summary>
    public long Until { get; set; }

    /// <summary>How many events had been added to the streams that can let one count.</summary>
    public int Events { get; set; }

    /// <summary>The events that count.</summary>
    public List<Row> Holding { get; } = [];
}
