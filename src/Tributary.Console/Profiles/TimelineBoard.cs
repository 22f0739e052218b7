using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Console.Events;
using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Profiles;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Console.Profiles;

/// <summary>Reads the events of a profile, a stretch at a time.</summary>
internal sealed class TimelineBoard(Func<WorkspaceSnapshot> workspace, ProfileQueries profiles, EventMessages messages)
{
    // A filter that nothing fits must not read the whole life of somebody with a million events.
    private const int LookedAtMax = 20_000;
    private const int SummaryParts = 3;
    private const int SummaryLengthMax = 160;

    /// <summary>The next events that fit.</summary>
    /// <param name="sheet">The profile; of an account, what its people did.</param>
    /// <param name="filter">Which events.</param>
    /// <param name="behind">Where the last stretch ended; null to begin.</param>
    /// <param name="max">Most events.</param>
    public TimelineStretch Read(ProfileSheet sheet, TimelineFilter filter, TimelineMark? behind, int max)
    {
        var now = workspace();
        var events = profiles.Events(sheet.Profile, long.MinValue, behind?.At ?? filter.To, ascending: false);
        // The mark names the last event that was seen; others of the same millisecond may come before it.
        if (behind is { } mark) events = events.SkipWhile(record => record.Timestamp == mark.At && IdOf(record) != mark.MessageId).Skip(1);
        var rows = new List<TimelineRow>();
        TimelineMark? last = null;
        var looked = 0;
        foreach (var record in events)
        {
            if (rows.Count == max || looked++ == LookedAtMax) return new TimelineStretch(rows, true, last);
            last = new TimelineMark(record.Timestamp, IdOf(record));
            if (filter.Type != 0 && record.Type != filter.Type) continue;
            var name = Encoding.UTF8.GetString(EventLabels.ReadRaw(record.Payload.Span, record.Type).Name);
            if (filter.Name.Length > 0 && !name.Contains(filter.Name, StringComparison.OrdinalIgnoreCase)) continue;
            rows.Add(new TimelineRow(record.Timestamp, last.Value.MessageId, record.Type, name, TraitBoard.SourceName(now, record.Source), Summary(record.Payload, record.Type)));
        }

        return new TimelineStretch(rows, false, last);
    }

    /// <summary>The message of an event, whole; null when it is no longer kept.</summary>
    public JsonNode? Message(string messageId) => messages.Find(messageId);

    private static string IdOf(in DecidedRecord record) => Encoding.UTF8.GetString(record.MessageId.Span);

    private static string Summary(ReadOnlyMemory<byte> message, EventType type)
    {
        using var parsed = JsonDocument.Parse(message, new JsonDocumentOptions { MaxDepth = 1_000 });
        var member = type is EventType.Identify or EventType.Group ? "traits" : "properties";
        if (!parsed.RootElement.TryGetProperty(member, out var fields) || fields.ValueKind != JsonValueKind.Object) return "";
        var parts = fields.EnumerateObject().Where(field => field.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Null))
            .Take(SummaryParts).Select(field => $"{field.Name} {ProfileText.Value(Encoding.UTF8.GetBytes(field.Value.GetRawText()))}");
        return ProfileText.Cut(string.Join(" · ", parts), SummaryLengthMax);
    }
}
