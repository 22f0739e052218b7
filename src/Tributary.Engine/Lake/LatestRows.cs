using DuckDB.NET.Data;

namespace Tributary.Engine.Lake;

/// <summary>Folds the staged rows of a batch into <c>users</c> or <c>accounts</c>: one row per id, per column the newest value that is not null.</summary>
/// <remarks>
/// Newest is by <c>received_at</c>, then by order in the log; the stored row counts as a whole with its own <c>received_at</c>. Thus an event that comes
/// late only fills in what nobody has said since. Rows are replaced, not updated: DuckDB keeps updated columns in memory until the next checkpoint, and
/// an index would cost every load.
/// </remarks>
internal static class LatestRows
{
    private const string Stage = "lake_stage";

    public static void Fold(DuckDBConnection connection, LakeTable table)
    {
        var columns = table.Columns.Select(column => LakeTable.Quote(column.Name)).ToList();
        var newest = table.Columns.Where(column => column.Name != "id").Select(column =>
            column.Name == "received_at" ? "max(received_at) AS received_at" : $"arg_max({LakeTable.Quote(column.Name)}, place) AS {LakeTable.Quote(column.Name)}");
        LakeDatabase.Execute(connection, $"CREATE OR REPLACE TEMP TABLE {Stage} AS FROM {table.Sql} LIMIT 0");
        LakeAppender.Append(connection, table, ("temp", "main", Stage));
        LakeDatabase.Execute(connection, $"""
            CREATE OR REPLACE TEMP TABLE {Stage}_folded AS
            SELECT id, {string.Join(", ", newest)} FROM (
              SELECT *, row_number() OVER (ORDER BY received_at, staged, arrival) AS place FROM (
                SELECT {string.Join(", ", columns)}, 1 AS staged, rowid AS arrival FROM temp.main.{Stage}
                UNION ALL
                SELECT {string.Join(", ", columns)}, 0, 0 FROM {table.Sql} WHERE id IN (SELECT id FROM temp.main.{Stage})))
            GROUP BY id;
            DELETE FROM {table.Sql} WHERE id IN (SELECT id FROM temp.main.{Stage}_folded);
            INSERT INTO {table.Sql} BY NAME FROM temp.main.{Stage}_folded;
            DROP TABLE temp.main.{Stage};
            DROP TABLE temp.main.{Stage}_folded;
            """);
    }
}
