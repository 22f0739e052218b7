using System.Globalization;
using Tributary.Engine.Lake;

namespace Tributary.Destinations.Postgres;

/// <summary>The rows of one table on their way: the temporary table they are copied to, and the statement that moves them on.</summary>
internal sealed class StagedTable
{
    private readonly string _schema;
    private readonly string _stage;
    private readonly List<(LakeColumn Column, string Name, string Value)> _columns = [];

    /// <param name="schema">Of the target.</param>
    /// <param name="table">Target and rows.</param>
    /// <param name="isLatest">One row per id that only moves forward in time, instead of one per event.</param>
    /// <param name="known">The columns that the target has.</param>
    /// <param name="number">Tells the temporary tables of one transaction apart.</param>
    public StagedTable(string schema, LakeTable table, bool isLatest, IReadOnlyDictionary<string, PostgresColumn> known, int number)
    {
        (_schema, Table, IsLatest) = (schema, table, isLatest);
        _stage = $"pg_temp.\"tributary_stage_{number.ToString(CultureInfo.InvariantCulture)}\"";
        foreach (var column in table.Columns)
        {
            if (!IsUsed(column, table.Rows)) continue;
            var name = PostgresNames.Quote(column.Name);
            var value = known.TryGetValue(column.Name, out var target) ? target.From(column.Type, name) : null;
            if (value is not null) _columns.Add((column, name, value));
            else ColumnsLeftOut++;
        }
    }

    public LakeTable Table { get; }

    public bool IsLatest { get; }

    /// <summary>Columns with values whose type in the database takes none of them.</summary>
    public int ColumnsLeftOut { get; }

    /// <summary>The columns that have values, in the order in which they are copied.</summary>
    public IEnumerable<LakeColumn> Columns => _columns.Select(column => column.Column);

    public int Fields => _columns.Count + (IsLatest ? 1 : 0);

    private string Target => $"{PostgresNames.Quote(_schema)}.{PostgresNames.Quote(Table.Name)}";

    private string Names => string.Join(", ", _columns.Select(column => column.Name)) + (IsLatest ? $", {PostgresCatalog.TimesColumn}" : "");

    public string CreateSql =>
        $"CREATE TEMPORARY TABLE {_stage[8..]} ({string.Join(", ", _columns.Select(column => $"{column.Name} {PostgresColumn.TypeOf(column.Column.Type)}"))}"
        + $"{(IsLatest ? $", {PostgresCatalog.TimesColumn} jsonb" : "")}) ON COMMIT DROP";

    public string CopySql => $"COPY {_stage} ({Names}) FROM STDIN (FORMAT BINARY)";

    /// <summary>Moves the rows to where they belong. Ids in order: two senders that write the same ones wait for each other in a line, not in a circle.</summary>
    public string InsertSql =>
        $"INSERT INTO {Target} AS t ({Names}) SELECT {string.Join(", ", _columns.Select(column => column.Value))}{(IsLatest ? $", {PostgresCatalog.TimesColumn}" : "")} "
        + $"FROM {_stage} ORDER BY id COLLATE \"C\" ON CONFLICT (id) {(IsLatest ? $"DO UPDATE SET {string.Join(", ", Assignments())}" : "DO NOTHING")}";

    // Per column the newest value that is not null. Comparing jsonb arrays of two numbers compares the first, then the second.
    private IEnumerable<string> Assignments()
    {
        const string Times = PostgresCatalog.TimesColumn;
        foreach (var (column, name, _) in _columns)
        {
            if (column.Name == "id") continue;
            if (column.Name is "received_at" or "uuid_ts") yield return $"{name} = GREATEST(t.{name}, EXCLUDED.{name})";
            else yield return $"{name} = CASE WHEN EXCLUDED.{Times}->'{column.Name}' >= COALESCE(t.{Times}->'{column.Name}', '[]') THEN EXCLUDED.{name} ELSE t.{name} END";
        }

        yield return $"{Times} = COALESCE(t.{Times}, '{{}}') || COALESCE((SELECT jsonb_object_agg(n.key, n.value) FROM jsonb_each(EXCLUDED.{Times}) n "
            + $"WHERE n.value >= COALESCE(t.{Times}->n.key, '[]')), '{{}}')";
    }

    private static bool IsUsed(LakeColumn column, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            if (column.Values.IsSet(row)) return true;
        }

        return false;
    }
}
