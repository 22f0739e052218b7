using System.IO.Hashing;
using System.Text;
using Npgsql;
using Tributary.Engine.Lake;

namespace Tributary.Destinations.Postgres;

/// <summary>The tables and columns of the schema as the database has them, and what makes the missing ones.</summary>
/// <remarks>
/// Definitions are made in a transaction of their own before that of the rows, under a lock per schema, and after reading again what is there: of two senders that
/// meet a new column at once, the first decides its type. A failure between the two transactions leaves empty tables or columns, which the same events fill later.
/// </remarks>
internal sealed class PostgresCatalog(string schema)
{
    /// <summary>The column of <c>users</c>, <c>accounts</c> and collections of objects that says, per column, how new its value is: <c>[received_at in µs, place in the log]</c>.</summary>
    public const string TimesColumn = "_column_times";

    private readonly Dictionary<string, Dictionary<string, PostgresColumn>> _tables = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, Dictionary<string, PostgresColumn>> Tables => _tables;

    /// <summary>Statements that the last definition ran, for the trace.</summary>
    public string LastStatements { get; private set; } = "";

    /// <summary>Reads what is there.</summary>
    public async Task ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        _tables.Clear();
        await MergeAsync(connection, null, cancellationToken);
    }

    /// <summary>Makes the tables and columns that rows need.</summary>
    /// <returns>False when others had made some of them: the rows must be read anew with the types that these have.</returns>
    public async Task<bool> DefineAsync(NpgsqlConnection connection, IReadOnlyList<LakeTable> tables, CancellationToken cancellationToken)
    {
        LastStatements = "";
        if (Missing(tables).Length == 0) return true;
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"SET LOCAL lock_timeout = '5s'; SELECT pg_advisory_xact_lock({LockKey})", cancellationToken);
        if (await MergeAsync(connection, [.. tables.Select(table => table.Name)], cancellationToken)) return false;
        var sql = Missing(tables);
        if (!await HasSchemaAsync(connection, cancellationToken)) sql = $"CREATE SCHEMA {PostgresNames.Quote(schema)};\n{sql}";
        await ExecuteAsync(connection, sql, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        LastStatements = sql;
        foreach (var table in tables) Adopt(table);
        return true;
    }

    /// <summary>The statements that make what rows need and the database does not have; empty when it has everything.</summary>
    public string Missing(IEnumerable<LakeTable> tables)
    {
        var sql = new StringBuilder();
        foreach (var table in tables)
        {
            var name = $"{PostgresNames.Quote(schema)}.{PostgresNames.Quote(table.Name)}";
            var isKnown = _tables.TryGetValue(table.Name, out var known);
            var missing = Columns(table).Where(column => known?.ContainsKey(column.Name) != true)
                .Select(column => $"{PostgresNames.Quote(column.Name)} {column.Type}{(column.Name == "id" ? " PRIMARY KEY" : "")}").ToList();
            if (missing.Count == 0) continue;
            if (isKnown) sql.AppendLine($"ALTER TABLE {name} {string.Join(", ", missing.Select(column => $"ADD COLUMN {column}"))};");
            else sql.AppendLine($"CREATE TABLE {name} ({string.Join(", ", missing)});").AppendLine($"CREATE INDEX ON {name} (received_at);");
        }

        return sql.ToString();
    }

    /// <summary>The columns that a table is given, with their types. A profile is not known here, so there is no <c>segment_id</c>.</summary>
    private static IEnumerable<(string Name, string Type)> Columns(LakeTable table)
    {
        foreach (var column in table.Columns)
        {
            if (column.Name != "segment_id") yield return (column.Name, PostgresColumn.TypeOf(column.Type));
        }

        if (table.Name is "users" or "accounts" or SourceTables.ObjectsRestName || table.IsOfObjects) yield return (TimesColumn, "jsonb");
    }

    private void Adopt(LakeTable table)
    {
        if (!_tables.TryGetValue(table.Name, out var known)) _tables.Add(table.Name, known = new(StringComparer.Ordinal));
        foreach (var (name, type) in Columns(table)) known.TryAdd(name, new PostgresColumn(type));
    }

    /// <summary>Takes in columns that are not known yet; true when there were any.</summary>
    private async Task<bool> MergeAsync(NpgsqlConnection connection, string[]? only, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT table_name::text, column_name::text, data_type::text, character_maximum_length::integer FROM information_schema.columns
            WHERE table_schema = $1{(only is null ? "" : " AND table_name = ANY ($2)")} ORDER BY table_name, ordinal_position
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema });
        if (only is not null) command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = only });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var isNew = false;
        while (await reader.ReadAsync(cancellationToken))
        {
            var table = reader.GetString(0);
            if (!_tables.TryGetValue(table, out var known)) _tables.Add(table, known = new(StringComparer.Ordinal));
            isNew |= known.TryAdd(reader.GetString(1), new PostgresColumn(reader.GetString(2), reader.IsDBNull(3) ? null : reader.GetInt32(3)));
        }

        return isNew;
    }

    private async Task<bool> HasSchemaAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema });
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    // The same in every process, so that all of them wait for each other.
    private long LockKey => unchecked((long)XxHash64.HashToUInt64(Encoding.UTF8.GetBytes($"tributary schema {schema}")));

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
