using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Access;

/// <summary>The door.</summary>
public sealed partial class SignInPage : ComponentBase
{
    private string? _fault;

    [Inject]
    public required MemberRegister Members { get; init; }

    [Inject]
    public required SignInGuard Guard { get; init; }

    [Inject]
    public required ILogger<SignInPage> Logger { get; init; }

    [CascadingParameter]
    public required HttpContext Request { get; set; }

    [SupplyParameterFromForm]
    public string? Email { get; set; }

    [SupplyParameterFromForm]
    public string? Password { get; set; }

    [SupplyParameterFromQuery(Name = ConsoleSession.ReturnField)]
    public string? Next { get; set; }

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        if (Members.IsEmpty) Request.Response.Redirect("/setup");
        else if (ConsoleAccess.Of(Request.User, Members) is not null) Request.Response.Redirect(ConsoleSession.LocalPath(Next));
    }

    private async Task SignInAsync()
    {
        var (email, peer) = ($"member {Email?.Trim().ToLowerInvariant()}", ConsoleSession.PeerOf(Request));
        if (Guard.Wait(email, peer) is { Ticks: > 0 } wait)
        {
            _fault = $"Too many attempts. Try again in {Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds))} seconds.";
            Request.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            return;
        }

        if (Members.SignIn(Email ?? "", Password ?? "") is not { } member)
        {
            Guard.Failed(email, peer);
            SignInRefused(Logger, peer);
            _fault = "Email and password do not belong together.";
            return;
        }

        Guard.Succeeded(email, peer);
        await ConsoleSession.BeginAsync(Request, member);
        Request.Response.Redirect(ConsoleSession.LocalPath(Next));
    }

    [LoggerMessage(5003, LogLevel.Warning, "A sign-in to the console was refused ({Peer}).")]
    private static partial void SignInRefused(ILogger logger, string peer);
}
