using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Destinations.Functions;

/// <summary>Creates, changes, deploys and tries functions: for the management API, and as a desk for the console.</summary>
internal sealed class FunctionWork(LiveWorkspace workspace, SecretBox secrets, FunctionRuntime runtime, TimeProvider clock)
{
    public FunctionDesk Desk() => new(CreateAsync, UpdateAsync, DeployAsync, DeleteAsync, InsertAsync, RemoveAsync, RunAsync, Logs);

    public async ValueTask<(string Id, WorkspaceChanged Changed)> CreateAsync(string author, JsonInput body, CancellationToken cancellationToken)
    {
        var (id, at) = (WorkspaceSecrets.NewId(), clock.GetUtcNow().ToUnixTimeMilliseconds());
        return (id, await workspace.ChangeAsync(
            author,
            now =>
            {
                if (now.Functions.Length >= FunctionForm.CountMax) return WorkspaceRefusal.Conflict(null, $"A workspace has at most {FunctionForm.CountMax} functions.");
                var function = FunctionForm.Deployed(FunctionForm.Read(body, id, author, at), at);
                return body.Faults.Count > 0
                    ? WorkspaceRefusal.Invalid(body.Faults)
                    : WorkspaceEdit.Of(ResourceKind.Put(function), ResourceKind.Put(FunctionForm.VersionOf(function, author, at)));
            },
            cancellationToken));
    }

    public ValueTask<WorkspaceChanged> UpdateAsync(string author, string id, JsonInput body, CancellationToken cancellationToken) => SaveAsync(author, id, (function, _) =>
    {
        var updated = FunctionForm.Update(body, function);
        return body.Faults.Count > 0 ? (null, WorkspaceRefusal.Invalid(body.Faults)) : (updated, null);
    }, cancellationToken);

    /// <summary>Makes a version the newest one.</summary>
    public ValueTask<WorkspaceChanged> RestoreAsync(string author, string id, string wanted, CancellationToken cancellationToken) =>
        SaveAsync(author, id, (function, now) => now.VersionsOf(id).FirstOrDefault(version => version.Id == wanted) is { } old
            ? (function with { Code = old.Code, Settings = old.Settings, Version = function.Version + 1 }, null)
            : (null, WorkspaceRefusal.NotFound("version", wanted)), cancellationToken);

    public ValueTask<WorkspaceChanged> DeployAsync(string author, string id, CancellationToken cancellationToken)
    {
        var at = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return workspace.ChangeAsync(
            author,
            now => now.FindFunction(id) is { } function
                ? function.DeployedVersion == function.Version ? WorkspaceEdit.Of([]) : ResourceKind.Put(FunctionForm.Deployed(function, at))
                : WorkspaceRefusal.NotFound(ResourceKind.Function, id),
            cancellationToken);
    }

    public ValueTask<WorkspaceChanged> DeleteAsync(string author, string id, CancellationToken cancellationToken) => workspace.ChangeAsync(
        author,
        now => now.FindFunction(id) is null
            ? WorkspaceRefusal.NotFound(ResourceKind.Function, id)
            : WorkspaceEdit.Of([.. now.VersionsOf(id).Select(version => ResourceKind.Delete(ResourceKind.FunctionVersion, version.Id)), ResourceKind.Delete(ResourceKind.Function, id)]),
        cancellationToken);

    public async ValueTask<(string Id, WorkspaceChanged Changed)> InsertAsync(string author, JsonInput body, CancellationToken cancellationToken)
    {
        var (id, at) = (WorkspaceSecrets.NewId(), clock.GetUtcNow().ToUnixTimeMilliseconds());
        return (id, await workspace.ChangeAsync(author, now => InsertFunctionsApi.Create(body, now, secrets, id, at), cancellationToken));
    }

    public ValueTask<WorkspaceChanged> RemoveAsync(string author, string id, CancellationToken cancellationToken) => workspace.ChangeAsync(
        author,
        now => now.InsertFunctions.Any(instance => instance.Id == id) ? ResourceKind.Delete(ResourceKind.InsertFunction, id) : WorkspaceRefusal.NotFound(ResourceKind.InsertFunction, id),
        cancellationToken);

    /// <summary>Null when there is no such function.</summary>
    public JsonArray? Logs(string id)
    {
        if (workspace.Current.FindFunction(id) is not { } function) return null;
        var mask = FunctionSecrets.MaskOf(function, workspace.Current, secrets, []);
        return new JsonArray([.. runtime.Logs.Of(id).Select(line =>
            new JsonObject { ["time"] = ApiJson.Time(line.At), ["level"] = line.IsError ? "error" : "log", ["message"] = mask.Clean(line.Text) })]);
    }

    // {"code"?, "resourceType"?, "event" | "events" | "request", "settings"?, "dryRun"?}
    public async Task<(JsonObject? Answer, WorkspaceRefusal? Refusal)> RunAsync(string? id, JsonInput body, CancellationToken cancellationToken)
    {
        var function = id is null ? null : workspace.Current.FindFunction(id);
        if (id is not null && function is null) return (null, WorkspaceRefusal.NotFound(ResourceKind.Function, id));
        body.Allow("code", "resourceType", "event", "events", "request", "settings", "dryRun");
        var code = body.Verbatim("code", FunctionForm.CodeLengthMax) ?? function?.Code ?? "";
        if (code.Length == 0) body.Fault("code", "code is required.");
        var request = body.Object("request");
        var events = body.Has("events") ? new JsonArray([.. body.Objects("events", FunctionCall.EventsMax).Select(each => each.Whole())]) : body.Object("event") is { } single ? [single] : null;
        if ((request is null) == (events is null)) body.Fault("event", "Send an event, events, or the request of a source function.");
        if (events is { Count: 0 }) body.Fault("events", "events must not be empty.");
        if (body.Faults.Count > 0) return (null, WorkspaceRefusal.Invalid(body.Faults));
        if (runtime.Missing is { } missing) return (null, WorkspaceRefusal.Conflict(null, missing));
        var type = request is not null ? Function.SourceType : body.Text("resourceType", 50) ?? function?.ResourceType ?? Function.DestinationType;
        var settings = body.Object("settings") ?? [];
        var call = new FunctionCall(
            new FunctionCode(id ?? "", "", code),
            request is not null ? FunctionUse.Source : type == Function.InsertType ? FunctionUse.Insert : FunctionUse.Destination,
            JsonSerializer.SerializeToUtf8Bytes<JsonNode>(request is not null ? request : events!),
            request is not null ? 1 : events!.Count,
            settings)
        { IsDryRun = body.Flag("dryRun") ?? false };
        if (body.Faults.Count > 0) return (null, WorkspaceRefusal.Invalid(body.Faults));
        var trace = new WireTrace(keepsSuccess: true);
        var result = await runtime.RunOnceAsync(call, trace, cancellationToken);
        return (FunctionRun.Of(result, trace, FunctionSecrets.MaskOf(function, workspace.Current, secrets, settings)), null);
    }

    private ValueTask<WorkspaceChanged> SaveAsync(
        string author, string id, Func<Function, WorkspaceSnapshot, (Function? Function, WorkspaceRefusal? Refusal)> edit, CancellationToken cancellationToken)
    {
        var at = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return workspace.ChangeAsync(
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
            cancellationToken);
    }
}
