using Tributary.Engine.Identity;

namespace Tributary.Engine.Profiles;

/// <summary>Says whether two profiles may become one and what that would be; used by the order itself and by its dry run.</summary>
internal static class MergePlan
{
    /// <summary>Which of the two keeps its id: the older.</summary>
    public static (Profile Survivor, Profile Loser) Order(Profile one, Profile other) => one.Id < other.Id ? (one, other) : (other, one);

    /// <summary>Why they cannot be merged; null when they can.</summary>
    public static ProfileCommandResult? Refuse(Profile one, Profile other)
    {
        if (one.Id == other.Id) return Failed("Both are the same profile already.");
        var (survivor, loser) = Order(one, other);
        if (survivor.MergeCount >= IdentityResolver.MergesMax) return Failed($"The older profile has {IdentityResolver.MergesMax} merges, the most there may be.");
        return survivor.Nodes.Count + loser.Nodes.Count > IdentityResolver.MappingsMax
            ? Failed($"Together they would have more than {IdentityResolver.MappingsMax} identifiers.")
            : null;
    }

    /// <summary>What the two would be together. Both must be copies: their nodes are taken over. The link of the order itself is not there yet.</summary>
    public static Profile Unite(Profile one, Profile other)
    {
        var (survivor, loser) = Order(one, other);
        var united = new Profile(survivor.Id, survivor.Space, survivor.Collection, Math.Min(survivor.CreatedAt, loser.CreatedAt));
        united.Nodes.AddRange(survivor.Nodes.Concat(loser.Nodes).OrderBy(node => node.Number));
        united.Links.AddRange(survivor.Links.Concat(loser.Links));
        return united;
    }

    private static ProfileCommandResult Failed(string error) => new() { Field = "with", Error = error };
}
