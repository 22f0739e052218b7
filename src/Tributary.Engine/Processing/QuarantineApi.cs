using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Log;
using Tributary.Engine.Profiles;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Processing;

/// <summary>
/// <c>GET /api/sources/{id}/quarantine</c> lists what made a stage throw; <c>POST /api/sources/{id}/quarantine/{offset}/replay</c> sends one of them through
/// the river again, after the cause is mended.
/// </summary>
public static class QuarantineApi
{
    private const int ListedMax = 100;

    /// <summary>Maps the routes; the caller adds authentication.</summary>
    public static void MapQuarantineApi(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/api/sources/{id}/quarantine", List).WithSummary("Messages that made a stage fail").WithTags("Sources");
        endpoints.MapPost("/api/sources/{id}/quarantine/{offset:long}/replay", ReplayAsync).WithSummary("Send a quarantined message through the river again").WithTags("Sources");
    }

    private static ApiAnswer List(string id, Func<WorkspaceSnapshot> workspace, EventQueries events)
    {
        if (workspace().FindSource(id) is not { } source) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Source, id));
        var rows = events.ListRejected(source.Number, isQuarantined: true).Take(ListedMax).Select(rejection => (JsonNode)new JsonObject
        {
            ["receivedOffset"] = rejection.Offset.Value,
            ["messageId"] = rejection.MessageId,
            ["receivedAt"] = ProfileWriter.Iso(rejection.ReceivedAt),
            ["code"] = rejection.Code,
            ["detail"] = rejection.Detail,
            ["payload"] = events.ReadPayload(rejection) is { } payload ? Encoding.UTF8.GetString(payload.Span) : null,
        });
        return ApiAnswer.Data(new JsonObject { ["quarantine"] = new JsonArray([.. rows]) });
    }

    private static async Task<ApiAnswer> ReplayAsync(string id, long offset, Func<WorkspaceSnapshot> workspace, EventQueries events, ReceivedLog received)
    {
        if (workspace().FindSource(id) is not { } source) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Source, id));
        var rejection = events.FindRejected(source.Number, new LogOffset(offset), isQuarantined: true);
        if (rejection is null || events.ReadReceived(rejection.Offset) is not { } bytes)
        {
            var message = string.Create(CultureInfo.InvariantCulture, $"No message of this source is in quarantine at {offset}.");
            return ApiAnswer.Failed(StatusCodes.Status404NotFound, "not-found", [new WorkspaceFault("offset", message)]);
        }

        var records = new LogRecords();
        records.Add(bytes.Span);
        var appended = await received.Log.AppendAsync(records);
        if (appended.IsBusy) return ApiAnswer.Failed(StatusCodes.Status429TooManyRequests, "too-many-requests", [new WorkspaceFault(null, "The log is busy; try again.")]);
        return ApiAnswer.Data(new JsonObject { ["messageId"] = rejection.MessageId, ["receivedOffset"] = appended.First.Value });
    }
}
