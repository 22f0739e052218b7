using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery;

/// <summary><c>/api/destination/{id}/filters</c> (singular, as Segment has it): what a destination does not get.</summary>
internal static class FiltersApi
{
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

    private static ApiAnswer Get(string id, string filter, LiveWorkspace workspace) => FilterDesk.Find(workspace.Current, id, filter) is { } found
        ? Answer(workspace.Current, found)
        : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Filter, filter));

    private static async Task<ApiAnswer> CreateAsync(HttpContext context, string id, FilterDesk desk)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var (created, changed) = await desk.CreateAsync(context.Author(), id, body, context.RequestAborted);
        return changed.Refusal is { } broken ? ApiAnswer.Refused(broken) : Answer(changed.Snapshot, FilterDesk.Find(changed.Snapshot, id, created)!);
    }

    private static async Task<ApiAnswer> UpdateAsync(HttpContext context, string id, string filter, FilterDesk desk)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var changed = await desk.UpdateAsync(context.Author(), id, filter, body, context.RequestAborted);
        return changed.Refusal is { } broken ? ApiAnswer.Refused(broken) : Answer(changed.Snapshot, FilterDesk.Find(changed.Snapshot, id, filter)!);
    }

    private static async Task<ApiAnswer> DeleteAsync(HttpContext context, string id, string filter, FilterDesk desk) =>
        (await desk.DeleteAsync(context.Author(), id, filter, context.RequestAborted)).Refusal is { } refusal ? ApiAnswer.Refused(refusal) : ApiAnswer.Deleted();

    private static async Task<ApiAnswer> PreviewAsync(HttpRequest request)
    {
        var (body, refusal) = await JsonInput.ReadAsync(request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var payload = body.Object("payload");
        if (payload is null) body.Fault("payload", "payload is required.");
        var given = body.Nested("filter");
        if (given is null) body.Fault("filter", "filter is required.");
        if (payload is null || given is null) return ApiAnswer.Refused(WorkspaceRefusal.Invalid(body.Faults));
        var (filter, wrong) = FilterDesk.Try(given);
        if (filter is null) return ApiAnswer.Refused(wrong!);
        var outcome = filter.Apply(System.Text.Encoding.UTF8.GetBytes(payload.ToJsonString()));
        return ApiAnswer.Data(new JsonObject { ["inputPayload"] = payload, ["result"] = outcome.IsKept ? JsonNode.Parse(outcome.Message.Span) : null });
    }

    private static ApiAnswer Answer(WorkspaceSnapshot now, DestinationFilter filter) =>
        ApiAnswer.Data(new JsonObject { ["filter"] = ApiJson.Of(filter, now.FindDestination(filter.DestinationId)?.SourceId ?? "") });
}
