namespace Tributary.Engine.Workspace;

/// <summary>Makes tokens and makes them worthless on behalf of somebody: the management API for a token, the console for a member.</summary>
public sealed class TokenDesk(LiveWorkspace workspace)
{
    /// <summary>Most tokens.</summary>
    public const int TokensMax = 1_000;

    /// <summary>Creates a token.</summary>
    /// <param name="author">Who asks, for the audit log.</param>
    /// <param name="input"><c>name</c> and <c>scopes</c>.</param>
    /// <param name="cancellationToken">Until the change is made.</param>
    /// <returns>The token and its secret, which nobody can read again; worth nothing when the change was refused.</returns>
    public async ValueTask<(Token Token, string Secret, WorkspaceChanged Changed)> CreateAsync(string author, JsonInput input, CancellationToken cancellationToken)
    {
        var secret = WorkspaceSecrets.NewToken();
        var scopes = input.Texts("scopes", Scopes.All.Count, 100);
        var token = new Token
        {
            Id = WorkspaceSecrets.NewId(),
            Name = input.Text("name", SourceForm.NameLengthMax, required: true) ?? "",
            Hash = WorkspaceSecrets.HashOf(secret),
            Scopes = [.. scopes.Distinct()],
        };
        if (scopes.IsEmpty || scopes.Any(scope => !Scopes.All.Contains(scope))) input.Fault("scopes", $"scopes must name at least one of {string.Join(", ", Scopes.All)}.");
        var changed = await workspace.ChangeAsync(
            author,
            now => input.Faults.Count > 0 ? WorkspaceRefusal.Invalid(input.Faults)
                : now.Tokens.Length < TokensMax ? ResourceKind.Put(token)
                : WorkspaceRefusal.Conflict(null, $"There are {TokensMax} tokens already. Delete one first."),
            cancellationToken);
        return (token, secret, changed);
    }

    /// <summary>Makes a token worthless at once. The last one of an administrator stays.</summary>
    public ValueTask<WorkspaceChanged> DeleteAsync(string author, string id, CancellationToken cancellationToken) => workspace.ChangeAsync(
        author,
        now => now.FindBody(ResourceKind.Token, id) is null ? WorkspaceRefusal.NotFound(ResourceKind.Token, id) : ResourceKind.Delete(ResourceKind.Token, id),
        cancellationToken);
}
