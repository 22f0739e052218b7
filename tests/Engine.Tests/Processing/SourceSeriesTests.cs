using Tributary.Engine.Processing;
using Tributary.Engine.Tests.TestKit;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Processing;

public sealed class SourceSeriesTests
{
    private const long Minute = SourceSeries.MinuteMs;
    private const long Hour = SourceSeries.HourMs;

    [Fact]
    public void Messages_are_counted_by_what_became_of_them_with_name_and_version()
    {
        using var river = new River();
        river.Track("u1", extra: """ "context":{"app":{"name":"Shop","version":"1.2"}} """, messageId: "a");
        river.Track("u1", messageId: "b").Track("u1", messageId: "b");
        river.Send(EventType.Page, """ "name":"Home \u00e9","userId":"u1" """);
        river.Send(EventType.Identify, """ "name":"not a name","userId":"u1" """);
        river.Discard(DiscardReason.NoUserAnonId, payload: """{"event":"Lost","context":{"app":{"version":"2"}},"x":[""");
        river.Discard(DiscardReason.EventNotString, payload: "no JSON");
        river.Processor.Probe = record => { if (record.Type == EventType.Alias) throw new InvalidOperationException("no"); };
        river.Send(EventType.Alias, """ "userId":"u1","previousId":"u0" """);

        Assert.Equal(
            [
                "Accepted Track None Seen/1.2 1", "Accepted Track None Seen/ 1", "Duplicate Track None Seen/ 1", "Accepted Page None Home é/ 1", "Accepted Identify None / 1",
                "Discarded  NoUserAnonId Lost/2 1", "Discarded  EventNotString / 1", "Quarantined Alias None / 1",
            ],
            Lines(river));
    }

    [Fact]
    public void Names_that_cannot_be_shown_do_not_keep_an_event_out()
    {
        using var river = new River();
        river.Send(EventType.Track, """ "event":"\ud800","userId":"u1" """);
        river.Send(EventType.Track, """ "event":{"no":"text"},"userId":"u1" """);
        river.Send(EventType.Track, $$""" "event":"{{new string('x', SourceSeries.LabelBytesMax + 1)}}","userId":"u1" """);

        Assert.Equal(["Accepted Track None / 2", "Accepted Track None (other) 1"], Lines(river));
    }

    [Fact]
    public void Counts_are_those_of_minute_and_hour_of_receipt_and_survive_a_restart()
    {
        using var folder = new TemporaryFolder();
        long start;
        using (var river = new River(folder: folder.Path))
        {
            start = river.Now;
            river.Track("u1").Track("u2").Run();
            river.TickAt(start + Minute).Track("u1").Run();
        }

        using var again = new River(folder: folder.Path);
        again.TickAt(start + Minute).Track("u3", messageId: "after").TickAt(start + Hour).Track("u3", messageId: "later").Run();

        Assert.Equal([(start, 2L), (start + Minute, 2), (start + Hour, 1)], Points(again, byHour: false));
        Assert.Equal([(start, 4L), (start + Hour, 1)], Points(again, byHour: true));
        Assert.Equal([(start + Minute, 2L)], Points(again, byHour: false, start + Minute, start + (2 * Minute)));
    }

    [Fact]
    public void A_row_tells_so_many_names_apart_and_counts_the_others_exactly()
    {
        using var river = new River();
        for (var i = 0; i < SourceSeries.LinesMax + 20; i++) river.Send(EventType.Track, $$""" "event":"E{{i}}","userId":"u1" """);
        for (var i = 0; i < 30; i++) river.Send(EventType.Track, $$""" "event":"E{{i}}","userId":"u1" """).Page("u1");

        var lines = Read(river, byHour: true);
        Assert.Equal(SourceSeries.LinesMax, lines.Count(line => line.Line.Name.Length > 0));
        Assert.Equal(20, lines.Single(line => line.Line.IsOther).Count);
        Assert.Equal(30, lines.Single(line => line.Line.Type == EventType.Page).Count);
        Assert.Equal(river.Counts().Accepted, lines.Sum(line => line.Count));
    }

    [Fact]
    public void Rows_have_room_for_so_many_bytes_of_names()
    {
        using var river = new River();
        for (var i = 0; i < 100; i++) river.Send(EventType.Track, $$""" "event":"{{new string('n', 500)}}{{i}}","userId":"u1" """);

        var lines = Read(river, byHour: false);
        Assert.InRange(lines.Sum(line => line.Line.Name.Length), SourceSeries.TextBytesMax - 600, SourceSeries.TextBytesMax);
        Assert.Equal(100, lines.Sum(line => line.Count));
    }

    [Fact]
    public void Minutes_go_after_two_days_and_hours_after_a_month()
    {
        using var river = new River();
        river.Track("u1").At(1).Track("u1").Run();
        river.At(2.5).Track("u1").Run();
        Assert.Equal((2, 3), (Points(river, byHour: false).Count, Points(river, byHour: true).Count));
        river.At(32.5).Track("u1").Run();
        Assert.Equal((1, 2), (Points(river, byHour: false).Count, Points(river, byHour: true).Count));
        river.At(300).Run();
        Assert.Equal((1, 2), (Points(river, byHour: false).Count, Points(river, byHour: true).Count));
        river.Track("u1").Run();
        Assert.Equal((1, 1), (Points(river, byHour: false).Count, Points(river, byHour: true).Count));
    }

    [Fact]
    public void Rows_do_not_depend_on_commits_even_when_the_clock_jumps()
    {
        using var river = new River();
        var random = new Random(7);
        for (var i = 0; i < 400; i++)
        {
            var time = river.Now + (random.Next(10) == 0 ? random.Next(-5, 6) * 20 * Hour : random.Next(0, 90_000));
            river.TickAt(Math.Max(0, time)).Send(EventType.Track, $$""" "event":"E{{random.Next(6)}}","userId":"u1" """, messageId: $"m{random.Next(300)}");
            if (random.Next(3) == 0) river.Run();
            if (random.Next(20) == 0) river.Processor.Restart();
        }

        river.Run();
        Assert.Null(new ReplayVerification(river.Received, river.Decided, river.Store, river.Options, TimeProvider.System).Run(null, CancellationToken.None));
    }

    private static List<(long At, SourceLine Line, long Count)> Read(River river, bool byHour, long from = 0, long to = long.MaxValue / 2) =>
        [.. SourceSeries.Read(river.Run().Store, River.Website, byHour, from, to)];

    private static IEnumerable<string> Lines(River river) => Read(river, byHour: true).Select(each =>
        $"{each.Line.Metric} {(each.Line.Type == default ? "" : each.Line.Type)} {(each.Line.Reason == default ? "None" : each.Line.Reason)} "
        + $"{(each.Line.IsOther ? "(other)" : $"{each.Line.Name}/{each.Line.AppVersion}")} {each.Count}");

    private static List<(long At, long Count)> Points(River river, bool byHour, long from = 0, long to = long.MaxValue / 2) =>
        [.. Read(river, byHour, from, to).GroupBy(each => each.At).Select(point => (point.Key, point.Sum(each => each.Count)))];
}
