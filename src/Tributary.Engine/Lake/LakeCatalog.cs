using System.Globalization;
using DuckDB.NET.Data;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake;

/// <summary>Which schema each source has, and which tables and columns are in it. Read from the lake when the loader starts, then kept in step.</summary>
internal sealed class LakeCatalog(LakeBounds bounds, LakeLosses losses, TextArena texts)
{
    // Names that a source's schema cannot take.
    private static readonly HashSet<string> Taken =
        [LakeViews.ProfilesSchema, LakeDatabase.Catalog, "main", "temp", "system", "information_schema", "pg_catalog", "memory"];

    private readonly Dictionary<uint, SourceTables> _byNumber = [];
    private readonly Dictionary<uint, string?> _ids = [];
    private readonly HashSet<string> _schemas = new(Taken, StringComparer.OrdinalIgnoreCase);
    private readonly List<uint> _uncreated = [];

    public IEnumerable<SourceTables> Sources => _byNumber.Values;

    /// <summary>Every source's tables with the source's id.</summary>
    public IEnumerable<KeyValuePair<SourceTables, string>> SourcesWithIds =>
        _byNumber.OrderBy(source => source.Key).Select(source => KeyValuePair.Create(source.Value, LakeViews.SourceIdOf(_ids[source.Key], source.Key)));

    /// <summary>
    /// The tables of a source. Its schema is named after the slug it has when its first event is loaded, and stays, whatever becomes of the source.
    /// </summary>
    public SourceTables Of(uint number, WorkspaceSnapshot workspace)
    {
        if (_byNumber.TryGetValue(number, out var known)) return known;
        var source = workspace.FindSource(number);
        var wanted = source is null
            ? "source_" + number.ToString(CultureInfo.InvariantCulture)
            : SnakeCase.NameOf(System.Text.Encoding.UTF8.GetBytes(source.Slug));
        _uncreated.Add(number);
        return Add(number, source?.Id, Free(wanted));
    }

    /// <summary>The id of a source, also of one deleted since; null when the lake never knew it.</summary>
    public string? IdOf(uint number, WorkspaceSnapshot workspace) => workspace.FindSource(number)?.Id ?? _ids.GetValueOrDefault(number);

    /// <summary>Reads what the lake holds.</summary>
    public void Restore(DuckDBConnection connection)
    {
        foreach (var row in LakeDatabase.Read(connection, $"SELECT number, id, schema FROM {LakeDefinitions.OwnSchema}.sources ORDER BY number"))
            Add(System.Convert.ToUInt32(row[0], CultureInfo.InvariantCulture), (string?)row[1], (string)row[2]!);

        var inView = LakeDatabase.Read(connection, $"SELECT schema, name FROM {LakeDefinitions.OwnSchema}.track_tables")
            .Select(row => ((string)row[0]!, (string)row[1]!)).ToHashSet();
        var bySchema = _byNumber.Values.ToDictionary(tables => tables.Schema);
        foreach (var table in TablesIn(connection))
        {
            // Every table of an event says its event, and no object has such a property.
            var isOfObjects = !table.Columns.Exists(column => column.Name == "event");
            if (bySchema.TryGetValue(table.Schema, out var tables)) tables.Restore(table.Name, table.Columns, inView.Contains((table.Schema, table.Name)), isOfObjects);
        }
    }

    /// <summary>The statements that create the schemas of sources which are new in this batch. They count as created from here on.</summary>
    public IEnumerable<string> TakeUncreated()
    {
        foreach (var number in _uncreated)
        {
            var (schema, id) = (_byNumber[number].Schema, _ids[number]);
            yield return $"CREATE SCHEMA IF NOT EXISTS {LakeDatabase.Catalog}.{LakeTable.Quote(schema)};";
            var idSql = id is null ? "NULL" : LakeDatabase.Literal(id);
            yield return $"INSERT INTO {LakeDefinitions.OwnSchema}.sources VALUES ({number}, {idSql}, {LakeDatabase.Literal(schema)});";
        }

        _uncreated.Clear();
    }

    /// <summary>All base tables of the lake with their columns in order.</summary>
    public static IEnumerable<(string Schema, string Name, List<(string Name, LakeType Type)> Columns)> TablesIn(DuckDBConnection connection) =>
        LakeDatabase.Read(connection, $"""
            SELECT c.schema_name, c.table_name, c.column_name, c.data_type
            FROM duckdb_columns() c JOIN duckdb_tables() t USING (database_name, schema_name, table_name)
            WHERE database_name = '{LakeDatabase.Catalog}' AND c.schema_name <> '{LakeDefinitions.OwnSchema}'
            ORDER BY t.table_oid, c.column_index
            """)
        .GroupBy(row => ((string)row[0]!, (string)row[1]!))
        .Select(table => (table.Key.Item1, table.Key.Item2, table.Select(row => ((string)row[2]!, LakeDefinitions.TypeOf((string)row[3]!))).ToList()));

    private SourceTables Add(uint number, string? id, string schema)
    {
        var tables = new SourceTables(schema, bounds, new LakeTableRules(losses, bounds.ColumnsMax), texts);
        _schemas.Add(schema);
        _byNumber.Add(number, tables);
        _ids.Add(number, id);
        return tables;
    }

    private string Free(string wanted)
    {
        var schema = wanted;
        for (var copy = 2; _schemas.Contains(schema); copy++) schema = wanted + "_" + copy.ToString(CultureInfo.InvariantCulture);
        return schema;
    }
}
