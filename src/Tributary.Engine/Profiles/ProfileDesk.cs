using Tributary.Engine.Identity;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Profiles;

/// <summary>What became of an order.</summary>
/// <param name="Command">The id of the order; empty when it was not given.</param>
/// <param name="Profiles">The profiles there are now; of a split the one that kept its id first.</param>
/// <param name="Refusal">Why nothing was changed; null when it was done.</param>
internal readonly record struct ProfileChanged(string Command, IReadOnlyList<Profile> Profiles, WorkspaceRefusal? Refusal);

/// <summary>Merges and splits profiles on behalf of somebody, or says what that would do: the management API for a token, the console for a member.</summary>
public sealed class ProfileDesk(Func<WorkspaceSnapshot> workspace, ProfileQueries profiles, ProfileCommands commands)
{
    /// <summary>Most characters of a reason.</summary>
    public const int ReasonLengthMax = 1000;

    /// <summary>What a split would leave, without doing it. The profile must be a copy of the caller's own: it is taken apart.</summary>
    internal static (WorkspaceRefusal? Refusal, IReadOnlyList<Profile> Parts) PreviewSplit(Profile profile, IReadOnlyList<string> identifiers)
    {
        if (SplitPlan.SelectNodes(profile, profile.Collection, identifiers, out var cut) is { } refused) return (Refused(refused), []);
        // A part without an id of its own gets one only when it is done.
        return (null, GraphSplit.Split(profile, cut, _ => default));
    }

    /// <summary>What a merge would leave, without doing it. The profile must be a copy of the caller's own.</summary>
    internal (WorkspaceRefusal? Refusal, Profile? United) PreviewMerge(Profile profile, string with)
    {
        if (Find(profile, with) is not { } other) return (NotFound, null);
        return MergePlan.Refuse(profile, other) is { } refused ? (Refused(refused), null) : (null, MergePlan.Unite(profile, other));
    }

    /// <summary>Cuts identifiers off a profile; answers when it is done.</summary>
    internal ValueTask<ProfileChanged> SplitAsync(string author, Profile profile, IReadOnlyList<string> identifiers, string reason, CancellationToken cancellationToken) =>
        GiveAsync(Order(author, profile, ProfileCommandKind.Split, reason) with { Identifiers = [.. identifiers] }, cancellationToken);

    /// <summary>Makes two profiles one; answers when it is done.</summary>
    internal async ValueTask<ProfileChanged> MergeAsync(string author, Profile profile, string with, string reason, CancellationToken cancellationToken) =>
        Find(profile, with) is null
            ? new ProfileChanged("", [], NotFound)
            : await GiveAsync(Order(author, profile, ProfileCommandKind.Merge, reason) with { With = with }, cancellationToken);

    private static WorkspaceRefusal NotFound => new(RefusalReason.NotFound, [new("with", "Profile was not found.")]);

    private static WorkspaceRefusal Refused(ProfileCommandResult result) => WorkspaceRefusal.Invalid(result.Field, result.Error!);

    private Profile? Find(Profile beside, string name) => workspace().FindSpace(beside.Space) is { } space ? profiles.Find(space, beside.Collection, name) : null;

    private ProfileCommand Order(string author, Profile profile, ProfileCommandKind kind, string reason) => new()
    {
        Id = commands.NextId(),
        Kind = kind,
        Space = profile.Space,
        Collection = profile.Collection,
        Profile = profile.Id.ToString(),
        Reason = reason,
        Author = author,
    };

    private async ValueTask<ProfileChanged> GiveAsync(ProfileCommand command, CancellationToken cancellationToken)
    {
        var result = await commands.GiveAsync(command, cancellationToken);
        if (result is null) return new ProfileChanged("", [], new WorkspaceRefusal(RefusalReason.Busy, [new(null, "The log is busy; try again.")]));
        if (result.Error is not null) return new ProfileChanged("", [], Refused(result));
        var space = workspace().FindSpace(command.Space)!;
        return new ProfileChanged(command.Id, [.. result.Profiles.Select(id => profiles.Find(space, command.Collection, id)).OfType<Profile>()], null);
    }
}
