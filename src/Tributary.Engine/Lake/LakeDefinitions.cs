using System.Text;
using DuckDB.NET.Data;

namespace Tributary.Engine.Lake;

/// <summary>Creates in DuckDB what a batch needs and does not find: schemas, tables, columns.</summary>
/// <remarks>
/// This happens in a transaction of its own before that of the rows. A crash between the two leaves empty tables or columns, which the same events fill
/// when they are loaded again, with the same types.
/// </remarks>
internal static class LakeDefinitions
{
    /// <summary>The schema of the lake's own tables. No source has it, because snake case never begins with an underscore and a letter.</summary>
    public const string OwnSchema = "_tributary";

    /// <summary>The lake's own tables.</summary>
    /// <remarks>
    /// <c>position</c>: one row; every record of the event log before <c>log_offset</c> is loaded. <c>sources</c>: which schema a source number has, for
    /// ever. <c>track_tables</c>: the tables that the view <c>tracks</c> of a schema reads. <c>history</c> and <c>memberships</c>: see <see cref="HistoryTable"/>.
    /// </remarks>
    public static void CreateOwn(DuckDBConnection connection) => LakeDatabase.Execute(connection, $"""
        BEGIN TRANSACTION;
        CREATE SCHEMA IF NOT EXISTS {OwnSchema};
        CREATE SCHEMA IF NOT EXISTS {LakeViews.ProfilesSchema};
        CREATE TABLE IF NOT EXISTS {OwnSchema}.position (log_offset BIGINT NOT NULL, format INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS {OwnSchema}.sources (number UINTEGER NOT NULL, id VARCHAR, schema VARCHAR NOT NULL);
        CREATE TABLE IF NOT EXISTS {OwnSchema}.track_tables (schema VARCHAR NOT NULL, name VARCHAR NOT NULL);
        {ProfileSnapshots.Definitions}
        {HistoryTable.Definitions}
        COMMIT;
        """);

    public static string NameOf(LakeType type) => type switch
    {
        LakeType.Text => "VARCHAR",
        LakeType.Timestamp => "TIMESTAMP",
        LakeType.BigInt => "BIGINT",
        LakeType.Double => "DOUBLE",
        LakeType.Boolean => "BOOLEAN",
    };

    public static LakeType TypeOf(string name) => name switch
    {
        "VARCHAR" => LakeType.Text,
        "TIMESTAMP" => LakeType.Timestamp,
        "BIGINT" => LakeType.BigInt,
        "DOUBLE" => LakeType.Double,
        "BOOLEAN" => LakeType.Boolean,
        _ => throw new InvalidDataException($"A column of the lake has the type {name}, which the loader never makes. Was the file changed by hand?"),
    };

    /// <summary>The statement that makes DuckDB know all columns of a table; null when it does.</summary>
    public static string? Create(LakeTable table)
    {
        if (table.CreatedColumns == table.Columns.Count) return null;
        var sql = new StringBuilder();
        if (table.CreatedColumns == 0)
        {
            var columns = table.Columns.Select(column => $"{LakeTable.Quote(column.Name)} {NameOf(column.Type)}");
            sql.Append($"CREATE TABLE {table.Sql} ({string.Join(", ", columns)});");
        }
        else
        {
            foreach (var column in table.Columns.Skip(table.CreatedColumns))
                sql.Append($"ALTER TABLE {table.Sql} ADD COLUMN {LakeTable.Quote(column.Name)} {NameOf(column.Type)};");
        }

        return sql.ToString();
    }
}
