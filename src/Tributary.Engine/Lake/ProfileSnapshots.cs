using System.Globalization;
using System.Text;
using System.Text.Json;
using DuckDB.NET.Data;
using Tributary.Engine.Log;
using Tributary.Model;

namespace Tributary.Engine.Lake;

/// <summary>Keeps <c>user_traits</c>, <c>user_identifiers</c> and <c>profile_merges</c> current.</summary>
/// <remarks>
/// Per batch: read the rows of the profiles that its records touch, apply the records in order in memory (<see cref="ProfileState"/>), replace those
/// rows. That costs three scans of the columns of ids per batch, not per record, and needs no index.
/// </remarks>
internal sealed class ProfileSnapshots(TextArena texts, LakeTableRules rules)
{
    private const string Touched = "lake_touched";

    /// <summary>The column that tells a text from other JSON that reads the same, such as "5" from 5. Null in rows that are older than it.</summary>
    public const string IsText = "is_text";

    private const string ReadMerges = "SELECT segment_id, canonical_segment_id, seq, timestamp, received_at FROM";

    private readonly LakeTable _merges = Table("profile_merges", rules, texts, "canonical_segment_id", "segment_id");
    private readonly LakeTable _traits = WithKind(Table("user_traits", rules, texts, "canonical_segment_id", "name", "value"));
    private readonly LakeTable _identifiers = Table("user_identifiers", rules, texts, "canonical_segment_id", "collection", "type", "value");
    private readonly List<Action<ProfileState>> _changes = [];
    private readonly HashSet<ProfileId> _touched = [];

    /// <summary>The tables; all columns are fixed.</summary>
    public IReadOnlyList<LakeTable> All => [_merges, _traits, _identifiers];

    /// <summary>Creates the tables and the views over accounts.</summary>
    public static string Definitions { get; } = $"""
        CREATE TABLE IF NOT EXISTS {LakeViews.ProfilesSchema}.profile_merges
          (canonical_segment_id VARCHAR, segment_id VARCHAR, seq BIGINT, timestamp TIMESTAMP, received_at TIMESTAMP, uuid_ts TIMESTAMP);
        CREATE TABLE IF NOT EXISTS {LakeViews.ProfilesSchema}.user_traits
          (canonical_segment_id VARCHAR, name VARCHAR, value VARCHAR, seq BIGINT, timestamp TIMESTAMP, received_at TIMESTAMP, uuid_ts TIMESTAMP, {IsText} BOOLEAN);
        ALTER TABLE {LakeViews.ProfilesSchema}.user_traits ADD COLUMN IF NOT EXISTS {IsText} BOOLEAN;
        CREATE TABLE IF NOT EXISTS {LakeViews.ProfilesSchema}.user_identifiers
          (canonical_segment_id VARCHAR, collection VARCHAR, type VARCHAR, value VARCHAR, seq BIGINT, timestamp TIMESTAMP, received_at TIMESTAMP, uuid_ts TIMESTAMP);
        CREATE VIEW IF NOT EXISTS {LakeViews.ProfilesSchema}.account_identifiers AS FROM {LakeViews.ProfilesSchema}.user_identifiers WHERE collection = 'accounts';
        CREATE VIEW IF NOT EXISTS {LakeViews.ProfilesSchema}.account_traits AS FROM {LakeViews.ProfilesSchema}.user_traits
          WHERE canonical_segment_id IN (SELECT canonical_segment_id FROM {LakeViews.ProfilesSchema}.account_identifiers);
        """;

    /// <summary>Notes what a record changes.</summary>
    public void Add(LogOffset offset, in DecidedRecord record)
    {
        var at = new DecidedAt(offset.Value, record.Timestamp, record.ReceivedAt);
        var profile = record.Profile;
        _touched.Add(profile);
        switch (record.Kind)
        {
            case DecidedKind.Graph:
                var canonical = record.Canonical;
                _touched.Add(canonical);
                _changes.Add(state => state.Resolve(profile, canonical, at));
                break;
            case DecidedKind.Mapping when record.MappingRemoved:
                var removed = record.MappingIdentifier;
                _changes.Add(state => state.Remove(profile, removed));
                break;
            case DecidedKind.Mapping:
                var added = record.MappingIdentifier;
                _changes.Add(state => state.Add(profile, added, at));
                break;
            case DecidedKind.Traits:
                var (traits, replaced) = (TraitsOf(record.Payload), record.TraitsReplaced);
                _changes.Add(state => state.Change(profile, replaced, traits, at));
                break;
            case DecidedKind.Event:
                break;
        }
    }

