using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>Settings of a destination while somebody fills them in: a field for each setting that its kind knows.</summary>
public sealed class SettingsDraft
{
    private readonly JsonObject _stored;

    private SettingsDraft(DestinationKind kind, JsonObject stored)
    {
        _stored = stored;
        Fields = [.. kind.Options.OrderByDescending(option => option.Required).Select(option => new SettingsField(option, stored[option.Name]))];
    }

    public IReadOnlyList<SettingsField> Fields { get; }

    /// <summary>Something differs from what is stored.</summary>
    public bool IsChanged => Changes().Count > 0;

    /// <summary>An empty form, with the defaults filled in.</summary>
    public static SettingsDraft New(DestinationKind kind) => new(kind, []);

    /// <summary>The settings of a destination, whose secrets stay hidden.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="stored">What is stored, secrets masked.</param>
    public static SettingsDraft Of(DestinationKind kind, JsonObject stored) => new(kind, stored);

    /// <summary>What is to be sent to change the settings: null takes one away.</summary>
    public JsonObject Changes()
    {
        var changes = new JsonObject();
        foreach (var field in Fields.Where(field => !field.IsKept))
        {
            var value = field.Value();
            if (!JsonNode.DeepEquals(value, _stored[field.Option.Name])) changes[field.Option.Name] = value;
        }

        return changes;
    }

    /// <summary>All settings as the form has them, for a first test: what is hidden is left out.</summary>
    public JsonObject Whole() => new(Fields.Where(field => !field.IsKept).Select(field => KeyValuePair.Create(field.Option.Name, field.Value())).Where(pair => pair.Value is not null));

    /// <summary>Finds the field that a fault is about; null when it is about none of them.</summary>
    public SettingsField? FieldOf(WorkspaceFault fault) =>
        Fields.FirstOrDefault(field => fault.Field == $"settings.{field.Option.Name}" || fault.Field?.StartsWith($"settings.{field.Option.Name}.", StringComparison.Ordinal) == true);
}

/// <summary>One setting while it is filled in.</summary>
public sealed class SettingsField
{
    public SettingsField(DestinationOption option, JsonNode? stored)
    {
        Option = option;
        Choices = ChoicesOf(option.Choices);
        IsKept = option.IsSecret && stored is not null;
        if (IsKept) return;
        var initial = stored ?? Node(option.Default);
        Flag = initial is JsonValue flag && flag.GetValueKind() is JsonValueKind.True or JsonValueKind.False && flag.GetValue<bool>();
        Text = initial switch
        {
            JsonValue value when value.TryGetValue<string>(out var text) => text,
            null or JsonObject => "",
            _ => initial.ToJsonString(),
        };
        if (initial is JsonObject map) Pairs.AddRange(map.Select(pair => new SettingsPair { Name = pair.Key, Text = Shown(pair.Value) }));
    }

    public DestinationOption Option { get; }

    /// <summary>The values that it may have; empty when any.</summary>
    public IReadOnlyList<(string Label, string Value)> Choices { get; }

    /// <summary>It is a secret that is stored and stays as it is.</summary>
    public bool IsKept { get; private set; }

    public string Text { get; set; } = "";

    public bool Flag { get; set; }

    /// <summary>Names and texts of a map.</summary>
    public List<SettingsPair> Pairs { get; } = [];

    /// <summary>Somebody wants to type a new secret.</summary>
    public void Replace() => IsKept = false;

    /// <summary>The value as it is sent; null when it is not set.</summary>
    public JsonNode? Value() => Option.Type switch
    {
        "boolean" => JsonValue.Create(Flag),
        "map" => Pairs.Where(pair => pair.Name.Trim().Length > 0).ToList() is { Count: > 0 } pairs
            ? new JsonObject(pairs.DistinctBy(pair => pair.Name.Trim()).Select(pair => KeyValuePair.Create(pair.Name.Trim(), (JsonNode?)JsonValue.Create(pair.Text))))
            : null,
        _ when Text.Trim().Length == 0 => null,
        // What is no number is sent as it is: the kind says what it wants instead.
        "number" when long.TryParse(Text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonNode.Parse(whole.ToString(CultureInfo.InvariantCulture)),
        "number" when double.TryParse(Text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => JsonValue.Create(number),
        _ => JsonValue.Create(Text.Trim()),
    };

    private static string Shown(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : node?.ToJsonString() ?? "";

    internal static IReadOnlyList<(string Label, string Value)> ChoicesOf(JsonElement choices)
    {
        if (choices.ValueKind != JsonValueKind.Array) return [];
        return
        [
            .. choices.EnumerateArray().Select(choice => choice.ValueKind == JsonValueKind.Object
                ? (TextOf(choice, "label") ?? TextOf(choice, "value") ?? "", TextOf(choice, "value") ?? "")
                : (choice.ToString(), choice.ToString())),
        ];
    }

    private static string? TextOf(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value.ToString() : null;

    private static JsonNode? Node(JsonElement element) => element.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? null : JsonNode.Parse(element.GetRawText());
}

/// <summary>An entry of a map while it is typed.</summary>
public sealed class SettingsPair
{
    public string Name { get; set; } = "";

    public string Text { get; set; } = "";
}
