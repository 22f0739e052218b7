using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tributary.Engine.Workspace;

namespace Tributary.Destinations.Functions;

/// <summary>Reads what is sent about functions, and shows them in Segment's shapes. Limits: spec/connections.md §6.1.</summary>
internal static partial class FunctionForm
{
    /// <summary>Functions of one workspace at most.</summary>
    public const int CountMax = 25;

    /// <summary>Longest code, in characters.</summary>
    public const int CodeLengthMax = 256 << 10;

    /// <summary>Versions that are kept of a function.</summary>
    public const int VersionsMax = 25;

    private const int NameLengthMax = 120;
    private const int BatchMax = 400;

    private static readonly ImmutableArray<string> Types = [Function.SourceType, Function.DestinationType, Function.InsertType];
    private static readonly ImmutableArray<string> SettingTypes = ["STRING", "BOOLEAN", "ARRAY", "TEXT_MAP"];

    // What a function that posts to its own door would call; such a loop never ends.
    private static readonly ImmutableArray<string> OwnDoors = ["fn.segmentapis.com"];

    public static Function Read(JsonInput body, string id, string author, long at)
    {
        var type = body.Text("resourceType", 50, required: true) ?? "";
        if (type.Length > 0 && !Types.Contains(type)) body.Fault("resourceType", $"resourceType must be {string.Join(", ", Types)}.");
        return Checked(body, new Function
        {
            Id = id,
            ResourceType = type,
            DisplayName = body.Text("displayName", NameLengthMax, required: true) ?? "",
            Description = body.Text("description", 1_000),
            LogoUrl = body.Text("logoUrl", 2_000),
            Code = body.Verbatim("code", CodeLengthMax) ?? Missing(body),
            Settings = Settings(body) ?? [],
            BatchMaxCount = body.Whole("batchMaxCount", 1, BatchMax),
            CreatedAt = at,
            CreatedBy = author,
        });
    }

    public static Function Update(JsonInput body, Function function)
    {
        var updated = function with
        {
            DisplayName = body.Text("displayName", NameLengthMax) ?? function.DisplayName,
            Description = body.Text("description", 1_000) ?? function.Description,
            LogoUrl = body.Text("logoUrl", 2_000) ?? function.LogoUrl,
            Code = body.Verbatim("code", CodeLengthMax) ?? function.Code,
            Settings = Settings(body) ?? function.Settings,
            BatchMaxCount = body.Whole("batchMaxCount", 1, BatchMax) ?? function.BatchMaxCount,
        };
        var isNew = updated.Code != function.Code || !updated.Settings.SequenceEqual(function.Settings);
        return Checked(body, isNew ? updated with { Version = function.Version + 1 } : updated);
    }

    public static FunctionVersion VersionOf(Function function, string author, long at) => new()
    {
        Id = $"{function.Id}-{function.Version}",
        FunctionId = function.Id,
        Number = function.Version,
        Code = function.Code,
        Settings = function.Settings,
        CreatedAt = at,
        CreatedBy = author,
    };

    public static Function Deployed(Function function, long at) => function with { DeployedVersion = function.Version, DeployedCode = function.Code, DeployedAt = at };

    public static JsonObject Of(Function function, WorkspaceSnapshot workspace) => new()
    {
        ["id"] = function.Id,
        ["resourceType"] = function.ResourceType,
        ["displayName"] = function.DisplayName,
        ["description"] = function.Description ?? "",
        ["logoUrl"] = function.LogoUrl ?? "",
        ["code"] = function.Code,
        ["settings"] = SettingsOf(function.Settings),
        ["createdAt"] = ApiJson.Time(function.CreatedAt),
        ["createdBy"] = function.CreatedBy,
        ["deployedAt"] = function.DeployedAt is { } at ? ApiJson.Time(at) : null,
        ["catalogId"] = function.CatalogId,
        ["batchMaxCount"] = function.BatchMaxCount,
        ["previewWebhookUrl"] = workspace.Sources.FirstOrDefault(source => source.MetadataId == function.CatalogId) is { } source ? SourceDoor.PathOf(source) : null,
        ["isLatestVersion"] = function.DeployedVersion == function.Version,
        ["version"] = function.Version,
        ["deployedVersion"] = function.DeployedVersion,
    };

