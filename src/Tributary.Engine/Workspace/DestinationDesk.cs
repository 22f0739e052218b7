using System.Text.Json.Nodes;

namespace Tributary.Engine.Workspace;

/// <summary>Changes destinations on behalf of somebody: the management API for a token, the console for a member.</summary>
public sealed class DestinationDesk(LiveWorkspace workspace, DestinationCatalog catalog, SecretBox secrets)
{
    /// <summary>Creates a destination of a source.</summary>
    /// <param name="author">Who asks, for the audit log.</param>
    /// <param name="input">The fields of the destination, as the management API takes them.</param>
    /// <param name="cancellationToken">Until the change is made.</param>
    public async ValueTask<(string Id, WorkspaceChanged Changed)> CreateAsync(string author, JsonInput input, CancellationToken cancellationToken)
    {
        var id = WorkspaceSecrets.NewId();
        return (id, await workspace.ChangeAsync(author, now => Create(input, now, id), cancellationToken));
    }

    /// <summary>Changes the fields that are given; settings are merged by key, null takes a key away.</summary>
    public ValueTask<WorkspaceChanged> UpdateAsync(string author, string id, JsonInput input, CancellationToken cancellationToken) =>
        ChangeAsync(author, id, destination => Checked(input, destination.Settings, destination with
        {
            Name = input.Text("name", SourceForm.NameLengthMax) ?? destination.Name,
            Enabled = input.Flag("enabled") ?? destination.Enabled,
            Settings = SourceForm.Merge(destination.Settings, input.Object("settings")),
        }), cancellationToken);

    /// <summary>Sends nothing until it is resumed, or goes on where it was paused.</summary>
    public ValueTask<WorkspaceChanged> PauseAsync(string author, string id, bool paused, CancellationToken cancellationToken) =>
        ChangeAsync(author, id, destination => ResourceKind.Put(destination with { Paused = paused }), cancellationToken);

    /// <summary>Deletes a destination with its subscriptions and filters.</summary>
    public ValueTask<WorkspaceChanged> DeleteAsync(string author, string id, CancellationToken cancellationToken) => workspace.ChangeAsync(
        author,
        now => now.FindDestination(id) is null ? WorkspaceRefusal.NotFound(ResourceKind.Destination, id) : WorkspaceEdit.Of(ResourceKind.DeleteDestination(now, id)),
        cancellationToken);

    private WorkspaceEdit Create(JsonInput input, WorkspaceSnapshot now, string id)
    {
        var sourceId = input.Text("sourceId", SourceForm.NameLengthMax, required: true) ?? "";
        if (sourceId.Length > 0 && now.FindSource(sourceId) is null) input.Fault("sourceId", $"There is no source \"{sourceId}\".");
        var metadataId = input.Text("metadataId", SourceForm.NameLengthMax, required: true) ?? "";
        if (metadataId.Length > 0 && catalog.Find(metadataId) is null)
            input.Fault("metadataId", $"metadataId \"{metadataId}\" is unknown. GET /api/catalog/destinations lists those that are there.");
        return Checked(input, [], new Destination
        {
            Id = id,
            Number = WorkspaceNumbers.Next(now, ResourceKind.Destination),
            Name = input.Text("name", SourceForm.NameLengthMax) ?? catalog.Find(metadataId)?.Name ?? metadataId,
            MetadataId = metadataId,
            Enabled = input.Flag("enabled") ?? true,
            SourceId = sourceId,
            Settings = SourceForm.Merge([], input.Object("settings")),
        });
    }

    // Checked in the clear, stored sealed.
    private WorkspaceEdit Checked(JsonInput input, JsonObject present, Destination destination)
    {
        var kind = catalog.Find(destination.MetadataId);
        var stored = secrets.Seal(destination.Settings, name => kind?.IsSecret(name) == true, present);
        foreach (var fault in DestinationSync.Check(stored)) input.Fault(fault.Field ?? "settings", fault.Message);
        if (kind is not null)
        {
            foreach (var fault in kind.Check(DestinationSync.Without(secrets.UnsealReadable(stored)))) input.Fault(fault.Field ?? "settings", fault.Message);
        }

        return input.Faults.Count == 0 ? ResourceKind.Put(destination with { Settings = stored }) : WorkspaceRefusal.Invalid(input.Faults);
    }

    private ValueTask<WorkspaceChanged> ChangeAsync(string author, string id, Func<Destination, WorkspaceEdit> edit, CancellationToken cancellationToken) => workspace.ChangeAsync(
        author, now => now.FindDestination(id) is { } destination ? edit(destination) : WorkspaceRefusal.NotFound(ResourceKind.Destination, id), cancellationToken);
}
