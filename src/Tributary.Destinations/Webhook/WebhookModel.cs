using System.Text;
using System.Text.Json.Nodes;

namespace Tributary.Destinations.Webhook;

/// <summary>The checked settings of a webhook. It holds a secret: it is never printed.</summary>
internal sealed class WebhookModel
{
    /// <summary>Most events of one request; what Segment's webhook action takes at most (spec/connections.md §5.2).</summary>
    public const int BatchMax = 4_000;

    /// <summary>Most additional headers.</summary>
    public const int HeadersMax = 50;

    /// <summary>Longest header value, in characters.</summary>
    public const int HeaderLengthMax = 4_000;

    // What the client sets itself, and what would break the framing of a request.
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "Host", "Upgrade", "Expect", "Keep-Alive", "TE", "Trailer", "Proxy-Connection", "X-Signature",
    };

    private WebhookModel(Uri url, byte[]? secret, int batchSize, KeyValuePair<string, string>[] headers) =>
        (Url, Secret, BatchSize, Headers) = (url, secret, batchSize, headers);

    public Uri Url { get; }

    /// <summary>The key of the signature, UTF-8; null when requests are not signed.</summary>
    public byte[]? Secret { get; }

    /// <summary>1: each event is a request with an object. More: a request carries an array of up to so many.</summary>
    public int BatchSize { get; }

    public KeyValuePair<string, string>[] Headers { get; }

    /// <summary>Reads settings. Yields what is wrong as (field, sentence); the model is null then.</summary>
    public static (WebhookModel? Model, IReadOnlyList<(string Field, string Message)> Faults) Read(JsonObject settings)
    {
        var faults = new List<(string, string)>();
        var url = Text(settings, "url") is { } text && IsAddress(text) ? new Uri(text) : null;
        if (url is null) faults.Add(("url", "must be an absolute address that begins with http:// or https://."));
        var secret = Text(settings, "sharedSecret");
        if (secret is null && settings["sharedSecret"] is not null) faults.Add(("sharedSecret", "must be a text."));
        var size = 1;
        if (settings["batchSize"] is { } batch && !(batch is JsonValue number && number.TryGetValue(out size) && size is >= 1 and <= BatchMax))
            faults.Add(("batchSize", $"must be a whole number from 1 to {BatchMax}."));
        var headers = ReadHeaders(settings["headers"], faults);
        return faults.Count > 0
            ? (null, faults)
            : (new WebhookModel(url!, string.IsNullOrEmpty(secret) ? null : Encoding.UTF8.GetBytes(secret), size, headers), faults);
    }

    private static KeyValuePair<string, string>[] ReadHeaders(JsonNode? node, List<(string, string)> faults)
    {
        if (node is null) return [];
        if (node is not JsonObject map || map.Count > HeadersMax || map.Any(pair => Text(map, pair.Key) is null))
        {
            faults.Add(("headers", $"must be an object of at most {HeadersMax} texts."));
            return [];
        }

        var headers = map.Select(pair => KeyValuePair.Create(pair.Key, Text(map, pair.Key)!)).ToArray();
        foreach (var (name, value) in headers)
        {
            if (Reserved.Contains(name)) faults.Add(("headers", $"\"{name}\" is set by the server."));
            else if (!IsToken(name) || value.Length > HeaderLengthMax || value.Any(letter => letter is < ' ' and not '\t' or > '~'))
                faults.Add(("headers", $"\"{name}\" is no header that HTTP can carry."));
        }

        return headers;
    }

    private static string? Text(JsonObject settings, string name) => settings[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static bool IsAddress(string url) =>
        url.Length <= WebhookKind.UrlLengthMax
        && Uri.TryCreate(url, UriKind.Absolute, out var address)
        && (address.Scheme is "http" or "https")
        && address.Host.Length > 0;

    private static bool IsToken(string name) =>
        name.Length is > 0 and <= 200 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || "!#$%&'*+-.^_`|~".Contains(letter, StringComparison.Ordinal));
}
