using Tributary.Model;

namespace Tributary.Engine.Identity;

/// <summary>
/// Cuts identifiers off a profile: every link between the two sides goes and is vetoed; what is left is as many profiles as there are connected parts,
/// each the merge of its own fragments. Pure.
/// </summary>
internal static class GraphSplit
{
    /// <summary>Computes the profiles that a split leaves. The given profile is not changed, except that its nodes are taken over by the parts.</summary>
    /// <param name="profile">The profile to cut.</param>
    /// <param name="cut">The nodes to cut off; some but not all of the profile's.</param>
    /// <param name="freshId">Makes an id for a part that never had one; asked with 0, 1, ….</param>
    public static List<Profile> Split(Profile profile, IReadOnlySet<Node> cut, Func<ushort, ProfileId> freshId)
    {
        Invariant.Holds(cut.Count > 0 && cut.Count < profile.Nodes.Count);
        var kept = new List<Link>();
        foreach (var link in profile.Links)
        {
            if (cut.Contains(link.A) == cut.Contains(link.B))
            {
                kept.Add(link);
                continue;
            }

            (link.A.Vetoes ??= []).Add(link.B.Key);
            (link.B.Vetoes ??= []).Add(link.A.Key);
        }

        var components = Components(profile.Nodes, kept);
        var ids = AssignIds(profile, components, freshId);
        var parts = new List<Profile>(components.Count);
        for (var i = 0; i < components.Count; i++)
        {
            var part = new Profile(ids[i], profile.Space, profile.Collection, components[i].Min(node => node.CreatedAt));
            part.Nodes.AddRange(components[i].OrderBy(node => node.Number));
            part.Links.AddRange(kept.Where(link => components[i].Contains(link.A)));
            parts.Add(part);
        }

        return parts;
    }

    // Connected parts in the order of their oldest identifier.
    private static List<HashSet<Node>> Components(List<Node> nodes, List<Link> links)
    {
        var partOf = nodes.ToDictionary(node => node, node => new HashSet<Node> { node });
        foreach (var link in links)
        {
            var (a, b) = (partOf[link.A], partOf[link.B]);
            if (a == b) continue;
            a.UnionWith(b);
            foreach (var node in b) partOf[node] = a;
        }

        return [.. nodes.Select(node => partOf[node]).Distinct()];
    }

    // An id that was merged in comes back to the part that holds its oldest identifier. A part that holds none gets a new one.
    private static ProfileId[] AssignIds(Profile profile, List<HashSet<Node>> components, Func<ushort, ProfileId> freshId)
    {
        var holderOf = new Dictionary<ProfileId, HashSet<Node>>();
        foreach (var node in profile.Nodes.OrderBy(node => node.Number))
            holderOf.TryAdd(node.Part, components.First(component => component.Contains(node)));
        var ids = new ProfileId[components.Count];
        ushort fresh = 0;
        for (var i = 0; i < components.Count; i++)
        {
            var held = holderOf.Where(pair => pair.Value == components[i]).Select(pair => pair.Key).ToList();
            ids[i] = held.Count > 0 ? held.Min() : freshId(fresh++);
            foreach (var node in components[i])
                if (holderOf[node.Part] != components[i]) node.Part = ids[i];
        }

        return ids;
    }
}
