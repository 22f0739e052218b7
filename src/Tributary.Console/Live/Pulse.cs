using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Tributary.Engine.Delivery;
using Tributary.Engine.Processing;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Live;

/// <summary>How much flows, as of one second.</summary>
/// <param name="At">When it was read.</param>
/// <param name="PerSecond">Events that were accepted in each of the last seconds, the newest last; at most <see cref="Pulse.SecondsKept"/>.</param>
/// <param name="Sources">Of each source by its number: its exact counts.</param>
/// <param name="Rates">Of each source by its number: events accepted in the last second.</param>
/// <param name="Destinations">Of each destination: what it was given and what became of it.</param>
public sealed record PulseReading(
    DateTimeOffset At, ImmutableArray<long> PerSecond, IReadOnlyDictionary<uint, SourceCounts> Sources, IReadOnlyDictionary<uint, long> Rates,
    IReadOnlyList<DestinationBalance> Destinations)
{
    /// <summary>Events a second, over the last few seconds so that the number can be read.</summary>
    public double Rate => PerSecond.IsEmpty ? 0 : PerSecond.TakeLast(5).Average();
}

/// <summary>The account of one destination: <c>received = delivered + filtered + failed + pending</c>.</summary>
public sealed record DestinationBalance(
    Destination Destination, long Received, long Delivered, long Pending, IReadOnlyDictionary<string, long> Filtered, IReadOnlyDictionary<string, long> Failed);

/// <summary>Reads the counters once a second for all pages that show them, while there are any. A reading is a look at one row for each source and destination.</summary>
public sealed class Pulse
{
    /// <summary>How many seconds a reading reaches back.</summary>
    public const int SecondsKept = 120;

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly Func<WorkspaceSnapshot> _workspace;
    private readonly FlowQueries _flow;
    private readonly TimeProvider _clock;
    private readonly Watchers _watchers;
    private readonly ConcurrentDictionary<uint, DateTimeOffset> _seen = [];
    private PulseReading? _latest;

    public Pulse(Func<WorkspaceSnapshot> workspace, FlowQueries flow, ReadingGate gate, TimeProvider clock, ILogger<Pulse> logger)
    {
        (_workspace, _flow, _clock) = (workspace, flow, clock);
        _watchers = new Watchers(WatchAsync, gate, clock, logger);
    }

    /// <summary>The newest reading; it is taken now when nobody else is watching.</summary>
    public PulseReading Latest => _watchers.Count > 0 && Volatile.Read(ref _latest) is { } latest && _clock.GetUtcNow() - latest.At < 2 * Beat ? latest : Read(null);

    /// <summary>When a source's newest message came, as far as somebody has been watching; null when nobody was.</summary>
    public DateTimeOffset? LastSeen(uint source) => _seen.TryGetValue(source, out var at) ? at : null;

    /// <summary>Calls <paramref name="beat"/> once a second until the result is disposed.</summary>
    public IDisposable Subscribe(Action beat) => _watchers.Add(beat);

    private async Task WatchAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Beat, _clock);
        var before = Read(null);
        Volatile.Write(ref _latest, before);
        while (await timer.WaitForNextTickAsync(stopping))
        {
            before = Read(before);
            Volatile.Write(ref _latest, before);
            _watchers.Notify();
        }
    }

    private PulseReading Read(PulseReading? before)
    {
        var (sources, destinations) = _flow.Count(_workspace());
        var rates = sources.ToDictionary(
            pair => pair.Key,
            pair => before?.Sources.TryGetValue(pair.Key, out var old) == true ? Math.Max(0, pair.Value.Accepted - old.Accepted) : 0);
        var now = _clock.GetUtcNow();
        foreach (var (source, counts) in sources)
        {
            if (before?.Sources.TryGetValue(source, out var old) == true && counts.Received > old.Received) _seen[source] = now;
        }

        var history = before is null ? [] : before.PerSecond.Add(rates.Values.Sum());
        if (history.Length > SecondsKept) history = history.RemoveRange(0, history.Length - SecondsKept);
        return new PulseReading(now, history, sources, rates, [.. destinations.Select(Of)]);
    }

    private static DestinationBalance Of(DestinationFlow flow) =>
        new(flow.Destination, flow.Received, flow.Counts.Delivered, flow.Pending, flow.Counts.Filtered, flow.Counts.Failed);
}
