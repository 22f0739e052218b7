namespace Tributary.Console.Destinations;

/// <summary>A span of time up to now, in steps.</summary>
/// <param name="Id">What it is called in an address.</param>
/// <param name="Name">What people read.</param>
/// <param name="Step">The length of a step.</param>
/// <param name="Steps">How many.</param>
public sealed record TimeWindow(string Id, string Name, TimeSpan Step, int Steps)
{
    public static IReadOnlyList<TimeWindow> All { get; } =
    [
        new("1h", "1 hour", TimeSpan.FromMinutes(1), 60),
        new("24h", "24 hours", TimeSpan.FromHours(1), 24),
        new("7d", "7 days", TimeSpan.FromHours(6), 28),
        new("30d", "30 days", TimeSpan.FromDays(1), 30),
    ];

    public static TimeWindow Day { get; } = All[1];

    /// <summary>The span with an id; a day when there is none.</summary>
    public static TimeWindow Of(string? id) => All.FirstOrDefault(window => window.Id == id) ?? Day;

    /// <summary>When each step begins; the last one holds now.</summary>
    public DateTimeOffset[] Starts(DateTimeOffset now)
    {
        var last = new DateTimeOffset(now.UtcTicks / Step.Ticks * Step.Ticks, TimeSpan.Zero);
        return [.. Enumerable.Range(0, Steps).Select(at => last + ((at - Steps + 1) * Step))];
    }
}
