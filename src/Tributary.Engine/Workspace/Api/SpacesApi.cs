using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tributary.Engine.Workspace;

/// <summary><c>/api/spaces</c>: isolated identity graphs and the rules by which each tells people apart. A space is named by id or slug.</summary>
internal static partial class SpacesApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var spaces = api.MapGroup("/spaces").WithTags("Spaces");
        spaces.MapGet("/", List).WithName("listSpaces").WithSummary("All spaces, by age.");
        spaces.MapPost("/", CreateAsync).WithName("createSpace").WithSummary("Creates a space with the default identity rules.");
        spaces.MapGet("/{id}", Get).WithName("getSpace").WithSummary("One space.");
        spaces.MapPatch("/{id}", UpdateAsync).WithName("updateSpace").WithSummary("Renames a space; its slug stays.");
        spaces.MapGet("/{id}/identity", GetIdentity).WithName("getIdentitySettings").WithSummary("The identity rules of a space.");
        spaces.MapPut("/{id}/identity", PutIdentityAsync).WithName("putIdentitySettings").WithSummary("Replaces the identity rules; they apply to events received from now on.");
    }

    private static ApiAnswer List(HttpRequest request, LiveWorkspace workspace)
    {
        var (page, refusal) = ApiPage.Read(request);
        return refusal is null
            ? ApiAnswer.Data(page.Cut("spaces", workspace.Current.Spaces, space => space.Number, ApiJson.Of))
            : ApiAnswer.Refused(refusal);
    }

    private static async Task<ApiAnswer> CreateAsync(HttpContext context, LiveWorkspace workspace)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var id = WorkspaceSecrets.NewSpaceId();
        var changed = await workspace.ChangeAsync(context.Author(), now => Create(body, now, id), context.RequestAborted);
        return Answer(changed, id, StatusCodes.Status201Created);
    }

    private static WorkspaceEdit Create(JsonInput body, WorkspaceSnapshot now, string id)
    {
        var slug = body.Text("slug", 100, required: true) ?? "";
        if (slug.Length > 0 && !SlugText().IsMatch(slug)) body.Fault("slug", "slug must consist of lower-case letters, digits, dashes and underscores.");
        if (body.Faults.Count > 0) return WorkspaceRefusal.Invalid(body.Faults);
        var number = WorkspaceNumbers.Next(now, ResourceKind.Space);
        if (number > ushort.MaxValue) return WorkspaceRefusal.Conflict(null, $"A workspace makes at most {ushort.MaxValue} spaces in its life.");
        return ResourceKind.Put(new Space { Id = id, Number = (ushort)number, Slug = slug, Name = body.Text("name", SourceForm.NameLengthMax) ?? slug });
    }

    private static ApiAnswer Get(string id, LiveWorkspace workspace) => workspace.Current.FindSpace(id) is { } space
        ? ApiAnswer.Data(new JsonObject { ["space"] = ApiJson.Of(space) })
        : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Space, id));

    private static async Task<ApiAnswer> UpdateAsync(HttpContext context, string id, LiveWorkspace workspace)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var changed = await ChangeAsync(context, workspace, id, space =>
        {
            var renamed = space with { Name = body.Text("name", SourceForm.NameLengthMax) ?? space.Name };
            return body.Faults.Count > 0 ? WorkspaceRefusal.Invalid(body.Faults) : ResourceKind.Put(renamed);
        });
        return Answer(changed, id);
    }

    private static ApiAnswer GetIdentity(string id, LiveWorkspace workspace) => workspace.Current.FindSpace(id) is { } space
        ? ApiAnswer.Data(ApiJson.Of(space.Identity))
        : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Space, id));

    private static async Task<ApiAnswer> PutIdentityAsync(HttpContext context, string id, LiveWorkspace workspace)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        // Patterns are compiled here and not while other changes wait.
        var (settings, invalid) = IdentitySettingsForm.Parse(body);
        var changed = await ChangeAsync(context, workspace, id, space => invalid is null ? ResourceKind.Put(space with { Identity = settings }) : invalid);
        return changed.Refusal is { } refused ? ApiAnswer.Refused(refused) : ApiAnswer.Data(ApiJson.Of(changed.Snapshot.FindSpace(id)!.Identity));
    }

    private static ValueTask<WorkspaceChanged> ChangeAsync(HttpContext context, LiveWorkspace workspace, string id, Func<Space, WorkspaceEdit> edit) =>
        workspace.ChangeAsync(
            context.Author(),
            now => now.FindSpace(id) is { } space ? edit(space) : WorkspaceRefusal.NotFound(ResourceKind.Space, id),
            context.RequestAborted);

    private static ApiAnswer Answer(WorkspaceChanged changed, string id, int status = StatusCodes.Status200OK) => changed.Refusal is { } refusal
        ? ApiAnswer.Refused(refusal)
        : ApiAnswer.Data(new JsonObject { ["space"] = ApiJson.Of(changed.Snapshot.FindSpace(id)!) }, status);

    [GeneratedRegex(@"^[a-z0-9][a-z0-9_\-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex SlugText();
}
