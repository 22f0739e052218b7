using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
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
                context, "This file of @segment/analytics-next is not here. Install Node.js and npm, then build again: the build fetches the package.");
            return;
        }

        context.Response.ContentType = "application/javascript; charset=utf-8";
        context.Response.ContentLength = script.Length;
        context.Response.Headers.CacheControl = cache;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(script, context.RequestAborted);
    }
}

/// <summary>How the client reached us: what the settings tell it to use from now on.</summary>
/// <param name="Scheme"><c>http</c> or <c>https</c>.</param>
/// <param name="Host">Host and port, as the client wrote them.</param>
internal readonly record struct OwnAddress(string Scheme, string Host)
{
    public static OwnAddress Of(HttpRequest request)
    {
        var proxies = request.HttpContext.RequestServices.GetRequiredService<IOptions<IngestOptions>>().Value.ProxyNetworks;
        return new OwnAddress(PeerAddress.SchemeOf(request, proxies), request.Host.ToUriComponent());
    }

    public override string ToString() => $"{Scheme}://{Host}";
}

/// <summary>Makes the settings of a source as clients want them: little, but with every host named, or they would call Segment's cloud (trap 14).</summary>
internal sealed class SettingsDocuments
{
    /// <summary>The JSON document for a write key.</summary>
    public byte[] Of(string writeKey, OwnAddress own)
    {
        var host = $"{own.Host}/v1";
        return JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["integrations"] = new Dictionary<string, object>
            {
                ["Segment.io"] = new
                {
                    apiKey = writeKey,
                    apiHost = host,
                    protocol = own.Scheme,
                    retryQueue = true,
                    addBundledMetadata = true,
                    unbundledIntegrations = Array.Empty<string>(),
                    bundledConfigIds = Array.Empty<string>(),
                    unbundledConfigIds = Array.Empty<string>(),
                    maybeBundledConfigIds = new { },
                    versionSettings = new { version = "4.4.7", componentTypes = new[] { "browser" } },
                },
            },
            ["plan"] = new { },
            ["edgeFunction"] = new { },
            ["enabledMiddleware"] = new { },
            ["middlewareSettings"] = new { routingRules = Array.Empty<object>() },
            ["remotePlugins"] = Array.Empty<object>(),
            ["metrics"] = new { sampleRate = 0, host, protocol = own.Scheme },
            ["analyticsNextEnabled"] = true,
            ["legacyVideoPluginsEnabled"] = false,
        });
    }
}
