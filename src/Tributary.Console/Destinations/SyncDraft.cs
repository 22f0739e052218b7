using System.Globalization;
using System.Text.Json.Nodes;

namespace Tributary.Console.Destinations;

/// <summary>How a destination is delivered to, while somebody fills it in. Empty fields are left to the server.</summary>
internal sealed class SyncDraft
{
    public string Concurrency { get; set; } = "";

    public string Rate { get; set; } = "";

    public string TimeoutMs { get; set; } = "";

    public string RetryHours { get; set; } = "";

    public string Ordered { get; set; } = "";

    public static SyncDraft Of(JsonObject? stored) => new()
    {
        Concurrency = Text(stored?["concurrency"]),
        Rate = Text(stored?["rate"]),
        TimeoutMs = Text(stored?["timeoutMs"]),
        RetryHours = Text(stored?["retryHours"]),
        Ordered = Text(stored?["ordered"]),
    };

    /// <summary>The setting; null when everything is left to the server.</summary>
    public JsonObject? Value()
    {
        var value = new JsonObject();
        foreach (var (name, text) in (ReadOnlySpan<(string, string)>)[("concurrency", Concurrency), ("rate", Rate), ("timeoutMs", TimeoutMs), ("retryHours", RetryHours)])
        {
            if (text.Trim().Length > 0) value[name] = Number(text.Trim());
        }

        if (Ordered.Length > 0) value["ordered"] = Ordered == "true";
        return value.Count > 0 ? value : null;
    }

    // What is no number is sent as it is, so that the desk says what it wants.
    private static JsonNode? Number(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
        ? JsonValue.Create(whole)
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create(text);

    private static string Text(JsonNode? node) => node?.ToJsonString() ?? "";
}
