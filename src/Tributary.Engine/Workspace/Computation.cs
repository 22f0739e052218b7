using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Tributary.Engine.Workspace;

/// <summary>Something that is kept up to date for every profile of a space: an audience or a computed trait.</summary>
public sealed record Computation
{
    public const string Audience = "audience";
    public const string Trait = "trait";

    /// <summary><c>aud_…</c> or <c>tra_…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Stands for it in state; counts up from 1, never used again.</summary>
    public required uint Number { get; init; }

    /// <summary>Rises with each change of what is computed; state of one version is nothing to another.</summary>
    public required uint Version { get; init; }

    /// <summary>The version for which all state is built anew from the history, because what was kept differed from it; 0 for none.</summary>
    public uint Rebuilt { get; init; }

    public required string SpaceId { get; init; }

    /// <summary><see cref="Audience"/> or <see cref="Trait"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>The name of the trait that it becomes; never changes and is never used again in its space.</summary>
    public required string Key { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    public bool Enabled { get; init; } = true;

    /// <summary><c>USERS</c> or <c>ACCOUNTS</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The definition, in the query language.</summary>
    public required string Query { get; init; }

    /// <summary>Whether events from before its creation count.</summary>
    public bool IncludeHistoricalData { get; init; } = true;

    /// <summary>How many days back events from before its creation count; null for all there are.</summary>
    public int? BackfillDays { get; init; }

    /// <summary>A person counts only with an identifier of one of these types; empty for everybody.</summary>
    public ImmutableArray<string> FilterByExternalIds { get; init; } = [];

    /// <summary>Where its events go.</summary>
    public ImmutableArray<ComputationConnection> Connections { get; init; } = [];

    /// <summary>It was deleted. Its key stays taken; what was sent under it shows again, and where nothing was, what it last gave a profile is a custom trait.</summary>
    public bool Deleted { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public long CreatedAt { get; init; }

    public string CreatedBy { get; init; } = "";

    /// <summary>Milliseconds since 1970.</summary>
    public long UpdatedAt { get; init; }

    public string UpdatedBy { get; init; } = "";

    [JsonIgnore]
    public bool IsAudience => Kind == Audience;

    [JsonIgnore]
    public bool IsOfAccounts => Type == "ACCOUNTS";
}

/// <summary>A destination that hears of an audience or computed trait.</summary>
public sealed record ComputationConnection
{
    public required string Id { get; init; }

    public required string DestinationId { get; init; }

    /// <summary>What the tool calls its list, once it was made there.</summary>
    public string? ExternalAudienceId { get; init; }

    /// <summary>What the tool wants to know of this audience; an object of the action's own fields.</summary>
    public JsonObject? AudienceSettings { get; init; }

    /// <summary>Which identifiers are told; empty for all of them.</summary>
    public ImmutableArray<IdSync> IdSync { get; init; } = [];

    /// <summary>Whether an identify, or for accounts a group call, is sent.</summary>
    public bool SendIdentify { get; init; } = true;

    /// <summary>Whether a track call is sent.</summary>
    public bool SendTrack { get; init; } = true;
}

/// <summary>Which identifiers of one type a destination is told.</summary>
/// <param name="ExternalId">The type.</param>
/// <param name="Strategy"><c>first</c>, <c>last</c> or <c>all</c>, by age.</param>
public sealed record IdSync(string ExternalId, string Strategy);
