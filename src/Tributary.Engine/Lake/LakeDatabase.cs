using DuckDB.NET.Data;
using DuckDB.NET.Native;
using Tributary.Engine.Lake.Evaluating;

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

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly LakeOptions _options;
    private DuckDBConnection _root;

    private LakeDatabase(string folder, LakeOptions options)
    {
        (_folder, _options) = (Path.GetFullPath(folder), options);
        Directory.CreateDirectory(_folder);
        _root = OpenInstance();
    }

    /// <summary>Opens the lake, or makes an empty one.</summary>
    /// <exception cref="DuckDBException">The file is no lake, or another process has it open.</exception>
    public static LakeDatabase Open(string folder, LakeOptions options) => new(folder, options);

    /// <summary>A further connection, which sees the lake's schemas without naming the catalog.</summary>
    public DuckDBConnection Connect()
    {
        DuckDBConnection connection;
        lock (_gate) connection = _root.Duplicate();
        connection.Open();
        Execute(connection, $"USE {Catalog}");
        return connection;
    }

    /// <summary>
    /// Opens the file anew. After some failures, a full disk during a checkpoint among them, DuckDB refuses all further work on an instance; the file is
    /// then as of its last checkpoint.
    /// </summary>
    public void Reopen()
    {
        lock (_gate)
        {
            _root.Dispose();
            _root = OpenInstance();
        }
    }

    /// <summary>True when an instance is of no more use after this failure.</summary>
    public static bool IsFatal(Exception failure) => failure is DuckDBException duckdb
        && (duckdb.ErrorType is DuckDBErrorType.Fatal or DuckDBErrorType.Internal || duckdb.Message.Contains("database has been invalidated", StringComparison.Ordinal));

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

    /// <summary>A text as SQL writes it. What is handed to DuckDB ends at a NUL, so that character is written as a call.</summary>
    public static string Literal(string text) => text.Contains('\0')
        ? $"({string.Join(" || chr(0) || ", text.Split('\0').Select(Literal))})"
        : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <inheritdoc/>
    public void Dispose() => _root.Dispose();

    private DuckDBConnection OpenInstance()
    {
        var root = new DuckDBConnection("DataSource=:memory:");
        try
        {
            root.Open();
            Configure(root);
            return root;
        }
        catch
        {
            root.Dispose();
            throw;
        }
    }

    /// <summary>Attaches the file, then shuts every door to other files, to the network and to settings.</summary>
    private void Configure(DuckDBConnection root)
    {
        Execute(root, $"SET temp_directory = {Literal(Path.Combine(_folder, "tmp"))}");
        Execute(root, $"SET memory_limit = '{_options.MemoryBytesMax >> 20}MiB'");
        Execute(root, $"SET threads = {_options.ThreadsMax}");
        Execute(root, "SET autoinstall_known_extensions = false");
        Execute(root, "SET autoload_known_extensions = false");
        Execute(root, "SET allow_community_extensions = false");
        // The loader decides when: a checkpoint compresses again what shares a row group with new rows.
        Execute(root, "SET checkpoint_threshold = '1TB'");
        SqlFunction.Register(root, ValueFunctions.All);
        Execute(root, $"ATTACH {Literal(Path.Combine(_folder, "lake.duckdb"))} AS {Catalog} (RECOVERY_MODE NO_WAL_WRITES)");
        Execute(root, "SET enable_external_access = false");
        Execute(root, "SET lock_configuration = true");
    }
}
