using System.Text;
using DuckDB.NET.Data;
using Tributary.Engine.Log;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Lake;

/// <summary>
/// What the loader knows between two batches: the position, the catalogue, the buffers. When a batch fails, the session is thrown away and a new one
/// reads the truth from the lake.
/// </summary>
internal sealed class LakeSession : IDisposable
{
    // Buffers larger than this after a batch are given back; a usual batch needs less.
    private const long BuffersKeptBytes = 256L << 20;

    private readonly DuckDBConnection _connection;
    private readonly TextArena _texts = new();
    private readonly ProfileIdText _profileTexts = new();
    private readonly LakeCatalog _catalog;
    private readonly EventRows _rows;
    private readonly ProfileTables _profiles;
    private readonly ProfileSnapshots _snapshots;
    private readonly HistoryTable _history;

    private LakeSession(DuckDBConnection connection, LakeBounds bounds, LakeLosses losses)
    {
        _connection = connection;
        _catalog = new LakeCatalog(bounds, losses, _texts);
        _rows = new EventRows(_profileTexts);
        LakeDefinitions.CreateOwn(connection);
        var restored = LakeCatalog.TablesIn(connection).Where(table => table.Schema == LakeViews.ProfilesSchema)
            .ToDictionary(table => table.Name, table => table.Columns);
        var rules = new LakeTableRules(losses, bounds.ColumnsMax, ProfileTables.Reserved);
        _profiles = new ProfileTables(restored, rules, _texts, _profileTexts, _rows);
        _snapshots = new ProfileSnapshots(_texts, rules);
        _history = new HistoryTable(_texts, rules);
        _catalog.Restore(connection);
    }

    /// <summary>Everything before this offset of the event log is loaded; null when nothing was ever.</summary>
    public LogOffset? Position { get; private set; }

    /// <summary>Bytes of values of the batch at hand.</summary>
    public long Bytes => _texts.Bytes + (_values * 8);

    private long _values;
    private long _loadedAt;

    public static LakeSession Open(LakeDatabase database, LakeBounds bounds, LakeLosses losses)
    {
        var session = new LakeSession(database.Connect(), bounds, losses);
        var position = LakeDatabase.Read(session._connection, $"SELECT log_offset FROM {LakeDefinitions.OwnSchema}.position");
        if (position.Count > 0) session.Position = new LogOffset((long)position[0][0]!);
        return session;
    }

    /// <summary>Adds a record to the batch at hand.</summary>
    public void Add(LogOffset offset, in DecidedRecord record, WorkspaceSnapshot workspace, long loadedAt)
    {
        _values += 48;
        if (record.Kind == DecidedKind.Event)
        {
            _rows.Add(_catalog.Of(record.Source, workspace), record, loadedAt);
            _history.Add(offset, record, _rows.Places, workspace);
            return;
        }

        _profiles.Add(offset, record, workspace, _catalog.IdOf(record.Source, workspace), loadedAt);
        _snapshots.Add(offset, record);
        _loadedAt = loadedAt;
    }

    /// <summary>Writes the batch and the position after it in one transaction, and begins the next batch.</summary>
    /// <param name="next">The offset after the last record of the batch.</param>
    /// <param name="fail">For tests: fail when all is written and nothing committed.</param>
    public void Commit(LogOffset next, bool fail = false)
    {
        Define();
        LakeDatabase.Execute(_connection, "BEGIN TRANSACTION");
        foreach (var tables in _catalog.Sources) Write(tables);
        foreach (var table in _profiles.All.Concat(_history.All))
        {
            if (table.Rows > 0) LakeAppender.Append(_connection, table, (LakeDatabase.Catalog, table.Schema, table.Name));
        }

        _snapshots.Write(_connection, _loadedAt);
        LakeDatabase.Execute(_connection, Position is null
            ? $"INSERT INTO {LakeDefinitions.OwnSchema}.position VALUES ({next}, 1)"
            : $"UPDATE {LakeDefinitions.OwnSchema}.position SET log_offset = {next}");
        if (fail) throw new LakeWriteException("A test asked for this failure.");
        LakeDatabase.Execute(_connection, "COMMIT");
        Position = next;
        Clear();
    }

    /// <summary>Compresses what was loaded into the file. False when a query that began before the last new column still runs: try again later.</summary>
    public bool TryCheckpoint()
    {
        try
        {
            LakeDatabase.Execute(_connection, $"CHECKPOINT {LakeDatabase.Catalog}");
            return true;
        }
        catch (DuckDBException failure) when (failure.Message.Contains("Cannot CHECKPOINT", StringComparison.Ordinal))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private void Define()
    {
        var sql = new StringBuilder();
        foreach (var statement in _catalog.TakeUncreated()) sql.AppendLine(statement);
        var altered = new HashSet<string>();
        foreach (var tables in _catalog.Sources) Define(tables, sql, altered);
        foreach (var table in _profiles.All)
        {
            sql.AppendLine(LakeDefinitions.Create(table));
            table.CreatedColumns = table.Columns.Count;
        }

        foreach (var kind in altered) sql.AppendLine(LakeViews.OverSources(kind, _catalog.SourcesWithIds));
        if (sql.Length > 0) LakeDatabase.Execute(_connection, $"BEGIN TRANSACTION; {sql} COMMIT;");
    }

    /// <summary>Adds what creates the new tables and columns of a source, and says which views over all sources that alters.</summary>
    private static void Define(SourceTables tables, StringBuilder sql, HashSet<string> altered)
    {
        var tracksAltered = false;
        foreach (var table in tables.Tables)
        {
            if (LakeDefinitions.Create(table) is not { } statement) continue;
            sql.AppendLine(statement);
            var isInTracks = tables.IsReadByTracks(table);
            if (isInTracks && table.CreatedColumns == 0 && table.Name != SourceTables.RestName)
            {
                var names = $"{LakeDatabase.Literal(table.Schema)}, {LakeDatabase.Literal(table.Name)}";
                sql.AppendLine($"INSERT INTO {LakeDefinitions.OwnSchema}.track_tables VALUES ({names});");
            }

            tracksAltered |= isInTracks && LakeViews.AltersTracks(table);
            if (LakeViews.Kinds.Contains(table.Name)) altered.Add(table.Name);
            table.CreatedColumns = table.Columns.Count;
        }

        if (!tracksAltered) return;
        sql.AppendLine(LakeViews.Tracks(tables));
        altered.Add("tracks");
    }

    private void Write(SourceTables tables)
    {
        foreach (var table in tables.Tables)
        {
            if (table.Rows == 0) continue;
            if (tables.IsLatest(table))
            {
                LatestRows.Fold(_connection, table);
                continue;
            }

            LakeAppender.Append(_connection, table, (LakeDatabase.Catalog, table.Schema, table.Name));
            if (table.Suspects.Count == 0) continue;
            var originalTimestamps = table.Columns[table.IndexOf("original_timestamp")].Values;
            LateRepeats.Delete(_connection, table, table.Columns[table.IndexOf("id")].Values, originalTimestamps);
        }
    }

    private void Clear()
    {
        var release = _catalog.Sources.Sum(tables => tables.Tables.Sum(table => table.Capacity)) > BuffersKeptBytes;
        foreach (var table in _catalog.Sources.SelectMany(tables => tables.Tables)) table.Clear(release);
        foreach (var table in _profiles.All) table.Clear(release);
        _snapshots.Clear(release);
        _history.Clear(release);
        _texts.Clear();
        _values = 0;
    }
}
