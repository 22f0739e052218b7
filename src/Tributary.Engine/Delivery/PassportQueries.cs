using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Profiles;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>Everything that happened to the messages of one id, and what arrived lately.</summary>
internal sealed class PassportQueries(
    Func<WorkspaceSnapshot> workspace, EventQueries events, ProfileQueries profiles, RecentEvents recent, IStateStore store)
{
    // Deeper than anything that the door accepts; what nests deeper is shown as text.
    private const int PayloadDepthMax = 256;

    // An event that joins two large profiles says so in a few records for each identifier.
    private const int ChangesMax = 200;

    /// <summary>Finds the messages with an id; null when none is known.</summary>
    public Passport? Find(string messageId)
    {
        var accepted = events.FindAccepted(messageId).ToList();
        var rejected = events.FindRejected(messageId).ToList();
        return accepted.Count + rejected.Count == 0 ? null : new Passport(messageId, accepted, rejected);
    }

    /// <summary>Writes a passport as the fields of an object.</summary>
    public void Write(Utf8JsonWriter json, Passport passport)
    {
        var now = workspace();
        json.WriteString("messageId", passport.MessageId);
        json.WriteStartArray("events");
        foreach (var (record, offset, repeats) in passport.Accepted)
        {
            json.WriteStartObject();
            WriteAccepted(json, record, offset, repeats, now);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("rejected");
        foreach (var (rejection, isQuarantined) in passport.Rejected) WriteRejected(json, rejection, isQuarantined, now);
        json.WriteEndArray();
    }

    /// <summary>Accepted events that are remembered, the newest first.</summary>
    /// <param name="source">Only of this source; null for all.</param>
    /// <param name="type">Only of this type; null for all but objects, which would hide the rest.</param>
    /// <param name="name">Only of this event name; null for all.</param>
    /// <param name="before">Only what lies before this offset of the event log.</param>
    public IEnumerable<(RecentEvent Event, DecidedRecord Record)> Recent(uint? source, EventType? type, string? name, LogOffset before)
    {
        var batch = new LogBatch(8 << 10);
        foreach (var found in recent.List(before, item => (source is null || item.Source == source) && (type is null ? item.Type != EventType.Set : item.Type == type)))
        {
            if (profiles.ReadEvent(found.Offset, batch) is { } record && (name is null || EventName(record.Payload.Span) == name)) yield return (found, record);
        }
    }

    /// <summary>Messages that were discarded or quarantined, the newest first.</summary>
    /// <param name="source">Only of this source; null for all.</param>
    /// <param name="isQuarantined">Those in quarantine instead of those discarded.</param>
    /// <param name="before">Only what lies before this offset of the received log.</param>
    /// <param name="max">Most messages.</param>
    public IReadOnlyList<Rejection> Refused(uint? source, bool isQuarantined, LogOffset before, int max)
    {
        IEnumerable<uint> sources = source is { } one ? [one] : workspace().Sources.Select(each => each.Number).Prepend(0u);
        // Each list is in order, so the newest of all are among the newest of each.
        return
        [
            .. sources.SelectMany(number => events.ListRejected(number, isQuarantined).SkipWhile(rejection => rejection.Offset >= before).Take(max))
                .OrderByDescending(rejection => rejection.Offset).Take(max),
        ];
    }

    public static void WriteRecent(Utf8JsonWriter json, RecentEvent found, in DecidedRecord record, WorkspaceSnapshot now)
    {
        json.WriteStartObject();
        json.WriteString("messageId", record.MessageId.Span);
        json.WriteString("verdict", "accepted");
        WriteHead(json, record, found.Offset, now);
        Raw(json, "message", record.Payload.Span);
        json.WriteEndObject();
    }

    public void WriteRejected(Utf8JsonWriter json, Rejection rejection, bool isQuarantined, WorkspaceSnapshot now)
    {
        json.WriteStartObject();
        if (rejection.MessageId.Length > 0) json.WriteString("messageId", rejection.MessageId);
        json.WriteString("verdict", isQuarantined ? "quarantined" : "discarded");
        json.WriteString("code", rejection.Code);
        if (rejection.Detail.Length > 0) json.WriteString("detail", rejection.Detail);
        json.WriteString("source", SourceId(now, rejection.Source));
        json.WriteString("receivedAt", ProfileWriter.Iso(rejection.ReceivedAt));
        json.WriteNumber("receivedOffset", rejection.Offset.Value);
        if (events.ReadPayload(rejection) is { } payload)
        {
            if (IsJson(payload.Span)) Raw(json, "payload", payload.Span);
            else json.WriteString("payload", Encoding.UTF8.GetString(payload.Span));
        }
        else
        {
            json.WriteNull("payload");
        }

        json.WriteEndObject();
    }

    private void WriteAccepted(Utf8JsonWriter json, in DecidedRecord record, LogOffset offset, long repeats, WorkspaceSnapshot now)
    {
        json.WriteString("verdict", "accepted");
        WriteHead(json, record, offset, now);
        json.WriteNumber("repeats", repeats);
        if (record.Profile.IsNone)
        {
            json.WriteNull("profile");
            json.WriteNull("segmentId");
        }
        else
        {
            json.WriteString("profile", (profiles.Resolve(record.Space, record.Profile)?.Id ?? record.Profile).ToString());
            json.WriteString("segmentId", record.Profile.ToString());
        }

        json.WriteStartArray("identifiers");
        foreach (var identifier in record.ReadIdentifiers())
        {
            json.WriteStartObject();
            json.WriteString("collection", identifier.Collection == ProfileCollection.Users ? "users" : "accounts");
            json.WriteString("type", identifier.Type);
            json.WriteString("value", identifier.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("violations");
        foreach (var violation in events.Violations(record.Space, record.ReceivedOffset)) Write(json, violation);
        json.WriteEndArray();
        json.WriteStartArray("changes");
        foreach (var change in events.Consequences(offset, ChangesMax)) WriteChange(json, change);
        json.WriteEndArray();
        Raw(json, "event", record.Payload.Span);
        json.WriteStartArray("destinations");
        foreach (var destination in now.Destinations)
        {
            if (now.FindSource(destination.SourceId)?.Number == record.Source) WriteDelivery(json, now, destination, offset);
        }

        json.WriteEndArray();
    }

    private void WriteDelivery(Utf8JsonWriter json, WorkspaceSnapshot now, Destination destination, LogOffset offset)
    {
        // What came before the destination was created does not concern it.
        if (DeliveryCounts.Beginning(store, destination.Number) is not { } beginning || offset < beginning.Offset) return;
        var life = DeliveryLife.Read(store, destination.Number, offset);
        json.WriteStartObject();
        json.WriteString("id", destination.Id);
        json.WriteString("name", destination.Name);
        json.WriteString("state", life.State);
        if (life.Reason is { Length: > 0 } reason) json.WriteString("reason", reason);
        if (life.Attempts is { } attempts) json.WriteNumber("attempts", attempts);
        if (life.NextAttemptAt is { } next) json.WriteString("nextAttemptAt", ProfileWriter.Iso(next));
        if (life.LastError is { Length: > 0 } error) json.WriteString("lastError", error);
        WriteTries(json, now, life.Tries ?? []);
        json.WriteStartArray("samples");
        foreach (var sample in DeliverySamples.Read(store, destination.Number).Where(sample => DeliverySamples.OffsetOf(sample) == offset.Value))
            json.WriteRawValue(sample, skipInputValidation: true);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTries(Utf8JsonWriter json, WorkspaceSnapshot now, IReadOnlyList<DeliveryTry> tries)
    {
        json.WriteStartArray("failedAttempts");
        foreach (var each in tries)
        {
            json.WriteStartObject();
            json.WriteString("at", ProfileWriter.Iso(each.At));
            json.WriteString("reason", each.Reason);
            if (each.Lane != 0 && now.Subscriptions.FirstOrDefault(subscription => subscription.Number == each.Lane) is { } subscription) json.WriteString("subscriptionId", subscription.Id);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteChange(Utf8JsonWriter json, in DecidedRecord change)
    {
        json.WriteStartObject();
        json.WriteString("profile", change.Profile.ToString());
        switch (change.Kind)
        {
            case DecidedKind.Event:
                json.WriteString("change", "event");
                json.WriteString("messageId", change.MessageId.Span);
                json.WriteString("type", change.Type.Name());
                json.WriteString("event", EventName(change.Payload.Span));
                break;
            case DecidedKind.Graph:
                json.WriteString("change", change.Canonical == change.Profile ? "profile_created" : "profile_merged");
                if (change.Canonical != change.Profile) json.WriteString("into", change.Canonical.ToString());
                break;
            case DecidedKind.Mapping:
                json.WriteString("change", change.MappingRemoved ? "identifier_removed" : "identifier_added");
                json.WriteString("identifier", change.MappingIdentifier.ToString());
                break;
            case DecidedKind.Traits:
                json.WriteString("change", change.TraitsReplaced ? "traits_replaced" : "traits_set");
                Raw(json, "traits", change.Payload.Span);
                break;
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RecordedViolation violation)
    {
        json.WriteStartObject();
        json.WriteString("kind", Violation.Name(violation.Kind));
        if (violation.Type.Length > 0) json.WriteString("type", violation.Type);
        if (violation.Demoted is { } demoted) json.WriteString("demoted", demoted.ToString());
        json.WriteEndObject();
    }

    private static void WriteHead(Utf8JsonWriter json, in DecidedRecord record, LogOffset offset, WorkspaceSnapshot now)
    {
        json.WriteString("source", SourceId(now, record.Source));
        json.WriteString("type", record.Type.Name());
        json.WriteString("receivedAt", ProfileWriter.Iso(record.ReceivedAt));
        json.WriteString("timestamp", ProfileWriter.Iso(record.Timestamp));
        json.WriteNumber("receivedOffset", record.ReceivedOffset.Value);
        json.WriteNumber("eventOffset", offset.Value);
    }

    private static void Raw(Utf8JsonWriter json, string name, ReadOnlySpan<byte> value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value, skipInputValidation: true);
    }

    private static bool IsJson(ReadOnlySpan<byte> payload)
    {
        if (!Utf8.IsValid(payload)) return false;
        var reader = new Utf8JsonReader(payload, new JsonReaderOptions { MaxDepth = PayloadDepthMax });
        try
        {
            while (reader.Read())
            {
                // Reading to the end is the check.
            }

            return payload.Length > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string? EventName(ReadOnlySpan<byte> message)
    {
        var reader = new Utf8JsonReader(message, new JsonReaderOptions { MaxDepth = 1_000 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isName = reader.ValueTextEquals("event"u8);
            reader.Read();
            if (isName && reader.TokenType == JsonTokenType.String) return reader.GetString();
            reader.Skip();
        }

        return null;
    }

    private static string SourceId(WorkspaceSnapshot now, uint number) =>
        now.FindSource(number)?.Id ?? number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>The messages of one id.</summary>
internal sealed record Passport(
    string MessageId, IReadOnlyList<(DecidedRecord Record, LogOffset Offset, long Repeats)> Accepted, IReadOnlyList<(Rejection Rejection, bool IsQuarantined)> Rejected);
