using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Tributary.Engine.Profiles;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery;

/// <summary>What a question for counts over time has in its query: the window, and lists in the spellings of Segment's SDKs.</summary>
/// <param name="From">Milliseconds since 1970.</param>
/// <param name="To">Milliseconds since 1970, exclusive.</param>
/// <param name="Step">Milliseconds between two points.</param>
internal readonly record struct MetricsQuery(long From, long To, long Step)
{
    // spec/connections.md §9: windows and how far back, by granularity.
    private static readonly Dictionary<string, (long Step, long Window, long Back)> Granularities = new(StringComparer.OrdinalIgnoreCase)
    {
        ["minute"] = (60_000, 4 * 3_600_000L, 48 * 3_600_000L),
        ["hour"] = (3_600_000, 14 * 86_400_000L, 30 * 86_400_000L),
        ["day"] = (86_400_000, 30 * 86_400_000L, 30 * 86_400_000L),
    };

    /// <summary>Counts by the hour answer it; otherwise those by the minute do.</summary>
    public bool IsByHour => Step > 60_000;

    /// <summary>Reads window and granularity.</summary>
    /// <param name="request">The request.</param>
    /// <param name="clock">For the windows that the client leaves open.</param>
    /// <param name="preset">The granularity when the client gives none; null when it must.</param>
    public static (MetricsQuery Query, WorkspaceRefusal? Refusal) Read(HttpRequest request, TimeProvider clock, string? preset = null)
    {
        var granularity = request.Query["granularity"].ToString() is { Length: > 0 } asked ? asked : preset ?? "";
        if (!Granularities.TryGetValue(granularity, out var limits)) return (default, WorkspaceRefusal.Invalid("granularity", "granularity must be day, hour or minute."));
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (!TryTime(request, "endTime", now + 1, out var to)) return (default, WorkspaceRefusal.Invalid("endTime", "endTime must be a time such as 2026-01-31T12:00:00Z."));
        if (!TryTime(request, "startTime", Math.Min(to, now) - Math.Min(limits.Window, 86_400_000), out var from))
            return (default, WorkspaceRefusal.Invalid("startTime", "startTime must be a time such as 2026-01-31T12:00:00Z."));
        if (to <= from || to - from > limits.Window + limits.Step || from < now - limits.Back - limits.Step)
        {
            return (default, WorkspaceRefusal.Invalid("startTime", string.Create(CultureInfo.InvariantCulture,
                $"By {granularity}, a window has at most {limits.Window / 3_600_000} hours and begins at most {limits.Back / 3_600_000} hours ago.")));
        }

        return (new MetricsQuery(from, to, limits.Step), null);
    }

    /// <summary>The values of a list: <c>name=a&amp;name=b</c>, <c>name[]=a</c>, <c>name[0]=a</c>.</summary>
    public static List<string> List(HttpRequest request, string name) =>
        [.. request.Query.Where(pair => IsOf(pair.Key, name)).SelectMany(pair => pair.Value).OfType<string>().Where(value => value.Length > 0)];

    /// <summary>A series: what was counted in each step, the oldest first.</summary>
    public JsonArray Series(IEnumerable<(long At, long Count)> counts)
    {
        var step = Step;
        return new JsonArray([.. counts.GroupBy(point => point.At / step * step).OrderBy(point => point.Key)
            .Select(point => new JsonObject { ["time"] = ProfileWriter.Iso(point.Key), ["count"] = point.Sum(each => each.Count) })]);
    }

    private static bool IsOf(string key, string name) =>
        key == name || (key.StartsWith(name, StringComparison.Ordinal) && key[^1] == ']' && key[name.Length] == '[' && key[(name.Length + 1)..^1].All(char.IsAsciiDigit));

    private static bool TryTime(HttpRequest request, string name, long otherwise, out long time)
    {
        time = otherwise;
        if (request.Query[name].ToString() is not { Length: > 0 } text) return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed)) return false;
        time = parsed.ToUnixTimeMilliseconds();
        return true;
    }
}
