using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>The mapping of a subscription while somebody edits it: a field for each that the action defines, and those that only the mapping has.</summary>
public sealed class MappingDraft
{
    /// <summary>What says whether an action adds, updates or removes; not a field of the action, and stored among them.</summary>
    public const string SyncModeKey = "__segment_internal_sync_mode";

    private MappingDraft(IReadOnlyList<MappingField> fields) => Fields = fields;

    public IReadOnlyList<MappingField> Fields { get; }

    /// <summary>The mapping of an action that is new: the defaults of its fields.</summary>
    public static MappingDraft New(DestinationAction action) => Of(action, action.DefaultMapping());

    /// <summary>A mapping that is stored.</summary>
    public static MappingDraft Of(DestinationAction? action, JsonObject mapping)
    {
        var fields = new List<MappingField>();
        if (SyncMode(action) is { } mode) fields.Add(mode);
        if (action?.Fields.ValueKind == JsonValueKind.Object) fields.AddRange(action.Fields.EnumerateObject().Select(field => MappingField.Of(field.Name, field.Value)));
        // What an earlier version of the action had stays until somebody takes it out.
        fields.AddRange(mapping.Where(pair => fields.TrueForAll(field => field.Key != pair.Key)).Select(pair => MappingField.Unknown(pair.Key)));
        foreach (var field in fields) field.Load(mapping.TryGetPropertyValue(field.Key, out var value), value);
        return new MappingDraft(fields);
    }

    /// <summary>The mapping as it is stored. A field that cannot be read is left out; <see cref="Faults"/> names it.</summary>
    public JsonObject Value()
    {
        var mapping = new JsonObject();
        foreach (var field in Fields)
        {
            if (field.TryValue(out var value, out _)) mapping[field.Key] = value;
        }

        return mapping;
    }

    /// <summary>What cannot be read, and what is missing, by the key of the field.</summary>
    public IReadOnlyDictionary<string, string> Faults()
    {
        var faults = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in Fields.Where(IsShown))
        {
            if (!field.TryValue(out _, out var fault) && fault is not null) faults[field.Key] = fault;
            else if (IsRequired(field) && field.Mode == MappingMode.None) faults[field.Key] = "It is required.";
        }

        return faults;
    }

    /// <summary>Whether a field has a meaning, given the others.</summary>
    public bool IsShown(MappingField field) => !field.IsHidden && FieldConditions.Hold(field.DependsOn, LiteralOf);

    /// <summary>Whether a field must be set, given the others.</summary>
    public bool IsRequired(MappingField field) => field.IsRequired || (field.RequiredIf.ValueKind == JsonValueKind.Object && FieldConditions.Hold(field.RequiredIf, LiteralOf));

    private JsonNode? LiteralOf(string key) => Fields.FirstOrDefault(field => field.Key == key) is { } field && field.TryValue(out var value, out _) ? value : null;

    private static MappingField? SyncMode(DestinationAction? action) =>
        action?.Definition.ValueKind == JsonValueKind.Object && action.Definition.TryGetProperty("syncMode", out var mode) && mode.ValueKind == JsonValueKind.Object
            ? MappingField.Of(SyncModeKey, mode, "string")
            : null;
}

/// <summary>Where the value of a field comes from.</summary>
public enum MappingMode
{
    /// <summary>It is not sent.</summary>
    None,

    /// <summary>A part of the event.</summary>
    Path,

    /// <summary>A text with parts of the event in it.</summary>
    Template,

    /// <summary>Always the same.</summary>
    Value,

    /// <summary>Whatever the language of mappings can say, as JSON.</summary>
    Json,
}

/// <summary>One field of a mapping while it is edited.</summary>
public sealed class MappingField
{
    private MappingField(string key, string type) => (Key, Type, Label) = (key, type, key);

    public string Key { get; }

    /// <summary><c>string</c>, <c>number</c>, <c>integer</c>, <c>boolean</c>, <c>datetime</c>, <c>object</c>, …</summary>
    public string Type { get; }

    public string Label { get; private init; }

    /// <summary>Markdown.</summary>
    public string Description { get; private init; } = "";

    public bool IsRequired { get; private init; }

    /// <summary>Under which conditions it is required; undefined when there are none.</summary>
    public JsonElement RequiredIf { get; private init; }

    /// <summary>Under which conditions it has a meaning; undefined when always.</summary>
    public JsonElement DependsOn { get; private init; }

    /// <summary>It is for the destination's own use.</summary>
    public bool IsHidden { get; private init; }

