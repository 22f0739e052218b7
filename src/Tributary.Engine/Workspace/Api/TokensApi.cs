using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tributary.Engine.Workspace;

/// <summary><c>/api/tokens</c>: credentials of the management and Profile APIs. The secret is in the answer to its creation and nowhere else.</summary>
internal static class TokensApi
{
    private const int TokensMax = 1_000;

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

    private static async Task<ApiAnswer> CreateAsync(HttpContext context, LiveWorkspace workspace)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var secret = WorkspaceSecrets.NewToken();
        var scopes = body.Texts("scopes", Scopes.All.Count, 100);
        var token = new Token
        {
            Id = WorkspaceSecrets.NewId(),
            Name = body.Text("name", SourceForm.NameLengthMax, required: true) ?? "",
            Hash = WorkspaceSecrets.HashOf(secret),
            Scopes = [.. scopes.Distinct()],
        };
        if (scopes.IsEmpty || scopes.Any(scope => !Scopes.All.Contains(scope))) body.Fault("scopes", $"scopes must name at least one of {string.Join(", ", Scopes.All)}.");
        if (body.Faults.Count > 0) return ApiAnswer.Refused(WorkspaceRefusal.Invalid(body.Faults));
        var changed = await workspace.ChangeAsync(
            context.Author(),
            now => now.Tokens.Length < TokensMax ? ResourceKind.Put(token) : WorkspaceRefusal.Conflict(null, $"There are {TokensMax} tokens already. Delete one first."),
            context.RequestAborted);
        if (changed.Refusal is { } refused) return ApiAnswer.Refused(refused);
        var shown = ApiJson.Of(token);
        shown["secret"] = secret;
        return ApiAnswer.Data(new JsonObject { ["token"] = shown }, StatusCodes.Status201Created);
    }

    private static async Task<ApiAnswer> DeleteAsync(HttpContext context, string id, LiveWorkspace workspace)
    {
        var changed = await workspace.ChangeAsync(
            context.Author(),
            now => now.FindBody(ResourceKind.Token, id) is null ? WorkspaceRefusal.NotFound(ResourceKind.Token, id) : ResourceKind.Delete(ResourceKind.Token, id),
            context.RequestAborted);
        return changed.Refusal is { } refusal ? ApiAnswer.Refused(refusal) : ApiAnswer.Deleted();
    }
}
