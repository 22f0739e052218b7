using Tributary.Engine.Workspace;

namespace Tributary.Engine.Audiences;

/// <summary>Changes audiences and computed traits on behalf of somebody: the management API for a token, the console for a member.</summary>
public sealed class ComputationDesk(LiveWorkspace workspace, TimeProvider clock)
{
    /// <summary>Creates one.</summary>
    /// <param name="author">Who asks, for the audit log.</param>
    /// <param name="spaceId">The space, by id or slug.</param>
    /// <param name="kind"><see cref="Computation.Audience"/> or <see cref="Computation.Trait"/>.</param>
    /// <param name="input">Its fields, as the management API takes them.</param>
    /// <param name="cancellationToken">Until the change is made.</param>
    public async ValueTask<(string Id, WorkspaceChanged Changed)> CreateAsync(string author, string spaceId, string kind, JsonInput input, CancellationToken cancellationToken)
    {
        var id = (kind == Computation.Audience ? "aud_" : "tra_") + WorkspaceSecrets.NewId();
        return (id, await workspace.ChangeAsync(
            author,
            now => now.FindSpace(spaceId) is { } space ? ComputationForm.Create(input, now, space, kind, id, author, Now()) : WorkspaceRefusal.NotFound(ResourceKind.Space, spaceId),
            cancellationToken));
    }

    /// <summary>Changes the fields that are given; the old definition answers until the new one is complete.</summary>
    public ValueTask<WorkspaceChanged> UpdateAsync(string author, string spaceId, string id, string kind, JsonInput input, CancellationToken cancellationToken) =>
        ChangeAsync(workspace, author, spaceId, id, kind, (now, computation) => ComputationForm.Update(input, now, computation, author, Now()), cancellationToken);

    /// <summary>Deletes one; its key is never used again, and what it last said stays as a custom trait.</summary>
    public ValueTask<WorkspaceChanged> DeleteAsync(string author, string spaceId, string id, string kind, CancellationToken cancellationToken) =>
        ChangeAsync(workspace, author, spaceId, id, kind, (now, computation) => ComputationForm.Delete(now, computation, author, Now()), cancellationToken);

    /// <summary>Changes one, or refuses because there is none. It is named by its id or its key.</summary>
    public static ValueTask<WorkspaceChanged> ChangeAsync(
        LiveWorkspace workspace, string author, string spaceId, string id, string kind, Func<WorkspaceSnapshot, Computation, WorkspaceEdit> edit, CancellationToken cancellationToken) => workspace.ChangeAsync(
            author, now => Find(now, spaceId, id, kind) is var (_, computation) ? edit(now, computation) : WorkspaceRefusal.NotFound(NameOf(kind), id), cancellationToken);

    /// <summary>A space and one of its computations; null when either is not there.</summary>
    public static (Space Space, Computation Computation)? Find(WorkspaceSnapshot workspace, string spaceId, string id, string kind)
    {
        if (workspace.FindSpace(spaceId) is not { } space) return null;
        var found = workspace.Computations.FirstOrDefault(computation => computation.SpaceId == space.Id && computation.Kind == kind && !computation.Deleted && (computation.Id == id || computation.Key == id));
        return found is null ? null : (space, found);
    }

    /// <summary>What one of a kind is called.</summary>
    public static string NameOf(string kind) => kind == Computation.Audience ? "audience" : "computed trait";

    private long Now() => clock.GetUtcNow().ToUnixTimeMilliseconds();
}
