using System.Text;
using Tributary.Model;

namespace Tributary.Engine.Lake;

/// <summary>What becomes of a field of a message.</summary>
internal enum FieldKind
{
    Skip,
    Text,
    Time,
    Context,
    Fields,
}

/// <summary>Where a field of a message goes.</summary>
internal readonly record struct Field(FieldKind Kind, ColumnBuffer? Column = null, ColumnBuffer? Also = null)
{
    public void SetText(int row, ReadOnlySpan<byte> text)
    {
        Column!.SetText(row, text);
        Also?.SetText(row, text);
    }
}

/// <summary>What the rows of a table are.</summary>
internal enum EventTableKind
{
    Identifies,
    Pages,
    Screens,
    Groups,
    Aliases,

    /// <summary>Track events of one name.</summary>
    Event,

    /// <summary>Track events that have no table of their own: without properties.</summary>
    Rest,

    /// <summary>The newest traits per user id; its rows are folded before they are written.</summary>
    Users,

    /// <summary>The newest traits per group id; its rows are folded before they are written.</summary>
    Accounts,

    /// <summary>The newest properties per object of a collection; its rows are folded before they are written.</summary>
    Objects,

    /// <summary>Objects whose collection has no table of its own: without properties.</summary>
    ObjectsRest,
}

/// <summary>A table of events with the columns of spec/connections.md §7.1 that all of its kind have.</summary>
internal sealed class EventTable
{
    private readonly EventTableKind _kind;
    private readonly ColumnBuffer? _key;
    private readonly ColumnBuffer? _name;
    private readonly ColumnBuffer? _category;
    private readonly ColumnBuffer? _anonymousId;
    private readonly ColumnBuffer? _userId;
    private readonly ColumnBuffer? _sentAt;

    public EventTable(LakeTable table, EventTableKind kind)
    {
        (Table, _kind) = (table, kind);
        Id = Text("id");
        SegmentId = Text("segment_id");
        if (!IsLatest) (_anonymousId, _userId) = (Text("anonymous_id"), Text("user_id"));
        ReceivedAt = Time("received_at");
        if (!IsLatest) (_sentAt, Timestamp, OriginalTimestamp) = (Time("sent_at"), Time("timestamp"), Time("original_timestamp"));
        UuidTs = Time("uuid_ts");
        if (IsTrack) (Event, EventText) = (Text("event"), Text("event_text"));
        if (kind is EventTableKind.Pages or EventTableKind.Screens) (_name, _category) = (Text("name"), Text("category"));
        if (kind is EventTableKind.Groups or EventTableKind.Accounts) _key = Text("group_id");
        if (kind is EventTableKind.Aliases) _key = Text("previous_id");
    }

    public LakeTable Table { get; }

    public ColumnBuffer Id { get; }

    public ColumnBuffer SegmentId { get; }

    public ColumnBuffer ReceivedAt { get; }

    public ColumnBuffer UuidTs { get; }

    public ColumnBuffer? Timestamp { get; }

    public ColumnBuffer? OriginalTimestamp { get; }

    public ColumnBuffer? Event { get; }

    public ColumnBuffer? EventText { get; }

    /// <summary>The value of <c>event</c> in every row of a table of <see cref="EventTableKind.Event"/>; of the rest it is set per row.</summary>
    public byte[] EventName { get; init; } = [];

    /// <summary>True when <c>tracks</c> does not read this table, so that its events are written to the rest as well.</summary>
    public bool IsRestToo { get; init; }

    /// <summary>True of <c>users</c>, <c>accounts</c> and objects.</summary>
    public bool IsLatest => _kind is EventTableKind.Users or EventTableKind.Accounts || IsObjects;

    private bool IsObjects => _kind is EventTableKind.Objects or EventTableKind.ObjectsRest;

    private bool IsTrack => _kind is EventTableKind.Event or EventTableKind.Rest;

    /// <summary>True when the row names the user or group whose newest traits it carries.</summary>
    public bool SaysWho(int row) => (_kind == EventTableKind.Groups ? _key : _userId)!.IsSet(row);

    /// <summary>Where a field at the top of a message goes. Fields that are not listed are not stored, among them <c>integrations</c> and <c>_metadata</c>.</summary>
    public Field FieldOf(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when IsObjects && name.SequenceEqual("id"u8) => new(FieldKind.Text, Id),
        4 when _name is not null && name.SequenceEqual("name"u8) => new(FieldKind.Text, _name),
        5 when EventText is not null && name.SequenceEqual("event"u8) => new(FieldKind.Text, EventText),
        6 when !IsObjects && name.SequenceEqual("userId"u8) => OfUserId(),
        6 when _sentAt is not null && name.SequenceEqual("sentAt"u8) => new(FieldKind.Time, _sentAt),
        6 when HasTraits && name.SequenceEqual("traits"u8) => new(FieldKind.Fields),
        7 when !IsObjects && name.SequenceEqual("context"u8) => new(FieldKind.Context),
        7 when _key is not null && name.SequenceEqual("groupId"u8) => OfGroupId(),
        8 when _category is not null && name.SequenceEqual("category"u8) => new(FieldKind.Text, _category),
        10 when HasProperties && name.SequenceEqual("properties"u8) => new(FieldKind.Fields),
        10 when _kind == EventTableKind.Aliases && name.SequenceEqual("previousId"u8) => new(FieldKind.Text, _key),
        11 when _anonymousId is not null && name.SequenceEqual("anonymousId"u8) => new(FieldKind.Text, _anonymousId),
        17 when OriginalTimestamp is not null && name.SequenceEqual("originalTimestamp"u8) => new(FieldKind.Time, OriginalTimestamp),
        _ => new(FieldKind.Skip),
    };

    private bool HasTraits =>
        _kind is EventTableKind.Identifies or EventTableKind.Users or EventTableKind.Groups or EventTableKind.Accounts or EventTableKind.Aliases;

    private bool HasProperties => _kind is EventTableKind.Event or EventTableKind.Pages or EventTableKind.Screens or EventTableKind.Objects;

    /// <summary>The name of the table that each kind of event but track goes to.</summary>
    public static string NameOf(EventType type) => type switch
    {
        EventType.Identify => "identifies",
        EventType.Track => "tracks",
        EventType.Page => "pages",
        EventType.Screen => "screens",
        EventType.Group => "groups",
        EventType.Alias => "aliases",
        EventType.Set => SourceTables.ObjectsRestName,
    };

    private Field OfUserId() => _kind switch
    {
        EventTableKind.Users => new(FieldKind.Text, Id),
        EventTableKind.Accounts => new(FieldKind.Skip),
        _ => new(FieldKind.Text, _userId),
    };

    private Field OfGroupId() => _kind switch
    {
        EventTableKind.Accounts => new(FieldKind.Text, Id, _key),
        EventTableKind.Groups => new(FieldKind.Text, _key),
        _ => new(FieldKind.Skip),
    };

    private ColumnBuffer Text(string column) => Table.Define(column, LakeType.Text, isField: true).Values;

    private ColumnBuffer Time(string column) => Table.Define(column, LakeType.Timestamp, isField: true).Values;

    public override string ToString() => $"{Table} ({_kind}, {Encoding.UTF8.GetString(EventName)})";
}
