using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Profiles;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Audiences;

/// <summary>
/// <c>/api/spaces/{space}/audiences</c> and <c>/computed-traits</c>: what is kept up to date for every profile, in the shapes of Segment's Public API; and ours:
/// members, sizes over time, export.
/// </summary>
internal static class ComputationsApi
{
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        Map(endpoints, "audiences", "audience", Computation.Audience, "Audience");
        Map(endpoints, "computed-traits", "computedTrait", Computation.Trait, "ComputedTrait");
        var audiences = endpoints.MapGroup("/api/spaces/{spaceId}/audiences").WithTags("Audiences");
        audiences.MapGet("/{id}/members", Members).WithName("listAudienceMembers").WithSummary("Who is in, by age of the profile.");
        audiences.MapGet("/{id}/export", ExportAsync).WithName("exportAudience").WithSummary("Who is in, as CSV with a column for each type of identifier.");
        audiences.MapGet("/{id}/sizes", Sizes).WithName("listAudienceSizes").WithSummary("How many were in, hour by hour.");
        audiences.MapGet("/{id}/audience-references", References).WithName("listAudienceConsumers").WithSummary("Which audiences and computed traits read it.");
    }

    private static void Map(IEndpointRouteBuilder endpoints, string path, string name, string kind, string word)
    {
        var list = kind == Computation.Audience ? "audiences" : "computedTraits";
        var group = endpoints.MapGroup($"/api/spaces/{{spaceId}}/{path}").WithTags(kind == Computation.Audience ? "Audiences" : "Computed traits");
        group.MapGet("/", (HttpRequest request, string spaceId, LiveWorkspace workspace, ComputationQueries queries) => List(request, spaceId, workspace, queries, list, kind))
            .WithName($"list{word}s").WithSummary("All of them, by age; search[type] NAME, KEY or DEFINITION and search[query] narrow them.");
        group.MapPost("/", (HttpContext context, string spaceId, ComputationDesk desk, ComputationQueries queries) => CreateAsync(context, spaceId, desk, queries, name, kind))
            .WithName($"create{word}").WithSummary("Creates one; events of the past are gathered unless options.includeHistoricalData is false.");
        group.MapGet("/{id}", (string spaceId, string id, LiveWorkspace workspace, ComputationQueries queries) =>
            Find(workspace.Current, spaceId, id, kind) is var (space, computation) ? Answer(name, computation, space, queries) : NotFound(name, id))
            .WithName($"get{word}").WithSummary("One of them, with how far it is.");
        group.MapPatch("/{id}", (HttpContext context, string spaceId, string id, ComputationDesk desk, ComputationQueries queries) => UpdateAsync(context, spaceId, id, desk, queries, name, kind))
            .WithName($"update{word}").WithSummary("Changes the fields that are sent; the old definition answers until the new one is complete.");
        group.MapDelete("/{id}", (HttpContext context, string spaceId, string id, ComputationDesk desk) => DeleteAsync(context, spaceId, id, desk, kind))
            .WithName($"remove{word}From{(kind == Computation.Audience ? "Space" : "TheSpace")}").WithSummary("Deletes one; its key is never used again, and what it last said stays as a custom trait.");
    }

    /// <summary>See <see cref="ComputationDesk.Find"/>.</summary>
    public static (Space Space, Computation Computation)? Find(WorkspaceSnapshot workspace, string spaceId, string id, string kind) => ComputationDesk.Find(workspace, spaceId, id, kind);

    public static ApiAnswer NotFound(string name, string id) => ApiAnswer.Refused(WorkspaceRefusal.NotFound(name == "audience" ? "audience" : "computed trait", id));

    private static ApiAnswer List(HttpRequest request, string spaceId, WorkspaceSnapshot now, ComputationQueries queries, string list, string kind)
    {
        if (now.FindSpace(spaceId) is not { } space) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Space, spaceId));
        var (page, refusal) = ApiPage.Read(request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var type = request.Query["search[type]"].ToString();
        if (type is not ("" or "NAME" or "KEY" or "DEFINITION")) return ApiAnswer.Refused(WorkspaceRefusal.Invalid("search[type]", "search[type] must be NAME, KEY or DEFINITION."));
        var text = request.Query["search[query]"].ToString();
        bool Matches(Computation computation) => text.Length == 0 || type switch
        {
            "KEY" => computation.Key.StartsWith(text, StringComparison.OrdinalIgnoreCase),
            "DEFINITION" => computation.Query.Contains(text, StringComparison.OrdinalIgnoreCase),
            _ => computation.Name.Contains(text, StringComparison.OrdinalIgnoreCase),
        };
        var found = now.Computations.Where(computation => computation.SpaceId == space.Id && computation.Kind == kind && !computation.Deleted && Matches(computation)).ToList();
        return ApiAnswer.Data(page.Cut(list, found, computation => computation.Number, computation => ComputationJson.Of(computation, space, queries)));
    }

    private static ApiAnswer List(HttpRequest request, string spaceId, LiveWorkspace workspace, ComputationQueries queries, string list, string kind) =>
        List(request, spaceId, workspace.Current, queries, list, kind);

    private static async Task<ApiAnswer> CreateAsync(HttpContext context, string spaceId, ComputationDesk desk, ComputationQueries queries, string name, string kind)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var (id, changed) = await desk.CreateAsync(context.Author(), spaceId, kind, body, context.RequestAborted);
        if (changed.Refusal is { } refused) return ApiAnswer.Refused(refused);
        var created = changed.Snapshot.FindComputation(id)!;
        return Answer(name, created, changed.Snapshot.FindSpace(created.SpaceId)!, queries, StatusCodes.Status201Created);
    }

    private static async Task<ApiAnswer> UpdateAsync(HttpContext context, string spaceId, string id, ComputationDesk desk, ComputationQueries queries, string name, string kind)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var changed = await desk.UpdateAsync(context.Author(), spaceId, id, kind, body, context.RequestAborted);
        if (changed.Refusal is { } refused) return ApiAnswer.Refused(refused);
        return Find(changed.Snapshot, spaceId, id, kind) is var (space, computation) ? Answer(name, computation, space, queries) : NotFound(name, id);
    }

    private static async Task<ApiAnswer> DeleteAsync(HttpContext context, string spaceId, string id, ComputationDesk desk, string kind)
    {
        var changed = await desk.DeleteAsync(context.Author(), spaceId, id, kind, context.RequestAborted);
        return changed.Refusal is { } refused ? ApiAnswer.Refused(refused) : ApiAnswer.Deleted();
    }

    /// <summary>Changes one computation, or refuses with 404.</summary>
    public static ValueTask<WorkspaceChanged> ChangeAsync(
        HttpContext context, string spaceId, string id, LiveWorkspace workspace, string kind, Func<WorkspaceSnapshot, Computation, WorkspaceEdit> edit) =>
        ComputationDesk.ChangeAsync(workspace, context.Author(), spaceId, id, kind, edit, context.RequestAborted);

    private static ApiAnswer Answer(string name, Computation computation, Space space, ComputationQueries queries, int status = StatusCodes.Status200OK) =>
        ApiAnswer.Data(new JsonObject { [name] = ComputationJson.Of(computation, space, queries) }, status);

    private static ApiAnswer Members(HttpRequest request, string spaceId, string id, LiveWorkspace workspace, ComputationQueries queries, ProfileQueries profiles)
    {
        if (Find(workspace.Current, spaceId, id, Computation.Audience) is not var (space, audience)) return NotFound("audience", id);
        var count = int.TryParse(Value(request, "count"), NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? Math.Clamp(asked, 1, ApiPage.CountMax) : ApiPage.CountMax;
        ProfileId after = default;
        if (Value(request, "cursor") is { Length: > 0 } cursor && !ProfileId.TryParse(cursor, out after))
            return ApiAnswer.Refused(WorkspaceRefusal.Invalid("pagination.cursor", "pagination.cursor must be one that an earlier answer gave."));
        var found = queries.Members(space, audience, after).Take(count + 1).ToList();
        var members = new JsonArray();
        foreach (var (profile, since) in found.Take(count))
        {
            var identifiers = profiles.Resolve(space.Number, profile)?.Nodes.Select(node => (JsonNode)new JsonObject { ["type"] = node.Type, ["id"] = node.Value }) ?? [];
            members.Add((JsonNode)new JsonObject { ["id"] = profile.ToString(), ["since"] = ApiJson.Time(since), ["externalIds"] = new JsonArray([.. identifiers]) });
        }

        var pagination = new JsonObject { ["current"] = Value(request, "cursor") ?? "", ["totalEntries"] = queries.StateOf(space, audience)?.Size ?? 0 };
        if (found.Count > count) pagination["next"] = found[count - 1].Profile.ToString();
        return ApiAnswer.Data(new JsonObject { ["members"] = members, ["pagination"] = pagination });
    }

    private static string? Value(HttpRequest request, string field) =>
        request.Query[$"pagination[{field}]"].ToString() is { Length: > 0 } value ? value : request.Query[$"pagination.{field}"].ToString() is { Length: > 0 } dotted ? dotted : null;

    // Rows are written as they are read, so that a large audience needs no memory.
    private static async Task ExportAsync(HttpContext context, string spaceId, string id, LiveWorkspace workspace, ComputationQueries queries, ProfileQueries profiles)
    {
        if (Find(workspace.Current, spaceId, id, Computation.Audience) is not var (space, audience))
        {
            await NotFound("audience", id).ExecuteAsync(context);
            return;
        }

        var types = space.Identity.Identifiers.Select(rule => rule.Type).ToList();
        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{audience.Key}.csv\"";
        var writer = context.Response.BodyWriter;
        writer.Write(Encoding.UTF8.GetBytes(string.Join(',', ["profile_id", "since", .. types.Select(Cell)]) + "\r\n"));
        foreach (var (profile, since) in queries.Members(space, audience, default))
        {
            if (profiles.Resolve(space.Number, profile) is not { } member) continue;
            var cells = types.Select(type => Cell(string.Join(' ', member.Nodes.Where(node => node.Type == type).Select(node => node.Value))));
            writer.Write(Encoding.UTF8.GetBytes(string.Join(',', [profile.ToString(), ApiJson.Time(since), .. cells]) + "\r\n"));
            if (writer.UnflushedBytes > 64 << 10) await writer.FlushAsync(context.RequestAborted);
        }

        await writer.FlushAsync(context.RequestAborted);
    }

    // What a spreadsheet would take for a formula begins with a quote.
    private static string Cell(string value)
    {
        if (value.Length > 0 && value[0] is '=' or '+' or '-' or '@' or '\t' or '\r') value = "'" + value;
        return value.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;
    }

    private static ApiAnswer Sizes(HttpRequest request, string spaceId, string id, LiveWorkspace workspace, ComputationQueries queries, TimeProvider clock)
    {
        if (Find(workspace.Current, spaceId, id, Computation.Audience) is not var (space, audience)) return NotFound("audience", id);
        var now = clock.GetUtcNow();
        if (!TryTime(request, "from", now.AddDays(-30), out var from) || !TryTime(request, "to", now.AddHours(1), out var to))
            return ApiAnswer.Refused(WorkspaceRefusal.Invalid("from", "from and to must be ISO 8601 times."));
        var sizes = queries.Sizes(space, audience, from, to).Take(20_000).Select(size => (JsonNode)new JsonObject { ["time"] = ApiJson.Time(size.Hour), ["count"] = size.Count });
        return ApiAnswer.Data(new JsonObject { ["sizes"] = new JsonArray([.. sizes]) });
    }

    private static bool TryTime(HttpRequest request, string name, DateTimeOffset fallback, out long time)
    {
        var text = request.Query[name].ToString();
        var isGood = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed);
        time = (isGood ? parsed : fallback).ToUnixTimeMilliseconds();
        return isGood || text.Length == 0;
    }

    private static ApiAnswer References(string spaceId, string id, LiveWorkspace workspace)
    {
        var now = workspace.Current;
        if (Find(now, spaceId, id, Computation.Audience) is not var (space, audience)) return NotFound("audience", id);
        var readers = now.Computations.Where(other => other.SpaceId == space.Id && !other.Deleted && ComputationForm.Reads(other).Contains(audience.Key));
        return ApiAnswer.Data(new JsonObject
        {
            ["audienceReferences"] = new JsonArray([.. readers.Select(reader => (JsonNode)new JsonObject { ["id"] = reader.Id, ["key"] = reader.Key, ["name"] = reader.Name, ["type"] = reader.IsAudience ? "audience" : "computed_trait" })]),
        });
    }
}
