using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Tributary.Engine.Workspace;

/// <summary>The rules by which a space tells people apart: one per identifier type.</summary>
public sealed record IdentitySettings
{
    /// <summary>The rule for a type that nobody configured, e.g. one first seen in <c>context.externalIds</c>.</summary>
    public const int PresetLimit = 5;

    /// <summary>The rules of a new space: the default identifiers of Segment, user_id once, all others five times.</summary>
    public static IdentitySettings Default { get; } = new()
    {
        Identifiers =
        [
            new() { Type = "user_id", Limit = 1, Priority = 1 },
            new() { Type = "email", MatchKeys = ["email"], Priority = 2 },
            new() { Type = "android.id", Priority = 3 },
            new() { Type = "android.idfa", Priority = 4 },
            new() { Type = "android.push_token", Priority = 5 },
            new() { Type = "anonymous_id", Priority = 6 },
            new() { Type = "ga_client_id", Priority = 7 },
            new() { Type = "group_id", Priority = 8 },
            new() { Type = "ios.id", Priority = 9 },
            new() { Type = "ios.idfa", Priority = 10 },
            new() { Type = "ios.push_token", Priority = 11 },
        ],
    };

    public ImmutableArray<IdentifierRule> Identifiers { get; init; } = [];

    /// <summary>Whether a type is found in a place of its own in every message, so that it needs no match keys: user, anonymous and group id, and those of devices.</summary>
    public static bool HasOwnPlace(string type) =>
        type is "user_id" or "anonymous_id" or "group_id" || type.StartsWith("android.", StringComparison.Ordinal) || type.StartsWith("ios.", StringComparison.Ordinal);

    /// <summary>Which identifier of an event gives way when a limit would be broken.</summary>
    public DemotionRule Demotion { get; init; } = DemotionRule.LowestOnEvent;
}

/// <summary>How one type of identifier is found and limited.</summary>
public sealed record IdentifierRule
{
    /// <summary>The type's name, lower case, e.g. <c>phone</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Keys looked up in traits, context.traits and properties, each in camelCase and snake_case; empty for types with a fixed place.</summary>
    public ImmutableArray<string> MatchKeys { get; init; } = [];

    /// <summary>Most values of this type on one profile within the window; at least 1.</summary>
    public int Limit { get; init; } = IdentitySettings.PresetLimit;

    public LimitWindow Window { get; init; } = LimitWindow.Ever;

    /// <summary>1 is the strongest. Equal priorities: the type that sorts later is the weaker.</summary>
    public int Priority { get; init; }

    /// <summary>Values that identify nobody.</summary>
    public ImmutableArray<BlockedValue> Blocked { get; init; } = [];
}

/// <summary>A value, or a pattern of values, that never identifies anybody. Exactly one of the two is set.</summary>
public sealed record BlockedValue
{
    public string? Exact { get; init; }

    /// <summary>A regular expression without look-around or back-references, found anywhere unless anchored.</summary>
    public string? Pattern { get; init; }
}

/// <summary>Over which stretch of log time a limit counts. Daily is 24 h, Weekly 7, Monthly 30, Annually 365 days.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LimitWindow>))]
public enum LimitWindow
{
    Ever,
    Annually,
    Monthly,
    Weekly,
    Daily,
    Hourly,
}

/// <summary>Which identifier of an event gives way when a limit would be broken.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DemotionRule>))]
public enum DemotionRule
{
    /// <summary>The lowest-ranked on the event, whatever type is over its limit: Segment's documented rule.</summary>
    LowestOnEvent,

    /// <summary>The lowest-ranked among those whose removal can clear the violation; if none alone can, the lowest on the event.</summary>
    LowestThatClears,
}
