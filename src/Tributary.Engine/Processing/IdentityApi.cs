using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Log;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Processing;

/// <summary><c>POST /api/spaces/{id}/identity/simulate</c>: tries identity rules on the whole history.</summary>
public static class IdentityApi
{
    /// <summary>Maps the route; the caller adds authentication. The body is that of a PUT of the settings.</summary>
    public static void MapIdentityApi(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapPost("/api/spaces/{id}/identity/simulate", (HttpContext context, string id, Func<WorkspaceSnapshot> workspace, IdentitySimulation simulation) =>
            SimulateAsync(context, id, workspace(), simulation)).WithSummary("Try identity rules on the whole history").WithTags("Spaces");

    private static async Task<IResult> SimulateAsync(HttpContext context, string id, WorkspaceSnapshot workspace, IdentitySimulation simulation)
    {
        if (workspace.FindSpace(id) is not { } space) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Space, id));
        var (body, unreadable) = await JsonInput.ReadAsync(context.Request);
        if (unreadable is not null) return ApiAnswer.Refused(unreadable);
        var (settings, invalid) = IdentitySettingsForm.Parse(body);
        if (invalid is not null) return ApiAnswer.Refused(invalid);
        try
        {
            return ApiAnswer.Data(await simulation.RunAsync(space, settings, null, context.RequestAborted));
        }
        catch (LogOffsetGoneException gone)
        {
            return ApiAnswer.Failed(StatusCodes.Status409Conflict, "conflict", [new WorkspaceFault(null, gone.Message)]);
        }
    }
}
