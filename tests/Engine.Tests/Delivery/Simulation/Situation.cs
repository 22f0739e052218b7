using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Tributary.Engine.Delivery;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Tests.Delivery.Simulation;

/// <summary>An event of a simulated history.</summary>
/// <param name="Id">Its message id.</param>
/// <param name="User">Who did it.</param>
/// <param name="IsPage">A page view; otherwise a track.</param>
/// <param name="Number">Its property <c>n</c>, 0 to 9; <c>odd</c> says whether it is odd.</param>
/// <param name="IsKept">Its <c>integrations</c> keep it from every destination.</param>
internal sealed record SimulatedEvent(string Id, int User, bool IsPage, int Number, bool IsKept)
{
    public long Offset { get; set; } = -1;

    public string Members =>
        $"\"userId\":\"u{User}\",\"properties\":{{\"n\":{Number},\"odd\":{(Number % 2 == 1 ? "true" : "false")},\"secret\":\"s\"}}"
        + (IsPage ? "" : ",\"event\":\"Seen\"") + (IsKept ? ",\"integrations\":{\"All\":false}" : "");
}

/// <summary>How a destination is configured between two revisions; says by rules of its own, a few lines instead of an engine, what it gets.</summary>
internal sealed record Situation(bool HasActions)
{
    /// <summary>What a subscription or a filter is about, by place.</summary>
    public static readonly (string Text, Func<SimulatedEvent, bool, bool> IsTrue)[] Conditions =
    [
        ("type = \"track\"", static (seen, _) => !seen.IsPage),
        ("properties.odd = true", static (seen, hidesOdd) => !hidesOdd && seen.Number % 2 == 1),
        ("properties.n >= 5", static (seen, _) => seen.Number >= 5),
        ("type = \"page\"", static (seen, _) => seen.IsPage),
        ("this is (no trigger", static (_, _) => false),
    ];

    public const int Invalid = 4;

    public bool IsEnabled { get; init; } = true;

    public bool IsPaused { get; init; }

    public bool IsBroken { get; init; }

    /// <summary>Changes with every other correction of the settings.</summary>
    public int Address { get; init; }

    public JsonObject Sync { get; init; } = [];

    /// <summary>The number of each enabled subscription, with its condition and a mapping that only differs.</summary>
    public ImmutableSortedDictionary<uint, (int Condition, int Mapping)> Subscriptions { get; init; } = ImmutableSortedDictionary<uint, (int, int)>.Empty;

    public bool DropsThrees { get; init; }

    public bool HidesSecret { get; init; }

    public bool HidesOdd { get; init; }

    public bool IsOrdered => Sync["ordered"] is not { } ordered || ordered.GetValue<bool>();

    public bool Drops(SimulatedEvent seen) => DropsThrees && seen.Number == 3;

    /// <summary>Why the destination does not get an event; null with the lanes when it does.</summary>
    public (string? Reason, uint[] Lanes) Judge(SimulatedEvent seen, bool isReplay)
    {
        if (!IsEnabled) return (DeliveryFilter.Disabled, []);
        if (seen.IsKept && !isReplay) return (DeliveryFilter.ByIntegrations, []);
        if (Drops(seen)) return (DestinationPlan.ByRules, []);
        if (!HasActions) return (null, [0]);
        uint[] lanes = [.. Subscriptions.Where(each => each.Value.Condition != Invalid && Conditions[each.Value.Condition].IsTrue(seen, HidesOdd)).Select(each => each.Key)];
        if (lanes.Length > 0) return (null, lanes);
        return (Subscriptions.Values.Any(each => each.Condition == Invalid) ? DestinationPlan.InvalidMapping : DestinationPlan.NoMapping, []);
    }

    public IEnumerable<DestinationFilter> Filters(string destination)
    {
        if (DropsThrees) yield return Filter("threes", "properties.n = 3", """{"type":"DROP"}""");
        if (HidesSecret) yield return Filter("secret", "all", """{"type":"DROP_PROPERTIES","fields":{"properties":["secret"]}}""");
        if (HidesOdd) yield return Filter("odd", "all", """{"type":"DROP_PROPERTIES","fields":{"properties":["odd"]}}""");

        DestinationFilter Filter(string name, string condition, string action) => new()
        {
            Id = $"{destination}-{name}",
            DestinationId = destination,
            Title = name,
            If = condition,
            Enabled = true,
            Actions = [JsonNode.Parse(action)],
        };
    }
}