    /// <summary>Replaces the rows of all profiles that the batch touches, within the connection's transaction.</summary>
    public void Write(DuckDBConnection connection, long loadedAt)
    {
        if (_changes.Count == 0) return;
        Touch(connection);
        var state = Read(connection);
        foreach (var change in _changes) change(state);
        Fill(state, loadedAt);
        LakeDatabase.Execute(connection, $"""
            DELETE FROM {_merges.Sql} WHERE segment_id IN (FROM temp.main.{Touched});
            DELETE FROM {_traits.Sql} WHERE canonical_segment_id IN (FROM temp.main.{Touched});
            DELETE FROM {_identifiers.Sql} WHERE canonical_segment_id IN (FROM temp.main.{Touched});
            DROP TABLE temp.main.{Touched};
            """);
        foreach (var table in All)
        {
            if (table.Rows > 0) LakeAppender.Append(connection, table, (LakeDatabase.Catalog, table.Schema, table.Name));
        }
    }

    /// <summary>Forgets the batch.</summary>
    public void Clear(bool release)
    {
        _changes.Clear();
        _touched.Clear();
        foreach (var table in All) table.Clear(release);
    }

    /// <summary>
    /// Puts the profiles whose rows may change into a temporary table: those named by records, what they resolve to, and what resolves to them.
    /// </summary>
    private void Touch(DuckDBConnection connection)
    {
        LakeDatabase.Execute(connection, $"CREATE OR REPLACE TEMP TABLE {Touched} (profile VARCHAR)");
        using (var appender = connection.CreateAppender("temp", "main", Touched))
        {
            foreach (var profile in _touched) appender.CreateRow().AppendValue(profile.ToString()).EndRow();
        }

        LakeDatabase.Execute(connection, $"""
            INSERT INTO temp.main.{Touched}
            (SELECT segment_id FROM {_merges.Sql} WHERE canonical_segment_id IN (FROM temp.main.{Touched})
             UNION SELECT canonical_segment_id FROM {_merges.Sql} WHERE segment_id IN (FROM temp.main.{Touched}))
            EXCEPT FROM temp.main.{Touched}
            """);
    }

    private ProfileState Read(DuckDBConnection connection)
    {
        var state = new ProfileState();
        foreach (var row in LakeDatabase.Read(connection, $"{ReadMerges} {_merges.Sql} WHERE segment_id IN (FROM temp.main.{Touched})"))
            state.Merges[Id(row[0])] = (Id(row[1]), At(row, 2));
        foreach (var row in LakeDatabase.Read(connection, Of(_traits, $"canonical_segment_id, name, value, {IsText}")))
            state.Change(Id(row[0]), false, [new((string)row[1]!, new TraitText((string)row[2]!, (bool?)row[3]))], At(row, 4));
        foreach (var row in LakeDatabase.Read(connection, Of(_identifiers, "canonical_segment_id, collection, type, value")))
        {
            var collection = (string)row[1]! == "accounts" ? ProfileCollection.Accounts : ProfileCollection.Users;
            state.Add(Id(row[0]), new Identifier(collection, (string)row[2]!, (string)row[3]!), At(row, 4));
        }

        return state;

        static string Of(LakeTable table, string columns) =>
            $"SELECT {columns}, seq, timestamp, received_at FROM {table.Sql} WHERE canonical_segment_id IN (FROM temp.main.{Touched})";
    }

