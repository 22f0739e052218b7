using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;

namespace Tributary.Destinations.Webhook;

/// <summary>The webhook in the catalogue: every event is sent as JSON to one address.</summary>
public static class WebhookKind
{
    /// <summary>Its <c>metadataId</c>.</summary>
    public const string Slug = "webhook";

    /// <summary>Longest address accepted, in characters.</summary>
    public const int UrlLengthMax = 2_000;

    public static DestinationKind Value { get; } = new(
        Slug,
        "Webhook",
        "Sends every event as JSON with POST to an address of yours.",
        [
            new("url", "string", true, "Absolute http or https address that receives the events."),
            new("sharedSecret", "string", false, "Signs each request: X-Signature is the HMAC-SHA1 of the body, in hexadecimal."),
            new("headers", "map", false, "Additional request headers."),
        ],
        Check);

    private static IEnumerable<WorkspaceFault> Check(JsonObject settings)
    {
        if (settings["url"] is not JsonValue value || !value.TryGetValue<string>(out var url) || !IsAddress(url))
            yield return new("settings.url", "settings.url must be an absolute address that begins with http:// or https://.");
        if (settings["sharedSecret"] is { } secret && !(secret is JsonValue text && text.TryGetValue<string>(out _)))
            yield return new("settings.sharedSecret", "settings.sharedSecret must be a text.");
        if (settings["headers"] is { } headers && !(headers is JsonObject map && map.All(pair => pair.Value is JsonValue item && item.TryGetValue<string>(out _))))
            yield return new("settings.headers", "settings.headers must be an object of texts.");
    }

    private static bool IsAddress(string url) =>
        url.Length <= UrlLengthMax
        && Uri.TryCreate(url, UriKind.Absolute, out var address)
        && (address.Scheme is "http" or "https")
        && address.Host.Length > 0;
}
