using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Destinations.Functions;

/// <summary><c>/api/functions</c> in the shapes of Segment's Public API, and running one on a sample without saving it.</summary>
public static class FunctionsApi
{
    /// <summary>Maps functions, their versions and instances of insert functions; the caller adds authentication.</summary>
    public static void MapFunctionsApi(this IEndpointRouteBuilder api)
    {
        var functions = api.MapGroup("/api/functions").WithTags("Functions");
        functions.MapGet("/", List).WithName("listFunctions").WithSummary("All functions, by age: ?resourceType=.");
        functions.MapPost("/", CreateAsync).WithName("createFunction").WithSummary("Creates a function; its first version is deployed at once.");
        functions.MapPost("/run", (HttpContext context, LiveWorkspace workspace, SecretBox secrets, FunctionRuntime runtime) => RunAsync(context, null, workspace, secrets, runtime))
            .WithName("runCode").WithSummary("Runs code that is not saved on a sample event or request.");
        functions.MapGet("/{id}", Get).WithName("getFunction").WithSummary("One function.");
        functions.MapPatch("/{id}", UpdateAsync).WithName("updateFunction").WithSummary("Saves a new version; it runs when it is deployed.");
        functions.MapDelete("/{id}", DeleteAsync).WithName("deleteFunction").WithSummary("Deletes a function that nothing uses.");
        functions.MapPost("/{id}/deploy", DeployAsync).WithName("createFunctionDeployment").WithSummary("From now on the newest version runs.");
        functions.MapPost("/{id}/run", (HttpContext context, string id, LiveWorkspace workspace, SecretBox secrets, FunctionRuntime runtime) => RunAsync(context, id, workspace, secrets, runtime))
            .WithName("runFunction").WithSummary("Runs the newest version, or the code sent, on a sample event or request.");
        functions.MapGet("/{id}/versions", Versions).WithName("listFunctionVersions").WithSummary("The saved versions, the newest first.");
        functions.MapPost("/{id}/versions", RestoreAsync).WithName("restoreFunctionVersion").WithSummary("Makes an old version the newest one.");
        functions.MapGet("/{id}/versions/{version}", Version).WithName("getFunctionVersion").WithSummary("One version.");
        functions.MapGet("/{id}/logs", Logs).WithName("listFunctionLogs").WithSummary("The newest errors and console lines, the newest first; kept in memory.");
        InsertFunctionsApi.Map(api);
        FunctionTemplates.Map(api);
    }

    private static ApiAnswer List(HttpRequest request, LiveWorkspace workspace)
    {
        var (page, refusal) = ApiPage.Read(request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var type = request.Query["resourceType"].ToString();
        var now = workspace.Current;
        var functions = now.Functions.Where(function => type.Length == 0 || function.ResourceType == type).Select((function, at) => (Function: function, At: at + 1L)).ToList();
        return ApiAnswer.Data(page.Cut("functions", functions, item => item.At, item => FunctionForm.Of(item.Function, now)));
    }

    private static ApiAnswer Get(string id, LiveWorkspace workspace) => Answer(workspace.Current, id);

    private static async Task<ApiAnswer> CreateAsync(HttpContext context, LiveWorkspace workspace, TimeProvider clock)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var (id, at, author) = (WorkspaceSecrets.NewId(), clock.GetUtcNow().ToUnixTimeMilliseconds(), context.Author());
        var changed = await workspace.ChangeAsync(
            author,
            now =>
            {
                if (now.Functions.Length >= FunctionForm.CountMax) return WorkspaceRefusal.Conflict(null, $"A workspace has at most {FunctionForm.CountMax} functions.");
                var function = FunctionForm.Deployed(FunctionForm.Read(body, id, author, at), at);
                return body.Faults.Count > 0
                    ? WorkspaceRefusal.Invalid(body.Faults)
                    : WorkspaceEdit.Of(ResourceKind.Put(function), ResourceKind.Put(FunctionForm.VersionOf(function, author, at)));
            },
            context.RequestAborted);
        return Answer(changed, id);
    }

