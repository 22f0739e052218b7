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
        destinations.MapPost("/{id}/pause", (HttpContext context, string id, DestinationDesk desk, DestinationCatalog catalog) => PauseAsync(context, id, desk, catalog, true))
            .WithName("pauseDestination").WithSummary("Sends nothing until it is resumed; events wait.");
        destinations.MapPost("/{id}/resume", (HttpContext context, string id, DestinationDesk desk, DestinationCatalog catalog) => PauseAsync(context, id, desk, catalog, false))
            .WithName("resumeDestination").WithSummary("Goes on where it was paused.");
    }

    private static ApiAnswer List(HttpRequest request, LiveWorkspace workspace, DestinationCatalog catalog)
    {
        var (page, refusal) = ApiPage.Read(request);
        return refusal is null
            ? ApiAnswer.Data(page.Cut("destinations", workspace.Current.Destinations, destination => destination.Number, destination => ApiJson.Of(destination, catalog)))
            : ApiAnswer.Refused(refusal);
    }

    private static async Task<ApiAnswer> CreateAsync(HttpContext context, DestinationDesk desk, DestinationCatalog catalog)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var (id, changed) = await desk.CreateAsync(context.Author(), body, context.RequestAborted);
        return Answer(changed, id, catalog);
    }

    private static ApiAnswer Get(string id, LiveWorkspace workspace, DestinationCatalog catalog) =>
        workspace.Current.FindDestination(id) is { } destination
            ? ApiAnswer.Data(new JsonObject { ["destination"] = ApiJson.Of(destination, catalog) })
            : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));

    private static async Task<ApiAnswer> UpdateAsync(HttpContext context, string id, DestinationDesk desk, DestinationCatalog catalog)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        return refusal is null ? Answer(await desk.UpdateAsync(context.Author(), id, body, context.RequestAborted), id, catalog) : ApiAnswer.Refused(refusal);
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

    private static async Task<ApiAnswer> PauseAsync(HttpContext context, string id, DestinationDesk desk, DestinationCatalog catalog, bool paused) =>
        Answer(await desk.PauseAsync(context.Author(), id, paused, context.RequestAborted), id, catalog);

    private static async Task<ApiAnswer> DeleteAsync(HttpContext context, string id, DestinationDesk desk) =>
        (await desk.DeleteAsync(context.Author(), id, context.RequestAborted)).Refusal is { } refusal ? ApiAnswer.Refused(refusal) : ApiAnswer.Deleted();

    private static ApiAnswer Answer(WorkspaceChanged changed, string id, DestinationCatalog catalog) => changed.Refusal is { } refusal
        ? ApiAnswer.Refused(refusal)
        : ApiAnswer.Data(new JsonObject { ["destination"] = ApiJson.Of(changed.Snapshot.FindDestination(id)!, catalog) });
}
