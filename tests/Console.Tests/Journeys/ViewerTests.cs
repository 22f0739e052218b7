using Tributary.Console.Access;
using Tributary.Console.Tests.Kit;
using Tributary.Engine.Workspace;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Tributary.Console.Tests.Journeys;

/// <summary>A viewer sees what flows, not whom it is about, and changes nothing.</summary>
public sealed class ViewerTests(Browser browser)
{
    private static readonly string[] Revealing = ["person-4711", "browser-1", "browser-2", "countess@example.net", "ben@example.net", "Lovelace", "203.0.113.7", Shop.WriteKey];

    [Fact]
    public async Task Sees_masked_values_everywhere_and_no_button_that_changes_something()
    {
        await using var server = await ConsoleServer.StartAsync();
        var source = await Shop.OpenAsync(server);
        await server.AddMemberAsync("vera@example.com", "Vera", MemberRole.Viewer);
        await using var window = await browser.OpenAsync(server.Address);
        await window.SignInAsync("vera@example.com", ConsoleServer.Password);
        foreach (var (path, name) in EveryPage.Of(source, server))
        {
            await window.GoAsync(path);
            await Expect(window.Page.Locator(".loading")).ToHaveCountAsync(0, new() { Timeout = 30_000 });
            if (name == "debugger")
            {
                await window.Page.Locator(".debug-row").Filter(new() { HasText = "identify" }).First.ClickAsync();
                await Expect(window.Page.GetByText(PiiMask.Hidden).First).ToBeVisibleAsync();
                await window.ShootAsync("viewer-debugger");
            }

            var html = await window.Page.ContentAsync();
            Assert.All(Revealing, text => Assert.DoesNotContain(text, html, StringComparison.Ordinal));
        }

        await window.GoAsync("/sources");
        await Expect(window.Link("New source")).ToHaveCountAsync(0);
        await window.GoAsync("/sources/new");
        await Expect(window.Page.GetByText("Only editors create sources")).ToBeVisibleAsync();
        await window.GoAsync($"/sources/{source.Id}/settings");
        await Expect(window.Button("Save")).ToHaveCountAsync(0);
        await Expect(window.Button("Add a key")).ToHaveCountAsync(0);
        await Expect(window.Button("Show the write key")).ToHaveCountAsync(0);

        // Searching would be a way to ask whether somebody is there.
        await window.GoAsync($"/sources/{source.Id}/debugger?q=countess%40example.net");
        await Expect(window.Page.GetByText("No message fits")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_role_that_is_taken_away_ends_the_session_of_an_open_page()
    {
        await using var server = await ConsoleServer.StartAsync();
        var editor = await server.AddMemberAsync("eve@example.com", "Eve", MemberRole.Editor);
        await using var window = await browser.OpenAsync(server.Address);
        await window.SignInAsync("eve@example.com", ConsoleServer.Password, "/sources");
        await Expect(window.Link("New source")).ToBeVisibleAsync();

        var owner = server.Workspace.Current.Members.First(member => member.Role == MemberRole.Owner);
        Assert.Null((await server.Members.ChangeRoleAsync(owner, editor.Id, MemberRole.Viewer, false, CancellationToken.None)).Refusal);

        await Expect(window.Heading("Sign in")).ToBeVisibleAsync();
        await window.SignInAsync("eve@example.com", ConsoleServer.Password, "/sources");
        await Expect(window.Link("New source")).ToHaveCountAsync(0);
    }
}
