using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Access;

/// <summary>The first page that anybody sees: makes the owner.</summary>
public sealed partial class SetUpPage : ComponentBase
{
    private WorkspaceRefusal? _refusal;
    private string? _codeFault;

    [Inject]
    public required MemberRegister Members { get; init; }

    [Inject]
    public required SetUpCode Codes { get; init; }

    [Inject]
    public required SignInGuard Guard { get; init; }

    [CascadingParameter]
    public required HttpContext Request { get; set; }

    /// <summary>The code as the printed link has it.</summary>
    [SupplyParameterFromQuery(Name = "code")]
    public string? Link { get; set; }

    [SupplyParameterFromForm]
    public string? Code { get; set; }

    [SupplyParameterFromForm]
    public string? Name { get; set; }

    [SupplyParameterFromForm]
    public string? Email { get; set; }

    [SupplyParameterFromForm]
    public string? Password { get; set; }

    private string? _fault => _refusal?.Faults.FirstOrDefault(fault => fault.Field is null).Message;

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        if (!Members.IsEmpty) Request.Response.Redirect(ConsoleSession.SignInPath);
    }

    private string? FaultOf(string field) => _refusal?.Faults.FirstOrDefault(fault => fault.Field == field).Message;

    private async Task SetUpAsync()
    {
        var peer = ConsoleSession.PeerOf(Request);
        if (Guard.Wait(peer) is { Ticks: > 0 } || !Codes.Fits(Code))
        {
            Guard.Failed(peer);
            _codeFault = "This is not the code that the server printed.";
            return;
        }

        var (owner, refusal) = await Members.SetUpAsync(Email ?? "", Name ?? "", Password ?? "", Request.RequestAborted);
        if (owner is null)
        {
            _refusal = refusal;
            return;
        }

        await ConsoleSession.BeginAsync(Request, owner);
        Request.Response.Redirect("/");
    }
}
