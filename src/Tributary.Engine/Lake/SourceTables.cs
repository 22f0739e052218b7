using System.Text;
using Tributary.Model;

namespace Tributary.Engine.Lake;

/// <summary>The tables of one source, made when their first event comes.</summary>
/// <remarks>
/// A track event is written once, into the table of its name; <c>tracks</c> is a view over the common columns of those tables, because writing each
/// event twice costs the loader twice. A view over very many tables takes long to plan, so events of further names are written to
/// <see cref="Rest"/> too, which the view includes.
/// </remarks>
internal sealed class SourceTables(string schema, LakeBounds bounds, LakeTableRules rules, TextArena texts)
{
    /// <summary>The table behind <c>tracks</c> that holds events which the view does not find elsewhere.</summary>
    public const string RestName = "_tracks_rest";

    /// <summary>The table of objects whose collection has none, when a source has too many.</summary>
    public const string ObjectsRestName = "_objects";

    /// <summary>Most tables that the view <c>tracks</c> reads: planning it takes about 0.1 ms a table.</summary>
    public const int TracksReadMax = 200;

    // Names that an event cannot take for its table.
    private static readonly HashSet<string> Taken =
        ["identifies", "users", "tracks", "pages", "screens", "groups", "accounts", "aliases", RestName, ObjectsRestName];

    private readonly EventTable?[] _byType = new EventTable?[7];
    private readonly Dictionary<string, EventTable> _events = new(StringComparer.Ordinal);
    private readonly ByteMap<EventTable> _byEventName = new(bounds.TablesMax * 2);
    private EventTable? _rest;
    private EventTable? _users;
    private EventTable? _accounts;
    private readonly Dictionary<string, EventTable> _objects = new(StringComparer.Ordinal);
    private readonly HashSet<LakeTable> _latest = [];
    private EventTable? _objectsRest;

    public string Schema => schema;

    public LakeLosses Losses => rules.Losses;

    /// <summary>Every table that has come into being, in order.</summary>
    public List<LakeTable> Tables { get; } = [];

    /// <summary>The tables of single events that <c>tracks</c> reads.</summary>
    public List<LakeTable> TrackTables { get; } = [];

    /// <summary>Holds the common columns of track events that have no table of their own.</summary>
    public EventTable Rest => _rest ??= Make(bounds.RestName, EventTableKind.Rest);

    /// <summary>The table of a type's events; null of track and of objects, whose tables depend on a name.</summary>
    public EventTable? For(EventType type) => type switch
    {
        EventType.Track or EventType.Set => null,
        EventType.Identify => _byType[(int)type] ??= Make("identifies", EventTableKind.Identifies),
        EventType.Page => _byType[(int)type] ??= Make("pages", EventTableKind.Pages),
        EventType.Screen => _byType[(int)type] ??= Make("screens", EventTableKind.Screens),
        EventType.Group => _byType[(int)type] ??= Make("groups", EventTableKind.Groups),
        EventType.Alias => _byType[(int)type] ??= Make("aliases", EventTableKind.Aliases),
    };

    /// <summary>The table that keeps the newest traits of whom the event is about, besides that of the event itself.</summary>
    public EventTable? LatestFor(EventType type) => type switch
    {
        EventType.Identify => _users ??= Make("users", EventTableKind.Users),
        EventType.Group => _accounts ??= Make("accounts", EventTableKind.Accounts),
        EventType.Track or EventType.Page or EventType.Screen or EventType.Alias or EventType.Set => null,
    };

    /// <summary>The table of the track events of a name; different names with one snake case share it.</summary>
    public EventTable ForEvent(ReadOnlySpan<byte> name)
    {
        if (_byEventName.TryGet(name, out var known)) return known;
        var table = FindOrMakeEvent(SnakeCase.NameOf(name));
        _byEventName.TryAdd(name, table);
        return table;
    }

    /// <summary>The table of the objects of a collection.</summary>
    public EventTable ForObjects(ReadOnlySpan<byte> collection)
    {
        var name = SnakeCase.NameOf(collection);
        if (Taken.Contains(name)) name = "_" + name;
        name = rules.Fit(name);
        if (_objects.TryGetValue(name, out var known)) return known;
        // Events came first and have the name.
        if (_events.ContainsKey(name)) name = rules.Fit("_" + name);
        if (_objects.TryGetValue(name, out known)) return known;
        if (_objects.Count < bounds.TablesMax) return Make(name, EventTableKind.Objects);
        rules.Losses.TableRefused(schema, name);
        return _objectsRest ??= Make(ObjectsRestName, EventTableKind.ObjectsRest);
    }

    /// <summary>True when the view <c>tracks</c> reads the table.</summary>
    public bool IsReadByTracks(LakeTable table) => table.Name == bounds.RestName || TrackTables.Contains(table);

