using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Tributary.Destinations.Http;
using Tributary.Model;

namespace Tributary.Destinations.Files;

/// <summary>Puts objects into a bucket with one signed request each; an object is there as a whole or not at all.</summary>
/// <remarks>https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html, codes: …/API/ErrorResponses.html.</remarks>
internal sealed class BucketTarget(BucketModel model, HttpClient http, TimeProvider clock) : IFileTarget
{
    // An error is an XML document of a few hundred bytes.
    private const int AnswerBytesMax = 4 << 10;

    public async ValueTask<DeliveryOutcome> PutAsync(ReadyFile file, WireTrace trace, CancellationToken cancellationToken)
    {
        var key = model.Prefix.Length == 0 ? file.Name : $"{model.Prefix}/{file.Name}";
        var path = RequestSignature.EncodePath($"{model.BasePath}/{key}");
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(model.Host, path)) { Content = new ReadOnlyMemoryContent(file.Content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(file.ContentType);
        var signature = new RequestSignature(model.AccessKeyId, model.SecretAccessKey, model.Region, "s3", clock.GetUtcNow());
        var hash = RequestSignature.Hash(file.Content.Span);
        var headers = new SortedList<string, string>(StringComparer.Ordinal)
        {
            ["content-type"] = file.ContentType,
            ["host"] = model.Host.Authority,
            ["x-amz-content-sha256"] = hash,
            ["x-amz-date"] = signature.Time,
        };
        request.Headers.TryAddWithoutValidation("x-amz-content-sha256", hash);
        request.Headers.TryAddWithoutValidation("x-amz-date", signature.Time);
        request.Headers.TryAddWithoutValidation("Authorization", signature.Authorize("PUT", path, "", headers, hash));
        try
        {
            var answer = await TracedHttp.SendAsync(http, request, file.Content, AnswerBytesMax, trace, cancellationToken);
            using var response = answer.Response;
            return Judge(answer);
        }
        catch (HttpRequestException failure)
        {
            return failure.InnerException is EgressRefusedException refused
                ? DeliveryOutcome.Refused("egress_refused", refused.Message)
                : DeliveryOutcome.RetryLater(failure.HttpRequestError == HttpRequestError.ConnectionError ? "connection_failed" : "network", detail: failure.Message);
        }
        catch (IOException failure)
        {
            return DeliveryOutcome.RetryLater("network", detail: failure.Message);
        }
    }

    private static DeliveryOutcome Judge(TracedAnswer answer)
    {
        if (answer.Status == 200) return DeliveryOutcome.Delivered;
        var text = Encoding.UTF8.GetString(answer.Body.Span);
        var code = Element(text, "Code");
        var reason = $"http_{answer.Status.ToString(CultureInfo.InvariantCulture)}";
        var detail = code is null ? answer.Response.ReasonPhrase : $"{code}: {Element(text, "Message")}";
        // A clock that is wrong, ours or theirs, comes right again; so does a request that took too long.
        if (answer.Status is 408 or 409 or 429 or >= 500 || code is "RequestTimeTooSkewed" or "RequestTimeout" or "SlowDown")
            return DeliveryOutcome.RetryLater(reason, answer.Response.Headers.RetryAfter?.Delta, detail);
        return answer.Status is 401 or 403 ? DeliveryOutcome.CredentialsRejected(reason, detail) : DeliveryOutcome.Refused(reason, detail);
    }

    // The answer may be cut or be no XML at all, so that a parser would refuse what people want to read.
    private static string? Element(string text, string name)
    {
        var from = text.IndexOf($"<{name}>", StringComparison.Ordinal);
        if (from < 0) return null;
        from += name.Length + 2;
        var to = text.IndexOf('<', from);
        return to < 0 ? text[from..] : text[from..to];
    }
}
