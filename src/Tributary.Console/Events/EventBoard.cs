using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Tributary.Engine.Delivery;
using Tributary.Engine.Identity;
using Tributary.Model;

namespace Tributary.Console.Events;

/// <summary>A line of the list of events.</summary>
/// <param name="MessageId">Its id; empty when it had none.</param>
/// <param name="Type">Its type; empty when it is not known.</param>
/// <param name="Name">Its name; empty when it has none.</param>
/// <param name="Source">The source's number.</param>
/// <param name="ReceivedAt">When it came.</param>
/// <param name="Profile">The profile it belongs to; null when it belongs to nobody.</param>
/// <param name="Code">Why it was refused; null when it was accepted.</param>
/// <param name="Offset">Its place, behind which older ones are.</param>
internal sealed record EventRow(string MessageId, string Type, string Name, uint Source, DateTimeOffset ReceivedAt, string? Profile, string? Code, long Offset);

/// <summary>Which events are wanted.</summary>
/// <param name="Source">Of this source; null for all.</param>
/// <param name="Type">Of this type; 0 for all.</param>
/// <param name="Name">Of exactly this name; null for all.</param>
/// <param name="Verdict">What became of them.</param>
/// <param name="Before">Only older ones than this place.</param>
internal sealed record EventFilter(uint? Source, EventType Type, string? Name, EventVerdict Verdict, long Before);

/// <summary>What became of a message at the door.</summary>
internal enum EventVerdict
{
    /// <summary>It was taken.</summary>
    Accepted,

    /// <summary>It broke a rule.</summary>
    Discarded,

    /// <summary>A stage could not cope with it.</summary>
    Quarantined,
}

/// <summary>Reads the newest events; at most every few seconds for all pages that ask the same.</summary>
internal sealed class EventBoard(PassportQueries passports, TimeProvider clock)
{
    /// <summary>Most events of a page.</summary>
    public const int ListedMax = 100;

    private const int KeptMax = 200;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<EventFilter, (DateTimeOffset At, IReadOnlyList<EventRow> Rows)> _lists = [];

    /// <summary>Those that fit, the newest first.</summary>
    public IReadOnlyList<EventRow> List(EventFilter filter)
    {
        var now = clock.GetUtcNow();
        if (_lists.TryGetValue(filter, out var known) && now - known.At < Fresh) return known.Rows;
        if (_lists.Count > KeptMax) _lists.Clear();
        IReadOnlyList<EventRow> rows = filter.Verdict == EventVerdict.Accepted ? [.. Accepted(filter)] : [.. Refused(filter)];
        _lists[filter] = (now, rows);
        return rows;
    }

    private IEnumerable<EventRow> Accepted(EventFilter filter) =>
        passports.Recent(filter.Source, filter.Type == 0 ? null : filter.Type, filter.Name, new LogOffset(filter.Before)).Take(ListedMax)
            .Select(pair => new EventRow(
                Encoding.UTF8.GetString(pair.Record.MessageId.Span), pair.Record.Type.Name(),
                Encoding.UTF8.GetString(EventLabels.ReadRaw(pair.Record.Payload.Span, pair.Record.Type).Name), pair.Record.Source,
                Profiles.ProfileText.Time(pair.Record.ReceivedAt), pair.Record.Profile.IsNone ? null : pair.Record.Profile.ToString(), null, pair.Event.Offset.Value));

    private IEnumerable<EventRow> Refused(EventFilter filter) =>
        passports.Refused(filter.Source, filter.Verdict == EventVerdict.Quarantined, new LogOffset(filter.Before), ListedMax)
            .Select(rejection => new EventRow(
                rejection.MessageId, "", "", rejection.Source, Profiles.ProfileText.Time(rejection.ReceivedAt), null, rejection.Code, rejection.Offset.Value));

    /// <summary>Reads a place as it stands in an address; the newest when it is none.</summary>
    public static long Place(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? place : long.MaxValue;
}