    private void Fill(ProfileState state, long loadedAt)
    {
        foreach (var (profile, merge) in state.Merges) Row(_merges, loadedAt, merge.At, merge.Canonical.ToString(), profile.ToString());
        foreach (var (profile, traits) in state.Traits)
        {
            foreach (var (name, value) in traits)
            {
                Row(_traits, loadedAt, value.At, profile.ToString(), name, value.Value.Text);
                if (value.Value.IsText is { } isText) _traits.Columns[^1].Values.SetBoolean(_traits.Rows - 1, isText);
            }
        }

        foreach (var (profile, identifiers) in state.Identifiers)
        {
            foreach (var (identifier, at) in identifiers)
            {
                var collection = identifier.Collection == ProfileCollection.Accounts ? "accounts" : "users";
                Row(_identifiers, loadedAt, at, profile.ToString(), collection, identifier.Type, identifier.Value);
            }

        }
    }

    /// <summary>Adds a row: the given texts, then <c>seq</c> and the times, in the order of the definition.</summary>
    private static void Row(LakeTable table, long loadedAt, DecidedAt at, params ReadOnlySpan<string> values)
    {
        var row = table.BeginRow();
        for (var i = 0; i < values.Length; i++) table.Columns[i].Values.SetText(row, Encoding.UTF8.GetBytes(values[i]));
        table.Columns[values.Length].Values.SetInt64(row, at.Seq);
        table.Columns[values.Length + 1].Values.SetInt64(row, at.TimestampMs * 1_000);
        table.Columns[values.Length + 2].Values.SetInt64(row, at.ReceivedAtMs * 1_000);
        table.Columns[values.Length + 3].Values.SetInt64(row, loadedAt);
    }

    private static LakeTable Table(string name, LakeTableRules rules, TextArena texts, params ReadOnlySpan<string> columns)
    {
        var table = new LakeTable(LakeViews.ProfilesSchema, name, rules, texts);
        foreach (var column in columns) table.Define(column, LakeType.Text);
        table.Define("seq", LakeType.BigInt);
        table.Define("timestamp", LakeType.Timestamp);
        table.Define("received_at", LakeType.Timestamp);
        table.Define("uuid_ts", LakeType.Timestamp);
        table.CreatedColumns = table.Columns.Count;
        return table;
    }

    private static LakeTable WithKind(LakeTable traits)
    {
        traits.Define(IsText, LakeType.Boolean);
        traits.CreatedColumns = traits.Columns.Count;
        return traits;
    }

    /// <summary>Names and values as text; nothing when the payload is no object, which <see cref="ProfileTables"/> counts.</summary>
    private static List<KeyValuePair<string, TraitText?>> TraitsOf(ReadOnlyMemory<byte> payload)
    {
        var traits = new List<KeyValuePair<string, TraitText?>>();
        try
        {
            using var json = JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = 128 });
            if (json.RootElement.ValueKind != JsonValueKind.Object) return traits;
            foreach (var trait in json.RootElement.EnumerateObject()) traits.Add(new(NameOf(trait), TextOf(trait.Value)));
        }
        catch (JsonException)
        {
            traits.Clear();
        }

        return traits;
    }

    private static string NameOf(JsonProperty trait)
    {
        try
        {
            return trait.Name;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: the name stays as it was escaped.
            return Encoding.UTF8.GetString(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8PropertyName(trait));
        }
    }

    private static TraitText? TextOf(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined) return null;
        if (value.ValueKind != JsonValueKind.String) return new TraitText(value.GetRawText(), false);
        try
        {
            return new TraitText(value.GetString()!, true);
        }
        catch (InvalidOperationException)
        {
            return new TraitText(value.GetRawText().Trim('"'), true);
        }
    }

    private static ProfileId Id(object? text) => ProfileId.TryParse((string?)text, out var id) ? id : throw new InvalidDataException($"{text} in the lake is no profile id.");

    private static DecidedAt At(object?[] row, int from) => new(System.Convert.ToInt64(row[from], CultureInfo.InvariantCulture), Milliseconds(row[from + 1]), Milliseconds(row[from + 2]));

    private static long Milliseconds(object? time) => (((DateTime)time!).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
}
