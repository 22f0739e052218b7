using Tributary.Console.Profiles;
using Tributary.Model;
using Xunit;

namespace Tributary.Console.Tests.Pages;

/// <summary>How a timeline is cut into days.</summary>
public sealed class TimelineLineTests
{
    private static readonly DateOnly Today = new(2026, 11, 28);

    [Fact]
    public void Each_day_has_a_head_that_counts_and_events_keep_their_order()
    {
        var lines = TimelineLine.Of([Row("a", "2026-11-28T09:00:00Z"), Row("b", "2026-11-28T00:00:00Z"), Row("c", "2026-11-27T23:59:59Z"), Row("d", "2026-11-02T12:00:00Z")], Today);

        Assert.Equal(["Today 2", "a", "b", "Yesterday 1", "c", "Monday, 2 November 2026 1", "d"], lines.Select(line => line.Row?.MessageId ?? $"{line.Day} {line.Count}"));
    }

    [Fact]
    public void Times_outside_of_the_calendar_do_no_harm() =>
        Assert.Equal(4, TimelineLine.Of([Row("late", long.MaxValue), Row("early", long.MinValue)], Today).Count);

    [Fact]
    public void A_day_to_jump_to_ends_with_its_last_millisecond() =>
        Assert.Equal(DateTimeOffset.Parse("2026-11-28T23:59:59.999Z", System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds(), new TimelineFilter(default, "", Today).To);

    private static TimelineRow Row(string id, string at) => Row(id, DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds());

    private static TimelineRow Row(string id, long at) => new(at, id, EventType.Track, "Order Completed", "Shop", "");
}
