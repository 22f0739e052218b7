namespace Tributary.Engine.Traits.Folding;

/// <summary>Keeps some rows of a stream; asked each time the definition is.</summary>
internal abstract class RowFilter
{
    /// <summary>Copies the rows that stay.</summary>
    /// <param name="reading">The profile and the time.</param>
    /// <param name="rows">In the order in which they happened.</param>
    /// <param name="parent">The event whose <c>where</c> encloses the stream; null at the top.</param>
    public abstract List<Row> Keep(Reading reading, List<Row> rows, Row? parent);
}

/// <summary>See <see cref="Language.WhereFilter"/>.</summary>
internal sealed class ClauseFilter(Clause clause) : RowFilter
{
    public override List<Row> Keep(Reading reading, List<Row> rows, Row? parent) => rows.FindAll(row => clause.Holds(reading, row, parent));
}

/// <summary>See <see cref="Language.WithinFilter"/> and <see cref="Language.BetweenFilter"/>: the first has no near end, so that events ahead of time count.</summary>
internal sealed class WindowFilter(long? near, long far) : RowFilter
{
    public override List<Row> Keep(Reading reading, List<Row> rows, Row? parent)
    {
        var kept = new List<Row>();
        foreach (var row in rows)
        {
            var at = row.At.Timestamp;
            if (at < reading.Now - far) continue;
            if (near is { } ahead && at > reading.Now - ahead)
            {
                reading.WakeAt(at + ahead);
                break;
            }

            if (kept.Count == 0) reading.WakeAt(at + far + 1);
            kept.Add(row);
        }

        return kept;
    }
}

/// <summary>The same windows, from the parent's event on. What is at the very time of the parent is not after it.</summary>
internal sealed class ParentWindowFilter(long near, long far) : RowFilter
{
    public override List<Row> Keep(Reading reading, List<Row> rows, Row? parent)
    {
        var from = parent!.At.Timestamp;
        return rows.FindAll(row => row.At.Timestamp > from && row.At.Timestamp >= from + near && row.At.Timestamp <= from + far);
    }
}

/// <summary>See <see cref="Language.SourcesFilter"/>: behind a session, which is made of events of all sources.</summary>
internal sealed class SourceFilter(int slot, Language.Sequence<string> excluded) : RowFilter
{
    public override List<Row> Keep(Reading reading, List<Row> rows, Row? parent) => rows.FindAll(row => !excluded.Items.Contains(row.Slots[slot].First.Text));
}

/// <summary>See <see cref="Language.SessionFilter"/>.</summary>
internal sealed class OpenSessionFilter(long gap) : RowFilter
{
    public override List<Row> Keep(Reading reading, List<Row> rows, Row? parent)
    {
        if (rows.Count == 0 || rows[^1].At.Timestamp + gap < reading.Now) return [];
        reading.WakeAt(rows[^1].At.Timestamp + gap + 1);
        var first = rows.Count - 1;
        while (first > 0 && rows[first].At.Timestamp - rows[first - 1].At.Timestamp <= gap) first--;
        return rows[first..];
    }
}
