using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Delivery.Filters;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery;

/// <summary><c>/api/destination/{id}/filters</c> (singular, as Segment has it): what a destination does not get.</summary>
internal static class FiltersApi
{
    /// <summary>Most filters of one destination; spec/connections.md §5.4.</summary>
    public const int CountMax = 10;

    private const int TitleLengthMax = 64;
    private const int IfLengthMax = 5_120;

    public static void Map(IEndpointRouteBuilder api)
    {
        var filters = api.MapGroup("/destination/{id}/filters").WithTags("Destination filters");
        filters.MapGet("/", List).WithName("listFiltersFromDestination").WithSummary("The filters of a destination, by age.");
        filters.MapPost("/", CreateAsync).WithName("createFilterForDestination").WithSummary("Creates a filter.");
        filters.MapGet("/{filter}", Get).WithName("getFilterInDestination").WithSummary("One filter.");
        filters.MapPatch("/{filter}", UpdateAsync).WithName("updateFilterForDestination").WithSummary("Changes the fields that are sent.");
        filters.MapDelete("/{filter}", DeleteAsync).WithName("removeFilterFromDestination").WithSummary("Deletes a filter.");
        api.MapPost("/destination/filters/preview", PreviewAsync).WithTags("Destination filters")
            .WithName("previewDestinationFilter").WithSummary("What a filter leaves of a payload; null when it keeps it away.");
    }

