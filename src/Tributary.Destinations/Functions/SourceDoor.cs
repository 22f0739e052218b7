using System.Net.Mime;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tributary.Engine.Workspace;
using ContentKind = System.Net.Http.Headers.MediaTypeHeaderValue;

namespace Tributary.Destinations.Functions;

/// <summary>
/// <c>POST /fn/{writeKey}</c>: where webhooks of other products arrive. The deployed function runs while the caller waits; a request that it cannot deal with now is
/// kept on disk, answered 200, and tried again. Rules: spec/connections.md §6.2.
/// </summary>
public static class SourceDoor
{
    /// <summary>Longest body, in bytes.</summary>
    public const int BodyBytesMax = 512 << 10;

    private const string Soap = "text/xml";

    // JSON and forms as Segment; XML because Salesforce sends nothing else; text because some products name no better type for their JSON.
    private static readonly string[] Types =
        ["application/json", "application/x-www-form-urlencoded", Soap, "application/xml", "application/soap+xml", "text/plain", "application/cloudevents+json", "application/vnd.api+json"];

    /// <summary>Maps the door. It asks for no token: the write key in the address is the credential.</summary>
    public static void MapFunctionDoor(this IEndpointRouteBuilder endpoints) => endpoints.Map("/fn/{writeKey}", AnswerAsync).ExcludeFromDescription();

    internal static string PathOf(Source source) => "/fn/" + source.WriteKeys[0];

    private static async Task AnswerAsync(HttpContext context, string writeKey)
    {
        var services = context.RequestServices;
        var now = services.GetRequiredService<Func<WorkspaceSnapshot>>()();
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = "POST";
            await RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "Only POST is taken here.");
            return;
        }

        if (now.FindByWriteKey(writeKey) is not { } source || now.FindFunctionOf(source.MetadataId) is not { ResourceType: Function.SourceType, DeployedCode: not null } function)
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, "unknown_write_key", "No source function has this write key.");
            return;
        }

        if (!source.Enabled)
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "source_disabled", "This source is disabled.");
            return;
        }

        var type = ContentKind.TryParse(context.Request.ContentType, out var parsed) ? parsed.MediaType?.ToLowerInvariant() : null;
        if (type is null || !Types.Contains(type))
        {
            await RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type", $"Content-Type must be one of {string.Join(", ", Types)}.");
            return;
        }

        await ServeAsync(context, source, function, type);
    }

    private static async Task ServeAsync(HttpContext context, Source source, Function function, string type)
    {
        var (services, options) = (context.RequestServices, context.RequestServices.GetRequiredService<IOptions<FunctionsOptions>>().Value);
        var (metrics, room) = (services.GetRequiredService<FunctionMetrics>(), services.GetRequiredService<SourceRoom>());
        if (!room.Gate.Wait(0))
        {
            await RefuseAsync(context, StatusCodes.Status429TooManyRequests, "too_many_requests", "Too many requests run now.", TimeSpan.FromSeconds(1));
            return;
        }

        try
        {
            var (body, status) = await BodyAsync(context);
            if (body is null)
            {
                var message = status == StatusCodes.Status413PayloadTooLarge ? $"A request has at most {BodyBytesMax >> 10} KiB." : "The body is not UTF-8.";
                await RefuseAsync(context, status, status == StatusCodes.Status413PayloadTooLarge ? "too_large" : "invalid_text", message);
                return;
            }

            var clock = services.GetRequiredService<TimeProvider>();
            var (id, request) = (Guid.CreateVersion7(clock.GetUtcNow()), Request(context.Request, body));
            // The caller may go away; what began is finished, because the caller will not know how far it came.
            var result = await services.GetRequiredService<SourceRuns>().RunAsync(source, function, request, id, CancellationToken.None);
            if (result.Verdict == FunctionVerdict.Done)
            {
                metrics.Requested("done");
                await DoneAsync(context, type);
            }
            else if (result.Verdict == FunctionVerdict.Retry)
            {
                var at = clock.GetUtcNow().ToUnixTimeMilliseconds();
                var isKept = services.GetRequiredService<KeptRequests>().TryAdd(new KeptRequest(SourceRetries.DueAt(options, 1, at), source.Number, id, 1, at, request));
                metrics.Requested(isKept ? "kept" : "no_room");
                await (isKept ? DoneAsync(context, type) : RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "no_room", "Too many requests wait for this function.", TimeSpan.FromMinutes(1)));
            }
            else if (result.Verdict == FunctionVerdict.Unavailable)
            {
                metrics.Requested("refused");
                await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "function_unavailable", result.Message ?? "The function cannot be run.", TimeSpan.FromMinutes(1));
            }
            else
            {
                metrics.Requested("refused");
                await RefuseAsync(context, StatusCodes.Status400BadRequest, CodeOf(result.Verdict), $"{result.ErrorName}: {result.Message}");
            }
        }
        finally
        {
            room.Gate.Release();
        }
    }

    private static string CodeOf(FunctionVerdict verdict) => verdict switch
    {
        FunctionVerdict.NotSupported => "unsupported_event_type",
        FunctionVerdict.Rejected => "message_rejected",
        _ => "bad_request",
    };

    private static async Task<(byte[]? Body, int Status)> BodyAsync(HttpContext context)
    {
        if (context.Request.ContentLength > BodyBytesMax) return (null, StatusCodes.Status413PayloadTooLarge);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = BodyBytesMax + 1;
        using var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        }
        catch (BadHttpRequestException failure)
        {
            return (null, failure.StatusCode);
        }

        if (body.Length > BodyBytesMax) return (null, StatusCodes.Status413PayloadTooLarge);
        var bytes = body.ToArray();
        return Utf8.IsValid(bytes) ? (bytes, 0) : (null, StatusCodes.Status400BadRequest);
    }

    private static byte[] Request(HttpRequest request, byte[] body)
    {
        var headers = new JsonObject();
        foreach (var (name, values) in request.Headers) headers[name.ToLowerInvariant()] = values.ToString();
        var json = new JsonObject
        {
            ["url"] = $"{request.Scheme}://{(request.Host.HasValue ? request.Host.Value : "localhost")}{request.Path.ToUriComponent()}{request.QueryString.ToUriComponent()}",
            ["headers"] = headers,
            ["body"] = Encoding.UTF8.GetString(body),
        };
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    private static Task DoneAsync(HttpContext context, string type)
    {
        if (type != Soap) return context.Response.WriteAsJsonAsync(new JsonObject { ["success"] = true });
        // Whoever sends an outbound message repeats it for a day unless it is acknowledged in these words.
        context.Response.ContentType = MediaTypeNames.Text.Xml;
        return context.Response.WriteAsync(
            """<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse></soapenv:Body></soapenv:Envelope>""");
    }

    private static Task RefuseAsync(HttpContext context, int status, string code, string message, TimeSpan? after = null)
    {
        context.Response.StatusCode = status;
        if (after is { } pause) context.Response.Headers.RetryAfter = ((int)pause.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return context.Response.WriteAsJsonAsync(new JsonObject { ["success"] = false, ["code"] = code, ["message"] = message });
    }

    /// <summary>How many requests may run at once.</summary>
    internal sealed class SourceRoom(IOptions<FunctionsOptions> options)
    {
        public SemaphoreSlim Gate { get; } = new(options.Value.RunningMax);
    }
}
