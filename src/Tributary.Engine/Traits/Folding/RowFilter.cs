namespace Tributary.Engine.Traits.Folding;

/// <summary>Keeps some rows of a stream; asked each time the definition is.</summary>
internal abstract class RowFilter
{
    /// <summary>The rows that stay.</summary>
    /// <param name="reading">The profile and the time.</param>
    /// <param name="rows">In the order in which they happened.</param>
    /// <param name="parent">The event whose <c>where</c> encloses the stream; none at the top.</param>
    public abstract ArraySegment<Row> Keep(Reading reading, ArraySegment<Row> rows, in Row parent);
}

/// <summary>A filter that looks at one row at a time.</summary>
internal abstract class EachRowFilter : RowFilter
{
    /// <summary>Whether a row stays.</summary>
    public abstract bool Passes(Reading reading, in Row row, in Row parent);

    public override ArraySegment<Row> Keep(Reading reading, ArraySegment<Row> rows, in Row parent)
    {
        Row[]? kept = null;
        var count = 0;
        foreach (ref readonly var row in rows.AsSpan())
            if (Passes(reading, row, parent)) (kept ??= new Row[rows.Count])[count++] = row;
        return kept is null ? ArraySegment<Row>.Empty : new ArraySegment<Row>(kept, 0, count);
    }
}

/// <summary>See <see cref="Language.WhereFilter"/>.</summary>
internal sealed class ClauseFilter(Clause clause) : EachRowFilter
{
    public Clause Clause => clause;

    public override bool Passes(Reading reading, in Row row, in Row parent) => clause.Holds(reading, row, parent);
}

/// <summary>See <see cref="Language.WithinFilter"/> and <see cref="Language.BetweenFilter"/>: the first has no near end, so that events ahead of time count.</summary>
internal sealed class WindowFilter(long? near, long far) : RowFilter
{
    public long? Near => near;

    public long Far => far;

    public override ArraySegment<Row> Keep(Reading reading, ArraySegment<Row> rows, in Row parent)
    {
        var start = RowOrder.FirstFrom(rows, reading.Now - far);
        var end = rows.Count;
        if (near is { } ahead)
        {
            end = Math.Max(start, RowOrder.FirstFrom(rows, reading.Now - ahead + 1));
            if (end < rows.Count) reading.WakeAt(rows[end].At.Timestamp + ahead);
        }

        if (start < end) reading.WakeAt(rows[start].At.Timestamp + far + 1);
        return rows.Slice(start, end - start);
    }
}

/// <summary>The same windows, from the parent's event on. What is at the very time of the parent is not after it.</summary>
internal sealed class ParentWindowFilter(long near, long far) : RowFilter
{
    /// <summary>The first time that is inside.</summary>
    public long From(in Row parent) => parent.At.Timestamp + Math.Max(near, 1);

    /// <summary>The earliest time of a parent in whose window an event is.</summary>
    public long FirstParentOf(in Row row) => row.At.Timestamp - far;

    /// <summary>The latest one.</summary>
    public long LastParentOf(in Row row) => row.At.Timestamp - Math.Max(near, 1);

    /// <summary>The last time that is inside.</summary>
    public long To(in Row parent) => parent.At.Timestamp + far;

    public override ArraySegment<Row> Keep(Reading reading, ArraySegment<Row> rows, in Row parent)
    {
        var start = RowOrder.FirstFrom(rows, From(parent));
        return rows.Slice(start, Math.Max(0, RowOrder.FirstFrom(rows, To(parent) + 1) - start));
    }
}

/// <summary>Finds places in rows, which stand in the order in which they happened.</summary>
internal static class RowOrder
{
    /// <summary>The place of the first row at a time or later.</summary>
    public static int FirstFrom(ReadOnlySpan<Row> all, long time)
    {
        var (low, high) = (0, all.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (all[middle].At.Timestamp < time) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}

/// <summary>See <see cref="Language.SourcesFilter"/>: behind a session, which is made of events of all sources.</summary>
internal sealed class SourceFilter(int slot, Language.Sequence<string> excluded) : EachRowFilter
{
    public override bool Passes(Reading reading, in Row row, in Row parent) => !excluded.Items.Contains(row.Slots[slot].First.Text);
}

/// <summary>See <see cref="Language.SessionFilter"/>.</summary>
internal sealed class OpenSessionFilter(long gap) : RowFilter
{
    public override ArraySegment<Row> Keep(Reading reading, ArraySegment<Row> rows, in Row parent)
    {
        if (rows.Count == 0 || rows[^1].At.Timestamp + gap < reading.Now) return ArraySegment<Row>.Empty;
        reading.WakeAt(rows[^1].At.Timestamp + gap + 1);
        var first = rows.Count - 1;
        while (first > 0 && rows[first].At.Timestamp - rows[first - 1].At.Timestamp <= gap) first--;
        return rows.Slice(first);
    }
}
