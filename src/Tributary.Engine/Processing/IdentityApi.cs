using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Log;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Processing;

/// <summary><c>POST /api/spaces/{id}/identity/simulate</c>: tries identity rules on the whole history.</summary>
public static class IdentityApi
{
    /// <summary>Maps the route; the caller adds authentication.</summary>
    /// <param name="endpoints">Where.</param>
    /// <param name="parse">Checks identity settings as a PUT of them does: the settings, or the field at fault and what is wrong with it.</param>
    public static void Map(IEndpointRouteBuilder endpoints, Func<JsonNode?, (IdentitySettings? Settings, string? Field, string? Error)> parse) =>
        endpoints.MapPost("/api/spaces/{id}/identity/simulate", (HttpContext context, string id, Func<WorkspaceSnapshot> workspace, IdentitySimulation simulation) =>
            SimulateAsync(context, id, workspace(), simulation, parse)).WithSummary("Try identity rules on the whole history").WithTags("Spaces");

    private static async Task<IResult> SimulateAsync(
        HttpContext context, string id, WorkspaceSnapshot workspace, IdentitySimulation simulation,
        Func<JsonNode?, (IdentitySettings? Settings, string? Field, string? Error)> parse)
    {
        if (workspace.FindSpace(id) is not { } space) return Failed(StatusCodes.Status404NotFound, "not_found", "Space was not found.", "id");
        JsonNode? body;
        try
        {
            body = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        }
        catch (JsonException)
        {
            return Failed(StatusCodes.Status400BadRequest, "validation_error", "The body must be a JSON object.", null);
        }

        var (settings, field, error) = parse(body);
        if (settings is null) return Failed(StatusCodes.Status400BadRequest, "validation_error", error ?? "The settings are not valid.", field);
        try
        {
            // It may take minutes and one core; the request waits on a thread of its own.
            var result = await Task.Factory.StartNew(
                () => simulation.Run(space, settings, context.RequestAborted), context.RequestAborted, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            return Results.Json(new JsonObject { ["data"] = result });
        }
        catch (LogOffsetGoneException gone)
        {
            return Failed(StatusCodes.Status409Conflict, "conflict", gone.Message, null);
        }
    }

    private static IResult Failed(int status, string type, string message, string? field) =>
        Results.Json(new { errors = new[] { new { type, message, field } } }, statusCode: status);
}
