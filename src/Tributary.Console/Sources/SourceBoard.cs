using System.Collections.Concurrent;
using Tributary.Engine.Processing;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Sources;

/// <summary>One line of the list of sources.</summary>
/// <param name="Source">The source.</param>
/// <param name="TypeName">What kind it is, in words.</param>
/// <param name="Hours">Events accepted in each of the last 24 hours.</param>
/// <param name="Refused">Messages discarded or quarantined in that time.</param>
/// <param name="LastMinute">The minute of the newest message; null when none ever came.</param>
public sealed record SourceRow(Source Source, string TypeName, long[] Hours, long Refused, DateTimeOffset? LastMinute)
{
    /// <summary>Accepted in 24 hours.</summary>
    public long Accepted => Hours.Sum();
}

/// <summary>Reads what pages show of sources. What takes more than a row of the store is read at most every few seconds, for all pages together.</summary>
public sealed class SourceBoard(Func<WorkspaceSnapshot> workspace, SourceVolumes volumes, TimeProvider clock)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(uint Source, int Steps, bool ByHour), (DateTimeOffset At, SourceVolume Volume)> _volumes = [];

    /// <summary>All sources, by age.</summary>
    public IReadOnlyList<SourceRow> List() => [.. workspace().Sources.Select(Row)];

    /// <summary>One source as the list shows it.</summary>
    public SourceRow Row(Source source)
    {
        var day = Volume(source.Number, 24, byHour: true);
        return new SourceRow(source, TypeName(source), day.Accepted, day.Refused.Sum(), LastMinute(source.Number));
    }

    /// <summary>What a source sent in the steps up to now; a few seconds old at most.</summary>
    public SourceVolume Volume(uint source, int steps, bool byHour)
    {
        var now = clock.GetUtcNow();
        var key = (source, steps, byHour);
        if (_volumes.TryGetValue(key, out var known) && now - known.At < Fresh) return known.Volume;
        if (_volumes.Count > KeptMax) _volumes.Clear();
        var volume = volumes.Read(source, now.ToUnixTimeMilliseconds(), steps, byHour);
        _volumes[key] = (now, volume);
        return volume;
    }

    /// <summary>What kind of source it is, in words.</summary>
    public string TypeName(Source source) => SourceCatalog.NameOf(source.MetadataId) ?? workspace().FindFunctionOf(source.MetadataId)?.DisplayName ?? source.MetadataId;

    // A workspace has tens of sources, and a page looks at a few spans of each.
    private const int KeptMax = 5_000;

    private DateTimeOffset? LastMinute(uint source) => volumes.LastMinute(source) is { } minute ? DateTimeOffset.FromUnixTimeMilliseconds(minute) : null;
}
