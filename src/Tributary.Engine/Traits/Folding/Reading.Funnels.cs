namespace Tributary.Engine.Traits.Folding;

internal sealed partial class Reading
{
    // Below it a condition is asked as a whole: that costs no more than remembering what it said.
    private const int FunnelRowsMin = 16;

    // So many events that count are remembered. Where there are more, one event hardly ever takes the last of them away.
    private const int HoldingMax = 32;

    // Answers like the condition itself does, and gives the same horizon, whatever is remembered.
    private bool Passes(Funnel funnel, Clause clause, UInt128 same)
    {
        var (rows, events) = EventsOf(funnel);
        if (rows < FunnelRowsMin) return clause.Decide(this, default, default);
        var memory = _own.Remembered ??= [];
        var known = memory.TryGetValue(same, out var remembered) ? (FunnelMemory)remembered : new FunnelMemory();
        bool isComplete;
        if (remembered is not null && Now < known.Until && known.Events + NewOf(funnel) == events)
        {
            WakeAt(known.Until);
            for (var at = known.Holding.Count - 1; at >= 0; at--)
                if (!Counts(funnel.Outer, known.Holding[at])) known.Holding.RemoveAt(at);
            isComplete = AddTurned(funnel, known.Holding);
        }
        else
        {
            known.Holding.Clear();
            isComplete = AddAll(funnel, known.Holding);
        }

        if (isComplete) (memory[same], known.Until, known.Events) = (known, Horizon, events);
        else memory.Remove(same);
        if (known.Holding.Count == 0) return false;
        // It holds until the newest event that counts leaves the window.
        var newest = known.Holding[0];
        foreach (var row in known.Holding)
            if (row.At.CompareTo(newest.At) > 0) newest = row;
        foreach (var filter in funnel.Outer.Later)
            if (filter is WindowFilter window) WakeAt(newest.At.Timestamp + window.Far + 1);
        return true;
    }

    // Looks at all events, the newest first; false when more count than are remembered.
    private bool AddAll(Funnel funnel, List<Row> holding)
    {
        ReadOnlySpan<Row> rows = AllRows(funnel.Outer);
        var from = long.MinValue;
        foreach (var filter in funnel.Outer.Later)
            if (filter is WindowFilter window) from = Math.Max(from, Now - window.Far);
        for (var at = rows.Length - 1; at >= 0 && rows[at].At.Timestamp >= from; at--)
            if (Counts(funnel.Outer, rows[at]) && !Add(holding, rows[at])) return false;
        return true;
    }

    // The new event may count itself, or let one count that did not before; false when more count than are remembered.
    private bool AddTurned(Funnel funnel, List<Row> holding)
    {
        foreach (var (stream, row) in Folded!)
        {
            // What was folded lasts as long as the event; what is kept of it is remembered.
            if (stream == funnel.Outer.Number && Kept(funnel.Outer, row) is { } kept && Counts(funnel.Outer, kept) && !Add(holding, kept)) return false;
            foreach (var inner in funnel.Inner)
            {
                if (stream != inner.Number) continue;
                var (from, to) = (long.MinValue, row.At.Timestamp);
                foreach (var filter in inner.Later)
                    if (filter is ParentWindowFilter window) (from, to) = (Math.Max(from, window.FirstParentOf(row)), Math.Min(to, window.LastParentOf(row)));
                ReadOnlySpan<Row> parents = AllRows(funnel.Outer);
                for (var at = RowOrder.FirstFrom(parents, from); at < parents.Length && parents[at].At.Timestamp <= to; at++)
                    if (Passes(inner, row, parents[at]) && Counts(funnel.Outer, parents[at]) && !Add(holding, parents[at])) return false;
            }
        }

        return true;
    }

    private static bool Add(List<Row> holding, in Row row)
    {
        foreach (var held in holding)
            if (held.At == row.At) return true;
        holding.Add(row);
        return holding.Count <= HoldingMax;
    }

    // Null when it was out of reach already, or pushed out by newer ones.
    private Row? Kept(StreamPlan plan, in Row row)
    {
        ReadOnlySpan<Row> rows = AllRows(plan);
        for (var at = RowOrder.FirstFrom(rows, row.At.Timestamp); at < rows.Length && rows[at].At.Timestamp == row.At.Timestamp; at++)
            if (rows[at].At == row.At) return rows[at];
        return null;
    }

    private bool Counts(StreamPlan plan, in Row row)
    {
        foreach (var filter in plan.Later)
        {
            if (filter is not WindowFilter window) continue;
            if (row.At.Timestamp < Now - window.Far) return false;
            if (window.Near is not { } near || row.At.Timestamp <= Now - near) continue;
            WakeAt(row.At.Timestamp + near);
            return false;
        }

        return Passes(plan, row, default);
    }

    // How many there are of what is counted, and how many were added of what can let it count.
    private (int Rows, int Added) EventsOf(Funnel funnel)
    {
        var (rows, added) = (0, 0);
        foreach (RowsFold fold in Folds(funnel.Outer)) (rows, added) = (rows + fold.Rows.Count, added + fold.Added);
        foreach (var inner in funnel.Inner)
            foreach (RowsFold fold in Folds(inner)) added += fold.Added;
        return (rows, added);
    }

    private int NewOf(Funnel funnel)
    {
        var count = 0;
        foreach (var (stream, _) in Folded!)
        {
            if (stream == funnel.Outer.Number) count++;
            foreach (var inner in funnel.Inner)
                if (stream == inner.Number) count++;
        }

        return count;
    }
}
