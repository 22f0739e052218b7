using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tributary.Engine.Workspace;

/// <summary><c>/api/destinations</c>: the tools that receive events.</summary>
internal static class DestinationsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var destinations = api.MapGroup("/destinations").WithTags("Destinations");
        destinations.MapGet("/", List).WithName("listDestinations").WithSummary("All destinations, by age.");
        destinations.MapPost("/", CreateAsync).WithName("createDestination").WithSummary("Creates a destination of a source.");
        destinations.MapGet("/{id}", Get).WithName("getDestination").WithSummary("One destination.");
        destinations.MapPatch("/{id}", UpdateAsync).WithName("updateDestination").WithSummary("Changes the fields that are sent; settings are merged by key, null takes a key away.");
        destinations.MapDelete("/{id}", DeleteAsync).WithName("deleteDestination").WithSummary("Deletes a destination with its subscriptions and filters.");
        destinations.MapPost("/{id}/compare", CompareAsync).WithName("compareSettings").WithSummary("Which of the settings sent differ from what is stored, secrets included.");
        destinations.MapPost("/{id}/pause", (HttpContext context, string id, LiveWorkspace workspace, DestinationCatalog catalog) => PauseAsync(context, id, workspace, catalog, true))
            .WithName("pauseDestination").WithSummary("Sends nothing until it is resumed; events wait.");
        destinations.MapPost("/{id}/resume", (HttpContext context, string id, LiveWorkspace workspace, DestinationCatalog catalog) => PauseAsync(context, id, workspace, catalog, false))
            .WithName("resumeDestination").WithSummary("Goes on where it was paused.");
    }

    private static ApiAnswer List(HttpRequest request, LiveWorkspace workspace, DestinationCatalog catalog)
    {
        var (page, refusal) = ApiPage.Read(request);
        return refusal is null
            ? ApiAnswer.Data(page.Cut("destinations", workspace.Current.Destinations, destination => destination.Number, destination => ApiJson.Of(destination, catalog)))
            : ApiAnswer.Refused(refusal);
    }

    private static async Task<ApiAnswer> CreateAsync(HttpContext context, LiveWorkspace workspace, DestinationCatalog catalog, SecretBox secrets)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var id = WorkspaceSecrets.NewId();
        return Answer(await workspace.ChangeAsync(context.Author(), now => Create(body, now, catalog, secrets, id), context.RequestAborted), id, catalog);
    }

    private static WorkspaceEdit Create(JsonInput body, WorkspaceSnapshot now, DestinationCatalog catalog, SecretBox secrets, string id)
    {
        var sourceId = body.Text("sourceId", SourceForm.NameLengthMax, required: true) ?? "";
        if (sourceId.Length > 0 && now.FindSource(sourceId) is null) body.Fault("sourceId", $"There is no source \"{sourceId}\".");
        var metadataId = body.Text("metadataId", SourceForm.NameLengthMax, required: true) ?? "";
        if (metadataId.Length > 0 && catalog.Find(metadataId) is null)
            body.Fault("metadataId", $"metadataId \"{metadataId}\" is unknown. GET /api/catalog/destinations lists those that are there.");
        return Checked(body, catalog, secrets, [], new Destination
        {
            Id = id,
            Number = WorkspaceNumbers.Next(now, ResourceKind.Destination),
            Name = body.Text("name", SourceForm.NameLengthMax) ?? catalog.Find(metadataId)?.Name ?? metadataId,
            MetadataId = metadataId,
            Enabled = body.Flag("enabled") ?? true,
            SourceId = sourceId,
            Settings = SourceForm.Merge([], body.Object("settings")),
        });
    }

    private static ApiAnswer Get(string id, LiveWorkspace workspace, DestinationCatalog catalog) =>
        workspace.Current.FindDestination(id) is { } destination
            ? ApiAnswer.Data(new JsonObject { ["destination"] = ApiJson.Of(destination, catalog) })
            : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));

    private static async Task<ApiAnswer> UpdateAsync(HttpContext context, string id, LiveWorkspace workspace, DestinationCatalog catalog, SecretBox secrets)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var changed = await ChangeAsync(context, workspace, id, destination => Checked(body, catalog, secrets, destination.Settings, destination with
        {
            Name = body.Text("name", SourceForm.NameLengthMax) ?? destination.Name,
            Enabled = body.Flag("enabled") ?? destination.Enabled,
            Settings = SourceForm.Merge(destination.Settings, body.Object("settings")),
        }));
        return Answer(changed, id, catalog);
    }

    // Tells an administrator whether a secret is the one they have, and nobody what it is.
    private static async Task<ApiAnswer> CompareAsync(HttpRequest request, string id, LiveWorkspace workspace, SecretBox secrets)
    {
        var (body, refusal) = await JsonInput.ReadAsync(request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        if (workspace.Current.FindDestination(id) is not { } destination) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));
        var stored = secrets.UnsealReadable(destination.Settings);
        var differing = (body.Object("settings") ?? []).Where(pair => !JsonNode.DeepEquals(pair.Value, stored[pair.Key])).Select(pair => (JsonNode?)JsonValue.Create(pair.Key));
        return ApiAnswer.Data(new JsonObject { ["differing"] = new JsonArray([.. differing]) });
    }

    private static async Task<ApiAnswer> PauseAsync(HttpContext context, string id, LiveWorkspace workspace, DestinationCatalog catalog, bool paused) =>
        Answer(await ChangeAsync(context, workspace, id, destination => ResourceKind.Put(destination with { Paused = paused })), id, catalog);

    private static async Task<ApiAnswer> DeleteAsync(HttpContext context, string id, LiveWorkspace workspace)
    {
        var changed = await workspace.ChangeAsync(
            context.Author(),
            now => now.FindDestination(id) is null ? WorkspaceRefusal.NotFound(ResourceKind.Destination, id) : WorkspaceEdit.Of(ResourceKind.DeleteDestination(now, id)),
            context.RequestAborted);
        return changed.Refusal is { } refusal ? ApiAnswer.Refused(refusal) : ApiAnswer.Deleted();
    }

    // Checked in the clear, stored sealed.
    private static WorkspaceEdit Checked(JsonInput body, DestinationCatalog catalog, SecretBox secrets, JsonObject present, Destination destination)
    {
        var kind = catalog.Find(destination.MetadataId);
        var stored = secrets.Seal(destination.Settings, name => kind?.IsSecret(name) == true, present);
        foreach (var fault in DestinationSync.Check(stored)) body.Fault(fault.Field ?? "settings", fault.Message);
        if (kind is not null)
        {
            foreach (var fault in kind.Check(DestinationSync.Without(secrets.UnsealReadable(stored)))) body.Fault(fault.Field ?? "settings", fault.Message);
        }

        return body.Faults.Count == 0 ? ResourceKind.Put(destination with { Settings = stored }) : WorkspaceRefusal.Invalid(body.Faults);
    }

    private static ValueTask<WorkspaceChanged> ChangeAsync(HttpContext context, LiveWorkspace workspace, string id, Func<Destination, WorkspaceEdit> edit) =>
        workspace.ChangeAsync(
            context.Author(),
            now => now.FindDestination(id) is { } destination ? edit(destination) : WorkspaceRefusal.NotFound(ResourceKind.Destination, id),
            context.RequestAborted);

    private static ApiAnswer Answer(WorkspaceChanged changed, string id, DestinationCatalog catalog) => changed.Refusal is { } refusal
        ? ApiAnswer.Refused(refusal)
        : ApiAnswer.Data(new JsonObject { ["destination"] = ApiJson.Of(changed.Snapshot.FindDestination(id)!, catalog) });
}
