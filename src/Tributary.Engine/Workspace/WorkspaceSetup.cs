namespace Tributary.Engine.Workspace;

/// <summary>Makes an empty workspace usable: a space, a token for its owner, a source with a write key.</summary>
public static class WorkspaceSetup
{
    /// <summary>The slug of the space that is always there; <c>default</c> is accepted wherever a space is named.</summary>
    public const string DefaultSpace = "default";

    /// <summary>The slug of the source that a new workspace has.</summary>
    public const string FirstSourceSlug = "first-source";

    /// <summary>The id of the token that the environment sets, so that a changed variable replaces the old token.</summary>
    public const string EnvironmentTokenId = "environment";

    /// <summary>
    /// Does what the first start does when the workspace is empty, and keeps the token of the environment (<c>TRIBUTARY_ADMIN_TOKEN</c>, null or empty when
    /// it is not set) current on every start.
    /// </summary>
    /// <returns>What was made, to be shown once; null when the workspace was already there.</returns>
    public static async ValueTask<FirstStart?> PrepareAsync(LiveWorkspace workspace, string? environmentToken, CancellationToken cancellationToken)
    {
        var given = string.IsNullOrWhiteSpace(environmentToken) ? null : environmentToken.Trim();
        FirstStart? made = null;
        var changed = await workspace.ChangeAsync("system", now => now.Revision > 0 ? WithEnvironment(now, given) : Begin(now, given, out made), cancellationToken);
        if (changed.Refusal is { } refusal) throw new InvalidOperationException($"The workspace cannot be prepared: {refusal.Faults[0].Message}");
        return made;
    }

    private static WorkspaceEdit Begin(WorkspaceSnapshot empty, string? given, out FirstStart made)
    {
        var space = new Space
        {
            Id = WorkspaceSecrets.NewSpaceId(),
            Number = (ushort)WorkspaceNumbers.Next(empty, ResourceKind.Space),
            Slug = DefaultSpace,
            Name = "Default",
        };
        var source = new Source
        {
            Id = WorkspaceSecrets.NewId(),
            Number = WorkspaceNumbers.Next(empty, ResourceKind.Source),
            Slug = FirstSourceSlug,
            Name = "First source",
            MetadataId = "http-api",
            SpaceId = space.Id,
            WriteKeys = [WorkspaceSecrets.NewWriteKey()],
        };
        var token = given ?? WorkspaceSecrets.NewToken();
        made = new FirstStart(token, given is not null, source.WriteKeys[0]);
        return WorkspaceEdit.Of(
            ResourceKind.Put(new WorkspaceName(WorkspaceSecrets.NewId(), "workspace", "Workspace")),
            ResourceKind.Put(space),
            ResourceKind.Put(given is null ? Admin(WorkspaceSecrets.NewId(), "owner", token) : EnvironmentToken(token)),
            ResourceKind.Put(source));
    }

    private static WorkspaceEdit WithEnvironment(WorkspaceSnapshot now, string? given)
    {
        if (given is null) return WorkspaceEdit.Of();
        // A token that somebody made through the API may be used in the environment too; it needs no second entry.
        return WorkspaceSecrets.Find(now, given) is { } known && known.Scopes.Contains(WorkspaceRules.AdminScope)
            ? WorkspaceEdit.Of()
            : ResourceKind.Put(EnvironmentToken(given));
    }

    private static Token EnvironmentToken(string secret) => Admin(EnvironmentTokenId, "TRIBUTARY_ADMIN_TOKEN", secret);

    private static Token Admin(string id, string name, string secret) =>
        new() { Id = id, Name = name, Hash = WorkspaceSecrets.HashOf(secret), Scopes = [WorkspaceRules.AdminScope] };
}

/// <summary>What the first start made. The only moment at which the token can be read.</summary>
/// <param name="Token">The owner's token.</param>
/// <param name="TokenWasGiven">True when the token came from the environment; then there is no need to print it.</param>
/// <param name="WriteKey">The key of the first source.</param>
public sealed record FirstStart(string Token, bool TokenWasGiven, string WriteKey);
