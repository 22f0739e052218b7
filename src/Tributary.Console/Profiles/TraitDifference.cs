using Tributary.Engine.Profiles;

namespace Tributary.Console.Profiles;

/// <summary>A trait that is not the same on two profiles.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Before">Its value on the one; null when it has none.</param>
/// <param name="After">Its value on the other; null when it has none.</param>
internal sealed record TraitDifference(string Name, byte[]? Before, byte[]? After)
{
    /// <summary>What is sent traits differ in, by name.</summary>
    public static IReadOnlyList<TraitDifference> Between(ProfileSheet before, ProfileSheet after)
    {
        var (old, now) = (ProfileView.Traits(before.Profile), ProfileView.Traits(after.Profile));
        return
        [
            .. old.Keys.Union(now.Keys).Order(StringComparer.Ordinal)
                .Select(name => new TraitDifference(name, old.GetValueOrDefault(name).Json, now.GetValueOrDefault(name).Json))
                .Where(each => !each.Before.AsSpan().SequenceEqual(each.After)),
        ];
    }
}
