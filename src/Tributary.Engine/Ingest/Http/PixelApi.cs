using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using Tributary.Model;

namespace Tributary.Engine.Ingest;

/// <summary>
/// Tracking calls by GET: pixels in mails, AMP pages, and the JSONP of old browsers (spec/connections.md §1.7). A picture is answered
/// whatever happens;
/// nobody could read an error there.
/// </summary>
internal static partial class PixelApi
{
    // Levels of a dotted parameter such as context.page.url that are followed; deeper ones are ignored.
    private const int DotsMax = 16;

    // The smallest transparent GIF.
    private static readonly byte[] Gif = Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");

    /// <summary><c>/v1/pixel/{type}</c>: Base64 in <c>data</c>, or one parameter per value.</summary>
    public static Task PixelAsync(HttpContext context, EventType type)
    {
        if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)) return AmpAsync(context, type);
        _ = TrackingApi.IsPost(context, out var answered);
        return HttpMethods.IsPost(context.Request.Method)
            ? TrackingAnswer.ErrorAsync(context, StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "Use GET.")
            : answered;
    }

    /// <summary>The same message, as AMP's vendor configuration sends it to <c>/v1/page</c> and <c>/v1/track</c>.</summary>
    public static async Task AmpAsync(HttpContext context, EventType type)
    {
        Cors.Apply(context);
        await TakeAsync(context, type);
        context.Response.ContentType = "image/gif";
        context.Response.ContentLength = Gif.Length;
        context.Response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(Gif, context.RequestAborted);
    }

    /// <summary><c>/v1/{letter}?data=…&amp;callback=…</c>: the answer is a script that calls the page back.</summary>
    public static async Task JsonpAsync(HttpContext context, EventType type)
    {
        Cors.Apply(context);
        var result = await TakeAsync(context, type);
        var callback = context.Request.Query["callback"].ToString();
        if (callback.Length > 0 && !Callback().IsMatch(callback))
        {
            await TrackingAnswer.ErrorAsync(context, StatusCodes.Status400BadRequest, "invalid_request",
                "The callback is no name of a function.");
            return;
        }

        if (callback.Length == 0)
        {
            await (result.IsTaken ? TrackingAnswer.OkAsync(context) : TrackingAnswer.RefuseAsync(context, result));
            return;
        }

        var success = result.IsTaken ? "true" : "false";
        context.Response.ContentType = "application/javascript";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await context.Response.WriteAsync($"{callback}({{\"success\":{success}}})", context.RequestAborted);
    }

    private static async ValueTask<IntakeResult> TakeAsync(HttpContext context, EventType type)
    {
        var intake = context.RequestServices.GetRequiredService<EventIntake>();
        var query = context.Request.Query;
        var body = query.TryGetValue("data", out var data) && data.Count > 0 ? Decode(data.ToString()) : Encode(query);
        return body is null
            ? intake.Refused(IntakeResult.Invalid("data is not Base64."))
            : await intake.TakeAsync(context.Request, new ArraySegment<byte>(body), type);
    }

    /// <summary>Base64, standard or URL-safe, padded or not; a plus may have become a space on the way.</summary>
    internal static byte[]? Decode(string data)
    {
        var text = data.Trim().Replace(' ', '+').Replace('+', '-').Replace('/', '_').TrimEnd('=');
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        var status = Base64Url.DecodeFromUtf8(Encoding.ASCII.GetBytes(text), bytes, out _, out var written);
        return text.Length > 0 && status == OperationStatus.Done ? bytes[..written] : null;
    }

    /// <summary>
    /// Dotted parameters as nested objects, all values as strings. A name that is both a value and an object keeps what came first.
    /// </summary>
    internal static byte[] Encode(IEnumerable<KeyValuePair<string, StringValues>> query)
    {
        var message = new JsonObject();
        foreach (var (name, values) in query)
        {
            var path = name.Split('.');
            if (path.Length <= DotsMax && !Array.Exists(path, string.IsNullOrEmpty)) Put(message, path, values.ToString());
        }

        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) message.WriteTo(writer);
        return stream.ToArray();
    }

    private static void Put(JsonObject target, ReadOnlySpan<string> path, string value)
    {
        while (path.Length > 1)
        {
            if (!target.TryGetPropertyValue(path[0], out var child)) target[path[0]] = child = new JsonObject();
            if (child is not JsonObject inner) return;
            target = inner;
            path = path[1..];
        }

        if (!target.ContainsKey(path[0])) target[path[0]] = value;
    }

    [GeneratedRegex(@"\A[A-Za-z_$][A-Za-z0-9_$.\[\]]{0,127}\z")]
    private static partial Regex Callback();
}
