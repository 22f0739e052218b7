using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tributary.Console.Access;

/// <summary>
/// Hides what identifies people from members who may not see it. In doubt it hides: names of fields and shapes of values are both looked at, and everything
/// that was said about a person as a trait is hidden whatever it is called.
/// </summary>
public static partial class PiiMask
{
    /// <summary>What stands in the place of a hidden value.</summary>
    public const string Hidden = "••••••";

    private const int DepthMax = 64;

    private static readonly HashSet<string> Identifying = new(StringComparer.OrdinalIgnoreCase)
    {
        "userId", "anonymousId", "previousId", "groupId", "ip", "id", "traits", "externalIds", "address", "location", "device", "firstName", "lastName", "username",
    };

    // Members of a message that say what happened and never who it happened to.
    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal)
    {
        "messageId", "type", "event", "channel", "timestamp", "sentAt", "receivedAt", "originalTimestamp", "version", "library", "integrations",
    };

    /// <summary>A value, hidden.</summary>
    public static string Text(string? text) => string.IsNullOrEmpty(text) ? "" : Hidden;

    /// <summary>A message with everything hidden that may identify somebody. The original is not changed.</summary>
    public static JsonNode? Message(JsonNode? message) => message is JsonObject root
        ? new JsonObject(root.Select(pair => KeyValuePair.Create(pair.Key, Harmless.Contains(pair.Key) ? pair.Value?.DeepClone() : Value(pair.Key, pair.Value, 1))))
        : Value("", message, 0);

    /// <summary>A document of another system, whose names follow no rule of ours: its shape stays, every value is hidden.</summary>
    public static JsonNode? Foreign(JsonNode? document) => Emptied(document, 0);

    /// <summary>An address without what its path and query may tell of people.</summary>
    public static string Url(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed) && Revealing().IsMatch(parsed.PathAndQuery) ? $"{parsed.GetLeftPart(UriPartial.Authority)}/{Hidden}" : url;

    /// <summary>Free text, with what looks like an address, a number or a network address hidden.</summary>
    public static string Prose(string text) => Revealing().IsMatch(text) ? Hidden : text;

    private static JsonNode? Value(string name, JsonNode? node, int depth)
    {
        if (Identifying.Contains(name) || IdentifyingName().IsMatch(name)) return Emptied(node, depth);
        return node switch
        {
            JsonObject inner when depth < DepthMax => new JsonObject(inner.Select(pair => KeyValuePair.Create(pair.Key, Value(pair.Key, pair.Value, depth + 1)))),
            JsonArray list when depth < DepthMax => new JsonArray([.. list.Select(element => Value("", element, depth + 1))]),
            JsonValue value when value.TryGetValue<string>(out var text) => Prose(text),
            JsonValue value => value.DeepClone(),
            null => null,
            _ => Hidden,
        };
    }

    private static JsonNode? Emptied(JsonNode? node, int depth) => node switch
    {
        null => null,
        JsonObject inner when depth < DepthMax => new JsonObject(inner.Select(pair => KeyValuePair.Create(pair.Key, Emptied(pair.Value, depth + 1)))),
        JsonArray list when depth < DepthMax => new JsonArray([.. list.Select(element => Emptied(element, depth + 1))]),
        _ => Hidden,
    };

    [GeneratedRegex("e.?mail|phone|mobile|name$|surname|street|city|zip|postal|birth|gender|passport|iban|card|token|secret|write_?key|password|device_?id|advertising|latitude|longitude|user_?agent|_id$|Id$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex IdentifyingName();

    [GeneratedRegex(@"@|%40|\+?\d[\d\s().\-/]{6,}\d|\b\d{1,3}(?:\.\d{1,3}){3}\b|(?:[0-9a-f]{1,4}:){3,}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Revealing();
}
