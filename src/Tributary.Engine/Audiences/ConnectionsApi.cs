using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Audiences;

/// <summary>Makes the list of an audience at a tool that wants one. Registered by the project that talks to such tools.</summary>
/// <param name="Makes">Whether a kind of destination, by its slug, wants a list to be made.</param>
/// <param name="MakeAsync">Makes it; gives the tool's own id of the list, or why there is none.</param>
public sealed record AudienceListMaker(Func<string, bool> Makes, Func<Destination, AudienceListRequest, CancellationToken, Task<(string? ExternalId, string? Error)>> MakeAsync);

/// <summary>The list that is to be made.</summary>
/// <param name="Name">What people call the audience.</param>
/// <param name="Personas">What events say of it in <c>context.personas</c>.</param>
/// <param name="Settings">What the tool wants to know of it; null for nothing.</param>
public sealed record AudienceListRequest(string Name, JsonObject Personas, JsonObject? Settings);

/// <summary><c>…/audiences/{id}/destination-connections</c>, and the same of computed traits: which tools hear of it, by which identifiers.</summary>
internal static class ConnectionsApi
{
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        Map(endpoints, "audiences", "audience", Computation.Audience);
        Map(endpoints, "computed-traits", "computedTrait", Computation.Trait);
    }

    private static void Map(IEndpointRouteBuilder endpoints, string path, string name, string kind)
    {
        var group = endpoints.MapGroup($"/api/spaces/{{spaceId}}/{path}/{{id}}/destination-connections").WithTags(kind == Computation.Audience ? "Audiences" : "Computed traits");
        group.MapGet("/", (string spaceId, string id, LiveWorkspace workspace) => List(spaceId, id, workspace.Current, name, kind)).WithName($"list{name}Connections").WithSummary("The destinations that hear of it.");
        group.MapPost("/", (HttpContext context, string spaceId, string id, ConnectionDesk desk) => AddAsync(context, spaceId, id, desk, name, kind))
            .WithName($"add{name}Connection").WithSummary("Connects a destination of the space; it hears of everybody who is in, then of each change.");
        group.MapPatch("/{connectionId}", (HttpContext context, string spaceId, string id, string connectionId, ConnectionDesk desk) => UpdateAsync(context, spaceId, id, connectionId, desk, name, kind))
            .WithName($"update{name}Connection").WithSummary("Changes what is sent; it counts for what happens from now on.");
        group.MapDelete("/{connectionId}", (HttpContext context, string spaceId, string id, string connectionId, ConnectionDesk desk) => RemoveAsync(context, spaceId, id, connectionId, desk, kind))
            .WithName($"remove{name}Connection").WithSummary("Disconnects a destination; it keeps what it knows.");
    }

    private static ApiAnswer List(string spaceId, string id, WorkspaceSnapshot now, string name, string kind) => ComputationsApi.Find(now, spaceId, id, kind) is var (_, computation)
        ? ApiAnswer.Data(new JsonObject { ["connections"] = new JsonArray([.. computation.Connections.Select(connection => ComputationJson.Of(connection, now))]) })
        : ComputationsApi.NotFound(name, id);

    private static async Task<ApiAnswer> AddAsync(HttpContext context, string spaceId, string id, ConnectionDesk desk, string name, string kind)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var (connectionId, changed) = await desk.AddAsync(context.Author(), spaceId, id, kind, body, context.RequestAborted);
        return Answer(changed, spaceId, id, connectionId, name, kind, StatusCodes.Status201Created);
    }

    private static async Task<ApiAnswer> UpdateAsync(HttpContext context, string spaceId, string id, string connectionId, ConnectionDesk desk, string name, string kind)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        return Answer(await desk.UpdateAsync(context.Author(), spaceId, id, kind, connectionId, body, context.RequestAborted), spaceId, id, connectionId, name, kind, StatusCodes.Status200OK);
    }

    private static async Task<ApiAnswer> RemoveAsync(HttpContext context, string spaceId, string id, string connectionId, ConnectionDesk desk, string kind) =>
        (await desk.RemoveAsync(context.Author(), spaceId, id, kind, connectionId, context.RequestAborted)).Refusal is { } failed ? ApiAnswer.Refused(failed) : ApiAnswer.Deleted();

    private static ApiAnswer Answer(in WorkspaceChanged changed, string spaceId, string id, string connectionId, string name, string kind, int status)
    {
        if (changed.Refusal is { } failed) return ApiAnswer.Refused(failed);
        return ComputationsApi.Find(changed.Snapshot, spaceId, id, kind) is var (_, computation) && computation.Connections.FirstOrDefault(each => each.Id == connectionId) is { } connection
            ? ApiAnswer.Data(new JsonObject { ["connection"] = ComputationJson.Of(connection, changed.Snapshot) }, status)
            : ComputationsApi.NotFound(name, id);
    }
}
