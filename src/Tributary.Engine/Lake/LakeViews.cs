using System.Globalization;

namespace Tributary.Engine.Lake;

/// <summary>Writes the views of the lake: <c>tracks</c> of a source, and the events of all sources in the schema <c>profiles</c>.</summary>
internal static class LakeViews
{
    /// <summary>The schema of identities, profiles and the views over all sources.</summary>
    public const string ProfilesSchema = "profiles";

    /// <summary>The kinds of events that have a view over all sources.</summary>
    public static IReadOnlySet<string> Kinds { get; } = new HashSet<string> { "tracks", "pages", "screens", "identifies", "groups", "aliases" };

    /// <summary>True when what is new in a table shows in the view <c>tracks</c>.</summary>
    public static bool AltersTracks(LakeTable table) => table.CreatedColumns == 0 || table.Columns.Skip(table.CreatedColumns).Any(column => IsCommon(column.Name));

    /// <summary>The view over the columns that all track events of a source have in common: those of the message and of <c>context</c>, no properties.</summary>
    public static string? Tracks(SourceTables tables)
    {
        var members = MembersOfTracks(tables).ToList();
        if (members.Count == 0) return null;
        var parts = members.Select(table => $"SELECT {string.Join(", ", CommonColumns(table).Select(column => LakeTable.Quote(column.Name)))} FROM {table.Sql}");
        return $"CREATE OR REPLACE VIEW {LakeDatabase.Catalog}.{LakeTable.Quote(tables.Schema)}.tracks AS {string.Join(" UNION ALL BY NAME ", parts)};";
    }

    /// <summary>The view over one kind of events of all sources; null when there are none.</summary>
    public static string? OverSources(string kind, IEnumerable<KeyValuePair<SourceTables, string>> sources)
    {
        var members = sources
            .Select(source => (Name: SqlOf(source.Key, kind), SourceId: source.Value, Columns: ColumnsOf(source.Key, kind)))
            .Where(member => member.Columns.Count > 0).ToList();
        if (members.Count == 0) return null;

        // Sources need not agree on a type; a column on which they do not is read as text.
        var mixed = members.SelectMany(member => member.Columns).Distinct()
            .GroupBy(column => column.Name).Where(group => group.Count() > 1).Select(group => group.Key).ToHashSet();
        var parts = members.Select(member =>
        {
            var columns = member.Columns.Select(column => mixed.Contains(column.Name)
                ? $"CAST({LakeTable.Quote(column.Name)} AS VARCHAR) AS {LakeTable.Quote(column.Name)}"
                : LakeTable.Quote(column.Name));
            return $"SELECT {string.Join(", ", columns)}, {LakeDatabase.Literal(member.SourceId)} AS event_source_id FROM {member.Name}";
        });
        return $"CREATE OR REPLACE VIEW {LakeDatabase.Catalog}.{ProfilesSchema}.{kind} AS {string.Join(" UNION ALL BY NAME ", parts)};";
    }

    /// <summary>Names the source in <c>event_source_id</c>; one that was deleted before the lake knew its id is named by its number.</summary>
    public static string SourceIdOf(string? id, uint number) => id ?? number.ToString(CultureInfo.InvariantCulture);

    private static string SqlOf(SourceTables tables, string kind) => $"{LakeDatabase.Catalog}.{LakeTable.Quote(tables.Schema)}.{LakeTable.Quote(kind)}";

    private static List<(string Name, LakeType Type)> ColumnsOf(SourceTables tables, string kind) => kind == "tracks"
        ? [.. MembersOfTracks(tables).SelectMany(CommonColumns).Distinct()]
        : [.. tables.Tables.Where(table => table.Name == kind).SelectMany(table => table.Columns).Select(column => (column.Name, column.Type))];

    private static IEnumerable<LakeTable> MembersOfTracks(SourceTables tables) =>
        tables.Tables.Where(table => table.Name == SourceTables.RestName).Concat(tables.TrackTables);

    private static IEnumerable<(string Name, LakeType Type)> CommonColumns(LakeTable table) =>
        table.Columns.Where(column => IsCommon(column.Name)).Select(column => (column.Name, column.Type));

    /// <summary>No property has such a name, since these are reserved.</summary>
    private static bool IsCommon(string column) =>
        column.StartsWith(LakeTableRules.ContextPrefix, StringComparison.Ordinal)
        || (LakeTableRules.Reserved.Contains(column) && column is not ("uuid" or "group_id" or "previous_id" or "event_source_id"));
}
