using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tributary.Destinations.Actions;

/// <summary>Tokens that destinations gave us since their settings were stored, by destination. In memory: who keeps them for longer sets <see cref="Refreshed"/>.</summary>
/// <remarks>New settings of a destination replace what is here: an operator who connects anew means the tokens that came with it.</remarks>
internal sealed class ActionTokens
{
    private readonly ConcurrentDictionary<string, (string Stored, JsonObject Current)> _tokens = new();

    /// <summary>Called with the id of a destination and its new tokens, <c>{access_token, refresh_token}</c>; must be quick and not throw.</summary>
    public Action<string, JsonObject>? Refreshed { get; set; }

    /// <summary>The tokens to use: the newest that belong to those among the settings.</summary>
    public JsonObject? Current(string destination, JsonObject? stored) =>
        _tokens.TryGetValue(destination, out var known) && known.Stored == Text(stored) ? known.Current : stored;

    /// <summary>Takes what a worker tells: <c>{accessToken, refreshToken?}</c>.</summary>
    public void Take(string destination, JsonObject? stored, JsonElement fresh)
    {
        if (fresh.ValueKind != JsonValueKind.Object || Text(fresh, "accessToken") is not { } access) return;
        // Some get their tokens for credentials among the settings, so that there are none at first.
        var tokens = (JsonObject)(Current(destination, stored) ?? []).DeepClone();
        tokens["access_token"] = access;
        if (Text(fresh, "refreshToken") is { } refresh) tokens["refresh_token"] = refresh;
        _tokens[destination] = (Text(stored), tokens);
        var told = new JsonObject { ["access_token"] = access };
        if (tokens["refresh_token"] is { } kept) told["refresh_token"] = kept.DeepClone();
        Refreshed?.Invoke(destination, told);
    }

    private static string Text(JsonObject? stored) => stored?.ToJsonString() ?? "";

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
