using System.Buffers;
using System.Net;
using System.Text;
using Tributary.Model;

namespace Tributary.Destinations.Http;

/// <summary>An answer whose body was read as far as was asked for.</summary>
/// <param name="Response">Status and headers; its content is consumed.</param>
/// <param name="Body">At most as many bytes as asked for.</param>
/// <param name="IsBroken">The connection ended within the body; what came before is there.</param>
internal sealed record TracedAnswer(HttpResponseMessage Response, ReadOnlyMemory<byte> Body, bool IsBroken)
{
    public int Status => (int)Response.StatusCode;
}

/// <summary>Sends one request and writes what went over the wire into the attempt's trace. All HTTP of all destinations goes through here.</summary>
internal static class TracedHttp
{
    /// <summary>Sends and reads at most <paramref name="answerBytesMax"/> of the answer; the rest is dropped with the connection.</summary>
    /// <param name="http">From <see cref="OutboundHttp.For"/>.</param>
    /// <param name="request">What to send; its content may be null.</param>
    /// <param name="body">The bytes of its content.</param>
    /// <param name="answerBytesMax">How much of the answer is read.</param>
    /// <param name="trace">Where it is written down.</param>
    /// <param name="cancellationToken">Breaks it off.</param>
    /// <exception cref="HttpRequestException">No answer came. Written down as well.</exception>
    /// <exception cref="IOException">The answer broke off in its head.</exception>
    public static async ValueTask<TracedAnswer> SendAsync(
        HttpClient http, HttpRequestMessage request, ReadOnlyMemory<byte> body, int answerBytesMax, WireTrace trace, CancellationToken cancellationToken)
    {
        HttpResponseMessage? response = null;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var (answer, isBroken) = await ReadAsync(response, answerBytesMax, cancellationToken);
            if (trace.KeepsSuccess || !response.IsSuccessStatusCode) trace.Add(Exchange(request, body, response, answer, isBroken ? "the answer broke off" : null));
            return new TracedAnswer(response, answer, isBroken);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            trace.Add(Exchange(request, body, response, default, failure is OperationCanceledException ? "no answer in time" : failure.Message));
            response?.Dispose();
            throw;
        }
    }

    private static async ValueTask<(ReadOnlyMemory<byte> Body, bool IsBroken)> ReadAsync(HttpResponseMessage response, int bytesMax, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength == 0) return default;
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(bytesMax, 64 << 10));
        var length = 0;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            while (true)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(length, Math.Min(buffer.Length, bytesMax) - length), cancellationToken);
                length += read;
                if (read == 0 || length == bytesMax) return (buffer.AsSpan(0, length).ToArray(), false);
                if (length < buffer.Length) continue;
                var larger = ArrayPool<byte>.Shared.Rent(Math.Min(bytesMax, buffer.Length * 2));
                buffer.AsSpan(0, length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            // The status has arrived, and for most it says enough.
            return (buffer.AsSpan(0, length).ToArray(), true);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static WireExchange Exchange(HttpRequestMessage request, ReadOnlyMemory<byte> body, HttpResponseMessage? response, ReadOnlyMemory<byte> answer, string? fault) => new(
        request.Method.Method,
        request.RequestUri?.AbsoluteUri ?? "",
        [.. Pairs(request.Headers), .. Pairs(request.Content?.Headers)],
        body,
        (int)(response?.StatusCode ?? 0),
        [.. Pairs(response?.Headers), .. Pairs(response?.Content.Headers)],
        answer,
        fault);

    private static IEnumerable<KeyValuePair<string, string>> Pairs(System.Net.Http.Headers.HttpHeaders? headers) =>
        headers is null ? [] : headers.NonValidated.Select(header => KeyValuePair.Create(header.Key, header.Value.ToString()));
}

/// <summary>Answers every request with <c>200 {}</c> and sends nothing.</summary>
internal sealed class DryRunHandler : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(
        new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request, Content = new StringContent("{}", Encoding.UTF8, "application/json") });
}
