using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery;

/// <summary>What an operator does with a destination: look at samples, try an event without sending it, send events again.</summary>
internal static class DestinationOperationsApi
{
    private const int SamplesMax = 1_000;

    public static void Map(IEndpointRouteBuilder api)
    {
        var destination = api.MapGroup("/destinations/{id}").WithTags("Destinations");
        destination.MapGet("/samples", Samples).WithName("listDeliverySamples").WithSummary("Attempts as they went over the wire, newest first, without secrets: ?reason=&limit=.");
        destination.MapPost("/test", TestAsync).WithName("testDestination").WithSummary("What an event would do: subscriptions with reasons, and requests that would be sent. Sends nothing.");
        destination.MapPost("/replay", ReplayAsync).WithName("replayDestination").WithSummary("Sends events again: from, to, reason, filter; dryRun only counts them.");
        destination.MapPost("/retry", Retry).WithName("retryDestination").WithSummary("Tries again at once what waits for a later attempt.");
        destination.MapGet("/replay", GetReplay).WithName("getReplay").WithSummary("How the last replay goes.");
        destination.MapDelete("/replay", EndReplayAsync).WithName("endReplay").WithSummary("Ends the replay that runs.");
    }

    private static IResult Samples(HttpRequest request, string id, Func<WorkspaceSnapshot> workspace, IStateStore store)
    {
        if (workspace().FindDestination(id) is not { } destination) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));
        var limit = int.TryParse(request.Query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? Math.Clamp(asked, 1, SamplesMax) : 100;
        var reason = request.Query["reason"].ToString();
        var samples = DeliverySamples.Newest(store, destination.Number, reason.Length == 0 ? null : reason, limit);
        return WrittenAnswer.Data(json =>
        {
            json.WriteStartArray("samples");
            foreach (var sample in samples) json.WriteRawValue(sample.Json, skipInputValidation: true);
            json.WriteEndArray();
        });
    }

    private static async Task<IResult> TestAsync(HttpContext context, string id, Func<WorkspaceSnapshot> workspace, TestEvent test)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var now = workspace();
        if (now.FindDestination(id) is not { } destination) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));
        var message = body.Object("event");
        if (!test.TryComplete(body, message, out var type)) return ApiAnswer.Refused(WorkspaceRefusal.Invalid(body.Faults));
        return WrittenAnswer.Raw(await test.AskAsync(now, destination, message, type, context.RequestAborted));
    }

    private static async Task<IResult> ReplayAsync(HttpContext context, string id, ReplayDesk desk)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var isDryRun = body.Flag("dryRun") ?? false;
        var asked = await desk.AskAsync(id, body, isDryRun, context.RequestAborted);
        if (asked.Refusal is { } broken) return ApiAnswer.Refused(broken);
        return asked.Replay is { } running
            ? ApiAnswer.Data(new JsonObject { ["count"] = asked.Count, ["replay"] = ReplayQueries.Of(running) })
            : ApiAnswer.Data(new JsonObject { ["count"] = asked.Count });
    }

    private static ApiAnswer Retry(string id, ReplayDesk desk) =>
        desk.Retry(id) is { } refusal ? ApiAnswer.Refused(refusal) : ApiAnswer.Data(new JsonObject { ["status"] = "SUCCESS" });

    private static IResult GetReplay(string id, Func<WorkspaceSnapshot> workspace, ReplayQueries replays)
    {
        if (workspace().FindDestination(id) is not { } destination) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));
        return replays.Find(destination) is { } replay
            ? ApiAnswer.Data(new JsonObject { ["replay"] = ReplayQueries.Of(replay) })
            : ApiAnswer.Refused(WorkspaceRefusal.NotFound("replay of destination", id));
    }

    private static async Task<IResult> EndReplayAsync(HttpContext context, string id, Func<WorkspaceSnapshot> workspace, ReplayQueries replays)
    {
        if (workspace().FindDestination(id) is not { } destination) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));
        return await replays.EndAsync(destination, context.RequestAborted) is { } replay
            ? ApiAnswer.Data(new JsonObject { ["replay"] = ReplayQueries.Of(replay) })
            : ApiAnswer.Refused(WorkspaceRefusal.NotFound("replay of destination", id));
    }
}
