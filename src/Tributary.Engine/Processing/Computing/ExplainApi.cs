using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Audiences;
using Tributary.Engine.Profiles;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Processing.Computing;

/// <summary><c>…/explain?profile=</c> of audiences and computed traits.</summary>
internal static class ExplainApi
{
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        Map(endpoints, "audiences", "audience", Computation.Audience);
        Map(endpoints, "computed-traits", "computedTrait", Computation.Trait);
    }

    private static void Map(IEndpointRouteBuilder endpoints, string path, string name, string kind) =>
        endpoints.MapGet($"/api/spaces/{{spaceId}}/{path}/{{id}}/explain", (HttpRequest request, string spaceId, string id, LiveWorkspace workspace, ProfileQueries profiles, ComputationExplainer explainer) =>
            Explain(request, spaceId, id, workspace.Current, profiles, explainer, name, kind))
            .WithName($"explain{name}").WithTags(kind == Computation.Audience ? "Audiences" : "Computed traits").WithSummary("Why a profile (use_… or type:value) is in or not, or has its value.");

    private static ApiAnswer Explain(
        HttpRequest request, string spaceId, string id, WorkspaceSnapshot now, ProfileQueries profiles, ComputationExplainer explainer, string name, string kind)
    {
        if (ComputationsApi.Find(now, spaceId, id, kind) is not var (space, computation)) return ComputationsApi.NotFound(name, id);
        var wanted = request.Query["profile"].ToString();
        if (wanted.Length == 0) return ApiAnswer.Refused(WorkspaceRefusal.Invalid("profile", "profile is required: an id, or type:value such as user_id:42."));
        if (profiles.Find(space, computation.IsOfAccounts ? ProfileCollection.Accounts : ProfileCollection.Users, wanted) is not { } profile)
            return ApiAnswer.Refused(WorkspaceRefusal.NotFound("profile", wanted));
        return explainer.Explain(now, space, computation, profile) is { } explanation
            ? ApiAnswer.Data(new JsonObject { ["explanation"] = explanation })
            : ApiAnswer.Refused(WorkspaceRefusal.Conflict(null, "It does not answer yet. Its status says how far it is."));
    }
}
