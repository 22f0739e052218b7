using Microsoft.AspNetCore.Components;
using Tributary.Console.Live;
using Tributary.Console.Shared;
using Tributary.Console.Sources;

namespace Tributary.Console.Home;

/// <summary>The first page: what flows at this moment.</summary>
public sealed partial class HomePage
{
    private const int Minutes = 60;
    private const int SeriesMax = 7;

    private static readonly long[] None = [0, 0];

    private PulseReading _reading = null!;
    private long _accepted;
    private long _refused;
    private long _received;
    private long _delivered;
    private long _pending;
    private long _today;
    private List<ChartSeries> _series = [];
    private DateTimeOffset[] _minutes = [];

    [Inject]
    public required SourceBoard Board { get; init; }

    [Inject]
    public required TimeProvider Clock { get; init; }

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        FollowWorkspace();
        FollowPulse();
        Refresh();
    }

    /// <inheritdoc/>
    protected override void Refresh()
    {
        _reading = Pulse.Latest;
        _accepted = _reading.Sources.Values.Sum(counts => counts.Accepted);
        _received = _reading.Sources.Values.Sum(counts => counts.Received);
        _refused = _reading.Sources.Values.Sum(counts => counts.Quarantined + counts.Discarded.Values.Sum());
        _delivered = _reading.Destinations.Sum(each => each.Delivered);
        _pending = _reading.Destinations.Sum(each => each.Pending);
        var sources = Workspace.Current.Sources;
        _today = sources.Sum(source => Board.Volume(source.Number, 24, byHour: true).Accepted.Sum());
        var now = Clock.GetUtcNow();
        var minute = new DateTimeOffset(now.UtcTicks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, TimeSpan.Zero);
        _minutes = [.. Enumerable.Range(0, Minutes).Select(at => minute.AddMinutes(at - Minutes + 1))];
        var volumes = sources.Select(source => (source.Name, Board.Volume(source.Number, Minutes, byHour: false).Accepted)).Where(pair => pair.Accepted.Any(count => count > 0))
            .OrderByDescending(pair => pair.Accepted.Sum()).ToList();
        _series = [.. volumes.Take(SeriesMax).Select((pair, at) => new ChartSeries(pair.Name, pair.Accepted, $"var(--series-{at + 1})"))];
        if (volumes.Count > SeriesMax) _series.Add(new ChartSeries("Others", Sum(volumes.Skip(SeriesMax).Select(pair => pair.Accepted)), "var(--series-8)"));
    }

    private static long[] Sum(IEnumerable<long[]> all)
    {
        var sum = new long[Minutes];
        foreach (var each in all)
            for (var at = 0; at < Minutes; at++) sum[at] += each[at];
        return sum;
    }
}
