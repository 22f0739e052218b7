using DuckDB.NET.Data;

namespace Tributary.Engine.Lake;

/// <summary>
/// The DuckDB instance of this process with the lake's file attached. DuckDB lets one process write a file, so the loader and all queries are
/// connections of this instance.
/// </summary>
/// <remarks>
/// The file is attached without a write-ahead log: what the loader wrote since the last checkpoint is in memory only and is loaded again from the event
/// log after a crash, since the position is part of the same transactions. A checkpoint replaces the file's header at once or not at all. This saves
/// writing everything twice, and opening is instant, where replaying a large write-ahead log would not be.
/// </remarks>
internal sealed class LakeDatabase : IDisposable
{
    /// <summary>The name of the file's catalog in SQL.</summary>
    public const string Catalog = "lake";

    private readonly DuckDBConnection _root;

    private LakeDatabase(DuckDBConnection root) => _root = root;

    /// <summary>Opens the lake, or makes an empty one.</summary>
    /// <exception cref="DuckDBException">The file is no lake, or another process has it open.</exception>
    public static LakeDatabase Open(string folder, LakeOptions options)
    {
        Directory.CreateDirectory(folder);
        var root = new DuckDBConnection("DataSource=:memory:");
        root.Open();
        var database = new LakeDatabase(root);
        try
        {
            database.Configure(Path.GetFullPath(folder), options);
        }
        catch
        {
            root.Dispose();
            throw;
        }

        return database;
    }

    /// <summary>A further connection, which sees the lake's schemas without naming the catalog.</summary>
    public DuckDBConnection Connect()
    {
        var connection = _root.Duplicate();
        connection.Open();
        Execute(connection, $"USE {Catalog}");
        return connection;
    }

    public static void Execute(DuckDBConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>All rows of a query of ours, which are few.</summary>
    public static List<object?[]> Read(DuckDBConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (reader.Read())
        {
            var row = new object?[reader.FieldCount];
            for (var i = 0; i < row.Length; i++) row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>A text as SQL writes it.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <inheritdoc/>
    public void Dispose() => _root.Dispose();

    /// <summary>Attaches the file, then shuts every door to other files, to the network and to settings.</summary>
    private void Configure(string folder, LakeOptions options)
    {
        Execute(_root, $"SET temp_directory = {Literal(Path.Combine(folder, "tmp"))}");
        Execute(_root, $"SET memory_limit = '{options.MemoryBytesMax >> 20}MiB'");
        Execute(_root, $"SET threads = {options.ThreadsMax}");
        Execute(_root, "SET autoinstall_known_extensions = false");
        Execute(_root, "SET autoload_known_extensions = false");
        Execute(_root, "SET allow_community_extensions = false");
        // The loader decides when: a checkpoint compresses again what shares a row group with new rows.
        Execute(_root, "SET checkpoint_threshold = '1TB'");
        Execute(_root, $"ATTACH {Literal(Path.Combine(folder, "lake.duckdb"))} AS {Catalog} (RECOVERY_MODE NO_WAL_WRITES)");
        Execute(_root, "SET enable_external_access = false");
        Execute(_root, "SET lock_configuration = true");
    }
}