    private static ApiAnswer List(HttpRequest request, string id, LiveWorkspace workspace)
    {
        var now = workspace.Current;
        var (page, refusal) = ApiPage.Read(request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        if (now.FindDestination(id) is not { } destination) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));
        var filters = now.FiltersOf(id).Select((filter, at) => (Filter: filter, At: at + 1L)).ToList();
        return ApiAnswer.Data(page.Cut("filters", filters, item => item.At, item => ApiJson.Of(item.Filter, destination.SourceId)));
    }

    private static ApiAnswer Get(string id, string filter, LiveWorkspace workspace) => Find(workspace.Current, id, filter) is { } found
        ? Answer(workspace.Current, found)
        : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Filter, filter));

    private static async Task<ApiAnswer> CreateAsync(HttpContext context, string id, LiveWorkspace workspace, DestinationCatalog catalog, TimeProvider clock)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var (created, at) = (WorkspaceSecrets.NewId(), clock.GetUtcNow().ToUnixTimeMilliseconds());
        var changed = await workspace.ChangeAsync(context.Author(), now => Create(body, now, catalog, id, created, at), context.RequestAborted);
        return changed.Refusal is { } broken ? ApiAnswer.Refused(broken) : Answer(changed.Snapshot, Find(changed.Snapshot, id, created)!);
    }

    private static WorkspaceEdit Create(JsonInput body, WorkspaceSnapshot now, DestinationCatalog catalog, string destinationId, string id, long at)
    {
        if (now.FindDestination(destinationId) is not { } destination) return WorkspaceRefusal.NotFound(ResourceKind.Destination, destinationId);
        if (catalog.Find(destination.MetadataId) is { IsWarehouse: true } kind)
        {
            // spec/connections.md §5.4.
            return WorkspaceRefusal.Invalid(
                "destinationId", $"Destination filters are not available for {kind.Name}: it stores everything. What must not be stored is kept away with consentCategories or integrations.Warehouses.");
        }

        if (now.FiltersOf(destinationId).Count() >= CountMax) return WorkspaceRefusal.Conflict(null, $"A destination has at most {CountMax} filters.");
        if (body.Text("sourceId", 255) is { } source && source != destination.SourceId) body.Fault("sourceId", $"sourceId must be {destination.SourceId}, the destination's source.");
        return Checked(body, new DestinationFilter
        {
            Id = id,
            DestinationId = destinationId,
            Title = body.Text("title", TitleLengthMax, required: true) ?? "",
            Description = body.Text("description", 1_000),
            If = body.Text("if", IfLengthMax, required: true, mayHaveLines: true) ?? "",
            Enabled = body.Flag("enabled") ?? false,
            Actions = Actions(body) ?? [],
            CreatedAt = at,
            UpdatedAt = at,
        });
    }

    private static async Task<ApiAnswer> UpdateAsync(HttpContext context, string id, string filter, LiveWorkspace workspace, TimeProvider clock)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var at = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var changed = await workspace.ChangeAsync(
            context.Author(),
            now => Find(now, id, filter) is not { } found
                ? WorkspaceRefusal.NotFound(ResourceKind.Filter, filter)
                : Checked(body, found with
                {
                    Title = body.Text("title", TitleLengthMax) ?? found.Title,
                    Description = body.Text("description", 1_000) ?? found.Description,
                    If = body.Text("if", IfLengthMax, mayHaveLines: true) ?? found.If,
                    Enabled = body.Flag("enabled") ?? found.Enabled,
                    Actions = Actions(body) ?? found.Actions,
                    UpdatedAt = at,
                }),
            context.RequestAborted);
        return changed.Refusal is { } broken ? ApiAnswer.Refused(broken) : Answer(changed.Snapshot, Find(changed.Snapshot, id, filter)!);
    }

    private static async Task<ApiAnswer> DeleteAsync(HttpContext context, string id, string filter, LiveWorkspace workspace)
    {
        var changed = await workspace.ChangeAsync(
            context.Author(),
            now => Find(now, id, filter) is null ? WorkspaceRefusal.NotFound(ResourceKind.Filter, filter) : ResourceKind.Delete(ResourceKind.Filter, filter),
            context.RequestAborted);
        return changed.Refusal is { } refusal ? ApiAnswer.Refused(refusal) : ApiAnswer.Deleted();
    }

    private static async Task<ApiAnswer> PreviewAsync(HttpRequest request)
    {
        var (body, refusal) = await JsonInput.ReadAsync(request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var payload = body.Object("payload");
        if (payload is null) body.Fault("payload", "payload is required.");
        var filter = body.Nested("filter");
        if (filter is null) body.Fault("filter", "filter is required.");
        if (payload is null || filter is null) return ApiAnswer.Refused(WorkspaceRefusal.Invalid(body.Faults));
        var tried = new DestinationFilter
        {
            Id = "preview",
            DestinationId = "",
            Title = "",
            If = filter.Text("if", IfLengthMax, required: true, mayHaveLines: true) ?? "",
            Enabled = true,
            Actions = Actions(filter) ?? [],
        };
        if (Checked(filter, tried).Refusal is { } wrong) return ApiAnswer.Refused(wrong);
        var outcome = FilterForm.Compile([tried]).Apply(System.Text.Encoding.UTF8.GetBytes(payload.ToJsonString()));
        return ApiAnswer.Data(new JsonObject { ["inputPayload"] = payload, ["result"] = outcome.IsKept ? JsonNode.Parse(outcome.Message.Span) : null });
    }

    private static JsonArray? Actions(JsonInput body) => body.Has("actions") ? new JsonArray([.. body.Objects("actions", CountMax).Select(action => action.Whole())]) : null;

    private static WorkspaceEdit Checked(JsonInput body, DestinationFilter filter)
    {
        foreach (var fault in FilterForm.Check(filter)) body.Fault(fault.Field ?? "", fault.Message);
        return body.Faults.Count == 0 ? ResourceKind.Put(filter) : WorkspaceRefusal.Invalid(body.Faults);
    }

    private static DestinationFilter? Find(WorkspaceSnapshot now, string destination, string id) => now.FiltersOf(destination).FirstOrDefault(filter => filter.Id == id);

    private static ApiAnswer Answer(WorkspaceSnapshot now, DestinationFilter filter) =>
        ApiAnswer.Data(new JsonObject { ["filter"] = ApiJson.Of(filter, now.FindDestination(filter.DestinationId)?.SourceId ?? "") });
}
