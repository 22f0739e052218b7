using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tributary.Engine.Log;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Utf8Text = System.Text.Unicode.Utf8;

namespace Tributary.Engine.Lake;

/// <summary>
/// The append-only tables of the schema <c>profiles</c>: what was decided about identities and traits, one row a record (spec/unify… §3.2).
/// <c>seq</c> is the record's offset in the event log.
/// </summary>
internal sealed class ProfileTables
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 128 };

    private readonly LakeTable _graph;
    private readonly LakeTable _mappings;
    private readonly LakeTable _traits;
    private readonly ProfileIdText _profiles;
    private readonly EventRows _rows;
    private readonly Dictionary<string, byte[]> _utf8 = new(StringComparer.Ordinal);
    private byte[] _typeAndValue = new byte[1_024];

    /// <param name="restored">Tables that DuckDB already holds, with their columns in order.</param>
    /// <param name="rules">Names that traits cannot take, and bounds.</param>
    /// <param name="texts">The batch's texts.</param>
    /// <param name="profiles">Writes ids.</param>
    /// <param name="rows">Flattens traits.</param>
    public ProfileTables(
        IReadOnlyDictionary<string, List<(string Name, LakeType Type)>> restored, LakeTableRules rules, TextArena texts, ProfileIdText profiles, EventRows rows)
    {
        (_profiles, _rows) = (profiles, rows);
        _graph = Make("id_graph_updates", "segment_id", "canonical_segment_id");
        _mappings = Make("external_id_mapping_updates", "segment_id", "collection", "external_id_type", "external_id_value", "external_id_hash", "__operation");
        _traits = Make("profile_traits_updates", "segment_id", "canonical_segment_id");
        All = [_graph, _mappings, _traits];

        LakeTable Make(string name, params ReadOnlySpan<string> columns)
        {
            var table = new LakeTable(LakeViews.ProfilesSchema, name, rules, texts);
            foreach (var (column, type) in restored.GetValueOrDefault(name, [])) table.Define(column, type);
            table.CreatedColumns = table.Columns.Count;
            table.Define("id", LakeType.Text);
            table.Define("seq", LakeType.BigInt);
            foreach (var column in columns) table.Define(column, LakeType.Text);
            foreach (var column in CauseColumns) table.Define(column, LakeType.Text);
            foreach (var column in TimeColumns) table.Define(column, LakeType.Timestamp);
            return table;
        }
    }

    /// <summary>Names that a trait's column cannot take in <c>profile_traits_updates</c>.</summary>
    public static IEnumerable<string> Reserved => [.. CauseColumns, .. TimeColumns, "id", "seq", "segment_id", "canonical_segment_id"];

    public IReadOnlyList<LakeTable> All { get; }

    private static string[] CauseColumns { get; } =
        ["triggering_event_type", "triggering_event_id", "triggering_event_source_id", "triggering_event_source_name", "triggering_event_source_slug", "space_id"];

    private static string[] TimeColumns { get; } = ["timestamp", "received_at", "uuid_ts"];

    /// <summary>Adds the row of a record that is no event.</summary>
    public void Add(LogOffset offset, in DecidedRecord record, WorkspaceSnapshot workspace, string? sourceId, long loadedAt)
    {
        switch (record.Kind)
        {
            case DecidedKind.Graph:
                var graph = Head(_graph, offset, record, workspace, sourceId, loadedAt);
                Set(_graph, graph, "canonical_segment_id", _profiles.Of(record.Canonical));
                break;
            case DecidedKind.Mapping:
                AddMapping(Head(_mappings, offset, record, workspace, sourceId, loadedAt), record.MappingIdentifier, record.MappingRemoved);
                break;
            case DecidedKind.Traits:
                var traits = Head(_traits, offset, record, workspace, sourceId, loadedAt);
                Set(_traits, traits, "canonical_segment_id", _profiles.Of(record.Profile));
                AddTraits(traits, record.Payload.Span);
                break;
            case DecidedKind.Event:
                break;
        }
    }

    private void AddTraits(int row, ReadOnlySpan<byte> payload)
    {
        try
        {
            var reader = new Utf8JsonReader(payload, Options);
            if (!Utf8Text.IsValid(payload) || !reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("Traits are an object.");
            _rows.Flatten(_traits, row, _traits.Fields, ref reader, payload, ofContext: false);
        }
        catch (JsonException)
        {
            // Our own stages wrote this, so it should not be; still, one record must not stop the lake.
            _traits.Rules.Losses.EventUnreadable();
        }
    }

    private void AddMapping(int row, Identifier identifier, bool removed)
    {
        Set(_mappings, row, "collection", identifier.Collection == ProfileCollection.Accounts ? "accounts"u8 : "users"u8);
        Set(_mappings, row, "external_id_type", Utf8(identifier.Type));
        var value = Encoding.UTF8.GetBytes(identifier.Value);
        Set(_mappings, row, "external_id_value", value);
        Set(_mappings, row, "__operation", removed ? "REMOVED"u8 : "CREATED"u8);

        // SHA-1 because readers of these tables compute the same; nothing is protected by it.
        var type = Utf8(identifier.Type);
        if (_typeAndValue.Length < type.Length + value.Length) _typeAndValue = new byte[(type.Length + value.Length) * 2];
        type.CopyTo(_typeAndValue, 0);
        value.CopyTo(_typeAndValue, type.Length);
#pragma warning disable CA5350
        var hash = SHA1.HashData(_typeAndValue.AsSpan(0, type.Length + value.Length));
#pragma warning restore CA5350
        Set(_mappings, row, "external_id_hash", Encoding.ASCII.GetBytes(System.Convert.ToHexStringLower(hash)));
    }

    private int Head(LakeTable table, LogOffset offset, in DecidedRecord record, WorkspaceSnapshot workspace, string? sourceId, long loadedAt)
    {
        var row = table.BeginRow();
        Set(table, row, "id", Encoding.ASCII.GetBytes(offset.ToString()));
        Number(table, row, "seq", offset.Value);
        Set(table, row, "segment_id", _profiles.Of(record.Profile));
        Number(table, row, "timestamp", record.Timestamp * 1_000);
        Number(table, row, "received_at", record.ReceivedAt * 1_000);
        Number(table, row, "uuid_ts", loadedAt);
        Set(table, row, "triggering_event_type", record.Type == 0 ? "command"u8 : Utf8(record.Type.Name()));
        Set(table, row, "triggering_event_id", EventRows.ValidText(record.MessageId.Span));
        if (workspace.FindSpace(record.Space) is { } space) Set(table, row, "space_id", Utf8(space.Id));
        if (record.Source == 0) return row;
        if (sourceId is not null) Set(table, row, "triggering_event_source_id", Utf8(sourceId));
        if (workspace.FindSource(record.Source) is not { } source) return row;
        Set(table, row, "triggering_event_source_name", Utf8(source.Name));
        Set(table, row, "triggering_event_source_slug", Utf8(source.Slug));
        return row;
    }

    private static void Set(LakeTable table, int row, string column, ReadOnlySpan<byte> text) => table.Columns[table.IndexOf(column)].Values.SetText(row, text);

    private static void Number(LakeTable table, int row, string column, long value) => table.Columns[table.IndexOf(column)].Values.SetInt64(row, value);

    /// <summary>Texts of configuration, which are few, as UTF-8.</summary>
    private byte[] Utf8(string text)
    {
        if (_utf8.TryGetValue(text, out var known)) return known;
        if (_utf8.Count > 10_000) _utf8.Clear();
        return _utf8[text] = Encoding.UTF8.GetBytes(text);
    }
}
