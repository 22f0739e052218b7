using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Tributary.Engine.Workspace;

/// <summary>JavaScript of people's own. What runs is the deployed version; what is edited is the newest one.</summary>
public sealed record Function
{
    /// <summary>What a <c>metadataId</c> that names a function begins with; the rest is the function's id.</summary>
    public const string CatalogPrefix = "fn_";

    public const string SourceType = "SOURCE";
    public const string DestinationType = "DESTINATION";
    public const string InsertType = "INSERT_DESTINATION";

    public required string Id { get; init; }

    /// <summary><see cref="SourceType"/>, <see cref="DestinationType"/> or <see cref="InsertType"/>.</summary>
    public required string ResourceType { get; init; }

    public required string DisplayName { get; init; }

    public string? Description { get; init; }

    public string? LogoUrl { get; init; }

    /// <summary>The newest code.</summary>
    public required string Code { get; init; }

    /// <summary>What an instance is asked for.</summary>
    public ImmutableArray<FunctionSetting> Settings { get; init; } = [];

    /// <summary>Most events of one call of <c>onBatch</c>.</summary>
    public int? BatchMaxCount { get; init; }

    /// <summary>Counts up by one with each change of code or settings.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The version that runs; null before the first deployment.</summary>
    public int? DeployedVersion { get; init; }

    /// <summary>The code that runs.</summary>
    public string? DeployedCode { get; init; }

    /// <summary>Milliseconds since 1970; null before the first deployment.</summary>
    public long? DeployedAt { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public long CreatedAt { get; init; }

    /// <summary>Who made it: the name of a token.</summary>
    public string CreatedBy { get; init; } = "";

    /// <summary>What a source or destination of this function has as <c>metadataId</c>.</summary>
    [JsonIgnore]
    public string CatalogId => CatalogPrefix + Id;

    /// <summary>Whether a setting is sealed at rest and never shown.</summary>
    public bool IsSecret(string setting) => Settings.Any(each => each.Sensitive && each.Name == setting);
}

/// <summary>Something that a function asks each of its instances for. Types: STRING, BOOLEAN, ARRAY, TEXT_MAP.</summary>
public sealed record FunctionSetting(string Name, string Label, string Description, string Type, bool Required, bool Sensitive);

/// <summary>A version of a function as it was saved.</summary>
public sealed record FunctionVersion
{
    /// <summary>The function's id, a dash and the number.</summary>
    public required string Id { get; init; }

    public required string FunctionId { get; init; }

    public required int Number { get; init; }

    public required string Code { get; init; }

    public ImmutableArray<FunctionSetting> Settings { get; init; } = [];

    /// <summary>Milliseconds since 1970.</summary>
    public long CreatedAt { get; init; }

    public string CreatedBy { get; init; } = "";
}

/// <summary>An insert function in front of a destination. A destination has at most one.</summary>
public sealed record InsertFunction
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string FunctionId { get; init; }

    public required string DestinationId { get; init; }

    public bool Enabled { get; init; }

    /// <summary>What the function's settings are here; secrets are sealed.</summary>
    public JsonObject Settings { get; init; } = [];

    /// <summary>Milliseconds since 1970.</summary>
    public long CreatedAt { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public long UpdatedAt { get; init; }
}
