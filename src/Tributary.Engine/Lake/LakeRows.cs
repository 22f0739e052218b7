using DuckDB.NET.Data;

namespace Tributary.Engine.Lake;

/// <summary>The rows of a query, read one after the other however many there are. Disposing ends the query.</summary>
internal sealed class LakeRows : IDisposable
{
    private readonly DuckDBConnection _connection;
    private readonly QueryInterrupter _interrupter;
    private readonly CancellationTokenSource _stop;
    private readonly DuckDBCommand _command;
    private readonly DuckDBDataReader _reader;
    private bool _isFirst = true;
    private bool _hasRow;

    /// <summary>Runs the statement up to its first row; what sorts has done all of its work by then.</summary>
    public LakeRows(DuckDBConnection connection, QueryInterrupter interrupter, CancellationTokenSource stop, string sql)
    {
        (_connection, _interrupter, _stop) = (connection, interrupter, stop);
        _command = connection.CreateCommand();
        try
        {
            _command.CommandText = sql;
            _command.UseStreamingMode = true;
            _reader = _command.ExecuteReader();
            Columns = [.. Enumerable.Range(0, _reader.FieldCount).Select(i => new LakeResultColumn(_reader.GetName(i), LakeValue.TypeName(_reader, i)))];
            _hasRow = _reader.Read();
        }
        catch
        {
            _reader?.Dispose();
            _command.Dispose();
            throw;
        }
    }

    public IReadOnlyList<LakeResultColumn> Columns { get; }

    /// <summary>Goes to the next row; false when there is none.</summary>
    /// <exception cref="DuckDBException">The query failed on the way.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public bool Read()
    {
        _stop.Token.ThrowIfCancellationRequested();
        if (_isFirst) _isFirst = false;
        else if (_hasRow) _hasRow = _reader.Read();
        return _hasRow;
    }

    /// <summary>A value of the row at hand, ready for JSON.</summary>
    public object? Value(int ordinal) => LakeValue.Read(_reader, ordinal);

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _command.Dispose();
        _interrupter.Dispose();
        _connection.Dispose();
        _stop.Dispose();
    }
}
