using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Processing;

/// <summary>What became of a source's messages over some time, in equal steps.</summary>
/// <param name="Accepted">Accepted in each step, the oldest first.</param>
/// <param name="Duplicate">Known already in each step.</param>
/// <param name="Refused">Discarded or quarantined in each step.</param>
/// <param name="Events">What was counted by type and name, the most frequent first.</param>
public sealed record SourceVolume(long[] Accepted, long[] Duplicate, long[] Refused, IReadOnlyList<EventVolume> Events);

/// <summary>How often one event came.</summary>
/// <param name="Type">Its type; 0 when it is unknown.</param>
/// <param name="Name">The event of a track call, the name of a page or screen; empty for other types, null for all that are not told apart.</param>
/// <param name="Accepted">How many were accepted.</param>
/// <param name="Refused">How many were discarded or quarantined.</param>
/// <param name="FirstSeen">The beginning of the first step in which it came; milliseconds since 1970.</param>
/// <param name="LastSeen">The beginning of the last one.</param>
public sealed record EventVolume(EventType Type, string? Name, long Accepted, long Refused, long FirstSeen, long LastSeen);

/// <summary>Reads how much sources sent over time, for charts: by the minute for two days, by the hour for a month.</summary>
public sealed class SourceVolumes(IStateStore store)
{
    /// <summary>The steps that end with the one that <paramref name="now"/> lies in.</summary>
    /// <param name="source">The number of the source.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    /// <param name="steps">How many.</param>
    /// <param name="byHour">By the hour, else by the minute.</param>
    public SourceVolume Read(uint source, long now, int steps, bool byHour)
    {
        var step = byHour ? SourceSeries.HourMs : SourceSeries.MinuteMs;
        var from = ((now / step) - steps + 1) * step;
        var (accepted, duplicate, refused) = (new long[steps], new long[steps], new long[steps]);
        var events = new Dictionary<(EventType, string?), (long Accepted, long Refused, long First, long Last)>();
        foreach (var (at, line, count) in SourceSeries.Read(store, source, byHour, from, now + 1))
        {
            var index = (at - from) / step;
            if (index < 0 || index >= steps) continue;
            var isRefused = line.Metric is SourceMetric.Discarded or SourceMetric.Quarantined;
            (line.Metric == SourceMetric.Accepted ? accepted : isRefused ? refused : duplicate)[index] += count;
            if (line.Metric == SourceMetric.Duplicate) continue;
            var key = (line.Type, line.IsOther ? null : line.Name);
            var seen = events.GetValueOrDefault(key, (0, 0, at, at));
            events[key] = (seen.Accepted + (isRefused ? 0 : count), seen.Refused + (isRefused ? count : 0), Math.Min(seen.First, at), Math.Max(seen.Last, at));
        }

        return new SourceVolume(accepted, duplicate, refused,
        [
            .. events.Select(pair => new EventVolume(pair.Key.Item1, pair.Key.Item2, pair.Value.Accepted, pair.Value.Refused, pair.Value.First, pair.Value.Last))
                .OrderByDescending(each => each.Accepted + each.Refused).ThenBy(each => each.Name, StringComparer.Ordinal),
        ]);
    }

    /// <summary>The minute in which the source's newest message came; milliseconds since 1970, null when none ever did.</summary>
    public long? LastMinute(uint source) => SourceSeries.Newest(store, source);
}
