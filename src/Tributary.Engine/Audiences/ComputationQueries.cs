using System.Buffers.Binary;
using Tributary.Engine.Storage;
using Tributary.Engine.Traits;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Audiences;

/// <summary>How large an audience was at the end of an hour.</summary>
/// <param name="Hour">The beginning of the hour; milliseconds since 1970.</param>
/// <param name="Count">How many profiles were in.</param>
internal readonly record struct AudienceSize(long Hour, long Count);

/// <summary>Reads what is known of audiences and computed traits, as of the last commit. Safe from any thread.</summary>
internal sealed class ComputationQueries(IStateStore store)
{
    /// <summary>How far it is; null while its revision is not processed yet, and after it was deleted.</summary>
    public ComputationState? StateOf(Space space, Computation computation) =>
        store.Get(Table.Computations, StateKeys.Computation(space.Number, computation.Number)) is { } bytes ? ComputationState.Parse(bytes) : null;

    /// <summary>The pass over all profiles that is under way; null when there is none.</summary>
    public PassState? PassOf(Space space) => store.Get(Table.Computations, StateKeys.Computation(space.Number, 0)) is { } bytes ? PassState.Parse(bytes) : null;

    /// <summary>Who is in and since when, by age of the profile, behind <paramref name="after"/>.</summary>
    public IEnumerable<(ProfileId Profile, long Since)> Members(Space space, Computation computation, ProfileId after)
    {
        var from = StateKeys.AudienceMember(space.Number, computation.Number, after);
        foreach (var (key, value) in store.Scan(Table.AudienceMembers, from, StateKeys.AudienceMember(space.Number, computation.Number + 1, default)))
        {
            var profile = ProfileId.Read(key.AsSpan(6));
            if (profile > after || after.IsNone) yield return (profile, BinaryPrimitives.ReadInt64LittleEndian(value));
        }
    }

    /// <summary>Sizes by the hour, oldest first; hours without a change are left out.</summary>
    public IEnumerable<AudienceSize> Sizes(Space space, Computation computation, long from, long to)
    {
        var first = StateKeys.AudienceSize(space.Number, computation.Number, Math.Max(0, from));
        var last = StateKeys.AudienceSize(space.Number, computation.Number, to);
        foreach (var (key, value) in store.Scan(Table.AudienceSizes, first, last))
            yield return new AudienceSize(BinaryPrimitives.ReadInt64BigEndian(key.AsSpan(6)), BinaryPrimitives.ReadInt64LittleEndian(value));
    }
}
