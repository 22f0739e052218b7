using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;

namespace Tributary.Destinations.Actions;

/// <summary>One of Segment's destinations, as its package describes it.</summary>
public sealed class ActionsKind
{
    /// <summary>Setting of ours beside those of the destination: how tables are loaded. The package never sees it.</summary>
    public const string SyncKey = "sync";

    /// <summary>Where the tokens of OAuth are among the settings: <c>access_token</c>, <c>refresh_token</c>, <c>clientId</c>, <c>clientSecret</c>, <c>refresh_token_url</c>.</summary>
    public const string OAuthKey = "oauth";

    /// <summary>Among the tokens: they are only tried, and must not be renewed.</summary>
    public const string TrialKey = "trial";

    /// <summary>The setting with flags of the package that are on for this destination, e.g. <c>{"mixpanel-multistatus":true}</c>.</summary>
    public const string FlagsKey = "featureFlags";

    // Names that say what the type does not; a text that is hidden needlessly harms less than a key that is shown.
    private static readonly string[] SecretWords = ["token", "secret", "password", "passcode", "apikey", "api_key", "privatekey", "private_key", "accesskey", "access_key", "authkey", "writekey", "write_key"];

    private readonly JsonElement _authentication;

    private ActionsKind(JsonElement definition, string? unavailable)
    {
        Definition = definition;
        Slug = Text(definition, "slug");
        IsRawSocket = definition.GetProperty("rawSockets").GetBoolean();
        ReadsEvent = definition.GetProperty("readsEvent").GetBoolean();
        HasDelete = definition.GetProperty("hasDelete").GetBoolean();
        MakesAudience = definition.GetProperty("audience") is { ValueKind: JsonValueKind.Object } lists && lists.GetProperty("hasCreate").GetBoolean();
        HasAudience = definition.GetProperty("audience").ValueKind == JsonValueKind.Object;
        _authentication = definition.GetProperty("authentication");
        var scheme = Text(_authentication, "scheme");
        HasOAuth = scheme is "oauth2" or "oauth-managed";
        Kind = new DestinationKind(Slug, Text(definition, "name"), Describe(definition), Options(), Check)
        {
            Actions = [.. definition.GetProperty("actions").EnumerateObject().Select(Action)],
            Presets = Presets(definition),
            AudienceOptions = Member(definition, "audienceFields") is { ValueKind: JsonValueKind.Object } asked ? [.. Options(asked)] : [],
            Authentication = scheme,
            Category = ActionsCategories.Of(Slug),
            Unavailable = unavailable,
        };
    }

    public string Slug { get; }

    /// <summary>Its entry in the catalogue.</summary>
    public DestinationKind Kind { get; }

    /// <summary>Everything that the package says of it, without its functions.</summary>
    public JsonElement Definition { get; }

    /// <summary>It opens connections by itself, past the rules of egress.</summary>
    public bool IsRawSocket { get; }

    /// <summary>Its actions look at the event beside the mapped payload.</summary>
    public bool ReadsEvent { get; }

    /// <summary>It can be asked to forget a person.</summary>
    public bool HasDelete { get; }

    /// <summary>It keeps lists of people.</summary>
    public bool HasAudience { get; }

    /// <summary>Its lists must be made before anybody is put on them.</summary>
    public bool MakesAudience { get; }

    /// <summary>It knows us by tokens that expire.</summary>
    public bool HasOAuth { get; }

    /// <summary>Reads an entry of the catalogue that the workers were built with.</summary>
    /// <param name="definition">The entry; kept.</param>
    /// <param name="unavailable">Why none can be made here, in a sentence; null when one can.</param>
    public static ActionsKind Read(JsonElement definition, string? unavailable) => new(definition, unavailable);

    /// <summary>Settings as the package wants them: without ours, with the defaults that the definition names.</summary>
    public JsonObject PackageSettings(JsonObject settings)
    {
        var result = new JsonObject();
        foreach (var (name, value) in settings)
        {
            if (name is not (SyncKey or OAuthKey or FlagsKey)) result[name] = value?.DeepClone();
        }

        foreach (var option in Kind.Options)
        {
            if (!result.ContainsKey(option.Name) && option.Default.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null)) result[option.Name] = JsonNode.Parse(option.Default.GetRawText());
        }

