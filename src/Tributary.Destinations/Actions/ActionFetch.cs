using System.Buffers;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Tributary.Destinations.Http;
using Tributary.Model;

namespace Tributary.Destinations.Actions;

/// <summary>Makes the requests of one job for its worker, as <c>fetch</c> would, and writes them into the trace of the attempt.</summary>
/// <remarks>Redirects are followed here, up to <see cref="RedirectsMax"/>: every hop is a request of its own, so the rules of egress see each address.</remarks>
internal sealed class ActionFetch(HttpClient http, WireTrace trace, TimeProvider clock)
{
    /// <summary>Most redirects followed; what the Fetch standard says.</summary>
    public const int RedirectsMax = 20;

    /// <summary>Most bytes of an answer; a longer one is a fault, because a part of it would be taken for the whole.</summary>
    public const int AnswerBytesMax = 16 << 20;

    // What the connection is about, and what the client sets itself.
    private static readonly HashSet<string> Dropped = new(StringComparer.OrdinalIgnoreCase) { "Connection", "Content-Length", "Host", "Keep-Alive", "Transfer-Encoding", "Accept-Encoding", "Expect", "Upgrade" };

    /// <summary>How long the last answer asked us to wait; null when it did not.</summary>
    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>Serves <c>fetch</c>: <c>{method, url, headers, redirect, text | base64}</c> to <c>{status, statusText, headers, url, redirected, text | base64}</c> or <c>{fault}</c>.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ServeAsync(JsonElement ask, CancellationToken cancellationToken)
    {
        try
        {
            return await FollowAsync(ask, cancellationToken);
        }
        catch (HttpRequestException failure)
        {
            var refused = failure.InnerException as EgressRefusedException;
            return Fault(refused is null ? CodeOf(failure.HttpRequestError) : ActionOutcomes.EgressCode, refused?.Message ?? failure.Message);
        }
        catch (IOException failure)
        {
            return Fault("ECONNRESET", failure.Message);
        }
        catch (Exception failure) when (failure is FormatException or UriFormatException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            return Fault("ERR_INVALID_ARG_VALUE", "The request cannot be made: " + failure.Message);
        }
    }

    private async Task<ReadOnlyMemory<byte>> FollowAsync(JsonElement ask, CancellationToken cancellationToken)
    {
        var url = new Uri(ask.GetProperty("url").GetString()!);
        var method = new HttpMethod(ask.GetProperty("method").GetString()!);
        var headers = ask.GetProperty("headers").EnumerateArray().Select(pair => KeyValuePair.Create(pair[0].GetString()!, pair[1].GetString()!)).ToList();
        var redirect = ask.GetProperty("redirect").GetString();
        byte[]? body = ask.TryGetProperty("text", out var text) ? Encoding.UTF8.GetBytes(text.GetString()!) : ask.TryGetProperty("base64", out var coded) ? coded.GetBytesFromBase64() : null;
        for (var hops = 0; ; hops++)
        {
            using var request = Request(method, url, headers, body);
            var answer = await TracedHttp.SendAsync(http, request, body, AnswerBytesMax, trace, cancellationToken);
            using var response = answer.Response;
            RetryAfter = After(response.Headers.RetryAfter);
            if (answer.IsBroken) return Fault("ECONNRESET", $"The answer of {url.Host} broke off.");
            if (answer.Body.Length >= AnswerBytesMax) return Fault("EMSGSIZE", $"The answer has more than {AnswerBytesMax >> 20} MiB.");
            if (!IsRedirect(answer.Status) || response.Headers.Location is not { } location || redirect == "manual") return Result(answer, url, hops > 0);
            if (redirect == "error") return Fault("no-redirect", $"{url.Host} redirects, which was not wanted.");
            if (hops == RedirectsMax) return Fault("max-redirect", $"{url.Host} redirects more than {RedirectsMax} times.");
            var next = location.IsAbsoluteUri ? location : new Uri(url, location);
            if (next.Scheme is not ("http" or "https")) return Fault("unsupported-redirect", $"{url.Host} redirects to {next.Scheme}.");
            // A credential is meant for the host that it was given for.
            if (!string.Equals(next.Host, url.Host, StringComparison.OrdinalIgnoreCase)) headers.RemoveAll(header => header.Key.ToUpperInvariant() is "AUTHORIZATION" or "COOKIE" or "WWW-AUTHENTICATE");
            if (answer.Status == 303 || (answer.Status is 301 or 302 && method == HttpMethod.Post))
            {
                (method, body) = (HttpMethod.Get, null);
                headers.RemoveAll(header => header.Key.StartsWith("content-", StringComparison.OrdinalIgnoreCase));
            }

            url = next;
        }
    }

    private static HttpRequestMessage Request(HttpMethod method, Uri url, List<KeyValuePair<string, string>> headers, byte[]? body)
    {
        var request = new HttpRequestMessage(method, url);
        if (body is not null) request.Content = new ByteArrayContent(body);
        else if (method == HttpMethod.Post || method == HttpMethod.Put || method == HttpMethod.Patch) request.Content = new ByteArrayContent([]);
        foreach (var (name, value) in headers)
        {
            if (Dropped.Contains(name)) continue;
            if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content?.Headers.TryAddWithoutValidation(name, value);
        }

        if (!request.Headers.Contains("Accept")) request.Headers.TryAddWithoutValidation("Accept", "*/*");
        return request;
    }

    private static byte[] Result(TracedAnswer answer, Uri url, bool isRedirected)
    {
        var (response, body) = (answer.Response, answer.Body);
        return Write(writer =>
        {
            writer.WriteNumber("status", answer.Status);
            writer.WriteString("statusText", response.ReasonPhrase ?? "");
            writer.WriteString("url", url.AbsoluteUri);
            writer.WriteBoolean("redirected", isRedirected);
            writer.WriteStartArray("headers");
            foreach (var header in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
            {
                foreach (var value in header.Value)
                {
                    writer.WriteStartArray();
                    writer.WriteStringValue(header.Key);
                    writer.WriteStringValue(value);
                    writer.WriteEndArray();
                }
            }

            writer.WriteEndArray();
            if (Utf8.IsValid(body.Span)) writer.WriteString("text", body.Span);
            else writer.WriteBase64String("base64", body.Span);
        });
    }

    private TimeSpan? After(RetryConditionHeaderValue? header)
    {
        if (header?.Delta is { } delta) return delta;
        if (header?.Date is not { } date) return null;
        var after = date - clock.GetUtcNow();
        return after > TimeSpan.Zero ? after : TimeSpan.Zero;
    }

    private static byte[] Fault(string code, string message) => Write(writer =>
    {
        writer.WriteStartObject("fault");
        writer.WriteString("code", code);
        writer.WriteString("message", message);
        writer.WriteEndObject();
    });

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1_024);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static bool IsRedirect(int status) => status is 301 or 302 or 303 or 307 or 308;

    // As Node names them, because partners' code looks at them.
    private static string CodeOf(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => "ENOTFOUND",
        HttpRequestError.ConnectionError => "ECONNREFUSED",
        HttpRequestError.SecureConnectionError => "EPROTO",
        _ => "ECONNRESET",
    };
}
