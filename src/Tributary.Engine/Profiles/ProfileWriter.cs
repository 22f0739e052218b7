using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Profiles;

/// <summary>Writes profiles in the shapes of the Profile API.</summary>
internal static class ProfileWriter
{
    /// <summary>Times as Segment writes them: ISO 8601 in UTC with milliseconds.</summary>
    public static string Iso(long milliseconds) =>
        milliseconds is < -62_135_596_800_000 or > 253_402_300_799_999
            ? milliseconds.ToString(CultureInfo.InvariantCulture)
            : DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static void WriteTraits(Utf8JsonWriter json, Profile profile, ProfileApi.Page page, WorkspaceSnapshot workspace, string traitClass)
    {
        // The next page begins with the trait that the cursor names; keys are paged in their order.
        IEnumerable<KeyValuePair<string, Trait>> traits = ProfileView.AllTraits(profile, workspace, traitClass);
        if (page.Include is { } include) traits = traits.Where(pair => include.Contains(pair.Key));
        if (page.Next.Length > 0) traits = traits.Where(pair => string.CompareOrdinal(pair.Key, page.Next) >= 0);
        var taken = traits.Take(page.Limit + 1).ToList();
        json.WriteStartObject("traits");
        foreach (var (name, trait) in taken.Take(page.Limit))
        {
            json.WritePropertyName(name);
            if (page.Verbose)
            {
                json.WriteStartObject();
                json.WritePropertyName("value");
                json.WriteRawValue(trait.Json, skipInputValidation: true);
                json.WriteString("source_id", SourceId(workspace, trait.Stamp.Source));
                json.WriteString("updated_at", Iso(trait.Stamp.Timestamp));
                json.WriteEndObject();
            }
            else
            {
                json.WriteRawValue(trait.Json, skipInputValidation: true);
            }
        }

        json.WriteEndObject();
        WriteCursor(json, page.Url, taken.Count > page.Limit ? taken[page.Limit].Key : "", page.Limit);
    }

    public static void WriteIdentifiers(Utf8JsonWriter json, Profile profile, ProfileApi.Page page, WorkspaceSnapshot workspace)
    {
        var skip = page.Next.StartsWith("map_", StringComparison.Ordinal) && ulong.TryParse(page.Next.AsSpan(4), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var from) ? from : 0;
        var nodes = profile.Nodes.Where(node => node.Number >= skip && (page.Include is null || page.Include.Contains(node.Type))).Take(page.Limit + 1).ToList();
        json.WriteStartArray("data");
        foreach (var node in nodes.Take(page.Limit)) WriteIdentifier(json, node, workspace, withFirstMessage: true);
        json.WriteEndArray();
        WriteCursor(json, page.Url, nodes.Count > page.Limit ? "map_" + nodes[page.Limit].Number.ToString("x16", CultureInfo.InvariantCulture) : "", page.Limit);
    }

    public static void WriteIdentifierList(Utf8JsonWriter json, Profile profile, WorkspaceSnapshot workspace)
    {
        json.WriteStartArray("external_ids");
        foreach (var node in profile.Nodes) WriteIdentifier(json, node, workspace, withFirstMessage: false);
        json.WriteEndArray();
    }

    public static void WriteMetadata(Utf8JsonWriter json, Profile profile, WorkspaceSnapshot workspace)
    {
        var first = ProfileView.First(profile);
        var last = ProfileView.Last(profile);
        json.WriteStartObject("metadata");
        json.WriteString("created_at", Iso(first?.Timestamp ?? profile.CreatedAt));
        json.WriteString("updated_at", Iso(last?.Timestamp ?? profile.CreatedAt));
        json.WriteNull("expires_at");
        json.WriteString("first_message_id", first?.MessageId ?? "");
        json.WriteString("first_source_id", first is null ? "" : SourceId(workspace, first.Source));
        json.WriteString("last_message_id", last?.MessageId ?? "");
        json.WriteString("last_source_id", last is null ? "" : SourceId(workspace, last.Source));
        json.WriteEndObject();
    }

