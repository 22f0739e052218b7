using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Tributary.Engine.Ingest;

/// <summary>
/// What browsers need on every answer, errors included: without it a 400 looks like a broken network and is sent again up to ten times
/// (spec/connections.md §1.5 and trap 7). The origin is echoed, not <c>*</c>, because clients may send credentials.
/// </summary>
internal static class Cors
{
    private static readonly StringValues Exposed = "Retry-After, X-RateLimit-Reset";
    private static readonly StringValues Methods = "GET, HEAD, POST, OPTIONS";
    private static readonly StringValues AlwaysAllowed = "authorization, content-type, x-retry-count";

    // Longest list of headers that is echoed back, in characters.
    private const int EchoMax = 1_024;

    /// <summary>Adds the headers of an actual answer.</summary>
    public static void Apply(HttpContext context)
    {
        var origin = context.Request.Headers.Origin;
        var headers = context.Response.Headers;
        headers.AccessControlExposeHeaders = Exposed;
        if (StringValues.IsNullOrEmpty(origin))
        {
            headers.AccessControlAllowOrigin = "*";
            return;
        }

        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlAllowCredentials = "true";
        headers.Vary = "Origin";
    }

    /// <summary>Answers a pre-flight request.</summary>
    public static void AnswerPreflight(HttpContext context)
    {
        Apply(context);
        var asked = context.Request.Headers.AccessControlRequestHeaders;
        var headers = context.Response.Headers;
        headers.AccessControlAllowMethods = Methods;
        headers.AccessControlAllowHeaders = asked.ToString() is { Length: > 0 and <= EchoMax } ? asked : AlwaysAllowed;
        headers.AccessControlMaxAge = "86400";
        if (context.Request.Headers.ContainsKey("Access-Control-Request-Private-Network"))
            headers["Access-Control-Allow-Private-Network"] = "true";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
