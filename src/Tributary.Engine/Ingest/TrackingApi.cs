using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tributary.Engine.Log;
using Tributary.Model;

namespace Tributary.Engine.Ingest;

/// <summary>
/// Segment's tracking API under <c>/v1</c>: the routes of spec/connections.md §1.1, with raw handlers because no client can be trusted to
/// send the right
/// Content-Type. Every route answers with and without a trailing slash; see <see cref="TrackingPaths"/> for the odder spellings.
/// </summary>
public static class TrackingApi
{
    private static readonly (string Name, char Letter, EventType Type)[] Calls =
    [
        ("identify", 'i', EventType.Identify),
        ("track", 't', EventType.Track),
        ("page", 'p', EventType.Page),
        ("screen", 's', EventType.Screen),
        ("group", 'g', EventType.Group),
        ("alias", 'a', EventType.Alias),
    ];

    /// <summary>Adds all routes that SDKs call: tracking, pixels, imports, settings and the browser's scripts.</summary>
    public static void MapTrackingApi(this IEndpointRouteBuilder endpoints)
    {
        foreach (var (name, letter, type) in Calls)
        {
            endpoints.Map($"/v1/{name}", context => CallAsync(context, type, PixelApi.AmpAsync)).ExcludeFromDescription();
            endpoints.Map($"/v1/{letter}", context => CallAsync(context, type, PixelApi.JsonpAsync)).ExcludeFromDescription();
            endpoints.Map($"/v1/pixel/{name}", context => PixelApi.PixelAsync(context, type)).ExcludeFromDescription();
        }

        endpoints.Map("/v1/batch", BatchAsync).ExcludeFromDescription();
        endpoints.Map("/v1/b", BatchAsync).ExcludeFromDescription();
        endpoints.Map("/v1/import", ImportApi.ImportAsync).ExcludeFromDescription();
        endpoints.Map("/v1/m", TelemetryAsync).ExcludeFromDescription();
        endpoints.MapSettingsApi();

        // Whatever else is asked for under /v1: a 404 that browsers may read.
        endpoints.Map("/v1/{**rest}", UnknownAsync).ExcludeFromDescription();
    }

    /// <summary>Takes an envelope.</summary>
    internal static Task BatchAsync(HttpContext context) =>
        IsPost(context, out var answered) ? PostAsync(context, default) : answered;

    private static Task CallAsync(HttpContext context, EventType type, Func<HttpContext, EventType, Task> get)
    {
        if (HttpMethods.IsGet(context.Request.Method)) return get(context, type);
        return IsPost(context, out var answered) ? PostAsync(context, type) : answered;
    }

    private static async Task PostAsync(HttpContext context, EventType type)
    {
        var services = context.RequestServices;
        var intake = services.GetRequiredService<EventIntake>();
        var limit = services.GetRequiredService<IOptions<IngestOptions>>().Value.BodyBytesMax;
        LiftBodyLimit(context);
        RequestBody body;
        try
        {
            body = await RequestBody.ReadAsync(context.Request, limit, context.RequestAborted);
        }
        catch (BadHttpRequestException malformed)
        {
            await TrackingAnswer.RefuseAsync(context, intake.Refused(IntakeResult.Invalid(malformed.Message)));
            return;
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            context.Abort();
            return;
        }

        using (body)
        {
            var result = body.Fault is { } fault
                ? intake.Refused(IntakeResult.Invalid(fault))
                : await intake.TakeAsync(context.Request, body.Bytes, type);
            await TrackingAnswer.WriteAsync(
                context, result, services.GetRequiredService<ProcessingProgress>(), services.GetRequiredService<TimeProvider>());
        }
    }

    // The series is for whoever makes the SDK; it is answered so that clients are content, and not kept.
    private static async Task TelemetryAsync(HttpContext context)
    {
        if (!IsPost(context, out var answered))
        {
            await answered;
            return;
        }

        await TrackingAnswer.OkAsync(context);
    }

    private static Task UnknownAsync(HttpContext context)
    {
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            Cors.AnswerPreflight(context);
            return Task.CompletedTask;
        }

        Cors.Apply(context);
        return TrackingAnswer.ErrorAsync(context, StatusCodes.Status404NotFound, "not_found", "There is nothing at this path.");
    }

    /// <summary>True for POST, with the headers for browsers set; any other method is answered.</summary>
    internal static bool IsPost(HttpContext context, out Task answered)
    {
        answered = Task.CompletedTask;
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            Cors.AnswerPreflight(context);
            return false;
        }

        Cors.Apply(context);
        if (HttpMethods.IsPost(context.Request.Method)) return true;
        context.Response.Headers.Allow = "POST, OPTIONS";
        answered = TrackingAnswer.ErrorAsync(context, StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "Use POST.");
        return false;
    }

    /// <summary>The server's own limit would answer 413, which Swift sends again for ever; ours answers 400.</summary>
    internal static void LiftBodyLimit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature) feature.MaxRequestBodySize = null;
    }
}