    public static JsonObject Of(FunctionVersion version) => new()
    {
        ["id"] = version.Id,
        ["functionId"] = version.FunctionId,
        ["number"] = version.Number,
        ["code"] = version.Code,
        ["settings"] = SettingsOf(version.Settings),
        ["createdAt"] = ApiJson.Time(version.CreatedAt),
        ["createdBy"] = version.CreatedBy,
    };

    public static JsonObject Of(InsertFunction instance, Function? function) => new()
    {
        ["id"] = instance.Id,
        ["name"] = instance.Name,
        ["integrationId"] = instance.DestinationId,
        ["classId"] = instance.FunctionId,
        ["functionId"] = instance.FunctionId,
        ["enabled"] = instance.Enabled,
        ["createdAt"] = ApiJson.Time(instance.CreatedAt),
        ["updatedAt"] = ApiJson.Time(instance.UpdatedAt),
        ["settings"] = new JsonObject(instance.Settings.Where(pair => function?.IsSecret(pair.Key) != true && !SecretBox.IsSealed(pair.Value)).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone()))),
        ["encryptedSettings"] = new JsonObject(instance.Settings.Where(pair => function?.IsSecret(pair.Key) == true || SecretBox.IsSealed(pair.Value)).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)SecretBox.Mask))),
    };

    /// <inheritdoc cref="FunctionSettings.Check"/>
    public static IEnumerable<WorkspaceFault> Check(Function function, JsonObject settings) => FunctionSettings.Check(function, settings);

    private static Function Checked(JsonInput body, Function function)
    {
        if (OwnDoors.FirstOrDefault(door => function.Code.Contains(door, StringComparison.OrdinalIgnoreCase)) is { } door)
            body.Fault("code", $"code must not call {door}: a function that sends to functions never ends.");
        return function;
    }

    private static string Missing(JsonInput body)
    {
        if (!body.Has("code")) body.Fault("code", "code is required.");
        return "";
    }

    private static ImmutableArray<FunctionSetting>? Settings(JsonInput body)
    {
        if (!body.Has("settings")) return null;
        var settings = ImmutableArray.CreateBuilder<FunctionSetting>();
        foreach (var each in body.Objects("settings", 100))
        {
            var name = each.Text("name", 100, required: true) ?? "";
            if (name.Length > 0 && !SettingName().IsMatch(name)) each.Fault("name", "name must begin with a letter and consist of letters, digits and underscores.");
            var type = (each.Text("type", 20) ?? "STRING").ToUpperInvariant();
            if (!SettingTypes.Contains(type)) each.Fault("type", $"type must be {string.Join(", ", SettingTypes)}.");
            settings.Add(new(name, each.Text("label", 200) ?? name, each.Text("description", 1_000) ?? "", type, each.Flag("required") ?? false, each.Flag("sensitive") ?? false));
        }

        if (settings.DistinctBy(setting => setting.Name).Count() != settings.Count) body.Fault("settings", "Two settings have the same name.");
        return settings.ToImmutable();
    }

    public static JsonArray SettingsOf(ImmutableArray<FunctionSetting> settings) => new([.. settings.Select(setting => new JsonObject
    {
        ["name"] = setting.Name,
        ["label"] = setting.Label,
        ["description"] = setting.Description,
        ["type"] = setting.Type,
        ["required"] = setting.Required,
        ["sensitive"] = setting.Sensitive,
    })]);

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_]{0,99}$", RegexOptions.CultureInvariant)]
    private static partial Regex SettingName();
}
