using System.Collections.Immutable;
using System.Text.Json;
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
    /// <summary>What it can do; empty for kinds without actions.</summary>
    public ImmutableArray<DestinationAction> Actions { get; init; } = [];

    /// <summary>Subscriptions that suit most.</summary>
    public ImmutableArray<DestinationPreset> Presets { get; init; } = [];

    /// <summary>What it wants to know of each audience that is connected to it.</summary>
    public ImmutableArray<DestinationOption> AudienceOptions { get; init; } = [];

    /// <summary>Why no destination of this kind can be made here, in a sentence; null when one can.</summary>
    public string? Unavailable { get; init; }

    /// <summary>How it knows us: <c>none</c>, <c>custom</c>, <c>basic</c>, <c>oauth2</c> or <c>oauth-managed</c>.</summary>
    public string Authentication { get; init; } = "none";

    /// <summary>What people use it for, e.g. <c>Analytics</c>.</summary>
    public string Category { get; init; } = "Raw Data";

    public DestinationAction? FindAction(string key) => Actions.FirstOrDefault(action => action.Key == key);

    /// <summary>It stores everything that happens, so that <c>integrations</c> does not keep events from it; spec/connections.md §5.3.</summary>
    public bool IsWarehouse { get; init; }

    /// <summary>Whether a setting is sealed at rest and never shown.</summary>
    public bool IsSecret(string setting) => Options.Any(option => option.IsSecret && option.Name == setting);

    /// <summary>Whether a subscription may name this action.</summary>
    public bool HasAction(string action) => FindAction(action) is not null;
}

/// <summary>A setting of a kind of destination; its type is string, number, boolean or map. A secret one is encrypted at rest and never shown.</summary>
public sealed record DestinationOption(string Name, string Type, bool Required, string Description, bool IsSecret = false)
{
    /// <summary>What people read instead of <see cref="Name"/>.</summary>
    public string Label { get; init; } = Name;

    /// <summary>What holds when it is not set; undefined when nothing does.</summary>
    public JsonElement Default { get; init; }

    /// <summary>The values that it may have, as <c>{label, value}</c>; undefined when any.</summary>
    public JsonElement Choices { get; init; }
}

/// <summary>One thing that a destination can do with an event.</summary>
/// <param name="Key">What a subscription's <c>actionSlug</c> says, e.g. <c>trackEvent</c>; also its id.</param>
/// <param name="Name">What people read.</param>
/// <param name="Description">A sentence or none.</param>
/// <param name="Hidden">No longer offered; subscriptions that have it go on.</param>
/// <param name="DefaultTrigger">The trigger that suits it, in FQL; null when there is none.</param>
/// <param name="HasBatch">It takes several events in one request.</param>
/// <param name="Fields">The definitions of its fields by key: an object, as the implementation has them.</param>
public sealed record DestinationAction(string Key, string Name, string Description, bool Hidden, string? DefaultTrigger, bool HasBatch, JsonElement Fields)
{
    /// <summary>The definition as a whole, for what has no place of its own here: sync modes, hooks, dynamic fields.</summary>
    public JsonElement Definition { get; init; }

    /// <summary>The mapping that the defaults of its fields make.</summary>
    public JsonObject DefaultMapping()
    {
        var mapping = new JsonObject();
        if (Fields.ValueKind != JsonValueKind.Object) return mapping;
        foreach (var field in Fields.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Object && field.Value.TryGetProperty("default", out var value)) mapping[field.Name] = JsonNode.Parse(value.GetRawText());
        }

        return mapping;
    }
}

/// <summary>A subscription that suits most.</summary>
/// <param name="Action">The key of its action.</param>
/// <param name="Name">What people read.</param>
/// <param name="Mapping">Its mapping: an object.</param>
/// <param name="Trigger">When it applies, in FQL; null when it belongs to events that another product makes, named by <paramref name="EventSlug"/>.</param>
/// <param name="EventSlug">E.g. <c>warehouse_audience_entered_track</c>; null for those that apply by trigger.</param>
public sealed record DestinationPreset(string Action, string Name, JsonElement Mapping, string? Trigger, string? EventSlug = null);

/// <summary>Kinds of destination that the workspace itself makes: its functions.</summary>
/// <param name="Find">The kind of a <c>metadataId</c>; null when there is none.</param>
public sealed record WorkspaceKinds(Func<string, DestinationKind?> Find);

/// <summary>The destinations on offer. Each is registered by the project that implements it.</summary>
public sealed class DestinationCatalog(IEnumerable<DestinationKind> kinds, WorkspaceKinds? made = null)
{
    /// <summary>By name.</summary>
    public ImmutableArray<DestinationKind> Kinds { get; } = [.. kinds.OrderBy(kind => kind.Name, StringComparer.Ordinal)];

    public DestinationKind? Find(string slug) => Kinds.FirstOrDefault(kind => kind.Slug == slug) ?? made?.Find(slug);
}
