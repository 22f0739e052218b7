using System.Text.Json.Nodes;
using DuckDB.NET.Data;
using DuckDB.NET.Native;
using Microsoft.Extensions.Options;
using Native = DuckDB.NET.Native.NativeMethods;

namespace Tributary.Engine.Lake;

/// <summary>A column of a result.</summary>
/// <param name="Name">As the query names it.</param>
/// <param name="Type">DuckDB's name of the type, e.g. <c>BIGINT</c>.</param>
public sealed record LakeResultColumn(string Name, string Type);

/// <summary>What a query found. Values are ready for JSON; see <see cref="LakeValue"/>.</summary>
public sealed record LakeResult(IReadOnlyList<LakeResultColumn> Columns, IReadOnlyList<IReadOnlyList<object?>> Rows, bool Truncated);

/// <summary>Why a query gave no result.</summary>
/// <param name="Type">A word for programs: <c>invalid</c>, <c>read-only</c>, <c>timeout</c>, <c>memory</c> or <c>busy</c>.</param>
/// <param name="Message">A sentence for people, DuckDB's where it has one.</param>
/// <param name="Field">Which field of the request is at fault.</param>
public sealed record LakeQueryError(string Type, string Message, string Field);

/// <summary>A result or an error.</summary>
public readonly record struct LakeAnswer(LakeResult? Result, LakeQueryError? Error)
{
    public static LakeAnswer Of(LakeResult result) => new(result, null);

    public static LakeAnswer Failed(string type, string message, string field = "sql") => new(null, new LakeQueryError(type, message, field));
}

/// <summary>Answers SQL over the lake: read only, bounded in time and rows, while the loader writes.</summary>
/// <remarks>
/// Three walls keep a query from doing harm: DuckDB's own settings refuse files, network, extensions and changes of settings for the whole instance
/// (<see cref="LakeDatabase"/>); only one statement of a reading kind is let through; and it runs in a read-only transaction, so that
/// <c>EXPLAIN ANALYZE INSERT</c> and the like fail too.
/// </remarks>
public sealed class LakeQuery : IDisposable
{
    /// <summary>Rows returned when the caller does not say.</summary>
    public const int RowsPreset = 10_000;

    /// <summary>Most rows returned.</summary>
    public const int RowsMax = 100_000;

    /// <summary>Most bytes of text returned, about; the result is cut behind the row that reaches it.</summary>
    public const long BytesMax = 64L << 20;

    /// <summary>Longest query text, in characters.</summary>
    public const int SqlLengthMax = 100_000;

    public static readonly TimeSpan TimeoutPreset = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan TimeoutMax = TimeSpan.FromSeconds(300);

    private readonly LakeDatabase _database;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _room;

    internal LakeQuery(LakeDatabase database, IOptions<LakeOptions> options, TimeProvider clock)
    {
        (_database, _clock) = (database, clock);
        _room = new SemaphoreSlim(options.Value.QueriesMax);
    }

