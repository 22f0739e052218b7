using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Tributary.Engine.Ingest;

/// <summary>
/// Brings the spellings of tracking paths that routing would not match to the plain one: doubled slashes (a Go endpoint that ends in a
/// slash makes
/// <c>//v1/batch</c>) and a prefix before <c>/v1</c> (a proxy's path, spec/connections.md §4.5). Only paths that end in a tracking route
/// are touched.
/// </summary>
internal sealed class TrackingPaths : IStartupFilter
{
    // Longest path that is looked at, in characters.
    private const int PathMax = 512;

    private static readonly HashSet<string> Routes = new(StringComparer.Ordinal)
    {
        "identify", "track", "page", "screen", "group", "alias", "batch", "import", "b", "t", "i", "p", "s", "g", "a", "m",
        "pixel/identify", "pixel/track", "pixel/page", "pixel/screen", "pixel/group", "pixel/alias",
    };

    /// <inheritdoc/>
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((context, following) =>
        {
            if (Plain(context.Request.Path.Value) is { } path) context.Request.Path = path;
            return following(context);
        });
        next(app);
    };

    /// <summary>The plain spelling of a tracking path; null when the path is plain already or is none.</summary>
    public static string? Plain(string? path)
    {
        if (path is null || path.Length > PathMax || path.StartsWith("/api/", StringComparison.Ordinal)) return null;
        var isDoubled = path.Contains("//", StringComparison.Ordinal);
        if (!isDoubled && path.StartsWith("/v1/", StringComparison.Ordinal)) return null;
        var single = isDoubled ? '/' + string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries)) : path;
        var version = single.IndexOf("/v1/", StringComparison.Ordinal);
        if (version < 0) return null;
        var route = single[(version + 4)..].TrimEnd('/');
        var isSettings = route.StartsWith("projects/", StringComparison.Ordinal) && route.EndsWith("/settings", StringComparison.Ordinal);
        return isSettings || Routes.Contains(route) ? single[version..] : null;
    }
}
