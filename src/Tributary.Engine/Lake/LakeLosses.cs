namespace Tributary.Engine.Lake;

/// <summary>
/// Counts what of an event did not become a value in the lake. The event's row is there in every case, and the event log keeps the original.
/// Written by the loader, read by anyone.
/// </summary>
public sealed class LakeLosses
{
    private const int NamedMax = 100;
    private readonly Lock _gate = new();
    private readonly Queue<string> _news = new();
    private long _valuesUncastable;
    private long _columnsRefused;
    private long _tablesRefused;
    private long _unreadable;

    /// <summary>Values that could not be cast to the type of their column and became null.</summary>
    public long ValuesUncastable => Volatile.Read(ref _valuesUncastable);

    /// <summary>Keys that met a table which has no room for more columns.</summary>
    public long ColumnsRefused => Volatile.Read(ref _columnsRefused);

    /// <summary>Names of events that got no table of their own because the source has too many; their events are in <c>tracks</c>.</summary>
    public long TablesRefused => Volatile.Read(ref _tablesRefused);

    /// <summary>Events whose payload is not JSON; their rows hold the id and the times only.</summary>
    public long Unreadable => Volatile.Read(ref _unreadable);

    internal void ValueUncastable() => Interlocked.Increment(ref _valuesUncastable);

    internal void ColumnRefused(LakeTable table, string column)
    {
        Interlocked.Increment(ref _columnsRefused);
        Tell($"{table} has no room for the column {column}.");
    }

    internal void TableRefused(string schema, string table)
    {
        Interlocked.Increment(ref _tablesRefused);
        Tell($"{schema} has no room for the table {table}.");
    }

    internal void EventUnreadable() => Interlocked.Increment(ref _unreadable);

    /// <summary>Takes what has not been logged yet; of many refusals at once only the first hundred are named.</summary>
    internal bool TryTakeNews(out string? news)
    {
        lock (_gate) return _news.TryDequeue(out news);
    }

    private void Tell(string sentence)
    {
        lock (_gate)
        {
            if (_news.Count < NamedMax) _news.Enqueue(sentence);
        }
    }
}
