using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Access;

/// <summary>
/// Who is looking, and what they may do: the one place that every page asks. It reads the workspace as it is now, so a role that was taken away is gone in open
/// pages too.
/// </summary>
public sealed class ConsoleAccess(AuthenticationStateProvider session, MemberRegister members)
{
    /// <summary>The claim with the member's id.</summary>
    public const string MemberClaim = "member";

    /// <summary>The claim with the member's stamp when the session began.</summary>
    public const string StampClaim = "stamp";

    private ClaimsPrincipal? _principal;

    /// <summary>Who is signed in; null when nobody is, or when the session has ended since the page was opened.</summary>
    public Member? Member => Of(Principal(), members);

    /// <summary>Whether the member may do something.</summary>
    public bool May(Permission permission) => Member?.May(permission) ?? false;

    /// <summary>
    /// Carries out a change for the member, whose address becomes the author in the audit log. Everything that a page changes goes through here, so that a hidden
    /// button is never all that stands between a viewer and the workspace.
    /// </summary>
    /// <param name="needed">What it takes.</param>
    /// <param name="change">Makes the change under the author's name.</param>
    /// <returns>Null, or why nothing was changed.</returns>
    public async ValueTask<WorkspaceRefusal?> ActAsync(Permission needed, Func<string, ValueTask<WorkspaceChanged>> change)
    {
        if (Member is not { } member) return WorkspaceRefusal.Forbidden("Your session has ended. Sign in again.");
        return member.May(needed) ? (await change(member.Email)).Refusal : WorkspaceRefusal.Forbidden(Explain(needed, member));
    }

    /// <summary>Why a member may not do something, and who could, as a sentence.</summary>
    public string Explain(Permission needed) => Member is { } member ? Explain(needed, member) : "Sign in to do this.";

    /// <summary>A text that identifies somebody, as the member may see it.</summary>
    public string Mask(string? text) => May(Permission.Pii) ? text ?? "" : PiiMask.Text(text);

    internal static Member? Of(ClaimsPrincipal? principal, MemberRegister members) =>
        principal?.FindFirst(MemberClaim)?.Value is { } id && principal.FindFirst(StampClaim)?.Value is { } stamp ? members.Find(id, stamp) : null;

    private static string Explain(Permission needed, Member member) => needed switch
    {
        Permission.Read => "Sign in to see this.",
        Permission.Edit => $"You are {Named(member.Role)}. Editors, admins and owners can do this.",
        Permission.Administer => $"You are {Named(member.Role)}. Admins and owners can do this.",
        Permission.Own => $"You are {Named(member.Role)}. Only owners can do this.",
        Permission.Pii => "What identifies people is hidden from you. An admin can change that.",
    };

    private static string Named(MemberRole role) => role switch
    {
        MemberRole.Owner => "an owner",
        MemberRole.Admin => "an admin",
        MemberRole.Editor => "an editor",
        MemberRole.Viewer => "a viewer",
    };

    // A circuit and a request each have one principal, known before the first page is made.
    private ClaimsPrincipal? Principal()
    {
        if (_principal is not null) return _principal;
        var asked = session.GetAuthenticationStateAsync();
        return asked.IsCompletedSuccessfully ? _principal = asked.Result.User : null;
    }
}
