using Tributary.Engine.Identity;

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

    /// <summary>The earliest event of the profile; null when it has none.</summary>
    public static Stamp? First(Profile profile) => profile.Nodes.Select(node => node.Fragment.First).OfType<Stamp>().Min();

    /// <summary>The latest event of the profile; null when it has none.</summary>
    public static Stamp? Last(Profile profile) => profile.Nodes.Select(node => node.Fragment.Last).OfType<Stamp>().Max();

    /// <summary>How many events belong to the profile.</summary>
    public static long EventCount(Profile profile) => profile.Nodes.Sum(node => node.Fragment.EventCount);
}
