using System.Text.Json.Nodes;
using Tributary.Engine.Delivery.Filters;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery;

/// <summary>Changes the filters of destinations on behalf of somebody: the management API for a token, the console for a member.</summary>
public sealed class FilterDesk(LiveWorkspace workspace, DestinationCatalog catalog, TimeProvider clock)
{
    /// <summary>Most filters of one destination; spec/connections.md §5.4.</summary>
    public const int CountMax = 10;

    private const int TitleLengthMax = 64;
    private const int IfLengthMax = 5_120;

    /// <summary>Creates a filter; disabled unless the input says otherwise.</summary>
    /// <param name="author">Who asks, for the audit log.</param>
    /// <param name="destination">The id of the destination.</param>
    /// <param name="input">The fields of the filter, as the management API takes them.</param>
    /// <param name="cancellationToken">Until the change is made.</param>
    public async ValueTask<(string Id, WorkspaceChanged Changed)> CreateAsync(string author, string destination, JsonInput input, CancellationToken cancellationToken)
    {
        var (id, at) = (WorkspaceSecrets.NewId(), clock.GetUtcNow().ToUnixTimeMilliseconds());
        return (id, await workspace.ChangeAsync(author, now => Create(input, now, destination, id, at), cancellationToken));
    }

    /// <summary>Changes the fields that are given.</summary>
    public ValueTask<WorkspaceChanged> UpdateAsync(string author, string destination, string filter, JsonInput input, CancellationToken cancellationToken)
    {
        var at = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return workspace.ChangeAsync(
            author,
            now => Find(now, destination, filter) is not { } found
                ? WorkspaceRefusal.NotFound(ResourceKind.Filter, filter)
                : Checked(input, found with
                {
                    Title = input.Text("title", TitleLengthMax) ?? found.Title,
                    Description = input.Text("description", 1_000) ?? found.Description,
                    If = input.Text("if", IfLengthMax, mayHaveLines: true) ?? found.If,
                    Enabled = input.Flag("enabled") ?? found.Enabled,
                    Actions = Actions(input) ?? found.Actions,
                    UpdatedAt = at,
                }),
            cancellationToken);
    }

    /// <summary>Deletes a filter.</summary>
    public ValueTask<WorkspaceChanged> DeleteAsync(string author, string destination, string filter, CancellationToken cancellationToken) => workspace.ChangeAsync(
        author,
        now => Find(now, destination, filter) is null ? WorkspaceRefusal.NotFound(ResourceKind.Filter, filter) : ResourceKind.Delete(ResourceKind.Filter, filter),
        cancellationToken);

    /// <summary>Reads a filter that is only tried, on events that somebody has at hand.</summary>
    /// <param name="input">Its fields <c>if</c> and <c>actions</c>.</param>
    public static (CompiledFilters? Filter, WorkspaceRefusal? Refusal) Try(JsonInput input)
    {
        var tried = new DestinationFilter
        {
            Id = "preview",
            DestinationId = "",
            Title = "",
            If = input.Text("if", IfLengthMax, required: true, mayHaveLines: true) ?? "",
            Enabled = true,
            Actions = Actions(input) ?? [],
        };
        return Checked(input, tried).Refusal is { } wrong ? (null, wrong) : (FilterForm.Compile([tried]), null);
    }

    /// <summary>The filter of a destination; null when there is none with this id.</summary>
    public static DestinationFilter? Find(WorkspaceSnapshot now, string destination, string id) => now.FiltersOf(destination).FirstOrDefault(filter => filter.Id == id);

    private WorkspaceEdit Create(JsonInput input, WorkspaceSnapshot now, string destinationId, string id, long at)
    {
        if (now.FindDestination(destinationId) is not { } destination) return WorkspaceRefusal.NotFound(ResourceKind.Destination, destinationId);
        if (catalog.Find(destination.MetadataId) is { IsWarehouse: true } kind)
        {
            // spec/connections.md §5.4.
            return WorkspaceRefusal.Invalid(
                "destinationId", $"Destination filters are not available for {kind.Name}: it stores everything. What must not be stored is kept away with consentCategories or integrations.Warehouses.");
        }

        if (now.FiltersOf(destinationId).Count() >= CountMax) return WorkspaceRefusal.Conflict(null, $"A destination has at most {CountMax} filters.");
        if (input.Text("sourceId", 255) is { } source && source != destination.SourceId) input.Fault("sourceId", $"sourceId must be {destination.SourceId}, the destination's source.");
        return Checked(input, new DestinationFilter
        {
            Id = id,
            DestinationId = destinationId,
            Title = input.Text("title", TitleLengthMax, required: true) ?? "",
            Description = input.Text("description", 1_000),
            If = input.Text("if", IfLengthMax, required: true, mayHaveLines: true) ?? "",
            Enabled = input.Flag("enabled") ?? false,
            Actions = Actions(input) ?? [],
            CreatedAt = at,
            UpdatedAt = at,
        });
    }

    private static JsonArray? Actions(JsonInput input) => input.Has("actions") ? new JsonArray([.. input.Objects("actions", CountMax).Select(action => action.Whole())]) : null;

    private static WorkspaceEdit Checked(JsonInput input, DestinationFilter filter)
    {
        foreach (var fault in FilterForm.Check(filter)) input.Fault(fault.Field ?? "", fault.Message);
        return input.Faults.Count == 0 ? ResourceKind.Put(filter) : WorkspaceRefusal.Invalid(input.Faults);
    }
}