    /// <summary>The destination itself knows what may stand in it.</summary>
    public bool IsDynamic { get; private init; }

    /// <summary>It takes several values.</summary>
    public bool IsMultiple { get; private init; }

    /// <summary>The action no longer knows it.</summary>
    public bool IsUnknown { get; private init; }

    /// <summary>The values that it may have; empty when any.</summary>
    public IReadOnlyList<(string Label, string Value)> Choices { get; private set; } = [];

    /// <summary>The value with which the action begins; null when there is none.</summary>
    public JsonNode? Default { get; private init; }

    public MappingMode Mode { get; set; }

    public string Text { get; set; } = "";

    /// <summary>A field as an action defines it.</summary>
    internal static MappingField Of(string key, JsonElement field, string? type = null) => new(key, type ?? Member(field, "type").ToString())
    {
        Label = Member(field, "label") is { ValueKind: JsonValueKind.String } label ? label.GetString()! : key,
        Description = Member(field, "description") is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "",
        IsRequired = Member(field, "required").ValueKind == JsonValueKind.True,
        RequiredIf = Member(field, "required"),
        DependsOn = Member(field, "depends_on"),
        IsHidden = Member(field, "unsafe_hidden").ValueKind == JsonValueKind.True,
        IsDynamic = Member(field, "dynamic").ValueKind == JsonValueKind.True,
        IsMultiple = Member(field, "multiple").ValueKind == JsonValueKind.True,
        Choices = SettingsField.ChoicesOf(Member(field, "choices")),
        Default = Member(field, "default") is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } value ? JsonNode.Parse(value.GetRawText()) : null,
    };

    /// <summary>A field that only the mapping has.</summary>
    internal static MappingField Unknown(string key) => new(key, "string") { IsUnknown = true };

    /// <summary>Takes over a value that is stored.</summary>
    /// <param name="isSet">Whether there is one.</param>
    /// <param name="value">The value.</param>
    public void Load(bool isSet, JsonNode? value)
    {
        (Mode, Text) = (isSet, value) switch
        {
            (false, _) => (MappingMode.None, ""),
            (true, JsonObject { Count: 1 } path) when TextOf(path["@path"]) is { } text => (MappingMode.Path, text),
            (true, JsonObject { Count: 1 } template) when TextOf(template["@template"]) is { } text => (MappingMode.Template, text),
            (true, JsonValue text) when TextOf(text) is { } plain => (MappingMode.Value, plain),
            (true, JsonValue other) when Type is "number" or "integer" or "boolean" => (MappingMode.Value, other.ToJsonString()),
            _ => (MappingMode.Json, PrettyJson.Of(value)),
        };
    }

    /// <summary>Goes back to what the action begins with.</summary>
    public void Reset() => Load(Default is not null, Default);

    /// <summary>Takes over what the destination knows.</summary>
    public void Offer(IReadOnlyList<(string Label, string Value)> choices) => Choices = choices;

    /// <summary>The value as it is stored; false when the field is not sent, or cannot be read.</summary>
    public bool TryValue(out JsonNode? value, out string? fault)
    {
        (value, fault) = (null, null);
        switch (Mode)
        {
            case MappingMode.None:
                return false;
            case MappingMode.Path when Text.Trim().Length == 0:
                fault = "Say which part of the event, e.g. $.properties.total.";
                return false;
            case MappingMode.Path:
                value = new JsonObject { ["@path"] = Text.Trim() };
                return true;
            case MappingMode.Template:
                value = new JsonObject { ["@template"] = Text };
                return true;
            case MappingMode.Value:
                value = Literal();
                return true;
            case MappingMode.Json:
                return TryJson(out value, out fault);
            default:
                return false;
        }
    }

    private JsonNode? Literal() => Type switch
    {
        "boolean" when bool.TryParse(Text.Trim(), out var flag) => JsonValue.Create(flag),
        "number" or "integer" when double.TryParse(Text.Trim(), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) =>
            JsonNode.Parse(number.ToString("R", System.Globalization.CultureInfo.InvariantCulture)),
        _ => JsonValue.Create(Text),
    };

    private bool TryJson(out JsonNode? value, out string? fault)
    {
        try
        {
            value = JsonNode.Parse(Text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
            _ = value?.ToJsonString();
            fault = null;
            return true;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or ArgumentException)
        {
            (value, fault) = (null, $"This is not valid JSON: {failure.Message}");
            return false;
        }
    }

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static JsonElement Member(JsonElement field, string name) => field.ValueKind == JsonValueKind.Object && field.TryGetProperty(name, out var value) ? value : default;
}