    /// <summary>True of <c>users</c>, <c>accounts</c> and objects, whose rows are folded.</summary>
    public bool IsLatest(LakeTable table) => _latest.Contains(table);

    /// <summary>Takes in a table that DuckDB already holds.</summary>
    /// <param name="name">The table's name.</param>
    /// <param name="columns">Its columns in order.</param>
    /// <param name="isInView">Of the table of an event: whether <c>tracks</c> reads it.</param>
    /// <param name="isOfObjects">Whether it holds objects.</param>
    public void Restore(string name, IEnumerable<(string Name, LakeType Type)> columns, bool isInView, bool isOfObjects)
    {
        var kind = KindOf(name);
        if (kind == EventTableKind.Event && isOfObjects) kind = EventTableKind.Objects;
        var table = new LakeTable(schema, name, rules, texts) { IsOfObjects = kind == EventTableKind.Objects };
        foreach (var (column, type) in columns)
        {
            table.Define(column, type, LakeTableRules.IsField(name, column));
            if (column.StartsWith(LakeTableRules.ContextPrefix, StringComparison.Ordinal)) rules.ContextType(column, type);
        }

        table.CreatedColumns = table.Columns.Count;
        Tables.Add(table);
        Adopt(table, kind, isInView);
    }

    private EventTable FindOrMakeEvent(string name)
    {
        if (Taken.Contains(name)) name = "_" + name;
        name = rules.Fit(name);
        if (_events.TryGetValue(name, out var known)) return known;
        if (_objects.ContainsKey(name)) name = rules.Fit("_" + name);
        if (_events.TryGetValue(name, out known)) return known;
        if (_events.Count < bounds.TablesMax) return Make(name, EventTableKind.Event);
        rules.Losses.TableRefused(schema, name);
        return Rest;
    }

    private EventTable Make(string name, EventTableKind kind)
    {
        var table = new LakeTable(schema, name, rules, texts) { IsOfObjects = kind == EventTableKind.Objects };
        Tables.Add(table);
        return Adopt(table, kind, TrackTables.Count < bounds.TracksReadMax);
    }

    private EventTable Adopt(LakeTable table, EventTableKind kind, bool isInView)
    {
        var events = new EventTable(table, kind)
        {
            EventName = kind == EventTableKind.Event ? Encoding.ASCII.GetBytes(table.Name) : [],
            IsRestToo = kind == EventTableKind.Event && !isInView,
        };
        if (events.IsLatest) _latest.Add(table);
        switch (kind)
        {
            case EventTableKind.Identifies: _byType[(int)EventType.Identify] = events; break;
            case EventTableKind.Pages: _byType[(int)EventType.Page] = events; break;
            case EventTableKind.Screens: _byType[(int)EventType.Screen] = events; break;
            case EventTableKind.Groups: _byType[(int)EventType.Group] = events; break;
            case EventTableKind.Aliases: _byType[(int)EventType.Alias] = events; break;
            case EventTableKind.Rest: _rest = events; break;
            case EventTableKind.Users: _users = events; break;
            case EventTableKind.Accounts: _accounts = events; break;
            case EventTableKind.Objects: _objects.Add(table.Name, events); break;
            case EventTableKind.ObjectsRest: _objectsRest = events; break;
            case EventTableKind.Event:
                _events.Add(table.Name, events);
                if (isInView) TrackTables.Add(table);
                break;
        }

        return events;
    }

    private EventTableKind KindOf(string name) => name switch
    {
        "identifies" => EventTableKind.Identifies,
        "pages" => EventTableKind.Pages,
        "screens" => EventTableKind.Screens,
        "groups" => EventTableKind.Groups,
        "aliases" => EventTableKind.Aliases,
        "users" => EventTableKind.Users,
        "accounts" => EventTableKind.Accounts,
        ObjectsRestName => EventTableKind.ObjectsRest,
        _ when name == bounds.RestName => EventTableKind.Rest,
        _ => EventTableKind.Event,
    };
}

/// <summary>Bounds on what events can make the lake create.</summary>
/// <param name="ColumnsMax">Most columns of one table.</param>
/// <param name="TablesMax">Most tables for events of one source.</param>
/// <param name="TracksReadMax">Most tables that a view <c>tracks</c> reads; 0 when <c>tracks</c> is a table itself that every track event is written to.</param>
/// <param name="RestName">The table of track events that no view reads elsewhere: of a warehouse whose <c>tracks</c> is a table, that one.</param>
internal sealed record LakeBounds(int ColumnsMax, int TablesMax, int TracksReadMax = SourceTables.TracksReadMax, string RestName = SourceTables.RestName);
