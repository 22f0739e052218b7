using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Identity;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Profiles;

/// <summary>
/// Management of profiles: <c>GET /api/profiles/{identifier}</c>, <c>…/explain[?and=]</c>, <c>POST …/merge</c>, <c>POST …/split</c>. An identifier is
/// <c>type:value</c>, percent-encoded, or <c>use_…</c>; <c>?space=</c> and <c>?collection=</c> say where, by default <c>default</c> and <c>users</c>.
/// </summary>
public sealed class GraphApi(Func<WorkspaceSnapshot> workspace, ProfileQueries profiles, ProfileDesk desk, ProfileExplainer explainer)
{
    private const string Prefix = "/api/profiles/";
    private const int NameLengthMax = Identifier.TypeLengthMax + 1 + Identifier.ValueLengthMax;

    /// <summary>Maps the routes; the caller adds authentication.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/api/profiles/{**rest}", (HttpContext context, GraphApi api) => api.GetAsync(context))
            .WithSummary("A profile, or why it is one: /api/profiles/{identifier}[/explain[?and=identifier]]").WithTags("Profiles");
        endpoints.MapPost("/api/profiles/{**rest}", (HttpContext context, GraphApi api) => api.PostAsync(context))
            .WithSummary("Merge or split a profile: /api/profiles/{identifier}/merge, /api/profiles/{identifier}/split").WithTags("Profiles");
    }

    private Task GetAsync(HttpContext context)
    {
        if (!TryFind(context, out var profile, out var verb, out var failure)) return failure;
        return verb switch
        {
            "" => AnswerAsync(context, explainer.Describe(profile)),
            "explain" when context.Request.Query["and"].ToString() is { Length: > 0 } and => ExplainPathAsync(context, profile, and),
            "explain" => AnswerAsync(context, explainer.Explain(profile)),
            _ => FailAsync(context, StatusCodes.Status404NotFound, "not-found", "The resource was not found.", null),
        };
    }

    private Task ExplainPathAsync(HttpContext context, Profile profile, string and)
    {
        var segments = RawPath.Segments(context, Prefix);
        return profiles.Find(SpaceOf(context)!, profile.Collection, and) is { } other
            ? AnswerAsync(context, explainer.ExplainPath(profile, segments[0], other, and))
            : FailAsync(context, StatusCodes.Status404NotFound, "not-found", "Profile was not found.", "and");
    }

    private async Task PostAsync(HttpContext context)
    {
        if (!TryFind(context, out var profile, out var verb, out var failure))
        {
            await failure;
            return;
        }

        var (body, unreadable) = await JsonInput.ReadAsync(context.Request);
        if (unreadable is not null)
        {
            await ApiAnswer.Refused(unreadable).ExecuteAsync(context);
            return;
        }

        switch (verb)
        {
            case "merge":
                await MergeAsync(context, profile, body);
                break;
            case "split":
                await SplitAsync(context, profile, body);
                break;
            default:
                await FailAsync(context, StatusCodes.Status404NotFound, "not-found", "The resource was not found.", null);
                break;
        }
    }

    private async Task MergeAsync(HttpContext context, Profile profile, JsonInput body)
    {
        var with = body.Verbatim("with", NameLengthMax) ?? "";
        if (!body.Has("with")) body.Fault("with", "Name the profile to merge with.");
        var isDryRun = body.Flag("dryRun") ?? false;
        var reason = body.Text("reason", ProfileDesk.ReasonLengthMax) ?? "";
        if (body.Faults.Count > 0) await RefuseAsync(context, WorkspaceRefusal.Invalid(body.Faults));
        else if (!isDryRun) await AnswerAsync(context, await desk.MergeAsync(context.Author(), profile, with, reason, context.RequestAborted));
        else if (desk.PreviewMerge(profile, with) is { United: { } united }) await AnswerAsync(context, Previewed([united]));
        else await RefuseAsync(context, desk.PreviewMerge(profile, with).Refusal!);
    }

    private async Task SplitAsync(HttpContext context, Profile profile, JsonInput body)
    {
        var identifiers = body.Texts("identifiers", IdentityResolver.MappingsMax, NameLengthMax);
        var isDryRun = body.Flag("dryRun") ?? false;
        var reason = body.Text("reason", ProfileDesk.ReasonLengthMax) ?? "";
        if (body.Faults.Count > 0)
        {
            await RefuseAsync(context, WorkspaceRefusal.Invalid(body.Faults));
        }
        else if (isDryRun)
        {
            var (refusal, parts) = ProfileDesk.PreviewSplit(profile, identifiers);
            if (refusal is not null) await RefuseAsync(context, refusal);
            else await AnswerAsync(context, Previewed(parts));
        }
        else
        {
            await AnswerAsync(context, await desk.SplitAsync(context.Author(), profile, identifiers, reason, context.RequestAborted));
        }
    }

    private JsonObject Previewed(IEnumerable<Profile> left) => new() { ["dryRun"] = true, ["profiles"] = new JsonArray([.. left.Select(explainer.Describe)]) };

    private Task AnswerAsync(HttpContext context, ProfileChanged changed) => changed.Refusal is { } refusal
        ? RefuseAsync(context, refusal)
        : AnswerAsync(context, new JsonObject { ["command"] = changed.Command, ["profiles"] = new JsonArray([.. changed.Profiles.Select(explainer.Describe)]) });

    private static Task RefuseAsync(HttpContext context, WorkspaceRefusal refusal) => ApiAnswer.Refused(refusal).ExecuteAsync(context);

    private bool TryFind(HttpContext context, out Profile profile, out string verb, out Task failure)
    {
        profile = null!;
        var path = RawPath.Segments(context, Prefix);
        verb = path.Length > 1 ? path[1] : "";
        failure = Task.CompletedTask;
        if (path.Length is 1 or 2 && SpaceOf(context) is { } space && profiles.Find(space, CollectionOf(context), path[0]) is { } found)
        {
            profile = found;
            return true;
        }

        failure = FailAsync(context, StatusCodes.Status404NotFound, "not-found", "Profile was not found.", null);
        return false;
    }

    private Space? SpaceOf(HttpContext context) => workspace().FindSpace(context.Request.Query["space"].ToString() is { Length: > 0 } space ? space : "default");

    private static ProfileCollection CollectionOf(HttpContext context) =>
        context.Request.Query["collection"] == "accounts" ? ProfileCollection.Accounts : ProfileCollection.Users;

    private static Task AnswerAsync(HttpContext context, JsonObject data) => ApiAnswer.Data(data).ExecuteAsync(context);

    private static Task FailAsync(HttpContext context, int status, string type, string message, string? field) =>
        ApiAnswer.Failed(status, type, [new WorkspaceFault(field, message)]).ExecuteAsync(context);
}
