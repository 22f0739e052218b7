using Tributary.Engine.Lake;
using Tributary.Model;

namespace Tributary.Destinations.Postgres;

/// <summary>The rows of a batch, in the tables and with the types that the database has. The lake's own reading of events makes them.</summary>
internal sealed class PostgresRows
{
    /// <summary>Most columns of a table; PostgreSQL ends at 1,600. The values of further keys are dropped and counted.</summary>
    public const int ColumnsMax = 1_500;

    /// <summary>Most tables for events of their own name; events of further names are in <c>tracks</c> only.</summary>
    public const int TablesMax = 2_000;

    // A server holds some 6,400 locks for everybody, and each table takes six of a transaction.
    private const int TablesPerLoadMax = 200;

    // What one transaction may hold in memory. A usual batch needs a tenth of it.
    private const long BytesMax = 64L << 20;

    private readonly TextArena _texts = new();
    private readonly EventRows _rows = new(new ProfileIdText());
    private readonly SourceTables _tables;
    private readonly Dictionary<LakeTable, List<long>> _places = [];

    public PostgresRows(string schema, PostgresCatalog catalog)
    {
        // One more than the database gets: segment_id is not known here.
        var rules = new LakeTableRules(Losses, ColumnsMax + 1, [PostgresCatalog.TimesColumn], PostgresNames.Fit);
        // Here tracks is a table: every track event is written to it as well.
        _tables = new SourceTables(schema, new LakeBounds(ColumnsMax, TablesMax, TracksReadMax: 0, RestName: "tracks"), rules, _texts);
        foreach (var (name, columns) in catalog.Tables)
        {
            // Tables that somebody else made hold events, as long as nothing says otherwise.
            var isOfObjects = columns.ContainsKey(PostgresCatalog.TimesColumn) && name is not ("users" or "accounts");
            _tables.Restore(
                name, columns.Where(column => column.Key != PostgresCatalog.TimesColumn).Select(column => (column.Key, KeptAs(name, column.Key, column.Value, isOfObjects))), isInView: false, isOfObjects);
        }
    }

    /// <summary>What did not become a value, since these rows were made.</summary>
    public LakeLosses Losses { get; } = new();

    /// <summary>True when the next event should go into another transaction. Costs a walk over all tables.</summary>
    public bool IsFull
    {
        get
        {
            if (_texts.Bytes > BytesMax) return true;
            var (tables, bytes) = (0, 0L);
            foreach (var table in _tables.Tables)
            {
                if (table.Rows == 0) continue;
                tables++;
                bytes += table.Capacity;
            }

            return bytes > BytesMax || tables > TablesPerLoadMax;
        }
    }

    /// <summary>The tables that have rows, by name: every sender writes in the same order, so that none waits for another in a circle.</summary>
    public List<LakeTable> Filled => [.. _tables.Tables.Where(table => table.Rows > 0).OrderBy(table => table.Name, StringComparer.Ordinal)];

    public bool IsLatest(LakeTable table) => _tables.IsLatest(table);

    /// <summary>The places in the log that the rows of <c>users</c>, <c>accounts</c> or a collection come from.</summary>
    public IReadOnlyList<long> PlacesOf(LakeTable latest) => _places.GetValueOrDefault(latest) ?? [];

    public void Add(in LakeEvent message, long offset, long loadedAt)
    {
        _rows.Add(_tables, message, loadedAt);
        var latest = message.Type == EventType.Set ? _rows.TableOf(_tables, message).Table : _tables.LatestFor(message.Type)?.Table;
        if (latest is null) return;
        if (!_places.TryGetValue(latest, out var places)) _places.Add(latest, places = []);
        if (places.Count < latest.Rows) places.Add(offset);
    }

    public void Clear()
    {
        var release = IsFull;
        foreach (var table in _tables.Tables) table.Clear(release);
        _texts.Clear();
        foreach (var places in _places.Values) places.Clear();
    }

    // A field of the message has its type, whatever somebody made of its column; a column that cannot take it is left out when rows are loaded.
    private static LakeType KeptAs(string table, string column, PostgresColumn known, bool isOfObjects) => column switch
    {
        _ when isOfObjects && column is not ("id" or "received_at" or "uuid_ts") => known.Kept,
        "received_at" or "sent_at" or "timestamp" or "original_timestamp" or "uuid_ts" => LakeType.Timestamp,
        _ when LakeTableRules.Reserved.Contains(column) || LakeTableRules.IsField(table, column) => LakeType.Text,
        _ => known.Kept,
    };
}