    public static void WriteLinks(Utf8JsonWriter json, Profile profile, ProfileApi.Page page, WorkspaceSnapshot workspace, ProfileQueries profiles)
    {
        var isUser = profile.Collection == ProfileCollection.Users;
        var keys = isUser ? profile.Nodes.SelectMany(node => node.Fragment.Accounts?.Keys.AsEnumerable() ?? []) : profiles.Members(profile);
        json.WriteStartArray("data");
        foreach (var other in keys.Select(profiles.FindByKey).OfType<Profile>().DistinctBy(other => other.Id).Take(page.Limit))
        {
            json.WriteStartObject();
            json.WriteString("to_collection", isUser ? "accounts" : "users");
            WriteIdentifierList(json, other, workspace);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void WriteEvents(
        Utf8JsonWriter json, Profile profile, ProfileApi.Page page, WorkspaceSnapshot workspace, ProfileQueries profiles, long start, long end, bool ascending)
    {
        var (nextTime, nextId) = ReadEventCursor(page.Next);
        var (from, to) = (start == long.MinValue ? start : start + 1, end == long.MaxValue ? end : end - 1);
        if (nextTime is { } time) (from, to) = ascending ? (Math.Max(from, time), to) : (from, Math.Min(to, time));
        var events = profiles.Events(profile, from, to, ascending)
            .Where(record => record.Type is EventType.Track or EventType.Page or EventType.Screen)
            .Select(record => new TrackLike(record))
            .Where(track => (page.Include?.Contains(track.Name) ?? true) && !(page.Exclude?.Contains(track.Name) ?? false));
        // The cursor names the first event of the next page; others of the same millisecond may come before it.
        if (nextTime is not null) events = events.SkipWhile(track => track.Timestamp == nextTime && track.MessageId != nextId);
        var taken = events.Take(page.Limit + 1).ToList();
        json.WriteStartArray("data");
        foreach (var track in taken.Take(page.Limit)) track.Write(json, workspace, profile.Id);
        json.WriteEndArray();
        WriteCursor(json, page.Url, taken.Count > page.Limit ? EventCursor(taken[page.Limit]) : "", page.Limit);
        taken.ForEach(track => track.Dispose());
    }

    public static void WriteCursor(Utf8JsonWriter json, string url, string next, int limit)
    {
        json.WriteStartObject("cursor");
        json.WriteString("url", url);
        json.WriteBoolean("has_more", next.Length > 0);
        json.WriteString("next", next);
        json.WriteNumber("limit", limit);
        json.WriteEndObject();
    }

    /// <summary>The id of a source by its number; of a deleted one its number, of a command nothing.</summary>
    public static string SourceId(WorkspaceSnapshot workspace, uint number) =>
        number == 0 ? "" : workspace.FindSource(number)?.Id ?? number.ToString(CultureInfo.InvariantCulture);

    private static void WriteIdentifier(Utf8JsonWriter json, Node node, WorkspaceSnapshot workspace, bool withFirstMessage)
    {
        json.WriteStartObject();
        json.WriteString("source_id", SourceId(workspace, node.Source));
        json.WriteString("collection", IdentifierKey.CollectionOf(node.Key) == ProfileCollection.Users ? "users" : "accounts");
        json.WriteString("id", IdentifierKey.ValueOf(node.Key));
        json.WriteString("type", node.Type);
        json.WriteString("created_at", Iso(node.CreatedAt));
        json.WriteString("encoding", "none");
        if (withFirstMessage) json.WriteString("first_message_id", node.FirstMessageId);
        json.WriteEndObject();
    }

    private static string EventCursor(TrackLike track) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{(Int128)track.Timestamp * 1_000_000}:{track.MessageId}")));

    private static (long? Time, string MessageId) ReadEventCursor(string next)
    {
        // A plus that the client did not escape arrives as a space.
        next = next.Replace(' ', '+');
        if (next.Length == 0 || !Base64.IsValid(next)) return (null, "");
        var text = Encoding.UTF8.GetString(Convert.FromBase64String(next));
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && Int128.TryParse(text.AsSpan(0, colon), CultureInfo.InvariantCulture, out var nanoseconds)
            ? ((long)(nanoseconds / 1_000_000), text[(colon + 1)..])
            : (null, "");
    }

    /// <summary>A track, page or screen as the events list shows it: pages and screens as tracks with their name among the properties.</summary>
    private sealed class TrackLike(DecidedRecord record) : IDisposable
    {
        private readonly JsonDocument _message = JsonDocument.Parse(record.Payload, new JsonDocumentOptions { MaxDepth = 128 });

        public long Timestamp => record.Timestamp;

        public string MessageId { get; } = Encoding.UTF8.GetString(record.MessageId.Span);

        public string Name => record.Type switch
        {
            EventType.Page => "Page Viewed",
            EventType.Screen => "Screen Viewed",
            _ => _message.RootElement.TryGetProperty("event", out var name) ? name.GetString() ?? "" : "",
        };

        public void Write(Utf8JsonWriter json, WorkspaceSnapshot workspace, ProfileId profile)
        {
            json.WriteStartObject();
            json.WriteStartArray("external_ids");
            foreach (var identifier in record.ReadIdentifiers())
            {
                json.WriteStartObject();
                json.WriteString("collection", identifier.Collection == ProfileCollection.Users ? "users" : "accounts");
                json.WriteString("type", identifier.Type);
                json.WriteString("id", identifier.Value);
                json.WriteString("encoding", "none");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WritePropertyName("context");
            WriteObject(json, "context");
            json.WriteString("type", "track");
            json.WriteString("message_id", MessageId);
            json.WriteString("source_id", SourceId(workspace, record.Source));
            json.WriteString("timestamp", Iso(record.Timestamp));
            WriteProperties(json);
            json.WriteString("event", Name);
            json.WriteStartObject("related");
            json.WriteString("users", profile.ToString());
            json.WriteEndObject();
            json.WriteEndObject();
        }

        public void Dispose() => _message.Dispose();

        private void WriteProperties(Utf8JsonWriter json)
        {
            json.WriteStartObject("properties");
            if (_message.RootElement.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object)
                foreach (var property in properties.EnumerateObject()) property.WriteTo(json);
            if (record.Type is EventType.Page or EventType.Screen && _message.RootElement.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String)
                json.WriteString(record.Type == EventType.Page ? "page_name" : "screen_name", name.GetString());
            json.WriteEndObject();
        }

        private void WriteObject(Utf8JsonWriter json, string member)
        {
            if (_message.RootElement.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.Object) value.WriteTo(json);
            else
            {
                json.WriteStartObject();
                json.WriteEndObject();
            }
        }
    }
}
