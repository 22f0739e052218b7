using System.Collections.Concurrent;
using Tributary.Console.Live;
using Tributary.Engine.Processing;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Sources;

/// <summary>One line of the list of sources.</summary>
/// <param name="Source">The source.</param>
/// <param name="TypeName">What kind it is, in words.</param>
/// <param name="Hours">Events accepted in each of the last 24 hours.</param>
/// <param name="Refused">Messages discarded or quarantined in that time.</param>
/// <param name="LastSeen">When the newest message came, to the minute at least; null when none ever came.</param>
public sealed record SourceRow(Source Source, string TypeName, long[] Hours, long Refused, DateTimeOffset? LastSeen)
{
    /// <summary>Accepted in 24 hours.</summary>
    public long Accepted => Hours.Sum();
}

/// <summary>Reads what pages show of sources. What takes more than a row of the store is read at most every few seconds, for all pages together.</summary>
public sealed class SourceBoard(Func<WorkspaceSnapshot> workspace, SourceVolumes volumes, Pulse pulse, TimeProvider clock)
{
    // What nothing was added to only moves on with the time; what grows is read again each second.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(uint Source, int Steps, bool ByHour), (DateTimeOffset At, long Received, SourceVolume Volume)> _volumes = [];

    /// <summary>All sources, by age.</summary>
    public IReadOnlyList<SourceRow> List() => [.. workspace().Sources.Select(Row)];

    /// <summary>One source as the list shows it.</summary>
    public SourceRow Row(Source source)
    {
        var day = Volume(source.Number, 24, byHour: true);
        return new SourceRow(source, TypeName(source), day.Accepted, day.Refused.Sum(), LastSeen(source.Number));
    }

    /// <summary>What a source sent in the steps up to now; a few seconds old at most.</summary>
    public SourceVolume Volume(uint source, int steps, bool byHour)
    {
        var now = clock.GetUtcNow();
        var key = (source, steps, byHour);
        var received = pulse.Latest.Sources.GetValueOrDefault(source)?.Received ?? 0;
        if (_volumes.TryGetValue(key, out var known) && now - known.At < (received == known.Received ? Fresh : Stale)) return known.Volume;
        if (_volumes.Count > KeptMax) _volumes.Clear();
        var volume = volumes.Read(source, now.ToUnixTimeMilliseconds(), steps, byHour);
        _volumes[key] = (now, received, volume);
        return volume;
    }

    /// <summary>What kind of source it is, in words.</summary>
    public string TypeName(Source source) => SourceCatalog.NameOf(source.MetadataId) ?? workspace().FindFunctionOf(source.MetadataId)?.DisplayName ?? source.MetadataId;

    // A workspace has tens of sources, and a page looks at a few spans of each.
    private const int KeptMax = 5_000;

    private DateTimeOffset? LastSeen(uint source)
    {
        var watched = pulse.LastSeen(source);
        var counted = volumes.LastMinute(source) is { } minute ? DateTimeOffset.FromUnixTimeMilliseconds(minute) : (DateTimeOffset?)null;
        return watched > counted || counted is null ? watched : counted;
    }
}
