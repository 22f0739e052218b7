using Tributary.Engine.Log;
using Tributary.Engine.Traits;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Lake;

/// <summary>
/// The past as definitions see it: <c>_tributary.history</c>, one row for each event that a definition can read, and <c>_tributary.memberships</c>, one for each
/// group call of a person. Both are only ever added to, in the order of the event log.
/// </summary>
/// <remarks>
/// <para><c>history</c>: <c>seq</c> (offset in the event log), <c>space</c> (its number), <c>type</c> and <c>value</c> of the identifier whose fragment the event
/// belongs to, <c>name</c> (what definitions call the event), <c>timestamp</c> and <c>received_at</c> in milliseconds, <c>tie</c> (see
/// <see cref="Instant.TieOf"/>, its highest bit flipped, so that a signed number has the order of the unsigned one), <c>source</c> (its number),
/// <c>properties</c> and <c>context</c> (JSON as it came, null when there is none), <c>page_name</c>.</para>
/// <para><c>memberships</c>: <c>seq</c>, <c>space</c>, the person's <c>type</c> and <c>value</c>, the account's <c>account_type</c> and <c>account_value</c>.</para>
/// <para>What a space's own Engage source says is no part of it. A lake from before these tables existed has no past in them until it is rebuilt.</para>
/// </remarks>
internal sealed class HistoryTable
{
    /// <summary>The tables as SQL names them.</summary>
    public const string History = $"{LakeDatabase.Catalog}.{LakeDefinitions.OwnSchema}.history";

    /// <inheritdoc cref="History"/>
    public const string Memberships = $"{LakeDatabase.Catalog}.{LakeDefinitions.OwnSchema}.memberships";

    private readonly LakeTable _events;
    private readonly LakeTable _members;

    public HistoryTable(TextArena texts, LakeTableRules rules)
    {
        _events = new LakeTable(LakeDefinitions.OwnSchema, "history", rules, texts);
        foreach (var column in new[] { "seq", "space" }) _events.Define(column, LakeType.BigInt);
        foreach (var column in new[] { "type", "value", "name" }) _events.Define(column, LakeType.Text);
        foreach (var column in new[] { "timestamp", "received_at", "tie", "source" }) _events.Define(column, LakeType.BigInt);
        foreach (var column in new[] { "properties", "context", "page_name" }) _events.Define(column, LakeType.Text);
        _members = new LakeTable(LakeDefinitions.OwnSchema, "memberships", rules, texts);
        foreach (var column in new[] { "seq", "space" }) _members.Define(column, LakeType.BigInt);
        foreach (var column in new[] { "type", "value", "account_type", "account_value" }) _members.Define(column, LakeType.Text);
        All = [_events, _members];
        foreach (var table in All) table.CreatedColumns = table.Columns.Count;
    }

    /// <summary>Creates the tables.</summary>
    public static string Definitions => $"""
        CREATE TABLE IF NOT EXISTS {History}
          (seq BIGINT, space BIGINT, type VARCHAR, value VARCHAR, name VARCHAR, timestamp BIGINT, received_at BIGINT, tie BIGINT, source BIGINT,
           properties VARCHAR, context VARCHAR, page_name VARCHAR);
        CREATE TABLE IF NOT EXISTS {Memberships}
          (seq BIGINT, space BIGINT, type VARCHAR, value VARCHAR, account_type VARCHAR, account_value VARCHAR);
        """;

    public IReadOnlyList<LakeTable> All { get; }

    /// <summary>The tie of a row as the table holds it.</summary>
    public static long TieColumn(ulong tie) => (long)(tie ^ (1UL << 63));

    /// <summary>The tie that a row holds.</summary>
    public static ulong TieOf(long column) => (ulong)column ^ (1UL << 63);

    /// <summary>Adds the row of an event, when definitions can read it.</summary>
    /// <param name="offset">Where it lies in the event log.</param>
    /// <param name="record">The event.</param>
    /// <param name="places">What the pass over its JSON noted.</param>
    /// <param name="workspace">Says which source is the space's own.</param>
    public void Add(LogOffset offset, in DecidedRecord record, EventPlaces places, WorkspaceSnapshot workspace)
    {
        var isGroup = record.Type == EventType.Group;
        if (!isGroup && !(places.IsRead && places.IsWhole)) return;
        if (record.Profile.IsNone || !record.TryReadFirst(out var collection, out var type, out var value) || collection != ProfileCollection.Users) return;
        if (workspace.FindSource(record.Source)?.MetadataId == SourceCatalog.Engage) return;
        if (isGroup) AddMember(offset, record, type, value);
        else AddEvent(offset, record, places, type, value);
    }

    /// <summary>Forgets the batch.</summary>
    public void Clear(bool release)
    {
        foreach (var table in All) table.Clear(release);
    }

    private void AddEvent(LogOffset offset, in DecidedRecord record, EventPlaces places, ReadOnlySpan<byte> type, ReadOnlySpan<byte> value)
    {
        var columns = _events.Columns;
        var row = BeginRow(_events, offset, record, type, value);
        columns[4].Values.SetText(row, record.Type switch
        {
            EventType.Page => EventParts.PageViewed.Span,
            EventType.Screen => EventParts.ScreenViewed.Span,
            EventType.Track or EventType.Identify or EventType.Group or EventType.Alias or EventType.Set => places.Name,
        });
        columns[5].Values.SetInt64(row, record.Timestamp);
        columns[6].Values.SetInt64(row, record.ReceivedAt);
        columns[7].Values.SetInt64(row, TieColumn(Instant.TieOf(record.MessageId.Span)));
        columns[8].Values.SetInt64(row, record.Source);
        var payload = record.Payload.Span;
        if (!places.Properties.Equals(default)) columns[9].Values.SetText(row, payload[places.Properties]);
        if (!places.Context.Equals(default)) columns[10].Values.SetText(row, payload[places.Context]);
        if (record.Type != EventType.Track && places.Name.Length > 0) columns[11].Values.SetText(row, places.Name);
    }

    private void AddMember(LogOffset offset, in DecidedRecord record, ReadOnlySpan<byte> type, ReadOnlySpan<byte> value)
    {
        if (!record.TryReadFirstAccount(out var accountType, out var accountValue)) return;
        var row = BeginRow(_members, offset, record, type, value);
        _members.Columns[4].Values.SetText(row, EventRows.ValidText(accountType));
        _members.Columns[5].Values.SetText(row, EventRows.ValidText(accountValue));
    }

    private static int BeginRow(LakeTable table, LogOffset offset, in DecidedRecord record, ReadOnlySpan<byte> type, ReadOnlySpan<byte> value)
    {
        var row = table.BeginRow();
        table.Columns[0].Values.SetInt64(row, offset.Value);
        table.Columns[1].Values.SetInt64(row, record.Space);
        table.Columns[2].Values.SetText(row, EventRows.ValidText(type));
        table.Columns[3].Values.SetText(row, EventRows.ValidText(value));
        return row;
    }
}
