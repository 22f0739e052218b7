using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Tributary.Engine.Audiences;
using Tributary.Engine.Traits.Language;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake.Evaluating;

/// <summary>What the lake says of definitions: previews of those that are not saved, checks of those that are.</summary>
internal static partial class EvaluatingApi
{
    // A preview that is this quick is there with the first answer.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(900);

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var previews = endpoints.MapGroup("/api/spaces/{spaceId}/audiences/previews").WithTags("Audiences");
        previews.MapPost("/", PreviewAsync).WithName("createAudiencePreview").WithSummary("Counts who would be in, with a sample, without saving anything.");
        previews.MapGet("/{id}", GetPreviewAsync).WithName("getAudiencePreview").WithSummary("A preview that was asked for; kept for a while.");
        foreach (var (path, name, kind) in new[] { ("audiences", "audience", Computation.Audience), ("computed-traits", "computedTrait", Computation.Trait) })
        {
            endpoints.MapPost($"/api/spaces/{{spaceId}}/{path}/{{id}}/verify", (HttpContext context, string spaceId, string id, LiveWorkspace workspace, AudienceVerifier verifier, ILoggerFactory loggers) =>
                VerifyAsync(context, spaceId, id, workspace, verifier, loggers, name, kind))
                .WithName($"verify{name}").WithTags(kind == Computation.Audience ? "Audiences" : "Computed traits")
                .WithSummary("Computes everything again from the history and says where what is live differs; with {\"repair\": true} builds it anew where it does.");
        }
    }

    private static async Task<ApiAnswer> PreviewAsync(HttpContext context, string spaceId, LiveWorkspace workspace, AudiencePreviewDesk desk, TimeProvider clock)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var now = workspace.Current;
        if (now.FindSpace(spaceId) is not { } space) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Space, spaceId));
        var definition = body.Nested("definition");
        if (definition is null) body.Fault("definition", "definition is required: {\"type\": \"USERS\" or \"ACCOUNTS\", \"query\": \"…\"}.");
        var type = definition?.Text("type", 20) ?? "USERS";
        if (type is not ("USERS" or "ACCOUNTS")) body.Fault("definition.type", "type must be USERS or ACCOUNTS.");
        var query = definition?.Text("query", QueryParser.LengthMax, required: true, mayHaveLines: true) ?? "";
        Definition? parsed = null;
        if (query.Length > 0 && !QueryParser.TryParse(query, type == "ACCOUNTS" ? DefinitionScope.Accounts : DefinitionScope.Users, null, out parsed, out var fault)) definition!.Fault("query", fault.ToString());
        var ids = ComputationForm.ExternalIds(body, type);
        if (body.Faults.Count > 0 || parsed is null) return ApiAnswer.Refused(WorkspaceRefusal.Invalid(body.Faults));
        if (desk.Begin(parsed, now, space, ids) is not { } pending) return ApiAnswer.Refused(new WorkspaceRefusal(RefusalReason.Busy, [new(null, "Too many previews are under way.")]));
        await Task.WhenAny(pending.Answer, Task.Delay(Patience, clock, context.RequestAborted));
        return ApiAnswer.Data(new JsonObject { ["audiencePreview"] = await JsonAsync(pending) }, StatusCodes.Status201Created);
    }

    private static async Task<ApiAnswer> GetPreviewAsync(string spaceId, string id, LiveWorkspace workspace, AudiencePreviewDesk desk) =>
        workspace.Current.FindSpace(spaceId) is { } space && desk.Find(space.Id, id) is { } pending
            ? ApiAnswer.Data(new JsonObject { ["audiencePreview"] = await JsonAsync(pending) })
            : ApiAnswer.Refused(WorkspaceRefusal.NotFound("preview", id));

    private static async Task<JsonObject> JsonAsync(PendingPreview pending)
    {
        var type = pending.Definition.Scope == DefinitionScope.Accounts ? "ACCOUNTS" : "USERS";
        var json = new JsonObject
        {
            ["id"] = pending.Id,
            ["audienceType"] = type,
            ["definition"] = new JsonObject { ["type"] = type, ["query"] = QueryPrinter.Print(pending.Definition) },
            ["status"] = "RUNNING",
        };
        if (!pending.Answer.IsCompleted) return json;
        var (preview, error) = pending.Answer.IsCompletedSuccessfully ? await pending.Answer : new AudiencePreviewAnswer(null, "The preview failed. The log of the server says why.");
        json["status"] = preview is null ? "FAILED" : "COMPLETED";
        if (preview is null)
        {
            json["failureReason"] = error;
            return json;
        }

        json["size"] = new JsonObject { ["count"] = preview.Count, ["type"] = type };
        json["results"] = new JsonArray([.. preview.Sample.Select(id => (JsonNode)new JsonObject { ["id"] = id.ToString() })]);
        return json;
    }

    private static async Task<ApiAnswer> VerifyAsync(
        HttpContext context, string spaceId, string id, LiveWorkspace workspace, AudienceVerifier verifier, ILoggerFactory loggers, string name, string kind)
    {
        var (body, refusal) = context.Request.ContentLength is null or 0 ? (JsonInput.Of([]), null) : await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var repair = body.Flag("repair") ?? false;
        if (body.Faults.Count > 0) return ApiAnswer.Refused(WorkspaceRefusal.Invalid(body.Faults));
        var now = workspace.Current;
        if (ComputationsApi.Find(now, spaceId, id, kind) is not var (_, computation)) return ComputationsApi.NotFound(name, id);
        var result = await verifier.VerifyAsync(computation, now, context.RequestAborted);
        if (result.Refusal is { } why) return ApiAnswer.Refused(WorkspaceRefusal.Conflict(null, why));
        var isRepaired = false;
        if (result.Count > 0)
        {
            LogDifferences(loggers.CreateLogger(typeof(EvaluatingApi)), computation.Key, result.Count, result.Profiles);
            if (repair)
            {
                // A new version that shares nothing with others is filled from the history; until it is complete the old one answers.
                var changed = await ComputationsApi.ChangeAsync(context, spaceId, id, workspace, kind, (snapshot, current) =>
                    ResourceKind.Put(current with { Version = checked((uint)snapshot.Revision + 1), Rebuilt = checked((uint)snapshot.Revision + 1) }));
                if (changed.Refusal is { } refused) return ApiAnswer.Refused(refused);
                LogRebuilding(loggers.CreateLogger(typeof(EvaluatingApi)), computation.Key);
                isRepaired = true;
            }
        }

        return ApiAnswer.Data(new JsonObject
        {
            ["verification"] = new JsonObject
            {
                ["profiles"] = result.Profiles,
                ["differing"] = result.Count,
                ["overLimit"] = result.OverLimit,
                ["differences"] = new JsonArray([.. result.Differences.Select(each => (JsonNode)new JsonObject
                {
                    ["profile"] = each.Profile.ToString(),
                    ["live"] = each.Live is null ? null : JsonNode.Parse(each.Live),
                    ["history"] = each.Lake is null ? null : JsonNode.Parse(each.Lake),
                    ["overLimit"] = each.IsOverLimit,
                })]),
                ["repairing"] = isRepaired,
            },
        });
    }

    [LoggerMessage(EventId = 4202, Level = LogLevel.Error, Message = "{Key} is built anew from the history.")]
    private static partial void LogRebuilding(ILogger logger, string key);

    [LoggerMessage(EventId = 4201, Level = LogLevel.Error, Message = "What is live of {Key} differs from the history for {Count} of {Profiles} profiles.")]
    private static partial void LogDifferences(ILogger logger, string key, long count, long profiles);
}
