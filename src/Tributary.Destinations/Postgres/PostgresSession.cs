using System.Globalization;
using System.Net;
using Npgsql;
using Tributary.Engine.Lake;

namespace Tributary.Destinations.Postgres;

/// <summary>A connection, and what is known of the schema through it. After any failure it is thrown away, and the next one reads the truth.</summary>
internal sealed class PostgresSession : IAsyncDisposable
{
    // Events between two looks at the memory that rows take.
    private const int EventsPerLook = 16;

    // How often the rows are read anew because another sender made a column first.
    private const int RoundsMax = 5;

    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnection _connection;
    private readonly PostgresModel _model;
    private readonly PostgresCatalog _catalog;
    private PostgresRows _rows;
    private (long Uncastable, long Refused) _lossesBefore;

    private PostgresSession(NpgsqlDataSource source, NpgsqlConnection connection, PostgresModel model)
    {
        (_source, _connection, _model) = (source, connection, model);
        _catalog = new PostgresCatalog(model.Schema);
        _rows = new PostgresRows(model.Schema, _catalog);
    }

    /// <summary>When it was opened; a moved name is noticed by opening anew.</summary>
    public long OpenedAt { get; private set; }

    /// <summary>True when the connection is gone, so that nothing more can be tried through it.</summary>
    public bool IsBroken => _connection.State != System.Data.ConnectionState.Open;

    /// <summary>Connects to one address that the rules have permitted, whatever the host's name leads to by then.</summary>
    /// <exception cref="NpgsqlException">There is no connection, or the server refused it.</exception>
    public static async Task<PostgresSession> OpenAsync(PostgresModel model, IPAddress address, long now, CancellationToken cancellationToken)
    {
        var builder = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder
        {
            Host = address.ToString(),
            Port = model.Port,
            Database = model.Database,
            Username = model.UserName,
            Password = model.Password,
            SslMode = model.Tls,
            GssEncryptionMode = GssEncryptionMode.Disable,
            Pooling = false,
            Enlist = false,
            Timeout = 10,
            // The engine bounds every attempt itself.
            CommandTimeout = 0,
            CancellationTimeout = 1_000,
            ApplicationName = "Tributary",
        }.ConnectionString);
        // The certificate is for the name, and we connect to an address.
        builder.UseSslClientAuthenticationOptionsCallback(options => options.TargetHost = model.Host);
        // All types that are used are built in.
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        var source = builder.Build();
        try
        {
            var connection = await source.OpenConnectionAsync(cancellationToken);
            var session = new PostgresSession(source, connection, model) { OpenedAt = now };
            await session._catalog.ReadAsync(connection, cancellationToken);
            session._rows = new PostgresRows(model.Schema, session._catalog);
            return session;
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }

    /// <summary>Loads events: all of them in one transaction, unless their rows outgrow the memory for one.</summary>
    /// <remarks>When it fails, nothing of the transaction at hand is in the database; loading what is already there changes nothing.</remarks>
    /// <exception cref="NpgsqlException">The server or the connection failed.</exception>
    public async Task LoadAsync(IReadOnlyList<PlacedEvent> events, int from, int to, DateTimeOffset loadedAt, PostgresLoad load, CancellationToken cancellationToken)
    {
        while (from < to)
        {
            var end = Read(events, from, to, loadedAt, cancellationToken);
            for (var round = 1; !await _catalog.DefineAsync(_connection, _rows.Filled, cancellationToken); round++)
            {
                if (round == RoundsMax) throw new NpgsqlException("The tables were altered again and again while rows were made for them.");
                _rows = new PostgresRows(_model.Schema, _catalog);
                end = Read(events, from, to, loadedAt, cancellationToken);
            }

            load.Add(_catalog.LastStatements);
            await WriteAsync(load, cancellationToken);
            from = end;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _source.DisposeAsync();
    }

    // Returns where it stopped.
    private int Read(IReadOnlyList<PlacedEvent> events, int from, int to, DateTimeOffset loadedAt, CancellationToken cancellationToken)
    {
        // When the attempt is over, the messages are no longer ours to read.
        cancellationToken.ThrowIfCancellationRequested();
        _rows.Clear();
        _lossesBefore = (_rows.Losses.ValuesUncastable, _rows.Losses.ColumnsRefused);
        for (var at = from; at < to; at++)
        {
            if ((at - from) % EventsPerLook == 0 && at > from && _rows.IsFull) return at;
            _rows.Add(events[at].Event, events[at].Place, loadedAt.ToUnixTimeMilliseconds() * 1_000);
        }

        return to;
    }

    private async Task WriteAsync(PostgresLoad load, CancellationToken cancellationToken)
    {
        var staged = _rows.Filled.Select((table, number) => new StagedTable(_model.Schema, table, _rows.IsLatest(table), _catalog.Tables[table.Name], number)).ToList();
        await using var transaction = await _connection.BeginTransactionAsync(cancellationToken);
        await using (var create = new NpgsqlCommand(string.Join(";", staged.Select(table => table.CreateSql)), _connection))
            await create.ExecuteNonQueryAsync(cancellationToken);
        long leftOut = 0;
        foreach (var table in staged)
        {
            await using var stream = await _connection.BeginRawBinaryCopyAsync(table.CopySql, cancellationToken);
            leftOut += await StagedRows.WriteAsync(table, table.IsLatest ? _rows.PlacesOf(table.Table) : [], new BinaryCopy(stream), cancellationToken);
        }

        await using var insert = new NpgsqlBatch(_connection);
        foreach (var table in staged) insert.BatchCommands.Add(new NpgsqlBatchCommand(table.InsertSql));
        await insert.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        for (var i = 0; i < staged.Count; i++)
        {
            load.Add($"{staged[i].InsertSql} -- {staged[i].Table.Rows.ToString(CultureInfo.InvariantCulture)} rows staged\n");
            load.RowsSent += staged[i].Table.Rows;
            load.RowsNew += staged[i].IsLatest ? 0 : insert.BatchCommands[i].RecordsAffected;
            load.ColumnsLeftOut += staged[i].ColumnsLeftOut;
        }

        load.ValuesLeftOut += leftOut;
        load.ValuesUncastable += _rows.Losses.ValuesUncastable - _lossesBefore.Uncastable;
        load.ColumnsRefused += _rows.Losses.ColumnsRefused - _lossesBefore.Refused;
    }
}

/// <summary>An event and its place in the event log.</summary>
internal readonly record struct PlacedEvent(LakeEvent Event, long Place);
