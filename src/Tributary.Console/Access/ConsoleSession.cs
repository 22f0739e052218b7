using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tributary.Engine.Ingest;
using Tributary.Engine.Workspace;
using Member = Tributary.Engine.Workspace.Member;

namespace Tributary.Console.Access;

/// <summary>The session of a member: a signed and sealed cookie that names the member and its stamp, checked against the workspace with every request.</summary>
internal static class ConsoleSession
{
    public const string SignInPath = "/sign-in";

    /// <summary>The query field with the page that was asked for.</summary>
    public const string ReturnField = "next";

    private static readonly TimeSpan Life = TimeSpan.FromDays(7);

    public static void Configure(CookieAuthenticationOptions cookie)
    {
        cookie.Cookie.Name = "tributary.session";
        cookie.Cookie.HttpOnly = true;
        cookie.Cookie.SameSite = SameSiteMode.Lax;
        // Over plain http there is only this machine or somebody's proxy; behind TLS the cookie never leaves it.
        cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        cookie.ExpireTimeSpan = Life;
        cookie.SlidingExpiration = true;
        cookie.LoginPath = SignInPath;
        cookie.ReturnUrlParameter = ReturnField;
        cookie.AccessDeniedPath = "/";
        cookie.Events.OnValidatePrincipal = context =>
        {
            if (ConsoleAccess.Of(context.Principal, context.HttpContext.RequestServices.GetRequiredService<MemberRegister>()) is null) context.RejectPrincipal();
            return Task.CompletedTask;
        };
    }

    /// <summary>Begins the session of a member.</summary>
    public static Task BeginAsync(HttpContext context, Member member) => context.SignInAsync(
        CookieAuthenticationDefaults.AuthenticationScheme,
        new ClaimsPrincipal(new ClaimsIdentity(
            [new Claim(ConsoleAccess.MemberClaim, member.Id), new Claim(ConsoleAccess.StampClaim, member.Stamp), new Claim(ClaimTypes.Name, member.Name)],
            CookieAuthenticationDefaults.AuthenticationScheme)),
        new AuthenticationProperties { IsPersistent = true });

    public static Task EndAsync(HttpContext context) => context.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);

    /// <summary>What attempts of the client are counted under.</summary>
    public static string PeerOf(HttpContext context) =>
        $"peer {PeerAddress.Counted(context.Request, context.RequestServices.GetRequiredService<IOptions<IngestOptions>>().Value.ProxyNetworks)}";

    /// <summary>Believes a trusted proxy about the scheme, so that cookies of pages that came over TLS are marked for it.</summary>
    public static Task BelieveProxy(HttpContext context, RequestDelegate next)
    {
        context.Request.Scheme = OwnAddress.Of(context.Request).Scheme;
        return next(context);
    }

    /// <summary>The page to go to: the one asked for when it is ours, else the first.</summary>
    public static string LocalPath(string? asked) =>
        asked is { Length: > 0 and < 2_000 } && asked[0] == '/' && !asked.StartsWith("//", StringComparison.Ordinal) && !asked.StartsWith("/\\", StringComparison.Ordinal)
            && !asked.Any(char.IsControl)
            ? asked
            : "/";
}
