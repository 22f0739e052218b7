using Tributary.Engine.Identity;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Profiles;

/// <summary>What a profile looks like from outside: the merge of its fragments.</summary>
internal static class ProfileView
{
    /// <summary>The trait that the last writer set, over all fragments; null when nobody ever did. Its value may be a removal.</summary>
    public static Trait? Winner(Profile profile, string name)
    {
        Trait? winner = null;
        foreach (var node in profile.Nodes)
        {
            if (node.Fragment.Traits.Count > 0 && node.Fragment.Traits.TryGetValue(name, out var trait) && (winner is null || trait.Stamp.CompareTo(winner.Value.Stamp) > 0))
                winner = trait;
        }

        return winner;
    }

    /// <summary>All traits that are set, by name in ordinal order.</summary>
    public static SortedDictionary<string, Trait> Traits(Profile profile)
    {
        var traits = new SortedDictionary<string, Trait>(StringComparer.Ordinal);
        foreach (var node in profile.Nodes)
        {
            foreach (var (name, trait) in node.Fragment.Traits)
                if (!traits.TryGetValue(name, out var known) || trait.Stamp.CompareTo(known.Stamp) > 0) traits[name] = trait;
        }

        foreach (var name in traits.Where(pair => pair.Value.Json is null).Select(pair => pair.Key).ToList()) traits.Remove(name);
        return traits;
    }

    /// <summary>
    /// What was sent and what was computed, by name in ordinal order. The key of an audience or computed trait is its own while it exists; when it is deleted, what was
    /// sent under the key shows again, and where nothing was, what it said last is a custom trait.
    /// </summary>
    /// <param name="profile">The profile.</param>
    /// <param name="workspace">Says what computations are called.</param>
    /// <param name="traitClass"><c>audience</c>, <c>computed_trait</c>, <c>custom</c>, or empty for all.</param>
    public static SortedDictionary<string, Trait> AllTraits(Profile profile, WorkspaceSnapshot workspace, string traitClass = "")
    {
        var traits = traitClass is "" or "custom" ? Traits(profile) : new SortedDictionary<string, Trait>(StringComparer.Ordinal);
        if (traits.Count == 0 && profile.Results is null) return traits;
        var space = workspace.FindSpace(profile.Space)?.Id;
        foreach (var computation in workspace.Computations)
        {
            if (computation.SpaceId != space) continue;
            if (!computation.Deleted && traits.Count > 0) traits.Remove(computation.Key);
            if (profile.Results is not { } results || !results.TryGetValue(computation.Number, out var result) || result.Json is null) continue;
            var its = computation.Deleted ? "custom" : computation.IsAudience ? "audience" : "computed_trait";
            if (traitClass.Length > 0 && traitClass != its) continue;
            // A removal was sent, too.
            if (computation.Deleted && Winner(profile, computation.Key) is not null) continue;
            var source = workspace.Sources.FirstOrDefault(each => each.MetadataId == SourceCatalog.Engage && each.SpaceId == computation.SpaceId)?.Number ?? 0;
            traits[computation.Key] = new Trait(result.Json, new Stamp(result.ChangedAt, result.ChangedAt, source, ""));
        }

        return traits;
    }

    /// <summary>The earliest event of the profile; null when it has none.</summary>
    public static Stamp? First(Profile profile) => profile.Nodes.Select(node => node.Fragment.First).OfType<Stamp>().Min();

    /// <summary>The latest event of the profile; null when it has none.</summary>
    public static Stamp? Last(Profile profile) => profile.Nodes.Select(node => node.Fragment.Last).OfType<Stamp>().Max();

    /// <summary>How many events belong to the profile.</summary>
    public static long EventCount(Profile profile) => profile.Nodes.Sum(node => node.Fragment.EventCount);
}
