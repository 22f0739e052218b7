using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Workspace;

namespace Tributary.Destinations.Functions;

/// <summary><c>/api/insert-function-instances</c>: insert functions in front of destinations.</summary>
internal static class InsertFunctionsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var instances = api.MapGroup("/api/insert-function-instances").WithTags("Functions");
        instances.MapGet("/", List).WithName("listInsertFunctionInstances").WithSummary("All instances, by age: ?resourceId= of a destination.");
        instances.MapPost("/", CreateAsync).WithName("createInsertFunctionInstance").WithSummary("Puts an insert function in front of a destination.");
        instances.MapGet("/{id}", Get).WithName("getInsertFunctionInstance").WithSummary("One instance.");
        instances.MapPatch("/{id}", UpdateAsync).WithName("updateInsertFunctionInstance").WithSummary("Changes the fields that are sent; settings are merged by key.");
        instances.MapDelete("/{id}", DeleteAsync).WithName("deleteInsertFunctionInstance").WithSummary("Takes an insert function away.");
    }

    private static ApiAnswer List(HttpRequest request, LiveWorkspace workspace)
    {
        var (page, refusal) = ApiPage.Read(request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var now = workspace.Current;
        var destination = request.Query["resourceId"].ToString();
        var instances = now.InsertFunctions.Where(instance => destination.Length == 0 || instance.DestinationId == destination).Select((instance, at) => (Instance: instance, At: at + 1L)).ToList();
        return ApiAnswer.Data(page.Cut("instances", instances, item => item.At, item => FunctionForm.Of(item.Instance, now.FindFunction(item.Instance.FunctionId))));
    }

    private static ApiAnswer Get(string id, LiveWorkspace workspace) => Answer(workspace.Current, id);

    private static async Task<ApiAnswer> CreateAsync(HttpContext context, FunctionWork work)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var (id, changed) = await work.InsertAsync(context.Author(), body, context.RequestAborted);
        return changed.Refusal is { } broken ? ApiAnswer.Refused(broken) : Answer(changed.Snapshot, id);
    }

    internal static WorkspaceEdit Create(JsonInput body, WorkspaceSnapshot now, SecretBox secrets, string id, long at)
    {
        var functionId = body.Text("functionId", 100, required: true) ?? "";
        var destinationId = body.Text("integrationId", 100, required: true) ?? "";
        if (functionId.Length > 0 && now.FindFunction(functionId)?.ResourceType != Function.InsertType) body.Fault("functionId", $"There is no insert function \"{functionId}\".");
        if (destinationId.Length > 0 && now.FindDestination(destinationId) is null) body.Fault("integrationId", $"There is no destination \"{destinationId}\".");
        return Checked(body, now, secrets, [], new InsertFunction
        {
            Id = id,
            Name = body.Text("name", 120, required: true) ?? "",
            FunctionId = functionId,
            DestinationId = destinationId,
            Enabled = body.Flag("enabled") ?? false,
            Settings = body.Object("settings") ?? [],
            CreatedAt = at,
            UpdatedAt = at,
        });
    }

    private static async Task<ApiAnswer> UpdateAsync(HttpContext context, string id, LiveWorkspace workspace, SecretBox secrets, TimeProvider clock)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var at = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var changed = await workspace.ChangeAsync(
            context.Author(),
            now =>
            {
                if (now.InsertFunctions.FirstOrDefault(instance => instance.Id == id) is not { } found) return WorkspaceRefusal.NotFound(ResourceKind.InsertFunction, id);
                var settings = found.Settings.DeepClone().AsObject();
                foreach (var (name, value) in body.Object("settings") ?? [])
                {
                    if (value is null) settings.Remove(name);
                    else settings[name] = value.DeepClone();
                }

                return Checked(body, now, secrets, found.Settings, found with
                {
                    Name = body.Text("name", 120) ?? found.Name,
                    Enabled = body.Flag("enabled") ?? found.Enabled,
                    Settings = settings,
                    UpdatedAt = at,
                });
            },
            context.RequestAborted);
        return changed.Refusal is { } broken ? ApiAnswer.Refused(broken) : Answer(changed.Snapshot, id);
    }

    private static async Task<ApiAnswer> DeleteAsync(HttpContext context, string id, FunctionWork work) =>
        (await work.RemoveAsync(context.Author(), id, context.RequestAborted)).Refusal is { } refusal ? ApiAnswer.Refused(refusal) : ApiAnswer.Deleted();

    private static WorkspaceEdit Checked(JsonInput body, WorkspaceSnapshot now, SecretBox secrets, JsonObject present, InsertFunction instance)
    {
        if (now.FindFunction(instance.FunctionId) is not { } function) return WorkspaceRefusal.Invalid(body.Faults);
        var stored = secrets.Seal(instance.Settings, function.IsSecret, present);
        foreach (var fault in FunctionForm.Check(function, secrets.UnsealReadable(stored))) body.Fault(fault.Field ?? "settings", fault.Message);
        return body.Faults.Count == 0 ? ResourceKind.Put(instance with { Settings = stored }) : WorkspaceRefusal.Invalid(body.Faults);
    }

    private static ApiAnswer Answer(WorkspaceSnapshot now, string id) => now.InsertFunctions.FirstOrDefault(instance => instance.Id == id) is { } found
        ? ApiAnswer.Data(new JsonObject { ["insertFunctionInstance"] = FunctionForm.Of(found, now.FindFunction(found.FunctionId)) })
        : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.InsertFunction, id));
}
