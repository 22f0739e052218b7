using Tributary.Engine.Identity;
using Tributary.Model;

namespace Tributary.Engine.Profiles;

/// <summary>Checks which identifiers a split names; used by the order itself and by its dry run.</summary>
internal static class SplitPlan
{
    /// <summary>The nodes that are to be cut off; the refusal when they are not a part of the profile or all of it.</summary>
    public static ProfileCommandResult? SelectNodes(Profile profile, ProfileCollection collection, IReadOnlyList<string> identifiers, out HashSet<Node> cut)
    {
        cut = [];
        if (identifiers.Count == 0) return new ProfileCommandResult { Field = "identifiers", Error = "Name at least one identifier to cut off." };
        for (var i = 0; i < identifiers.Count; i++)
        {
            var node = IdentifierKey.TryParse(collection, identifiers[i], out var identifier) ? profile.Find(IdentifierKey.Of(profile.Space, identifier.Value)) : null;
            if (node is null) return new ProfileCommandResult { Field = $"identifiers[{i}]", Error = $"{identifiers[i]} is not an identifier of this profile." };
            cut.Add(node);
        }

        return cut.Count < profile.Nodes.Count
            ? null
            : new ProfileCommandResult { Field = "identifiers", Error = "These are all identifiers of the profile; leave at least one." };
    }
}
