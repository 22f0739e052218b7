using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tributary.Engine.Workspace;

/// <summary><c>/api/tokens</c>: credentials of the management and Profile APIs. The secret is in the answer to its creation and nowhere else.</summary>
internal static class TokensApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var tokens = api.MapGroup("/tokens").WithTags("Tokens");
        tokens.MapGet("/", List).WithName("listTokens").WithSummary("All tokens, without their secrets.");
        tokens.MapPost("/", CreateAsync).WithName("createToken").WithSummary("Creates a token and shows its secret, once.");
        tokens.MapGet("/{id}", Get).WithName("getToken").WithSummary("One token, without its secret.");
        tokens.MapDelete("/{id}", DeleteAsync).WithName("deleteToken").WithSummary("Makes a token worthless at once.");
    }

    private static ApiAnswer List(LiveWorkspace workspace) =>
        ApiAnswer.Data(new JsonObject { ["tokens"] = new JsonArray([.. workspace.Current.Tokens.Select(token => ApiJson.Of(token))]) });

    private static ApiAnswer Get(string id, LiveWorkspace workspace) => workspace.Current.Tokens.FirstOrDefault(token => token.Id == id) is { } token
        ? ApiAnswer.Data(new JsonObject { ["token"] = ApiJson.Of(token) })
        : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Token, id));

    private static async Task<ApiAnswer> CreateAsync(HttpContext context, TokenDesk desk)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var (token, secret, changed) = await desk.CreateAsync(context.Author(), body, context.RequestAborted);
        if (changed.Refusal is { } refused) return ApiAnswer.Refused(refused);
        var shown = ApiJson.Of(token);
        shown["secret"] = secret;
        return ApiAnswer.Data(new JsonObject { ["token"] = shown }, StatusCodes.Status201Created);
    }

    private static async Task<ApiAnswer> DeleteAsync(HttpContext context, string id, TokenDesk desk) =>
        (await desk.DeleteAsync(context.Author(), id, context.RequestAborted)).Refusal is { } refusal ? ApiAnswer.Refused(refusal) : ApiAnswer.Deleted();
}
