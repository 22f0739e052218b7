using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tributary.Engine.Workspace;

/// <summary>Settings, actions and presets of a kind of destination in the shape of Segment's Public API (<c>DestinationMetadataV1</c>).</summary>
internal static class CatalogJson
{
    public static JsonNode Option(DestinationOption option)
    {
        var json = new JsonObject { ["name"] = option.Name, ["type"] = option.Type, ["required"] = option.Required, ["description"] = option.Description, ["label"] = option.Label };
        if (Node(option.Default) is { } value) json["defaultValue"] = value;
        if (Node(option.Choices) is { } choices) json["choices"] = choices;
        return json;
    }

    public static JsonNode Action(DestinationAction action) => new JsonObject
    {
        ["id"] = action.Key,
        ["slug"] = action.Key,
        ["name"] = action.Name,
        ["description"] = action.Description,
        ["platform"] = "CLOUD",
        ["hidden"] = action.Hidden,
        ["defaultTrigger"] = action.DefaultTrigger,
        ["fields"] = new JsonArray([.. Fields(action.Fields)]),
    };

    public static JsonNode Preset(DestinationPreset preset) => new JsonObject
    {
        ["actionId"] = preset.Action,
        ["name"] = preset.Name,
        ["fields"] = Node(preset.Mapping) ?? new JsonObject(),
        ["trigger"] = preset.Trigger,
    };

    private static IEnumerable<JsonNode> Fields(JsonElement fields)
    {
        if (fields.ValueKind != JsonValueKind.Object) yield break;
        var order = 0;
        foreach (var field in fields.EnumerateObject()) yield return Field(field.Name, field.Value, order++);
    }

    private static JsonObject Field(string key, JsonElement field, int order)
    {
        var json = new JsonObject
        {
            ["id"] = key,
            ["sortOrder"] = order,
            ["fieldKey"] = key,
            ["label"] = Text(field, "label") ?? key,
            ["type"] = IsTrue(field, "unsafe_hidden") ? "HIDDEN" : (Text(field, "type") ?? "string").ToUpperInvariant(),
            ["description"] = Text(field, "description") ?? "",
            ["placeholder"] = Text(field, "placeholder") ?? "",
            ["required"] = IsTrue(field, "required"),
            ["multiple"] = IsTrue(field, "multiple"),
            ["dynamic"] = IsTrue(field, "dynamic"),
            ["allowNull"] = IsTrue(field, "allowNull"),
        };
        if (Node(Member(field, "default")) is { } value) json["defaultValue"] = value;
        if (Node(Member(field, "choices")) is { } choices) json["choices"] = choices;
        // A field that is required only under conditions says so; clients of the Public API see it as optional.
        if (Member(field, "required") is { ValueKind: JsonValueKind.Object } conditions) json["requiredIf"] = Node(conditions);
        return json;
    }

    private static JsonElement Member(JsonElement field, string name) => field.ValueKind == JsonValueKind.Object && field.TryGetProperty(name, out var value) ? value : default;

    private static string? Text(JsonElement field, string name) => Member(field, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static bool IsTrue(JsonElement field, string name) => Member(field, name).ValueKind == JsonValueKind.True;

    private static JsonNode? Node(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => null,
        JsonValueKind.Object => JsonObject.Create(element),
        JsonValueKind.Array => JsonArray.Create(element),
        _ => JsonValue.Create(element),
    };
}