        return result;
    }

    /// <summary>What is wrong with settings, by field. The package checks the rest itself, when they are used.</summary>
    public IEnumerable<WorkspaceFault> Check(JsonObject settings)
    {
        if (Kind.Unavailable is { } unavailable) yield return new WorkspaceFault("metadataId", unavailable);
        if (settings[FlagsKey] is { } flags && !(flags is JsonObject map && map.All(pair => pair.Value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False)))
            yield return new WorkspaceFault($"settings.{FlagsKey}", $"settings.{FlagsKey} must be an object of true and false.");
        foreach (var option in Kind.Options)
        {
            var value = settings[option.Name];
            if (value is null)
            {
                if (option.Required && option.Default.ValueKind == JsonValueKind.Undefined) yield return new WorkspaceFault($"settings.{option.Name}", $"settings.{option.Name} is missing: {option.Label}.");
            }
            else if (!Fits(option.Type, value))
            {
                yield return new WorkspaceFault($"settings.{option.Name}", $"settings.{option.Name} must be a {option.Type}.");
            }
        }
    }

    private static bool Fits(string type, JsonNode value) => (type, value.GetValueKind()) switch
    {
        // The package converts between these as Segment's console stores them.
        ("string", JsonValueKind.String or JsonValueKind.Number) or ("number", JsonValueKind.Number or JsonValueKind.String) => true,
        ("boolean", JsonValueKind.True or JsonValueKind.False or JsonValueKind.String) or ("map", JsonValueKind.Object) => true,
        _ => false,
    };

    private ImmutableArray<DestinationOption> Options()
    {
        var options = Options(_authentication.GetProperty("fields"));
        return HasOAuth
            ? [.. options, new DestinationOption(OAuthKey, "map", false, "Tokens: access_token, refresh_token, and of your own application clientId and clientSecret.", IsSecret: true) { Label = "OAuth" }]
            : [.. options];
    }

    private static IEnumerable<DestinationOption> Options(JsonElement fields) =>
        fields.EnumerateObject().Select(field => new DestinationOption(
            field.Name,
            Text(field.Value, "type") switch { "number" or "integer" => "number", "boolean" => "boolean", _ => "string" },
            field.Value.TryGetProperty("required", out var required) && required.ValueKind == JsonValueKind.True,
            Text(field.Value, "description"),
            IsSecret(field.Name, Text(field.Value, "type")))
        {
            Label = Text(field.Value, "label") is { Length: > 0 } label ? label : field.Name,
            Default = Member(field.Value, "default"),
            Choices = Member(field.Value, "choices"),
        });

    private static bool IsSecret(string name, string type) => type == "password" || SecretWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static DestinationAction Action(JsonProperty entry) => new(
        entry.Name,
        Text(entry.Value, "title"),
        Text(entry.Value, "description"),
        entry.Value.GetProperty("hidden").GetBoolean(),
        Member(entry.Value, "defaultSubscription") is { ValueKind: JsonValueKind.String } trigger ? trigger.GetString() : null,
        entry.Value.GetProperty("hasBatch").GetBoolean(),
        entry.Value.GetProperty("fields"))
    { Definition = entry.Value };

    // A few presets belong to plugins of the browser; they have no action here.
    private static ImmutableArray<DestinationPreset> Presets(JsonElement definition) =>
    [
        .. from preset in definition.GetProperty("presets").EnumerateArray()
        let action = Text(preset, "partnerAction")
        where definition.GetProperty("actions").TryGetProperty(action, out _)
        select new DestinationPreset(action, Text(preset, "name"), preset.GetProperty("mapping"), OrNull(preset, "subscribe"), OrNull(preset, "eventSlug")),
    ];

    private static string Describe(JsonElement definition) => Text(definition, "description") is { Length: > 0 } text ? text : $"Sends events to {Text(definition, "name")}.";

    private static string? OrNull(JsonElement element, string name) => Text(element, name) is { Length: > 0 } text ? text : null;

    private static string Text(JsonElement element, string name) => Member(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

    private static JsonElement Member(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value : default;
}
