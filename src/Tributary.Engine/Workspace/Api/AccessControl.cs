using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Tributary.Engine.Workspace;

/// <summary>Writes the answer to a request that may not proceed, in the shape that the clients of this part of the API parse.</summary>
/// <param name="context">The request; the status code is already set.</param>
/// <param name="status">401 (no or an unknown token) or 403 (the token lacks the scope).</param>
/// <param name="message">What is missing and what to do, as a sentence.</param>
public delegate Task RejectionWriter(HttpContext context, int status, string message);

/// <summary>What a token may do.</summary>
public static class Scopes
{
    /// <summary>Everything.</summary>
    public const string Admin = WorkspaceRules.AdminScope;

    /// <summary>Read profiles through the Profile API.</summary>
    public const string ProfilesRead = "profiles:read";

    /// <summary>Those that exist.</summary>
    public static readonly IReadOnlyList<string> All = [Admin, ProfilesRead];
}

/// <summary>
/// Lets a request through when it carries a token with the scope that its endpoint asks for: <c>Authorization: Bearer token</c>, or Basic with the token as
/// user name (the password does not matter), as Segment's Public and Profile APIs do.
/// </summary>
/// <remarks>There is no guard against guessing: a token made here has 238 bits. One that the environment sets is as strong as its author made it.</remarks>
public static class AccessControl
{
    // A token made here has 44 characters.
    private const int HeaderLengthMax = 1_024;

    /// <summary>Endpoints of <paramref name="endpoints"/> answer only to tokens with this scope; <c>admin</c> includes every other.</summary>
    public static T RequireScope<T>(this T endpoints, string scope, RejectionWriter reject) where T : IEndpointConventionBuilder =>
        endpoints.WithMetadata(new AccessRule(scope, reject));

    /// <summary>Enforces <see cref="RequireScope"/>. Stands after routing and before the endpoints; a rejected body is never read.</summary>
    public static IApplicationBuilder UseAccessControl(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>() is not { } rule) return next(context);
        if (CallerOf(context) is not { } caller)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"tributary\"";
            return RejectAsync(context, rule, StatusCodes.Status401Unauthorized, "Send a token of this workspace as \"Authorization: Bearer …\", or as the user name of Basic.");
        }

        if (!caller.Scopes.Contains(rule.Scope) && !caller.Scopes.Contains(Scopes.Admin))
            return RejectAsync(context, rule, StatusCodes.Status403Forbidden, $"This needs a token with the scope \"{rule.Scope}\".");
        context.Features.Set(caller);
        return next(context);
    });

    /// <summary>The name of the token that a request came with, for the audit log.</summary>
    public static string Author(this HttpContext context) => context.Features.Get<Token>()?.Name ?? "anonymous";

    private static Task RejectAsync(HttpContext context, AccessRule rule, int status, string message)
    {
        context.Response.StatusCode = status;
        return rule.Reject(context, status, message);
    }

    private static Token? CallerOf(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (header.Length is 0 or > HeaderLengthMax || Credential(header) is not { Length: > 0 } token) return null;
        return WorkspaceSecrets.Find(context.RequestServices.GetRequiredService<LiveWorkspace>().Current, token);
    }

    private static string? Credential(string header)
    {
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return header[7..].Trim();
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return null;
        Span<byte> bytes = stackalloc byte[HeaderLengthMax];
        if (!Convert.TryFromBase64String(header[6..].Trim(), bytes, out var length)) return null;
        var pair = Encoding.UTF8.GetString(bytes[..length]);
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? pair : pair[..colon];
    }

    private sealed record AccessRule(string Scope, RejectionWriter Reject);
}
