using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tributary.Engine.Log;

namespace Tributary.Engine.Ingest;

/// <summary>
/// Writes answers in the one form that every SDK can read: Ruby parses any body, Java wants <c>success</c>, Python <c>code</c> and
/// <c>message</c>, Ruby
/// <c>error</c> (spec/connections.md §1.6).
/// </summary>
internal static class TrackingAnswer
{
    // Clients cap what they obey at this.
    private const int RetryAfterMax = 300;

    // Longest that a request may ask to wait for its events to become visible, in seconds.
    private const int WaitMax = 30;

    private static readonly byte[] Success = "{\"success\": true}"u8.ToArray();

    /// <summary>Answers 200 with <c>{"success": true}</c>: exactly this, because Python and PHP accept nothing else.</summary>
    public static Task OkAsync(HttpContext context) => JsonAsync(context, StatusCodes.Status200OK, Success);

    /// <summary>Answers what the intake decided; after a success waits as the <c>Prefer</c> header asks.</summary>
    public static async Task WriteAsync(HttpContext context, IntakeResult result, ProcessingProgress progress, TimeProvider clock)
    {
        if (!result.IsTaken)
        {
            await RefuseAsync(context, result);
            return;
        }

        await WaitAsync(context, result.Appended.End, progress, clock);
        await OkAsync(context);
    }

    /// <summary>Answers a refusal with its reason.</summary>
    public static Task RefuseAsync(HttpContext context, IntakeResult result)
    {
        if (result.Status == StatusCodes.Status429TooManyRequests)
        {
            var wait = Math.Clamp((int)Math.Ceiling(result.RetryAfter.TotalSeconds), 1, RetryAfterMax);
            var seconds = wait.ToString(CultureInfo.InvariantCulture);
            context.Response.Headers.RetryAfter = seconds;
            context.Response.Headers["X-RateLimit-Reset"] = seconds;
        }

        var code = result.Status switch
        {
            StatusCodes.Status429TooManyRequests => "rate_limited",
            StatusCodes.Status503ServiceUnavailable => "unavailable",
            StatusCodes.Status404NotFound => "not_found",
            StatusCodes.Status405MethodNotAllowed => "method_not_allowed",
            _ => "invalid_request",
        };
        return ErrorAsync(context, result.Status, code, result.Message!);
    }

    public static Task ErrorAsync(HttpContext context, int status, string code, string message) =>
        JsonAsync(context, status, JsonSerializer.SerializeToUtf8Bytes(new { success = false, code, message, error = message }));

    public static async Task JsonAsync(HttpContext context, int status, byte[] json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(json, context.RequestAborted);
    }

    // RFC 7240: the header says that the wish was granted, so it is only there when the events became visible in time.
    internal static async ValueTask WaitAsync(HttpContext context, Model.LogOffset end, ProcessingProgress progress, TimeProvider clock)
    {
        if (WaitSeconds(context.Request) is not { } seconds || end.Value < 0) return;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
        try
        {
            await progress.WaitAsync(end, either.Token);
            context.Response.Headers["Preference-Applied"] = "wait";
        }
        catch (OperationCanceledException)
        {
            // Not in time: the events are durable all the same, and the answer says nothing of the wish.
        }
    }

    private static int? WaitSeconds(HttpRequest request)
    {
        foreach (var line in request.Headers["Prefer"])
        {
            foreach (var preference in (line ?? "").Split(',', ';'))
            {
                var parts = preference.Split('=', 2, StringSplitOptions.TrimEntries);
                if (parts.Length == 2 && parts[0].Equals("wait", StringComparison.OrdinalIgnoreCase)
                    && int.TryParse(parts[1].Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                    return Math.Min(seconds, WaitMax);
            }
        }

        return null;
    }
}