    private static async Task<ApiAnswer> UpdateAsync(HttpContext context, string id, LiveWorkspace workspace, TimeProvider clock)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        return await SaveAsync(context, id, workspace, clock, (function, _) =>
        {
            var updated = FunctionForm.Update(body, function);
            return body.Faults.Count > 0 ? (null, WorkspaceRefusal.Invalid(body.Faults)) : (updated, null);
        });
    }

    private static async Task<ApiAnswer> RestoreAsync(HttpContext context, string id, LiveWorkspace workspace, TimeProvider clock)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var wanted = body.Text("versionId", 100, required: true) ?? "";
        if (body.Faults.Count > 0) return ApiAnswer.Refused(WorkspaceRefusal.Invalid(body.Faults));
        var answer = await SaveAsync(context, id, workspace, clock, (function, now) => now.VersionsOf(id).FirstOrDefault(version => version.Id == wanted) is { } old
            ? (function with { Code = old.Code, Settings = old.Settings, Version = function.Version + 1 }, null)
            : (null, WorkspaceRefusal.NotFound("version", wanted)));
        return answer.Status == StatusCodes.Status200OK
            ? ApiAnswer.Data(new JsonObject { ["version"] = FunctionForm.Of(workspace.Current.VersionsOf(id).First()) })
            : answer;
    }

    private static async Task<ApiAnswer> SaveAsync(
        HttpContext context, string id, LiveWorkspace workspace, TimeProvider clock, Func<Function, WorkspaceSnapshot, (Function? Function, WorkspaceRefusal? Refusal)> edit)
    {
        var (at, author) = (clock.GetUtcNow().ToUnixTimeMilliseconds(), context.Author());
        var changed = await workspace.ChangeAsync(
            author,
            now =>
            {
                if (now.FindFunction(id) is not { } function) return WorkspaceRefusal.NotFound(ResourceKind.Function, id);
                var (saved, refusal) = edit(function, now);
                if (saved is null) return refusal!;
                if (saved.Version == function.Version) return ResourceKind.Put(saved);
                var forgotten = now.VersionsOf(id).Skip(FunctionForm.VersionsMax - 1).Select(version => ResourceKind.Delete(ResourceKind.FunctionVersion, version.Id));
                return WorkspaceEdit.Of([ResourceKind.Put(saved), ResourceKind.Put(FunctionForm.VersionOf(saved, author, at)), .. forgotten]);
            },
            context.RequestAborted);
        return Answer(changed, id);
    }

    private static async Task<ApiAnswer> DeployAsync(HttpContext context, string id, LiveWorkspace workspace, TimeProvider clock)
    {
        var at = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var changed = await workspace.ChangeAsync(
            context.Author(),
            now => now.FindFunction(id) is { } function
                ? function.DeployedVersion == function.Version ? WorkspaceEdit.Of([]) : ResourceKind.Put(FunctionForm.Deployed(function, at))
                : WorkspaceRefusal.NotFound(ResourceKind.Function, id),
            context.RequestAborted);
        return changed.Refusal is { } refusal ? ApiAnswer.Refused(refusal) : ApiAnswer.Data(new JsonObject { ["functionDeployment"] = new JsonObject { ["status"] = "SUCCESS" } });
    }

    private static async Task<ApiAnswer> DeleteAsync(HttpContext context, string id, LiveWorkspace workspace)
    {
        var changed = await workspace.ChangeAsync(
            context.Author(),
            now => now.FindFunction(id) is null
                ? WorkspaceRefusal.NotFound(ResourceKind.Function, id)
                : WorkspaceEdit.Of([.. now.VersionsOf(id).Select(version => ResourceKind.Delete(ResourceKind.FunctionVersion, version.Id)), ResourceKind.Delete(ResourceKind.Function, id)]),
            context.RequestAborted);
        return changed.Refusal is { } refusal ? ApiAnswer.Refused(refusal) : ApiAnswer.Deleted();
    }

    private static ApiAnswer Versions(HttpRequest request, string id, LiveWorkspace workspace)
    {
        var (page, refusal) = ApiPage.Read(request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        if (workspace.Current.FindFunction(id) is null) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Function, id));
        return ApiAnswer.Data(page.Cut("versions", [.. workspace.Current.VersionsOf(id)], version => -version.Number, FunctionForm.Of));
    }

    private static ApiAnswer Version(string id, string version, LiveWorkspace workspace) => workspace.Current.VersionsOf(id).FirstOrDefault(each => each.Id == version) is { } found
        ? ApiAnswer.Data(new JsonObject { ["version"] = FunctionForm.Of(found) })
        : ApiAnswer.Refused(WorkspaceRefusal.NotFound("version", version));

    private static ApiAnswer Logs(string id, LiveWorkspace workspace, SecretBox secrets, FunctionRuntime runtime)
    {
        if (workspace.Current.FindFunction(id) is not { } function) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Function, id));
        var mask = FunctionSecrets.MaskOf(function, workspace.Current, secrets, []);
        return ApiAnswer.Data(new JsonObject
        {
            ["logs"] = new JsonArray([.. runtime.Logs.Of(id).Select(line =>
                new JsonObject { ["time"] = ApiJson.Time(line.At), ["level"] = line.IsError ? "error" : "log", ["message"] = mask.Clean(line.Text) })]),
        });
    }

    // {"code"?, "resourceType"?, "event" | "events" | "request", "settings"?, "dryRun"?}
    private static async Task<ApiAnswer> RunAsync(HttpContext context, string? id, LiveWorkspace workspace, SecretBox secrets, FunctionRuntime runtime)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var function = id is null ? null : workspace.Current.FindFunction(id);
        if (id is not null && function is null) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Function, id));
        body.Allow("code", "resourceType", "event", "events", "request", "settings", "dryRun");
        var code = body.Verbatim("code", FunctionForm.CodeLengthMax) ?? function?.Code ?? "";
        if (code.Length == 0) body.Fault("code", "code is required.");
        var request = body.Object("request");
        var events = body.Has("events") ? new JsonArray([.. body.Objects("events", FunctionCall.EventsMax).Select(each => each.Whole())]) : body.Object("event") is { } single ? [single] : null;
        if ((request is null) == (events is null)) body.Fault("event", "Send an event, events, or the request of a source function.");
        if (events is { Count: 0 }) body.Fault("events", "events must not be empty.");
        if (body.Faults.Count > 0) return ApiAnswer.Refused(WorkspaceRefusal.Invalid(body.Faults));
        if (runtime.Missing is { } missing) return ApiAnswer.Refused(WorkspaceRefusal.Conflict(null, missing));
        var type = request is not null ? Function.SourceType : body.Text("resourceType", 50) ?? function?.ResourceType ?? Function.DestinationType;
        var settings = body.Object("settings") ?? [];
        var call = new FunctionCall(
            new FunctionCode(id ?? "", "", code),
            request is not null ? FunctionUse.Source : type == Function.InsertType ? FunctionUse.Insert : FunctionUse.Destination,
            JsonSerializer.SerializeToUtf8Bytes<JsonNode>(request is not null ? request : events!),
            request is not null ? 1 : events!.Count,
            settings)
        { IsDryRun = body.Flag("dryRun") ?? false };
        if (body.Faults.Count > 0) return ApiAnswer.Refused(WorkspaceRefusal.Invalid(body.Faults));
        var trace = new WireTrace(keepsSuccess: true);
        var result = await runtime.RunOnceAsync(call, trace, context.RequestAborted);
        return ApiAnswer.Data(FunctionRun.Of(result, trace, FunctionSecrets.MaskOf(function, workspace.Current, secrets, settings)));
    }

    private static ApiAnswer Answer(WorkspaceSnapshot now, string id) => now.FindFunction(id) is { } function
        ? ApiAnswer.Data(new JsonObject { ["function"] = FunctionForm.Of(function, now) })
        : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Function, id));

    private static ApiAnswer Answer(WorkspaceChanged changed, string id) => changed.Refusal is { } refusal ? ApiAnswer.Refused(refusal) : Answer(changed.Snapshot, id);
}
