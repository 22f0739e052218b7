using System.Text.Json;
using System.Text.Unicode;
using Tributary.Engine.Log;
using Tributary.Model;

namespace Tributary.Engine.Lake;

/// <summary>Turns events into rows: reads each payload once and puts every value into the buffer of its column.</summary>
/// <remarks>Per event nothing is allocated unless a text holds escapes or a name is new.</remarks>
internal sealed class EventRows(ProfileIdText profiles)
{
    // Deeper than anything that passes the door (64 levels).
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 128 };

    // An event that is sent again later than deduplication remembers carries an original timestamp at least that old. The margin covers clocks.
    private const long LateAfterMs = 20 * 3_600_000;

    private byte[] _scratch = new byte[1_024];

    /// <summary>Where in the event that was added last lies what definitions read.</summary>
    public EventPlaces Places { get; } = new();

    /// <summary>Adds the rows of one event.</summary>
    /// <param name="tables">The tables of the event's source.</param>
    /// <param name="record">The event.</param>
    /// <param name="loadedAt">Microseconds since 1970; becomes <c>uuid_ts</c>.</param>
    public void Add(SourceTables tables, in DecidedRecord record, long loadedAt) => Add(tables, LakeEvent.Of(record), loadedAt);

    /// <inheritdoc cref="Add(SourceTables, in DecidedRecord, long)"/>
    public void Add(SourceTables tables, in LakeEvent record, long loadedAt)
    {
        var payload = record.Payload.Span;
        Places.Begin(record.Type);
        // DuckDB trusts its callers that texts are UTF-8.
        var isReadable = Utf8.IsValid(payload);
        if (record.Type == EventType.Set)
        {
            if (!isReadable || !TryFindNamedTable(tables, record.Type, payload, out var objects) || !AddLatest(objects!, record, payload, loadedAt)) tables.Losses.EventUnreadable();
            return;
        }

        var table = tables.For(record.Type);
        if (table is null && !(isReadable && TryFindNamedTable(tables, record.Type, payload, out table))) table = tables.Rest;

        AddTo(tables, table!, record, payload, isReadable, loadedAt);
        if (table!.IsRestToo) AddTo(tables, tables.Rest, record, payload, isReadable, loadedAt);
    }

    /// <summary>The table that the row of an event belongs to.</summary>
    public EventTable TableOf(SourceTables tables, in LakeEvent record)
    {
        if (tables.For(record.Type) is { } known) return known;
        var payload = record.Payload.Span;
        return Utf8.IsValid(payload) && TryFindNamedTable(tables, record.Type, payload, out var table) ? table! : tables.Rest;
    }

    private void AddTo(SourceTables tables, EventTable table, in LakeEvent record, ReadOnlySpan<byte> payload, bool isReadable, long loadedAt)
    {
        var row = AddHead(table, record, loadedAt);
        if (!isReadable || !TryAddFields(table, row, payload))
        {
            // The door lets only JSON objects in; should one be otherwise after all, its neighbours must not suffer.
            tables.Losses.EventUnreadable();
            return;
        }

        if (table == tables.Rest) NameEvent(table, row, payload);
        if (table.OriginalTimestamp!.IsSet(row) && table.OriginalTimestamp.GetInt64(row) < (record.ReceivedAt - LateAfterMs) * 1_000) table.Table.Suspects.Add(row);
        if (tables.LatestFor(record.Type) is { } latest && table.SaysWho(row)) AddLatest(latest, record, payload, loadedAt);
    }

    private bool TryAddFields(EventTable table, int row, ReadOnlySpan<byte> payload)
    {
        try
        {
            var reader = new Utf8JsonReader(payload, Options);
            reader.Read();
            AddFields(table, row, ref reader, payload);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private bool TryFindNamedTable(SourceTables tables, EventType type, ReadOnlySpan<byte> payload, out EventTable? table)
    {
        try
        {
            table = FindNamedTable(tables, type == EventType.Set, payload);
            return true;
        }
        catch (JsonException)
        {
            table = null;
            return false;
        }
    }

    /// <summary>The table of a track event or an object: its name usually stands before its properties, so little is read twice.</summary>
    private EventTable FindNamedTable(SourceTables tables, bool isObject, ReadOnlySpan<byte> payload)
    {
        var reader = new Utf8JsonReader(payload, Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isName = reader.ValueTextEquals(isObject ? "collection"u8 : "event"u8);
            reader.Read();
            if (isName && reader.TokenType == JsonTokenType.String) return isObject ? tables.ForObjects(Text(ref reader)) : tables.ForEvent(Text(ref reader));
            if (isName) return tables.Rest;
            reader.Skip();
        }

        return tables.Rest;
    }

    /// <summary>In the table of the events that have none of their own, each row says its event.</summary>
    private void NameEvent(EventTable rest, int row, ReadOnlySpan<byte> payload)
    {
        var reader = new Utf8JsonReader(payload, Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isName = reader.ValueTextEquals("event"u8);
            reader.Read();
            if (isName && reader.TokenType == JsonTokenType.String) rest.Event!.SetText(row, System.Text.Encoding.ASCII.GetBytes(SnakeCase.NameOf(Text(ref reader))));
            else reader.Skip();
        }
    }

    private int AddHead(EventTable table, in LakeEvent record, long loadedAt)
    {
        var row = table.Table.BeginRow();
        table.Id.SetText(row, ValidText(record.MessageId.Span));
        if (record.Profile is { IsNone: false } profile) table.SegmentId.SetText(row, profiles.Of(profile));
        table.ReceivedAt.SetInt64(row, record.ReceivedAt * 1_000);
        table.Timestamp!.SetInt64(row, record.Timestamp * 1_000);
        table.UuidTs.SetInt64(row, loadedAt);
        if (table.EventName.Length > 0) table.Event!.SetText(row, table.EventName);
        return row;
    }

    private void AddFields(EventTable table, int row, ref Utf8JsonReader reader, ReadOnlySpan<byte> payload)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = table.FieldOf(reader.ValueSpan);
            var part = Places.PartOf(ref reader);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            switch (field.Kind)
            {
                case FieldKind.Skip:
                    reader.Skip();
                    break;
                case FieldKind.Text:
                    if (reader.TokenType == JsonTokenType.String) field.SetText(row, Text(ref reader));
                    else if (reader.TokenType == JsonTokenType.Number) field.SetText(row, reader.ValueSpan);
                    else reader.Skip();
                    break;
                case FieldKind.Time:
                    if (reader.TokenType == JsonTokenType.String && IsoTime.TryParse(reader.ValueSpan, out var time)) field.Column!.SetInt64(row, time);
                    else reader.Skip();
                    break;
                case FieldKind.Context:
                    if (reader.TokenType == JsonTokenType.StartObject) Flatten(table.Table, row, table.Table.Context, ref reader, payload, ofContext: true);
                    else reader.Skip();
                    break;
                case FieldKind.Fields:
                    if (reader.TokenType == JsonTokenType.StartObject) Flatten(table.Table, row, table.Table.Fields, ref reader, payload, ofContext: false);
                    else reader.Skip();
                    break;
            }

            if (part == EventPlace.Name && reader.TokenType == JsonTokenType.String) Places.SetName(Text(ref reader));
            else if (part != EventPlace.Elsewhere) Places.Set(part, start, (int)reader.BytesConsumed);
        }

        Places.IsWhole = true;
    }

    /// <summary>Adds a row to the staging of <c>users</c> or <c>accounts</c> when the event says whose traits it carries, or to that of a collection.</summary>
    private bool AddLatest(EventTable latest, in LakeEvent record, ReadOnlySpan<byte> payload, long loadedAt)
    {
        var row = latest.Table.BeginRow();
        latest.ReceivedAt.SetInt64(row, record.ReceivedAt * 1_000);
        latest.UuidTs.SetInt64(row, loadedAt);
        if (record.Profile is { IsNone: false } profile) latest.SegmentId.SetText(row, profiles.Of(profile));
        return TryAddFields(latest, row, payload);
    }

    /// <summary>Puts the values of the object at hand into their columns; keys of objects within are joined by underscores.</summary>
    public void Flatten(LakeTable table, int row, PathNode level, ref Utf8JsonReader reader, ReadOnlySpan<byte> payload, bool ofContext)
    {
        level.Begin();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ref var entry = ref level.Find(Text(ref reader));
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    Flatten(table, row, entry.LevelUnder(level.Prefix), ref reader, payload, ofContext);
                    break;
                case JsonTokenType.String:
                    SetString(table, row, level, ref entry, Text(ref reader), ofContext);
                    break;
                case JsonTokenType.Number:
                    SetNumber(table, row, level, ref entry, ref reader, ofContext);
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    if (Column(table, level, ref entry, LakeType.Boolean, ofContext) is >= 0 and var flag) table.SetBoolean(row, flag, reader.GetBoolean());
                    break;
                case JsonTokenType.StartArray:
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    var json = payload[start..(int)reader.BytesConsumed];
                    if (Column(table, level, ref entry, LakeType.Text, ofContext) is >= 0 and var array) table.SetText(row, array, json);
                    break;
            }
        }
    }

    private static void SetString(LakeTable table, int row, PathNode level, ref PathNode.Entry entry, ReadOnlySpan<byte> text, bool ofContext)
    {
        if (entry.Column == PathNode.Unresolved)
        {
            var isTime = IsoTime.TryParse(text, out _);
            Column(table, level, ref entry, isTime ? LakeType.Timestamp : LakeType.Text, ofContext);
        }

        if (entry.Column >= 0) table.SetText(row, entry.Column, text);
    }

    private static void SetNumber(LakeTable table, int row, PathNode level, ref PathNode.Entry entry, ref Utf8JsonReader reader, bool ofContext)
    {
        if (reader.TryGetInt64(out var integer))
        {
            if (Column(table, level, ref entry, LakeType.BigInt, ofContext) is >= 0 and var whole) table.SetInteger(row, whole, integer);
            return;
        }

        // A number too large for a double has no value here.
        if (!reader.TryGetDouble(out var number) || !double.IsFinite(number)) return;
        if (Column(table, level, ref entry, LakeType.Double, ofContext) is >= 0 and var column) table.SetDouble(row, column, number, reader.ValueSpan);
    }

    private static int Column(LakeTable table, PathNode level, ref PathNode.Entry entry, LakeType type, bool ofContext)
    {
        if (entry.Column == PathNode.Unresolved) entry.Column = table.Resolve(entry.NameUnder(level.Prefix), type, ofContext);
        return entry.Column;
    }

    /// <summary>The text of the token at hand without its escapes; valid until the next call.</summary>
    private ReadOnlySpan<byte> Text(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return reader.ValueSpan;
        if (_scratch.Length < reader.ValueSpan.Length) _scratch = new byte[reader.ValueSpan.Length * 2];
        try
        {
            return _scratch.AsSpan(0, reader.CopyString(_scratch));
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair cannot be written in UTF-8: the text is kept as it was escaped.
            return reader.ValueSpan;
        }
    }

    /// <summary>The text, with what is not UTF-8 replaced.</summary>
    public static ReadOnlySpan<byte> ValidText(ReadOnlySpan<byte> text) =>
        Utf8.IsValid(text) ? text : System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(text));
}
