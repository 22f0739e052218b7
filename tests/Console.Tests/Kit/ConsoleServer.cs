using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Tributary.Engine.Workspace;
using Tributary.Server.Tests;
using Xunit;

namespace Tributary.Console.Tests.Kit;

/// <summary>A whole server with people who may use its console.</summary>
public sealed class ConsoleServer : IAsyncDisposable
{
    public const string OwnerEmail = "grace@example.com";
    public const string Password = "a sentence is fine";

    private ConsoleServer(RunningServer server) => Server = server;

    internal RunningServer Server { get; }

    public string Address => Server.Address;

    public IServiceProvider Services => Server.Services;

    internal LiveWorkspace Workspace => Services.GetRequiredService<LiveWorkspace>();

    internal MemberRegister Members => Services.GetRequiredService<MemberRegister>();

    /// <summary>Starts a server that nobody owns yet.</summary>
    public static async Task<ConsoleServer> StartEmptyAsync(Action<WebApplicationBuilder>? configure = null) => new(await RunningServer.StartAsync(configure));

    /// <summary>Starts a server with an owner.</summary>
    public static async Task<ConsoleServer> StartAsync(Action<WebApplicationBuilder>? configure = null)
    {
        var server = await StartEmptyAsync(configure);
        var (owner, refusal) = await server.Members.SetUpAsync(OwnerEmail, "Grace Hopper", Password, CancellationToken.None);
        Assert.NotNull(owner);
        Assert.Null(refusal);
        return server;
    }

    /// <summary>Adds a member who has accepted the invitation.</summary>
    public async Task<Member> AddMemberAsync(string email, string name, MemberRole role, bool pii = false)
    {
        var owner = Workspace.Current.Members.First(member => member.Role == MemberRole.Owner);
        var (code, refusal) = await Members.InviteAsync(owner, email, name, role, pii, CancellationToken.None);
        Assert.Null(refusal);
        var (member, _) = await Members.AcceptAsync(code!, Password, CancellationToken.None);
        return member!;
    }

    /// <summary>Sends events and waits until they are in the profiles.</summary>
    public async Task SendAsync(string writeKey, params string[] events)
    {
        using var http = Server.Client(null);
        http.DefaultRequestHeaders.Add("Authorization", "Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(writeKey + ":")));
        http.DefaultRequestHeaders.Add("Prefer", "wait=10");
        using var body = new StringContent($$"""{"batch":[{{string.Join(',', events)}}]}""", System.Text.Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync("/v1/batch", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
