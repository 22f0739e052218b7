using System.Globalization;
using Tributary.Model;

namespace Tributary.Console.Profiles;

/// <summary>An event of a profile, as its timeline shows it.</summary>
/// <param name="At">Event time; milliseconds since 1970.</param>
/// <param name="MessageId">Its message id.</param>
/// <param name="Type">Its type.</param>
/// <param name="Name">The event's name, or the page's or screen's; empty when it has none.</param>
/// <param name="Source">The name of the source.</param>
/// <param name="Summary">A few of its properties; they identify people.</param>
internal sealed record TimelineRow(long At, string MessageId, EventType Type, string Name, string Source, string Summary);

/// <summary>A stretch of a timeline, the newest first.</summary>
/// <param name="Rows">The events.</param>
/// <param name="HasMore">There are older ones, or the search ended before the beginning.</param>
/// <param name="Last">The last event that was looked at: the next stretch begins behind it.</param>
internal sealed record TimelineStretch(IReadOnlyList<TimelineRow> Rows, bool HasMore, TimelineMark? Last);

/// <summary>A place in a timeline.</summary>
internal readonly record struct TimelineMark(long At, string MessageId);

/// <summary>Which events of a timeline are wanted.</summary>
/// <param name="Type">Of this type; 0 for all.</param>
/// <param name="Name">Whose name holds this text; empty for all.</param>
/// <param name="Until">Not after the end of this day (UTC); null for the newest.</param>
internal sealed record TimelineFilter(EventType Type, string Name, DateOnly? Until)
{
    /// <summary>The last millisecond that is wanted.</summary>
    public long To => Until is { } day ? new DateTimeOffset(day.ToDateTime(TimeOnly.MaxValue), TimeSpan.Zero).ToUnixTimeMilliseconds() : long.MaxValue;
}

/// <summary>A line of the list: the head of a day, or an event.</summary>
/// <param name="Day">The day in words, when it is a head.</param>
/// <param name="Count">Of a head: how many events of the day are listed.</param>
/// <param name="Row">The event, when it is one.</param>
internal sealed record TimelineLine(string? Day, int Count, TimelineRow? Row)
{
    /// <summary>Puts the head of its day (UTC) before the events of each day.</summary>
    /// <param name="rows">The events, the newest first.</param>
    /// <param name="today">The present day.</param>
    public static List<TimelineLine> Of(IReadOnlyList<TimelineRow> rows, DateOnly today)
    {
        var lines = new List<TimelineLine>(rows.Count + 16);
        foreach (var day in rows.GroupBy(row => DateOnly.FromDateTime(ProfileText.Time(row.At).UtcDateTime)))
        {
            lines.Add(new TimelineLine(NameOf(day.Key, today), day.Count(), null));
            lines.AddRange(day.Select(row => new TimelineLine(null, 0, row)));
        }

        return lines;
    }

    private static string NameOf(DateOnly day, DateOnly today) => (today.DayNumber - day.DayNumber) switch
    {
        0 => "Today",
        1 => "Yesterday",
        _ => day.ToString("dddd, d MMMM yyyy", CultureInfo.InvariantCulture),
    };
}
