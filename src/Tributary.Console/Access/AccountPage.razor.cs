using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Access;

/// <summary>One's own account. A plain form, because a new password needs a new cookie.</summary>
public sealed partial class AccountPage : ComponentBase
{
    private Member? _member;
    private string? _fault;
    private bool _isDone;

    [Inject]
    public required MemberRegister Members { get; init; }

    [Inject]
    public required SignInGuard Guard { get; init; }

    [CascadingParameter]
    public required HttpContext Request { get; set; }

    [SupplyParameterFromForm]
    public string? Present { get; set; }

    [SupplyParameterFromForm]
    public string? Password { get; set; }

    /// <inheritdoc/>
    protected override void OnInitialized() => _member = ConsoleAccess.Of(Request.User, Members);

    private async Task ChangeAsync()
    {
        if (_member is not { } member) return;
        var key = $"password {member.Id}";
        if (Guard.Wait(key) is { Ticks: > 0 } wait)
        {
            _fault = $"Too many attempts. Try again in {Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds))} seconds.";
            return;
        }

        var (changed, refusal) = await Members.ChangePasswordAsync(member, Present ?? "", Password ?? "", Request.RequestAborted);
        if (changed is null)
        {
            Guard.Failed(key);
            _fault = refusal?.Faults[0].Message;
            return;
        }

        Guard.Succeeded(key);
        await ConsoleSession.BeginAsync(Request, changed);
        (_member, _isDone) = (changed, true);
    }
}
