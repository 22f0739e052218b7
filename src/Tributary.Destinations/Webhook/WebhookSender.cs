using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Tributary.Destinations.Http;
using Tributary.Model;

namespace Tributary.Destinations.Webhook;

/// <summary>
/// POSTs events as JSON: one as an object, or an array of several. 2xx is delivered; 408, 429, 5xx, failures of the network and of time are tried again;
/// 401 and 403 mean that the receiver does not know us; everything else is final. Rule: spec/connections.md §5.2.
/// </summary>
internal sealed class WebhookSender(WebhookModel model, HttpClient http, TimeProvider clock) : IDestinationSender
{
    // What is read of an answer: enough for a cause in words, and so little that an endless answer costs nothing.
    private const int AnswerBytesMax = 4 << 10;

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    /// <inheritdoc/>
    public int BatchMax => model.BatchSize;

    /// <inheritdoc/>
    public async ValueTask<DeliveryOutcomes> SendAsync(IReadOnlyList<Delivery> batch, WireTrace trace, CancellationToken cancellationToken)
    {
        try
        {
            var body = Body(batch);
            using var request = new HttpRequestMessage(HttpMethod.Post, model.Url) { Content = new ReadOnlyMemoryContent(body) };
            request.Content.Headers.ContentType = Json;
            foreach (var (name, value) in model.Headers) request.Headers.TryAddWithoutValidation(name, value);
            if (model.Secret is not null) request.Headers.TryAddWithoutValidation("X-Signature", Sign(model.Secret, body.Span));
            var answer = await TracedHttp.SendAsync(http, request, body, AnswerBytesMax, trace, cancellationToken);
            using var response = answer.Response;
            return DeliveryOutcomes.All(Judge(answer));
        }
        catch (HttpRequestException failure)
        {
            return DeliveryOutcomes.All(Judge(failure));
        }
        catch (IOException failure)
        {
            return DeliveryOutcomes.All(DeliveryOutcome.RetryLater("network", detail: failure.Message));
        }
    }

    public void Dispose()
    {
        // The client belongs to all destinations.
    }

    private ReadOnlyMemory<byte> Body(IReadOnlyList<Delivery> batch)
    {
        if (model.BatchSize == 1) return batch[0].Payload;
        var length = 1 + batch.Count;
        for (var i = 0; i < batch.Count; i++) length += batch[i].Payload.Length;
        var array = new byte[length];
        var at = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            array[at++] = i == 0 ? (byte)'[' : (byte)',';
            batch[i].Payload.Span.CopyTo(array.AsSpan(at));
            at += batch[i].Payload.Length;
        }

        array[at] = (byte)']';
        return array;
    }

    private static string Sign(byte[] secret, ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
        // SHA-1 is what receivers of Segment's webhooks check; it authenticates here and protects nothing from collisions.
#pragma warning disable CA5350
        HMACSHA1.HashData(secret, body, hash);
#pragma warning restore CA5350
        return Convert.ToHexStringLower(hash);
    }

    private DeliveryOutcome Judge(TracedAnswer answer)
    {
        var status = answer.Status;
        if (status is >= 200 and < 300) return DeliveryOutcome.Delivered;
        var reason = $"http_{status.ToString(CultureInfo.InvariantCulture)}";
        var detail = Excerpt(answer);
        return status switch
        {
            401 or 403 => DeliveryOutcome.CredentialsRejected(reason, detail),
            408 or 429 or >= 500 => DeliveryOutcome.RetryLater(reason, After(answer.Response.Headers.RetryAfter), detail),
            _ => DeliveryOutcome.Refused(reason, detail),
        };
    }

    private static DeliveryOutcome Judge(HttpRequestException failure)
    {
        if (failure.InnerException is EgressRefusedException refused) return DeliveryOutcome.Refused("egress_refused", refused.Message);
        var reason = failure.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "name_not_resolved",
            HttpRequestError.ConnectionError => "connection_failed",
            HttpRequestError.SecureConnectionError => "tls_failed",
            _ => "network",
        };
        return DeliveryOutcome.RetryLater(reason, detail: failure.Message);
    }

    // A number of seconds or a date (RFC 9110 §10.2.3); a date in the past means now.
    private TimeSpan? After(RetryConditionHeaderValue? header)
    {
        if (header?.Delta is { } delta) return delta;
        if (header?.Date is not { } date) return null;
        var after = date - clock.GetUtcNow();
        return after > TimeSpan.Zero ? after : TimeSpan.Zero;
    }

    private static string? Excerpt(TracedAnswer answer)
    {
        var text = Encoding.UTF8.GetString(answer.Body.Span).Trim();
        var cut = text.Length > DeliveryOutcome.DetailLengthMax ? text[..DeliveryOutcome.DetailLengthMax] : text;
        return cut.Length == 0 ? answer.Response.ReasonPhrase : string.Create(cut.Length, cut, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++) to[i] = char.IsControl(from[i]) || char.IsSurrogate(from[i]) ? ' ' : from[i];
        });
    }
}