    /// <summary>Runs one query.</summary>
    /// <param name="sql">One SELECT, WITH, FROM, VALUES, SHOW, DESCRIBE, SUMMARIZE or EXPLAIN.</param>
    /// <param name="rowsMax">Most rows returned, 1 to <see cref="RowsMax"/>.</param>
    /// <param name="timeout">Longest time, waiting for a turn included; at most <see cref="TimeoutMax"/>.</param>
    /// <param name="cancellationToken">Stops the query at once.</param>
    public async Task<LakeAnswer> RunAsync(string sql, int rowsMax, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (RefuseText(sql) is { } unreadable) return unreadable;
        if (rowsMax is < 1 or > RowsMax) return LakeAnswer.Failed("invalid", $"limit must be between 1 and {RowsMax}.", "limit");
        if (timeout <= TimeSpan.Zero || timeout > TimeoutMax)
            return LakeAnswer.Failed("invalid", $"timeout must be above 0 and at most {TimeoutMax.TotalSeconds} seconds.", "timeout");

        using var over = new CancellationTokenSource(timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        try
        {
            await _room.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Busy(timeout);
        }

        try
        {
            // DuckDB computes on the calling thread.
            return await Task.Run(() => Run(sql, rowsMax, timeout, either.Token), CancellationToken.None);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return TimedOut(timeout);
        }
        finally
        {
            _room.Release();
        }
    }

    /// <summary>
    /// Opens a query whose rows are read one after the other, set into a statement of ours. The same walls and bounds, but for the number of rows; the time counts up
    /// to the first one.
    /// </summary>
    /// <param name="sql">What people wrote.</param>
    /// <param name="before">What stands before it in the statement that is run; it ends where a table is expected.</param>
    /// <param name="behind">What stands behind it.</param>
    /// <param name="cancellationToken">Stops the query at once, also while its rows are read.</param>
    internal async Task<(LakeRows? Rows, LakeQueryError? Error)> OpenAsync(string sql, string before, string behind, CancellationToken cancellationToken)
    {
        if (RefuseText(sql) is { } unreadable) return (null, unreadable.Error);
        var timeout = TimeoutMax;
        using var over = new CancellationTokenSource(timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        try
        {
            await _room.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, Busy(timeout).Error);
        }

        try
        {
            return await Task.Run(() => Open(sql, before, behind, over.Token, cancellationToken), CancellationToken.None);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, TimedOut(timeout).Error);
        }
        finally
        {
            _room.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _room.Dispose();

    private (LakeRows? Rows, LakeQueryError? Error) Open(string sql, string before, string behind, CancellationToken over, CancellationToken cancellationToken)
    {
        var connection = _database.Connect();
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var interrupter = new QueryInterrupter(connection, _clock, stop.Token);
        LakeRows? rows = null;
        try
        {
            using var registration = over.Register(stop.Cancel);
            stop.Token.ThrowIfCancellationRequested();
            if (Refuse(connection, sql) is { } refusal) return (null, refusal.Error);
            LakeDatabase.Execute(connection, "BEGIN TRANSACTION READ ONLY");
            rows = new LakeRows(connection, interrupter, stop, $"{before}({sql.TrimEnd().TrimEnd(';')}\n){behind}");
            return (rows, null);
        }
        catch (DuckDBException) when (stop.IsCancellationRequested)
        {
            stop.Token.ThrowIfCancellationRequested();
            throw;
        }
        catch (DuckDBException failure)
        {
            return (null, Failed(failure).Error);
        }
        finally
        {
            if (rows is null)
            {
                interrupter.Dispose();
                connection.Dispose();
                stop.Dispose();
            }
        }
    }

    private static LakeAnswer? RefuseText(string sql)
    {
        if (string.IsNullOrWhiteSpace(sql)) return LakeAnswer.Failed("invalid", "There is no SQL.");
        if (sql.Length > SqlLengthMax) return LakeAnswer.Failed("invalid", $"The SQL is longer than {SqlLengthMax:N0} characters.");
        return sql.Contains('\0') ? LakeAnswer.Failed("invalid", "The SQL holds a NUL character.") : null;
    }

    private LakeAnswer Run(string sql, int rowsMax, TimeSpan timeout, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        using var connection = _database.Connect();
        using var interrupter = new QueryInterrupter(connection, _clock, stop);
        try
        {
            if (Refuse(connection, sql) is { } refusal) return refusal;
            LakeDatabase.Execute(connection, "BEGIN TRANSACTION READ ONLY");
            var result = Read(connection, sql, rowsMax, stop);
            return LakeAnswer.Of(result);
        }
        catch (DuckDBException) when (stop.IsCancellationRequested)
        {
            stop.ThrowIfCancellationRequested();
            throw;
        }
        catch (DuckDBException failure)
        {
            return Failed(failure);
        }
    }

    /// <summary>Lets only one statement of a reading kind through.</summary>
    private static LakeAnswer? Refuse(DuckDBConnection connection, string sql)
    {
        var count = Native.ExtractStatements.DuckDBExtractStatements(connection.NativeConnection, sql, out var statements);
        using (statements)
        {
            if (count == 0)
            {
                var message = Native.ExtractStatements.DuckDBExtractStatementsError(statements);
                return LakeAnswer.Failed("invalid", string.IsNullOrEmpty(message) ? "There is no SQL." : message);
            }

            if (count > 1) return LakeAnswer.Failed("read-only", "Only one statement at a time.");
            var state = Native.ExtractStatements.DuckDBPrepareExtractedStatement(connection.NativeConnection, statements, 0, out var prepared);
            using (prepared)
            {
                if (state != DuckDBState.Success) return LakeAnswer.Failed("invalid", Native.PreparedStatements.DuckDBPrepareError(prepared));
                if (Native.PreparedStatements.DuckDBParams(prepared) > 0) return LakeAnswer.Failed("invalid", "Parameters cannot be given values here.");
                var type = LakeStatement.TypeOf(prepared);
                return type is DuckDBStatementType.Select or DuckDBStatementType.Explain or DuckDBStatementType.Show or DuckDBStatementType.Relation
                    ? null
                    : LakeAnswer.Failed("read-only", $"The lake can only be read: {type.ToString().ToUpperInvariant()} is not allowed.");
            }
        }
    }

    private static LakeResult Read(DuckDBConnection connection, string sql, int rowsMax, CancellationToken stop)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true;
        var reader = command.ExecuteReader();
        try
        {
            var columns = new LakeResultColumn[reader.FieldCount];
            for (var i = 0; i < columns.Length; i++) columns[i] = new LakeResultColumn(reader.GetName(i), LakeValue.TypeName(reader, i));
            var nested = LakeValue.NestedColumns(reader);
            if (nested.Contains(true)) NestedAsJson(command, sql, nested, ref reader);
            return ReadRows(reader, columns, nested, rowsMax, stop);
        }
        finally
        {
            reader.Dispose();
        }
    }

    /// <summary>Has DuckDB write lists, structs and the like as JSON: the binding cannot read all of them, e.g. nulls within a list of numbers.</summary>
    private static void NestedAsJson(DuckDBCommand command, string sql, bool[] nested, ref DuckDBDataReader reader)
    {
        var names = Enumerable.Range(0, nested.Length).Select(i => $"c{i}").ToArray();
        var values = names.Select((name, i) => nested[i] ? $"to_json({name})::VARCHAR" : name);
        reader.Dispose();
        try
        {
            command.CommandText = $"SELECT {string.Join(", ", values)} FROM ({sql.TrimEnd().TrimEnd(';')}\n) AS t({string.Join(", ", names)})";
            reader = command.ExecuteReader();
        }
        catch (DuckDBException failure) when (failure.Message.StartsWith("Parser Error", StringComparison.Ordinal))
        {
            // What follows the statement, such as a comment behind a semicolon, does not fit into parentheses: read as the binding can.
            Array.Clear(nested);
            command.CommandText = sql;
            reader = command.ExecuteReader();
        }
    }

    private static LakeResult ReadRows(DuckDBDataReader reader, LakeResultColumn[] columns, bool[] nested, int rowsMax, CancellationToken stop)
    {
        var rows = new List<IReadOnlyList<object?>>();
        long bytes = 0;
        while (reader.Read())
        {
            stop.ThrowIfCancellationRequested();
            if (rows.Count == rowsMax || bytes > BytesMax) return new LakeResult(columns, rows, Truncated: true);
            var row = new object?[columns.Length];
            for (var i = 0; i < row.Length; i++)
            {
                bytes += reader.IsDBNull(i) ? 4 : 8;
                row[i] = LakeValue.Read(reader, i);
                if (row[i] is string text) bytes += text.Length;
                if (nested[i] && row[i] is string json) row[i] = JsonNode.Parse(json);
            }

            rows.Add(row);
        }

        return new LakeResult(columns, rows, Truncated: false);
    }

    /// <summary>A failure of DuckDB in words for people and programs.</summary>
    internal static LakeAnswer Failed(DuckDBException failure) => LakeAnswer.Failed(
        failure.ErrorType switch
        {
            DuckDBErrorType.Permission or DuckDBErrorType.Transaction => "read-only",
            DuckDBErrorType.OutOfMemory => "memory",
            _ => "invalid",
        },
        failure.Message);

    private static LakeAnswer Busy(TimeSpan timeout) =>
        LakeAnswer.Failed("busy", $"Other queries took all of the {timeout.TotalSeconds} seconds. Try again later.");

    private static LakeAnswer TimedOut(TimeSpan timeout) =>
        LakeAnswer.Failed("timeout", $"The query took longer than {timeout.TotalSeconds} seconds and was stopped.", "timeout");
}
