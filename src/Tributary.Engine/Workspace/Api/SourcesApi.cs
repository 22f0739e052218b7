using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tributary.Engine.Workspace;

/// <summary><c>/api/sources</c>: where events come from, their write keys and labels.</summary>
internal static class SourcesApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var sources = api.MapGroup("/sources").WithTags("Sources");
        sources.MapGet("/", List).WithName("listSources").WithSummary("All sources, by age.");
        sources.MapPost("/", CreateAsync).WithName("createSource").WithSummary("Creates a source with a write key.");
        sources.MapGet("/{id}", Get).WithName("getSource").WithSummary("One source.");
        sources.MapPatch("/{id}", UpdateAsync).WithName("updateSource").WithSummary("Changes the fields that are sent; settings are merged by key, null takes a key away.");
        sources.MapDelete("/{id}", DeleteAsync).WithName("deleteSource").WithSummary("Deletes a source and the destinations that it feeds.");
        sources.MapPost("/{id}/writekey", AddWriteKeyAsync).WithName("createWriteKeyForSource").WithSummary("Adds a write key; the old ones stay valid.");
        sources.MapDelete("/{id}/writekey/{key}", RemoveWriteKeyAsync).WithName("removeWriteKeyFromSource").WithSummary("Takes a write key away; the last one stays.");
        sources.MapPost("/{id}/labels", AddLabelsAsync).WithName("addLabelsToSource").WithSummary("Adds labels; a label with the same key is replaced.");
        sources.MapPut("/{id}/labels", ReplaceLabelsAsync).WithName("replaceLabelsInSource").WithSummary("Replaces all labels.");
        sources.MapGet("/{id}/settings", SchemaSettings.Get).WithName("listSchemaSettingsInSource").WithSummary("What happens to events that break a tracking plan.");
        sources.MapPatch("/{id}/settings", SchemaSettings.UpdateAsync).WithName("updateSchemaSettingsInSource").WithSummary("Changes what happens to events that break a tracking plan.");
        sources.MapGet("/{id}/connected-destinations", Destinations).WithName("listConnectedDestinationsFromSource").WithSummary("The destinations that a source feeds.");
        sources.MapGet("/{id}/connected-warehouses", Warehouses).WithName("listConnectedWarehousesFromSource").WithSummary("Always empty: the lake holds every source.");
    }

    private static ApiAnswer List(HttpRequest request, LiveWorkspace workspace)
    {
        var (page, refusal) = ApiPage.Read(request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var now = workspace.Current;
        return ApiAnswer.Data(page.Cut("sources", now.Sources, source => source.Number, source => ApiJson.Of(source, now)));
    }

    private static async Task<ApiAnswer> CreateAsync(HttpContext context, SourceDesk desk)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var (id, changed) = await desk.CreateAsync(context.Author(), body, context.RequestAborted);
        return Answer(changed, id, StatusCodes.Status201Created);
    }

    private static ApiAnswer Get(string id, LiveWorkspace workspace)
    {
        var now = workspace.Current;
        return now.FindSource(id) is { } source
            ? ApiAnswer.Data(new JsonObject { ["source"] = ApiJson.Of(source, now), ["trackingPlanId"] = null })
            : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Source, id));
    }

    private static async Task<ApiAnswer> UpdateAsync(HttpContext context, string id, SourceDesk desk)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        return Answer(await desk.UpdateAsync(context.Author(), id, body, context.RequestAborted), id);
    }

    private static async Task<ApiAnswer> DeleteAsync(HttpContext context, string id, SourceDesk desk) =>
        Deleted(await desk.DeleteAsync(context.Author(), id, context.RequestAborted));

    private static async Task<ApiAnswer> AddWriteKeyAsync(HttpContext context, string id, SourceDesk desk) =>
        Answer(await desk.AddWriteKeyAsync(context.Author(), id, context.RequestAborted), id);

    private static async Task<ApiAnswer> RemoveWriteKeyAsync(HttpContext context, string id, string key, SourceDesk desk) =>
        Deleted(await desk.RemoveWriteKeyAsync(context.Author(), id, key, context.RequestAborted));

    private static Task<ApiAnswer> AddLabelsAsync(HttpContext context, string id, SourceDesk desk) =>
        LabelAsync(context, id, desk, keep: true);

    private static Task<ApiAnswer> ReplaceLabelsAsync(HttpContext context, string id, SourceDesk desk) =>
        LabelAsync(context, id, desk, keep: false);

    private static async Task<ApiAnswer> LabelAsync(HttpContext context, string id, SourceDesk desk, bool keep)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        if (!body.Has("labels")) return ApiAnswer.Refused(WorkspaceRefusal.Invalid("labels", "labels is required."));
        var changed = await desk.ChangeAsync(
            context.Author(), id, (_, source) =>
            {
                var labels = SourceForm.Labels(body, keep ? source.Labels : []);
                return body.Faults.Count > 0 ? WorkspaceRefusal.Invalid(body.Faults) : ResourceKind.Put(source with { Labels = labels });
            },
            context.RequestAborted);
        return changed.Refusal is { } refused
            ? ApiAnswer.Refused(refused)
            : ApiAnswer.Data(new JsonObject { ["labels"] = ApiJson.Labels(changed.Snapshot.FindSource(id)!) });
    }

    private static ApiAnswer Destinations(HttpRequest request, string id, LiveWorkspace workspace, DestinationCatalog catalog)
    {
        var now = workspace.Current;
        var (page, refusal) = ApiPage.Read(request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        if (now.FindSource(id) is null) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Source, id));
        var connected = now.Destinations.Where(destination => destination.SourceId == id).ToList();
        return ApiAnswer.Data(page.Cut("destinations", connected, destination => destination.Number, destination => ApiJson.Of(destination, catalog)));
    }

    private static ApiAnswer Warehouses(HttpRequest request, string id, LiveWorkspace workspace)
    {
        var (page, refusal) = ApiPage.Read(request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        return workspace.Current.FindSource(id) is null
            ? ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Source, id))
            : ApiAnswer.Data(page.Cut<JsonObject>("warehouses", [], _ => 0, warehouse => warehouse));
    }

    private static ApiAnswer Deleted(WorkspaceChanged changed) => changed.Refusal is { } refusal ? ApiAnswer.Refused(refusal) : ApiAnswer.Deleted();

    private static ApiAnswer Answer(WorkspaceChanged changed, string id, int status = StatusCodes.Status200OK) => changed.Refusal is { } refusal
        ? ApiAnswer.Refused(refusal)
        : ApiAnswer.Data(new JsonObject { ["source"] = ApiJson.Of(changed.Snapshot.FindSource(id)!, changed.Snapshot) }, status);
}
