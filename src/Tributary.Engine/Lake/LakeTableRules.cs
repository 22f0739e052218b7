using System.Collections.Frozen;

namespace Tributary.Engine.Lake;

/// <summary>What the tables of one source may hold: names that are taken, types shared between tables, bounds.</summary>
internal sealed class LakeTableRules(LakeLosses losses, int columnsMax, IEnumerable<string>? reservedToo = null, Func<string, string>? fit = null)
{
    public const string ContextPrefix = "context_";

    /// <summary>Longest name of a column, in characters; keys nested deeper than that allows are dropped and counted.</summary>
    public const int ColumnNameLengthMax = 500;

    /// <summary>Names that a property or trait cannot take: its values are discarded (spec/connections.md §7.1).</summary>
    public static FrozenSet<string> Reserved { get; } = FrozenSet.ToFrozenSet(
    [
        "id", "segment_id", "anonymous_id", "user_id", "received_at", "sent_at", "timestamp", "original_timestamp", "uuid", "uuid_ts", "event", "event_text",
        "group_id", "previous_id", "event_source_id",
    ]);

    private readonly FrozenSet<string> _reserved = reservedToo is null ? Reserved : reservedToo.Concat(Reserved).ToFrozenSet();

    // The columns of context are the same in all tables of a source, so that tracks can be read across its tables.
    private readonly Dictionary<string, LakeType> _contextTypes = new(StringComparer.Ordinal);

    /// <summary>Most columns of one table.</summary>
    public int ColumnsMax => columnsMax;

    public LakeLosses Losses => losses;

    /// <summary>True when a key may not have a column of this name: it is reserved, or would pose as a field of <c>context</c>.</summary>
    public bool Refuses(string column, bool ofContext) =>
        !ofContext && (_reserved.Contains(column) || column.StartsWith(ContextPrefix, StringComparison.Ordinal));

    /// <summary>True when a key of an object may not have a column of this name.</summary>
    public bool RefusesOfObjects(string column) =>
        column is "id" or "segment_id" or "received_at" or "uuid" or "uuid_ts" or "event" or "event_text" || reservedToo?.Contains(column) == true;

    /// <summary>The name as the database can hold it, when it holds less than ours: the same name for the same input, at all times.</summary>
    public string Fit(string name) => fit is null ? name : fit(name);

    /// <summary>True when a field of the message itself fills the column, so that a property of that name only fills in.</summary>
    public static bool IsField(string table, string column) => table is "pages" or "screens" && column is "name" or "category";

    /// <summary>The type of a field of <c>context</c>: that of the first value seen in any table of the source.</summary>
    public LakeType ContextType(string column, LakeType typeOfValue)
    {
        if (_contextTypes.TryGetValue(column, out var known)) return known;
        _contextTypes.Add(column, typeOfValue);
        return typeOfValue;
    }
}
