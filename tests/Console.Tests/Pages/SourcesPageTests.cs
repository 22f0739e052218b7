using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Tributary.Console.Access;
using Tributary.Console.Shared;
using Tributary.Console.Sources;
using Tributary.Console.Tests.Kit;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Console.Tests.Pages;

/// <summary>Pages with logic, rendered without a browser over a real engine.</summary>
public sealed class SourcesPageTests : BunitContext
{
    [Fact]
    public async Task Search_in_the_address_narrows_the_table_and_says_so_when_nothing_fits()
    {
        await using var server = await ConsoleServer.StartAsync();
        await Shop.CreateAsync(server, "Shop website", "shop");
        SignIn(server, server.Workspace.Current.Members[0]);
        var navigation = Services.GetRequiredService<NavigationManager>();

        navigation.NavigateTo("/sources?q=SHOP");
        var page = Render<SourcesPage>();
        Assert.Equal(["Shop website"], page.FindAll("tbody .title").Select(cell => cell.TextContent));

        navigation.NavigateTo("/sources?q=nothing");
        Assert.Contains("No source fits", page.Markup, StringComparison.Ordinal);
        await DisposeComponentsAsync();
    }

    [Fact]
    public async Task What_a_viewer_asks_for_is_refused_where_it_is_carried_out()
    {
        await using var server = await ConsoleServer.StartAsync();
        var source = await Shop.CreateAsync(server, "Shop website", "shop");
        SignIn(server, await server.AddMemberAsync("vera@example.com", "Vera", MemberRole.Viewer));
        var access = Services.GetRequiredService<ConsoleAccess>();
        var revision = server.Workspace.Current.Revision;

        var refusal = await access.ActAsync(Permission.Edit, author => server.Services.GetRequiredService<SourceDesk>().DeleteAsync(author, source.Id, CancellationToken.None));

        Assert.Equal(RefusalReason.Forbidden, refusal?.Reason);
        Assert.Contains("Editors", refusal!.Faults[0].Message, StringComparison.Ordinal);
        Assert.Equal(revision, server.Workspace.Current.Revision);
        Assert.Equal(PiiMask.Hidden, access.Mask("ada@example.com"));
    }

    [Fact]
    public async Task A_change_names_the_member_in_the_audit_log()
    {
        await using var server = await ConsoleServer.StartAsync();
        SignIn(server, server.Workspace.Current.Members[0]);
        var page = Render<NewSourcePage>();

        await page.Find("#name").InputAsync("Shop website");
        Assert.Equal("shop-website", page.Find("#slug").GetAttribute("value"));
        await page.Find("form").SubmitAsync();

        var entry = server.Workspace.Current.Audit.First();
        Assert.Equal(ConsoleServer.OwnerEmail, entry.Author);
        Assert.Equal(("source", "Created", "Shop website"), (entry.Items[0].Kind, entry.Items[0].Action, entry.Items[0].Name));
        Assert.Matches("/sources/[0-9A-Za-z]{22}$", Services.GetRequiredService<NavigationManager>().Uri);
    }

    [Fact]
    public async Task A_slug_that_is_taken_is_said_beside_its_field()
    {
        await using var server = await ConsoleServer.StartAsync();
        await Shop.CreateAsync(server, "Shop website", "shop");
        SignIn(server, server.Workspace.Current.Members[0]);
        var page = Render<NewSourcePage>();

        await page.Find("#name").InputAsync("Shop");
        await page.Find("form").SubmitAsync();

        Assert.Contains("Another source has the slug", page.Find(".fault").TextContent, StringComparison.Ordinal);
    }

    private void SignIn(ConsoleServer server, Member member)
    {
        Services.AddFallbackServiceProvider(server.Services);
        // The fallback serves components; what is made here needs its parts given.
        Services.AddScoped(mine => new ConsoleAccess(mine.GetRequiredService<AuthenticationStateProvider>(), server.Services.GetRequiredService<MemberRegister>()));
        Services.AddScoped(_ => new Toasts(TimeProvider.System));
        JSInterop.Mode = JSRuntimeMode.Loose;
        AddAuthorization().SetAuthorized(member.Name).SetClaims(new(ConsoleAccess.MemberClaim, member.Id), new(ConsoleAccess.StampClaim, member.Stamp));
    }
}
