namespace Tributary.Engine.Workspace;

/// <summary>Changes sources on behalf of somebody: the management API for a token, the console for a member.</summary>
public sealed class SourceDesk(LiveWorkspace workspace, SecretBox secrets)
{
    /// <summary>Creates a source with a write key.</summary>
    /// <param name="author">Who asks, for the audit log.</param>
    /// <param name="input">The fields of the source, as the management API takes them.</param>
    /// <param name="cancellationToken">Until the change is made.</param>
    public async ValueTask<(string Id, WorkspaceChanged Changed)> CreateAsync(string author, JsonInput input, CancellationToken cancellationToken)
    {
        var id = WorkspaceSecrets.NewId();
        return (id, await workspace.ChangeAsync(author, now => SourceForm.Create(input, now, secrets, id), cancellationToken));
    }

    /// <summary>Changes the fields that are given; settings are merged by key, null takes a key away.</summary>
    public ValueTask<WorkspaceChanged> UpdateAsync(string author, string id, JsonInput input, CancellationToken cancellationToken) =>
        ChangeAsync(author, id, (now, source) => SourceForm.Update(input, now, secrets, source), cancellationToken);

    /// <summary>Deletes a source and the destinations that it feeds.</summary>
    public ValueTask<WorkspaceChanged> DeleteAsync(string author, string id, CancellationToken cancellationToken) => ChangeAsync(
        author, id, (now, source) => WorkspaceEdit.Of(
        [
            .. now.Destinations.Where(destination => destination.SourceId == id).SelectMany(destination => ResourceKind.DeleteDestination(now, destination.Id)),
            ResourceKind.Delete(ResourceKind.Source, id),
        ]),
        cancellationToken);

    /// <summary>Adds a write key; the old ones stay valid.</summary>
    public ValueTask<WorkspaceChanged> AddWriteKeyAsync(string author, string id, CancellationToken cancellationToken)
    {
        var key = WorkspaceSecrets.NewWriteKey();
        return ChangeAsync(
            author, id, (_, source) => source.WriteKeys.Length < SourceForm.WriteKeysMax
                ? ResourceKind.Put(source with { WriteKeys = source.WriteKeys.Add(key) })
                : WorkspaceRefusal.Conflict("writeKeys", $"A source has at most {SourceForm.WriteKeysMax} write keys. Remove one first."),
            cancellationToken);
    }

    /// <summary>Takes a write key away; the last one stays.</summary>
    public ValueTask<WorkspaceChanged> RemoveWriteKeyAsync(string author, string id, string key, CancellationToken cancellationToken) => ChangeAsync(
        author, id, (_, source) => source.WriteKeys.Contains(key)
            ? ResourceKind.Put(source with { WriteKeys = source.WriteKeys.Remove(key) })
            : WorkspaceRefusal.NotFound("write key", key),
        cancellationToken);

    /// <summary>Changes one source, or refuses because there is none.</summary>
    public ValueTask<WorkspaceChanged> ChangeAsync(
        string author, string id, Func<WorkspaceSnapshot, Source, WorkspaceEdit> edit, CancellationToken cancellationToken) => workspace.ChangeAsync(
        author, now => now.FindSource(id) is { } source ? edit(now, source) : WorkspaceRefusal.NotFound(ResourceKind.Source, id), cancellationToken);
}
