using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Workspace;

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
        functions.MapPost("/run", (HttpContext context, FunctionWork work) => RunAsync(context, null, work))
            .WithName("runCode").WithSummary("Runs code that is not saved on a sample event or request.");
        functions.MapGet("/{id}", Get).WithName("getFunction").WithSummary("One function.");
        functions.MapPatch("/{id}", UpdateAsync).WithName("updateFunction").WithSummary("Saves a new version; it runs when it is deployed.");
        functions.MapDelete("/{id}", DeleteAsync).WithName("deleteFunction").WithSummary("Deletes a function that nothing uses.");
        functions.MapPost("/{id}/deploy", DeployAsync).WithName("createFunctionDeployment").WithSummary("From now on the newest version runs.");
        functions.MapPost("/{id}/run", (HttpContext context, string id, FunctionWork work) => RunAsync(context, id, work))
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

    private static async Task<ApiAnswer> CreateAsync(HttpContext context, FunctionWork work)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var (id, changed) = await work.CreateAsync(context.Author(), body, context.RequestAborted);
        return Answer(changed, id);
    }

    private static async Task<ApiAnswer> UpdateAsync(HttpContext context, string id, FunctionWork work)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        return refusal is null ? Answer(await work.UpdateAsync(context.Author(), id, body, context.RequestAborted), id) : ApiAnswer.Refused(refusal);
    }

    private static async Task<ApiAnswer> RestoreAsync(HttpContext context, string id, FunctionWork work)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var wanted = body.Text("versionId", 100, required: true) ?? "";
        if (body.Faults.Count > 0) return ApiAnswer.Refused(WorkspaceRefusal.Invalid(body.Faults));
        var changed = await work.RestoreAsync(context.Author(), id, wanted, context.RequestAborted);
        return changed.Refusal is { } broken
            ? ApiAnswer.Refused(broken)
            : ApiAnswer.Data(new JsonObject { ["version"] = FunctionForm.Of(changed.Snapshot.VersionsOf(id).First()) });
    }

    private static async Task<ApiAnswer> DeployAsync(HttpContext context, string id, FunctionWork work) =>
        (await work.DeployAsync(context.Author(), id, context.RequestAborted)).Refusal is { } refusal
            ? ApiAnswer.Refused(refusal)
            : ApiAnswer.Data(new JsonObject { ["functionDeployment"] = new JsonObject { ["status"] = "SUCCESS" } });

    private static async Task<ApiAnswer> DeleteAsync(HttpContext context, string id, FunctionWork work) =>
        (await work.DeleteAsync(context.Author(), id, context.RequestAborted)).Refusal is { } refusal ? ApiAnswer.Refused(refusal) : ApiAnswer.Deleted();

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

    private static ApiAnswer Logs(string id, FunctionWork work) => work.Logs(id) is { } logs
        ? ApiAnswer.Data(new JsonObject { ["logs"] = logs })
        : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Function, id));

    private static async Task<ApiAnswer> RunAsync(HttpContext context, string? id, FunctionWork work)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var (answer, broken) = await work.RunAsync(id, body, context.RequestAborted);
        return answer is null ? ApiAnswer.Refused(broken!) : ApiAnswer.Data(answer);
    }

    private static ApiAnswer Answer(WorkspaceSnapshot now, string id) => now.FindFunction(id) is { } function
        ? ApiAnswer.Data(new JsonObject { ["function"] = FunctionForm.Of(function, now) })
        : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Function, id));

    private static ApiAnswer Answer(WorkspaceChanged changed, string id) => changed.Refusal is { } refusal ? ApiAnswer.Refused(refusal) : Answer(changed.Snapshot, id);
}
