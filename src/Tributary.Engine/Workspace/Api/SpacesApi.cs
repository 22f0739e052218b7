using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tributary.Engine.Workspace;

/// <summary><c>/api/spaces</c>: isolated identity graphs and the rules by which each tells people apart. A space is named by id or slug.</summary>
internal static class SpacesApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var spaces = api.MapGroup("/spaces").WithTags("Spaces");
        spaces.MapGet("/", List).WithName("listSpaces").WithSummary("All spaces, by age.");
        spaces.MapPost("/", CreateAsync).WithName("createSpace").WithSummary("Creates a space with the default identity rules.");
        spaces.MapGet("/{id}", Get).WithName("getSpace").WithSummary("One space.");
        spaces.MapPatch("/{id}", UpdateAsync).WithName("updateSpace").WithSummary("Renames a space; its slug stays.");
        spaces.MapGet("/{id}/identity", GetIdentity).WithName("getIdentitySettings").WithSummary("The identity rules of a space.");
        spaces.MapPut("/{id}/identity", PutIdentityAsync).WithName("putIdentitySettings").WithSummary("Replaces the identity rules; they apply to events received from now on.");
    }

    private static ApiAnswer List(HttpRequest request, LiveWorkspace workspace)
    {
        var (page, refusal) = ApiPage.Read(request);
        return refusal is null
            ? ApiAnswer.Data(page.Cut("spaces", workspace.Current.Spaces, space => space.Number, ApiJson.Of))
            : ApiAnswer.Refused(refusal);
    }

    private static async Task<ApiAnswer> CreateAsync(HttpContext context, SpaceDesk desk)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var (id, changed) = await desk.CreateAsync(context.Author(), body, context.RequestAborted);
        return Answer(changed, id, StatusCodes.Status201Created);
    }

    private static ApiAnswer Get(string id, LiveWorkspace workspace) => workspace.Current.FindSpace(id) is { } space
        ? ApiAnswer.Data(new JsonObject { ["space"] = ApiJson.Of(space) })
        : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Space, id));

    private static async Task<ApiAnswer> UpdateAsync(HttpContext context, string id, SpaceDesk desk)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        return refusal is null ? Answer(await desk.RenameAsync(context.Author(), id, body, context.RequestAborted), id) : ApiAnswer.Refused(refusal);
    }

    private static ApiAnswer GetIdentity(string id, LiveWorkspace workspace) => workspace.Current.FindSpace(id) is { } space
        ? ApiAnswer.Data(ApiJson.Of(space.Identity))
        : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Space, id));

    private static async Task<ApiAnswer> PutIdentityAsync(HttpContext context, string id, SpaceDesk desk)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var changed = await desk.ChangeIdentityAsync(context.Author(), id, body, context.RequestAborted);
        return changed.Refusal is { } refused ? ApiAnswer.Refused(refused) : ApiAnswer.Data(ApiJson.Of(changed.Snapshot.FindSpace(id)!.Identity));
    }

    private static ApiAnswer Answer(WorkspaceChanged changed, string id, int status = StatusCodes.Status200OK) => changed.Refusal is { } refusal
        ? ApiAnswer.Refused(refusal)
        : ApiAnswer.Data(new JsonObject { ["space"] = ApiJson.Of(changed.Snapshot.FindSpace(id)!) }, status);
}
