using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Access;

/// <summary>Where an invitation leads: the member chooses a password and is signed in.</summary>
public sealed partial class InvitationPage : ComponentBase
{
    private Member? _member;
    private string? _fault;

    [Inject]
    public required MemberRegister Members { get; init; }

    [Inject]
    public required SignInGuard Guard { get; init; }

    [CascadingParameter]
    public required HttpContext Request { get; set; }

    /// <summary>The code as the link has it.</summary>
    [SupplyParameterFromQuery(Name = "code")]
    public string? Link { get; set; }

    [SupplyParameterFromForm]
    public string? Code { get; set; }

    [SupplyParameterFromForm]
    public string? Password { get; set; }

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        var peer = ConsoleSession.PeerOf(Request);
        if (Guard.Wait(peer) > TimeSpan.Zero) return;
        _member = (Code ?? Link) is { Length: > 0 and < 200 } code ? Members.FindInvited(code) : null;
        if (_member is null) Guard.Failed(peer);
    }

    private async Task AcceptAsync()
    {
        if (_member is null) return;
        var (member, refusal) = await Members.AcceptAsync(Code ?? "", Password ?? "", Request.RequestAborted);
        if (member is null)
        {
            _fault = refusal?.Faults[0].Message;
            return;
        }

        await ConsoleSession.BeginAsync(Request, member);
        Request.Response.Redirect("/");
    }
}
