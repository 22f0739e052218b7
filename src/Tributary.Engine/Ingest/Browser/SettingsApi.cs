using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Ingest;

/// <summary>What clients fetch before they send: their settings and, for browsers, the scripts (spec/connections.md §4).</summary>
internal static class SettingsApi
{
    // Segment's CDN caches for up to 30 minutes; ours is near, and a change should show soon.
    private const string SettingsCache = "public, max-age=60";
    private const string ScriptCache = "public, max-age=600";
    private const string ChunkCache = "public, max-age=31536000, immutable";

    public static void MapSettingsApi(this IEndpointRouteBuilder endpoints)
    {
        endpoints.Map("/v1/projects/{writeKey}/settings", SettingsAsync).ExcludeFromDescription();
        endpoints.Map("/analytics.js/v1/{writeKey}/analytics.min.js", ScriptAsync).ExcludeFromDescription();
        endpoints.Map("/analytics.js/v1/{writeKey}/platform/analytics.min.js", ScriptAsync).ExcludeFromDescription();
        endpoints.Map("/analytics.js/v1/{writeKey}/analytics.classic.js", ScriptAsync).ExcludeFromDescription();
        endpoints.Map("/analytics-next/bundles/{file}", ChunkAsync).ExcludeFromDescription();
    }

    private static Task SettingsAsync(HttpContext context) => AnswerAsync(context, () =>
    {
        if (FindSource(context) is not { } named) return NotFoundAsync(context, "No source has this write key.");
        context.Response.Headers.CacheControl = SettingsCache;
        var documents = context.RequestServices.GetRequiredService<SettingsDocuments>();
        return TrackingAnswer.JsonAsync(context, StatusCodes.Status200OK, documents.Of(named.Key, OwnAddress.Of(context.Request)));
    });

    private static Task ScriptAsync(HttpContext context) => AnswerAsync(context, () =>
    {
        if (FindSource(context) is not { } named) return NotFoundAsync(context, "No source has this write key.");
        var script = context.RequestServices.GetRequiredService<BrowserScripts>().Main(named.Key, OwnAddress.Of(context.Request));
        return ServeAsync(context, script, ScriptCache);
    });

    private static Task ChunkAsync(HttpContext context) => AnswerAsync(context, () =>
    {
        var scripts = context.RequestServices.GetRequiredService<BrowserScripts>();
        return ServeAsync(context, scripts.Chunk((string)context.Request.RouteValues["file"]!, OwnAddress.Of(context.Request)), ChunkCache);
    });

    private static Task AnswerAsync(HttpContext context, Func<Task> get)
    {
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            Cors.AnswerPreflight(context);
            return Task.CompletedTask;
        }

        Cors.Apply(context);
        if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)) return get();
        context.Response.Headers.Allow = "GET, HEAD, OPTIONS";
        return TrackingAnswer.ErrorAsync(context, StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "Use GET.");
    }

    private static (Source Source, string Key)? FindSource(HttpContext context)
    {
        var key = (string)context.Request.RouteValues["writeKey"]!;
        var source = context.RequestServices.GetRequiredService<EventIntake>().Workspace.FindByWriteKey(key);
        return source is null ? null : (source, key);
    }

    private static Task NotFoundAsync(HttpContext context, string message) =>
        TrackingAnswer.ErrorAsync(context, StatusCodes.Status404NotFound, "not_found", message);

    private static async Task ServeAsync(HttpContext context, byte[]? script, string cache)
    {
        if (script is null)
        {
            await NotFoundAsync(
                context, "This file of @segment/analytics-next is not here. Install npm, then build again: the build fetches the package.");
            return;
        }

        context.Response.ContentType = "application/javascript; charset=utf-8";
        context.Response.ContentLength = script.Length;
        context.Response.Headers.CacheControl = cache;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(script, context.RequestAborted);
    }
}
