using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Tributary.Engine.Workspace;

/// <summary>A kind of tool that can receive events, as the catalogue shows it and as the management API checks its settings.</summary>
/// <param name="Slug">What a destination's <c>metadataId</c> says, e.g. <c>webhook</c>.</param>
/// <param name="Name">What people read.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Options">The settings it knows.</param>
/// <param name="Check">What is wrong with settings; each field is a path that begins with <c>settings.</c></param>
public sealed record DestinationKind(
    string Slug, string Name, string Description, ImmutableArray<DestinationOption> Options, Func<JsonObject, IEnumerable<WorkspaceFault>> Check)
{
    /// <summary>Whether a setting is sealed at rest and never shown.</summary>
    public bool IsSecret(string setting) => Options.Any(option => option.IsSecret && option.Name == setting);

    /// <summary>Whether a subscription may name this action.</summary>
    public bool HasAction(string action) => Actions.Contains(action);

    /// <summary>The keys of its actions; empty when events go to it without subscriptions.</summary>
    public ImmutableArray<string> Actions { get; init; } = [];
}

/// <summary>A setting of a kind of destination; its type is string, number, boolean or map. A secret one is encrypted at rest and never shown.</summary>
public sealed record DestinationOption(string Name, string Type, bool Required, string Description, bool IsSecret = false);

/// <summary>The destinations on offer. Each is registered by the project that implements it.</summary>
public sealed class DestinationCatalog(IEnumerable<DestinationKind> kinds)
{
    /// <summary>By name.</summary>
    public ImmutableArray<DestinationKind> Kinds { get; } = [.. kinds.OrderBy(kind => kind.Name, StringComparer.Ordinal)];

    public DestinationKind? Find(string slug) => Kinds.FirstOrDefault(kind => kind.Slug == slug);
}
