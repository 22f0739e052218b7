using Tributary.Engine.Workspace;

namespace Tributary.Engine.Identity;

/// <summary>
/// Decides which profile an event belongs to: all identifiers are searched together; when the resulting profile would break a limit, the weakest
/// identifier of the event gives way and the whole search begins again. Pure: reads profiles, changes nothing but the list of carried identifiers.
/// </summary>
/// <remarks>Rule: unify specification §1.5, caps §1.7. Demoted identifiers stay in the payload.</remarks>
internal sealed class IdentityResolver
{
    /// <summary>Merges into one profile, beyond which it stays as it is (§1.7).</summary>
    public const int MergesMax = 100;

    /// <summary>Identifiers of one profile, beyond which no more are mapped (§1.7).</summary>
    public const int MappingsMax = 1000;

    private readonly List<Profile> _owners = [];

    /// <summary>The profiles that will become one, oldest first; empty when a new one is to be made.</summary>
    public IReadOnlyList<Profile> Owners => _owners;

    /// <summary>The rules that were broken.</summary>
    public List<Violation> Violations { get; } = [];

    /// <summary>
    /// Decides. Afterwards <paramref name="carried"/> holds what is promoted: owned by one of <see cref="Owners"/> or to be mapped.
    /// </summary>
    /// <param name="carried">At least one identifier, with its owner looked up.</param>
    /// <param name="rules">The rules in force.</param>
    /// <param name="now">Log time, milliseconds since 1970.</param>
    public void Resolve(CarriedIdentifiers carried, IdentityRules rules, long now)
    {
        while (true)
        {
            var newCount = CollectOwners(carried);
            if (_owners.Count <= 1 && newCount == 0) return;
            if (FindBroken(carried, rules, now) is not { } broken) break;
            var demoted = rules.Demotion == DemotionRule.LowestThatClears ? WeakestThatClears(carried, rules, now) : carried.Weakest();
            Violations.Add(broken with { Demoted = IdentifierKey.Read(carried.KeyOf(carried.Items[demoted])) });
            carried.RemoveAt(demoted);
        }

        ApplyCaps(carried);
    }

    private int CollectOwners(CarriedIdentifiers carried)
    {
        _owners.Clear();
        var newCount = 0;
        foreach (ref readonly var item in carried.Items)
        {
            if (item.Owner is null) newCount++;
            else if (!_owners.Contains(item.Owner)) _owners.Add(item.Owner);
        }

        if (_owners.Count > 1) _owners.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        return newCount;
    }

    // When several rules are broken, the strongest type is told: the order of members in the event must not show.
    private Violation? FindBroken(CarriedIdentifiers carried, IdentityRules rules, long now)
    {
        if (_owners.Count > 1 && FindVeto() is { } vetoed) return new Violation(ViolationKind.Vetoed, vetoed.Type, null);
        Violation? told = null;
        TypeRule? strongest = null;
        // Every type that two owners share grows by the union, whether the event carries it or not.
        for (var i = 0; _owners.Count > 1 && i < _owners.Count; i++)
            foreach (var node in _owners[i].Nodes) Consider(rules.Find(node.Type));
        foreach (ref readonly var item in carried.Items)
            if (item.Owner is null) Consider(item.Rule);
        return told;

        void Consider(TypeRule rule)
        {
            if ((strongest is not null && rule.CompareStrength(strongest) >= 0) || Broken(carried, rule, now) is not { } broken) return;
            (told, strongest) = (broken, rule);
        }
    }

    // An identifier that is on the one matched profile already adds nothing, even if the profile is beyond a limit that was tightened since.
    private Violation? Broken(CarriedIdentifiers carried, TypeRule rule, long now)
    {
        var total = 0;
        var holders = 0;
        foreach (var owner in _owners)
        {
            var holds = false;
            foreach (var node in owner.Nodes)
            {
                if (node.Type != rule.Type) continue;
                holds = true;
                if (rule.WindowMs is not { } window || node.CreatedAt > now - window) total++;
            }

            if (holds) holders++;
        }

        var added = 0;
        foreach (ref readonly var item in carried.Items)
            if (item.Owner is null && item.Rule.Type == rule.Type) added++;
        if (total + added <= rule.Limit || (added == 0 && holders < 2)) return null;
        return new Violation(rule.WindowMs is null ? ViolationKind.ValueLimitExceeded : ViolationKind.ValueTimeLimitExceeded, rule.Type, null);
    }

    private Node? FindVeto()
    {
        foreach (var owner in _owners)
        {
            foreach (var node in owner.Nodes)
            {
                if (node.Vetoes is null) continue;
                foreach (var veto in node.Vetoes)
                    foreach (var other in _owners)
                        if (other != owner && other.Find(veto) is not null) return node;
            }
        }

        return null;
    }

    private int WeakestThatClears(CarriedIdentifiers carried, IdentityRules rules, long now)
    {
        var clears = -1;
        var trial = new CarriedIdentifiers();
        for (var without = 0; without < carried.Count; without++)
        {
            trial.Clear();
            for (var i = 0; i < carried.Count; i++)
            {
                if (i == without) continue;
                ref readonly var item = ref carried.Items[i];
                var key = carried.KeyOf(item);
                trial.Add(IdentifierKey.SpaceOf(key), IdentifierKey.CollectionOf(key), item.Rule, carried.ValueOf(item));
                trial.Items[^1].Owner = item.Owner;
            }

            CollectOwners(trial);
            var isClear = FindBroken(trial, rules, now) is null;
            if (isClear && (clears < 0 || carried.Items[without].Rule.CompareStrength(carried.Items[clears].Rule) > 0)) clears = without;
        }

        CollectOwners(carried);
        return clears >= 0 ? clears : carried.Weakest();
    }

    // Caps never reject the event: it goes to the profile of its strongest identifier, and what cannot be added is left out.
    private void ApplyCaps(CarriedIdentifiers carried)
    {
        if (_owners.Count > 1 && MergeCap() is { } cap)
        {
            Violations.Add(cap);
            var target = StrongestOwner(carried);
            _owners.Clear();
            _owners.Add(target);
            for (var i = carried.Count - 1; i >= 0; i--)
                if (carried.Items[i].Owner is { } owner && owner != target) carried.RemoveAt(i);
        }

        var room = MappingsMax - _owners.Sum(owner => owner.Nodes.Count);
        for (var i = carried.Count - 1; i >= 0; i--)
        {
            if (carried.Items[i].Owner is not null || --room >= 0) continue;
            Violations.Add(new Violation(ViolationKind.MappingLimitExceeded, carried.Items[i].Rule.Type, IdentifierKey.Read(carried.KeyOf(carried.Items[i]))));
            carried.RemoveAt(i);
        }
    }

    private Violation? MergeCap()
    {
        if (_owners[0].MergeCount >= MergesMax) return new Violation(ViolationKind.MergeLimitExceeded, "", null);
        return _owners.Sum(owner => owner.Nodes.Count) > MappingsMax ? new Violation(ViolationKind.MappingLimitExceeded, "", null) : null;
    }

    private static Profile StrongestOwner(CarriedIdentifiers carried)
    {
        Profile? owner = null;
        TypeRule? best = null;
        foreach (ref readonly var item in carried.Items)
        {
            if (item.Owner is null || (best is not null && item.Rule.CompareStrength(best) >= 0)) continue;
            owner = item.Owner;
            best = item.Rule;
        }

        Invariant.Holds(owner is not null);
        return owner;
    }
}
