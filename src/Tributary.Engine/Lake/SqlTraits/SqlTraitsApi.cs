using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake.SqlTraits;

/// <summary><c>/api/spaces/{space}/sql-traits</c>: queries of the lake whose rows become traits, in shapes like those of computed traits.</summary>
internal static class SqlTraitsApi
{
    private const string Kind = "SQL trait";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("/api/spaces/{spaceId}/sql-traits").WithTags("SQL traits");
        group.MapGet("/", List).WithName("listSqlTraits").WithSummary("All of them, by age.");
        group.MapPost("/", CreateAsync).WithName("createSqlTrait").WithSummary("Creates one; it is run at once and then once in every interval.");
        group.MapPost("/preview", PreviewAsync).WithName("previewSqlTrait").WithSummary("Runs a query without saving or sending anything: columns, the first rows, what would be refused.");
        group.MapGet("/{id}", Get).WithName("getSqlTrait").WithSummary("One of them, with its last run.");
        group.MapPatch("/{id}", UpdateAsync).WithName("updateSqlTrait").WithSummary("Changes the fields that are sent; another query is run at once.");
        group.MapDelete("/{id}", DeleteAsync).WithName("deleteSqlTrait").WithSummary("Deletes one; the traits that it sent stay.");
        group.MapGet("/{id}/runs", Runs).WithName("listSqlTraitRuns").WithSummary("How its last runs went, the newest first.");
        group.MapPost("/{id}/runs", Run).WithName("runSqlTrait").WithSummary("Has it run as soon as its space is free.");
    }

    private static (Space Space, SqlTrait Trait)? Find(WorkspaceSnapshot workspace, string spaceId, string id) =>
        workspace.FindSpace(spaceId) is { } space && workspace.FindSqlTrait(id) is { } trait && trait.SpaceId == space.Id ? (space, trait) : null;

    private static ApiAnswer NotFound(string id) => ApiAnswer.Refused(WorkspaceRefusal.NotFound(Kind, id));

    private static ApiAnswer List(HttpRequest request, string spaceId, LiveWorkspace workspace, SqlTraitBook book, TimeProvider clock)
    {
        var now = workspace.Current;
        if (now.FindSpace(spaceId) is not { } space) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Space, spaceId));
        var (page, refusal) = ApiPage.Read(request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        return ApiAnswer.Data(page.Cut("sqlTraits", [.. now.SqlTraits.Where(trait => trait.SpaceId == space.Id)], trait => trait.Number, trait => Json(trait, space, book, clock)));
    }

    private static ApiAnswer Get(string spaceId, string id, LiveWorkspace workspace, SqlTraitBook book, TimeProvider clock) =>
        Find(workspace.Current, spaceId, id) is var (space, trait) ? ApiAnswer.Data(new JsonObject { ["sqlTrait"] = Json(trait, space, book, clock) }) : NotFound(id);

    private static async Task<ApiAnswer> CreateAsync(HttpContext context, string spaceId, LiveWorkspace workspace, SqlTraitBook book, SqlTraitPreview preview, TimeProvider clock)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        if (workspace.Current.FindSpace(spaceId) is not { } space) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Space, spaceId));
        if (await RefuseAsync(body, space, workspace.Current, preview, context.RequestAborted) is { } refused) return ApiAnswer.Refused(refused);
        var id = "sql_" + WorkspaceSecrets.NewId();
        var at = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var changed = await workspace.ChangeAsync(
            context.Author(),
            now => now.FindSpace(spaceId) is { } its ? SqlTraitForm.Create(body, now, its, id, context.Author(), at) : WorkspaceRefusal.NotFound(ResourceKind.Space, spaceId),
            context.RequestAborted);
        return changed.Refusal is { } failed
            ? ApiAnswer.Refused(failed)
            : ApiAnswer.Data(new JsonObject { ["sqlTrait"] = Json(changed.Snapshot.FindSqlTrait(id)!, space, book, clock) }, StatusCodes.Status201Created);
    }

    private static async Task<ApiAnswer> UpdateAsync(HttpContext context, string spaceId, string id, LiveWorkspace workspace, SqlTraitBook book, SqlTraitPreview preview, TimeProvider clock)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        if (Find(workspace.Current, spaceId, id) is not var (space, _)) return NotFound(id);
        if (await RefuseAsync(body, space, workspace.Current, preview, context.RequestAborted) is { } refused) return ApiAnswer.Refused(refused);
        var at = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var changed = await workspace.ChangeAsync(
            context.Author(),
            now => Find(now, spaceId, id) is var (its, trait) ? SqlTraitForm.Update(body, now, its, trait, context.Author(), at) : WorkspaceRefusal.NotFound(Kind, id),
            context.RequestAborted);
        if (changed.Refusal is { } failed) return ApiAnswer.Refused(failed);
        return changed.Snapshot.FindSqlTrait(id) is { } after ? ApiAnswer.Data(new JsonObject { ["sqlTrait"] = Json(after, space, book, clock) }) : NotFound(id);
    }

    private static async Task<ApiAnswer> DeleteAsync(HttpContext context, string spaceId, string id, LiveWorkspace workspace)
    {
        var changed = await workspace.ChangeAsync(
            context.Author(),
            now => Find(now, spaceId, id) is var (_, trait) ? ResourceKind.Delete(ResourceKind.SqlTrait, trait.Id) : WorkspaceRefusal.NotFound(Kind, id),
            context.RequestAborted);
        return changed.Refusal is { } refused ? ApiAnswer.Refused(refused) : ApiAnswer.Deleted();
    }

    private static async Task<ApiAnswer> PreviewAsync(HttpContext context, string spaceId, LiveWorkspace workspace, SqlTraitPreview preview)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        if (workspace.Current.FindSpace(spaceId) is not { } space) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Space, spaceId));
        var sql = body.Text("query", LakeQuery.SqlLengthMax, required: true, mayHaveLines: true);
        var isCheckOnly = body.Flag("checkOnly") ?? false;
        if (sql is null || body.Faults.Count > 0) return ApiAnswer.Refused(WorkspaceRefusal.Invalid(body.Faults));
        if (isCheckOnly)
        {
            var faults = await preview.CheckAsync(sql, space, workspace.Current, context.RequestAborted);
            return ApiAnswer.Data(new JsonObject { ["sqlTraitPreview"] = new JsonObject { ["refused"] = new JsonArray([.. faults.Select(fault => JsonValue.Create(fault))]) } });
        }

        var (found, error) = await preview.ReadAsync(sql, space, workspace.Current, context.RequestAborted);
        return found is null ? ApiAnswer.Refused(WorkspaceRefusal.Invalid("query", error!.Message)) : ApiAnswer.Data(new JsonObject { ["sqlTraitPreview"] = found });
    }

    private static ApiAnswer Runs(HttpRequest request, string spaceId, string id, LiveWorkspace workspace, SqlTraitBook book)
    {
        if (Find(workspace.Current, spaceId, id) is not var (space, trait)) return NotFound(id);
        var (page, refusal) = ApiPage.Read(request);
        // Descending numbers, so that the newest comes first.
        return refusal is not null ? ApiAnswer.Refused(refusal) : ApiAnswer.Data(page.Cut("runs", [.. book.Runs(space, trait)], run => -run.Number, run => run.ToJson()));
    }

    private static ApiAnswer Run(string spaceId, string id, LiveWorkspace workspace, SqlTraitRunner runner)
    {
        if (Find(workspace.Current, spaceId, id) is not var (space, trait)) return NotFound(id);
        if (!trait.Enabled) return ApiAnswer.Refused(WorkspaceRefusal.Conflict("enabled", "The SQL trait is disabled. Enable it first."));
        runner.Ask(space, trait);
        return ApiAnswer.Data(new JsonObject { ["status"] = "QUEUED" }, StatusCodes.Status202Accepted);
    }

    // A query that cannot work is told to whoever writes it, not to the first run.
    private static async Task<WorkspaceRefusal?> RefuseAsync(JsonInput body, Space space, WorkspaceSnapshot now, SqlTraitPreview preview, CancellationToken cancellationToken)
    {
        if (body.Whole()["query"] is not JsonValue value || !value.TryGetValue<string>(out var sql) || sql.Length is 0 or > LakeQuery.SqlLengthMax) return null;
        var faults = await preview.CheckAsync(sql, space, now, cancellationToken);
        return faults.Count == 0 ? null : WorkspaceRefusal.Invalid(faults.Select(fault => new WorkspaceFault("query", fault)));
    }

    /// <summary>A SQL trait as it is shown, with its last run.</summary>
    public static JsonObject Json(SqlTrait trait, Space space, SqlTraitBook book, TimeProvider clock)
    {
        var last = book.Runs(space, trait).FirstOrDefault();
        return new JsonObject
        {
            ["id"] = trait.Id,
            ["spaceId"] = space.Id,
            ["name"] = trait.Name,
            ["description"] = trait.Description,
            ["enabled"] = trait.Enabled,
            ["query"] = trait.Query,
            ["scheduleStrategy"] = "PERIODIC",
            ["scheduleConfig"] = new JsonObject { ["interval"] = SqlTraitForm.Write(trait.Interval) },
            ["status"] = Status(trait, last),
            ["lastRun"] = last?.ToJson(),
            ["nextRunAt"] = trait.Enabled ? ApiJson.Time(SqlTraitSchedule.Next(trait, clock.GetUtcNow()).ToUnixTimeMilliseconds()) : null,
            ["createdBy"] = trait.CreatedBy,
            ["createdAt"] = ApiJson.Time(trait.CreatedAt),
            ["updatedBy"] = trait.UpdatedBy,
            ["updatedAt"] = ApiJson.Time(trait.UpdatedAt),
        };
    }

    // The words that audiences and computed traits have for these.
    private static string Status(SqlTrait trait, SqlTraitRunRecord? last)
    {
        if (!trait.Enabled) return "Disabled";
        if (last is null) return "Preparing";
        return last.Status switch
        {
            SqlTraitRunStatus.Running or SqlTraitRunStatus.Interrupted => "Computing",
            SqlTraitRunStatus.Failed => "Failed",
            SqlTraitRunStatus.Succeeded or SqlTraitRunStatus.Stopped => "Live",
        };
    }
}
