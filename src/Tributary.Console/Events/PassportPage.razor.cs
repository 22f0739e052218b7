using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Tributary.Console.Access;
using Tributary.Console.Destinations;
using Tributary.Console.Shared;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Events;

/// <summary>Everything that happened to the messages of one id.</summary>
public sealed partial class PassportPage
{
    private static readonly JsonSerializerOptions Spaced = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private JsonObject? _passport;
    private string? _text;
    private List<JsonObject> _lives = [];
    private List<JsonObject> _rejected = [];
    private string _title = "";
    private bool _mayIdentify;

    [Inject]
    internal EventMessages Messages { get; init; } = null!;

    /// <summary>The id; it may hold anything, slashes too.</summary>
    [Parameter]
    public string? MessageId { get; set; }

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        FollowWorkspace();
        FollowPulse();
    }

    /// <inheritdoc/>
    protected override void OnParametersSet() => Refresh();

    /// <inheritdoc/>
    protected override void Refresh()
    {
        _mayIdentify = Access.May(Permission.Pii);
        var passport = string.IsNullOrEmpty(MessageId) ? null : Messages.Passport(MessageId);
        var text = passport?.ToJsonString();
        // A delivery may be on its way, so it is read again each second; what has not moved is not drawn again.
        if (text == _text) return;
        (_passport, _text) = (passport, text);
        _lives = Items(passport, "events");
        _rejected = Items(passport, "rejected");
        var first = _lives.FirstOrDefault();
        var name = (string?)first?["event"]?["event"] ?? (_mayIdentify ? (string?)(first?["event"]?["name"] as JsonValue) : null);
        _title = !string.IsNullOrEmpty(name) ? Profiles.ProfileText.Cut(_mayIdentify ? name : PiiMask.Prose(name), 200) : first is null ? "Refused message" : (string?)first["type"] ?? "Event";
    }

    private static List<JsonObject> Items(JsonObject? node, string name) => [.. (node?[name] as JsonArray ?? []).OfType<JsonObject>()];

    private static string Time(JsonObject node, string name) =>
        DateTimeOffset.TryParse((string?)node[name], CultureInfo.InvariantCulture, out var at) ? at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff 'UTC'", CultureInfo.InvariantCulture) : (string?)node[name] ?? "";

    private static string StationStyle(string state) => state switch
    {
        "delivered" => "done",
        "failed" => "failed",
        "retrying" => "waiting",
        _ => "quiet",
    };

    private static string ChipStyle(string state) => state switch
    {
        "delivered" => "success",
        "failed" => "error",
        "retrying" or "pending" => "warning",
        _ => "",
    };

    private static string Explain(JsonObject destination, string state)
    {
        var reason = (string?)destination["reason"] is { Length: > 0 } code ? $": {ReasonWords.Title(code)} ({code})" : "";
        var tried = (int?)destination["attempts"] is > 0 and var count ? $" Tried {Words.Plural(count, "time")}." : "";
        return state switch
        {
            "delivered" => $"The destination has taken it.{tried}",
            "filtered" => $"It was not for this destination{reason}.",
            "failed" => $"Given up{reason}.{tried}",
            "retrying" => $"Not yet{reason}.{tried} Next attempt {Time(destination, "nextAttemptAt")}.",
            "pending" => "It waits for its turn.",
            _ => "Settled so long ago that only the counts remember.",
        };
    }

    // A message carries the write key of its source, which only those may see who may have it.
    private IEnumerable<WireView> Exchanges(JsonObject sample)
    {
        var text = (sample["exchanges"] as JsonArray ?? []).ToJsonString(Spaced);
        if (!Access.May(Permission.Edit)) text = Workspace.Current.Sources.SelectMany(source => source.WriteKeys).Aggregate(text, (left, key) => left.Replace(key, PiiMask.Hidden, StringComparison.Ordinal));
        using var parsed = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 256 });
        return [.. parsed.RootElement.EnumerateArray().Select(WireView.Read)];
    }

    private string SourceName(JsonObject life) => (string?)life["source"] is { } id ? Workspace.Current.FindSource(id)?.Name ?? "a deleted source" : "an unknown source";

    private JsonNode? Masked(JsonNode? message) => EventMessages.Shown(message, _mayIdentify);

    private string Indented(JsonNode? message) => Masked(message)?.ToJsonString(Spaced) ?? "";
}
