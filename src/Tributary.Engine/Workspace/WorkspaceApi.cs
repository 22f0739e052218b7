using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tributary.Engine.Workspace;

/// <summary>The management API of the workspace, in the shapes of Segment's Public API, so that its SDKs work when pointed at <c>/api</c>.</summary>
public static class WorkspaceApi
{
    /// <summary>
    /// Maps the routes into <paramref name="api"/>, the group of <c>/api</c>. The group asks for the scope of an administrator; see
    /// <see cref="AccessControl.RequireScope"/>.
    /// </summary>
    public static void MapWorkspaceApi(this IEndpointRouteBuilder api)
    {
        api.MapGet("/", Get).WithTags("Workspace").WithName("getWorkspace").WithSummary("Name and id of the workspace.");
        SourcesApi.Map(api);
        DestinationsApi.Map(api);
        SpacesApi.Map(api);
        TokensApi.Map(api);
        CatalogApi.Map(api);
        AuditApi.Map(api);
    }

    private static ApiAnswer Get(LiveWorkspace workspace)
    {
        var now = workspace.Current;
        return ApiAnswer.Data(new JsonObject
        {
            ["workspace"] = new JsonObject { ["id"] = now.Name?.Id ?? "", ["slug"] = now.Name?.Slug ?? "", ["name"] = now.Name?.Name ?? "" },
            ["revision"] = now.Revision,
        });
    }
}
