using Tributary.Model;

namespace Tributary.Engine.Identity;

/// <summary>What went against a rule of identity. The numbers are part of the store format.</summary>
internal enum ViolationKind : byte
{
    ValueLimitExceeded = 1,
    ValueTimeLimitExceeded = 2,
    ValueBlocked = 3,
    MergeLimitExceeded = 4,
    MappingLimitExceeded = 5,
    NoMatchingIdentifiers = 6,

    /// <summary>A split forbade that two identifiers of the event stand on one profile.</summary>
    Vetoed = 7,

    /// <summary>The event was kept out of the space; see <see cref="Unresolved"/>.</summary>
    KeptOut = 8,

    /// <summary>The profile has more traits than are kept.</summary>
    TraitLimitExceeded = 9,
}

/// <summary>One violation.</summary>
/// <param name="Kind">Which rule.</param>
/// <param name="Type">The identifier type whose rule was broken, or the reason for <see cref="ViolationKind.KeptOut"/>.</param>
/// <param name="Demoted">The identifier that gave way for this event; null when none did.</param>
internal readonly record struct Violation(ViolationKind Kind, string Type, Identifier? Demoted)
{
    /// <summary>The words that Segment's identity insights use, where they have some.</summary>
    public static string Name(ViolationKind kind) => kind switch
    {
        ViolationKind.ValueLimitExceeded => "Identifier value limit exceeded",
        ViolationKind.ValueTimeLimitExceeded => "Identifier value time limit exceeded",
        ViolationKind.ValueBlocked => "ID value blocked",
        ViolationKind.MergeLimitExceeded => "Profile merge limit exceeded",
        ViolationKind.MappingLimitExceeded => "Identifier mapping limit exceeded",
        ViolationKind.NoMatchingIdentifiers => "No matching identifiers on event",
        ViolationKind.Vetoed => "Link vetoed by a split",
        ViolationKind.KeptOut => "Event kept out of the space",
        ViolationKind.TraitLimitExceeded => "Profile trait limit exceeded",
    };
}
