using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tributary.Engine.Workspace;

/// <summary>
/// Resources as Segment's Public API shows them. Field names and which of them are always there: the models of <c>@segment/public-api-sdk-typescript</c>.
/// </summary>
public static class ApiJson
{
    public static JsonObject Of(Source source, WorkspaceSnapshot workspace) => new()
    {
        ["id"] = source.Id,
        ["slug"] = source.Slug,
        ["name"] = source.Name,
        ["workspaceId"] = workspace.Name?.Id ?? "",
        ["spaceId"] = source.SpaceId,
        ["enabled"] = source.Enabled,
        ["writeKeys"] = new JsonArray([.. source.WriteKeys.Select(key => JsonValue.Create(key))]),
        ["metadata"] = SourceMetadata(source.MetadataId),
        ["settings"] = SecretBox.Masked(source.Settings, name => workspace.FindFunctionOf(source.MetadataId)?.IsSecret(name) == true),
        ["labels"] = Labels(source),
    };

    public static JsonArray Labels(Source source)
    {
        var labels = new JsonArray();
        foreach (var label in source.Labels)
        {
            var json = new JsonObject { ["key"] = label.Key, ["value"] = label.Value };
            if (label.Description is { } description) json["description"] = description;
            labels.Add((JsonNode)json);
        }

        return labels;
    }

    public static JsonObject Of(Destination destination, DestinationCatalog catalog) => new()
    {
        ["id"] = destination.Id,
        ["name"] = destination.Name,
        ["enabled"] = destination.Enabled,
        ["paused"] = destination.Paused,
        ["sourceId"] = destination.SourceId,
        ["metadata"] = DestinationMetadata(destination.MetadataId, catalog.Find(destination.MetadataId)),
        ["settings"] = SecretBox.Masked(destination.Settings, name => catalog.Find(destination.MetadataId)?.IsSecret(name) == true),
    };

    public static JsonObject Of(Subscription subscription) => new()
    {
        ["id"] = subscription.Id,
        ["name"] = subscription.Name,
        ["actionId"] = subscription.Action,
        ["actionSlug"] = subscription.Action,
        ["destinationId"] = subscription.DestinationId,
        ["enabled"] = subscription.Enabled,
        ["trigger"] = subscription.Trigger,
        ["settings"] = subscription.Settings.DeepClone(),
    };

    public static JsonObject Of(DestinationFilter filter, string sourceId) => new()
    {
        ["id"] = filter.Id,
        ["sourceId"] = sourceId,
        ["destinationId"] = filter.DestinationId,
        ["title"] = filter.Title,
        ["description"] = filter.Description,
        ["if"] = filter.If,
        ["enabled"] = filter.Enabled,
        ["actions"] = filter.Actions.DeepClone(),
        ["createdAt"] = Time(filter.CreatedAt),
        ["updatedAt"] = Time(filter.UpdatedAt),
    };

    public static JsonObject Of(Space space) => new() { ["id"] = space.Id, ["slug"] = space.Slug, ["name"] = space.Name };

    public static JsonObject Of(Token token) => new()
    {
        ["id"] = token.Id,
        ["name"] = token.Name,
        ["scopes"] = new JsonArray([.. token.Scopes.Select(scope => JsonValue.Create(scope))]),
    };

    public static JsonObject Of(IdentitySettings settings)
    {
        var json = JsonSerializer.SerializeToNode(settings, WorkspaceSnapshot.Json)!.AsObject();
        // A blocked value has either member; the other would only be noise.
        foreach (var blocked in json["identifiers"]!.AsArray().SelectMany(rule => rule!["blocked"]!.AsArray()))
        {
            foreach (var empty in blocked!.AsObject().Where(pair => pair.Value is null).Select(pair => pair.Key).ToList()) blocked.AsObject().Remove(empty);
        }

        return json;
    }

    public static JsonObject SourceMetadata(string slug) => new()
    {
        ["id"] = slug,
        ["slug"] = slug,
        ["name"] = SourceCatalog.NameOf(slug) ?? slug,
        ["description"] = $"Events from {SourceCatalog.NameOf(slug) ?? slug}.",
        ["logos"] = Logos(),
        ["options"] = new JsonArray(Option("rateLimit", "number", false, "Most events a second; above it the answer is 429.")),
        ["categories"] = new JsonArray(SourceCatalog.Channel(slug) switch { "browser" => "Website", "mobile" => "Mobile", _ => "Server" }),
        ["isCloudEventSource"] = false,
    };

    public static JsonObject DestinationMetadata(string slug, DestinationKind? kind) => new()
    {
        ["id"] = slug,
        ["slug"] = slug,
        ["name"] = kind?.Name ?? slug,
        ["description"] = kind?.Description ?? "This server does not know this kind of destination.",
        ["logos"] = Logos(),
        ["options"] = new JsonArray([.. (kind?.Options ?? []).Select(option => CatalogJson.Option(option))]),
        ["status"] = kind is null or { Unavailable: not null } ? "UNAVAILABLE" : "PUBLIC",
        ["previousNames"] = new JsonArray(),
        ["categories"] = new JsonArray(kind?.Category ?? "Raw Data"),
        ["website"] = "",
        ["components"] = new JsonArray(),
        ["supportedFeatures"] = new JsonObject { ["cloudModeInstances"] = "MULTIPLE", ["deviceModeInstances"] = "NONE", ["replay"] = true, ["browserUnbundling"] = false, ["browserUnbundlingPublic"] = false },
        ["supportedMethods"] = new JsonObject { ["pageview"] = true, ["identify"] = true, ["alias"] = true, ["track"] = true, ["group"] = true },
        ["supportedPlatforms"] = new JsonObject { ["browser"] = true, ["server"] = true, ["mobile"] = true, ["warehouse"] = false, ["cloudAppObject"] = false },
        ["actions"] = new JsonArray([.. (kind?.Actions ?? []).Select(CatalogJson.Action)]),
        ["presets"] = new JsonArray([.. (kind?.Presets ?? []).Where(preset => preset.Trigger is not null).Select(CatalogJson.Preset)]),
    };

    /// <summary>A time as clients parse it: UTC with milliseconds.</summary>
    public static string Time(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static JsonObject Logos() => new() { ["default"] = "", ["mark"] = null, ["alt"] = null };

    private static JsonObject Option(string name, string type, bool required, string description) =>
        new() { ["name"] = name, ["type"] = type, ["required"] = required, ["description"] = description, ["label"] = name };
}
