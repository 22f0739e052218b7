using Microsoft.Playwright;
using Tributary.Console.Tests.Kit;
using Tributary.Server.Tests;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Tributary.Console.Tests.Journeys;

/// <summary>The frame around all pages: keyboard, modes, and what happens when the server goes away.</summary>
public sealed class ShellTests(Browser browser)
{
    [Fact]
    public async Task Everything_is_reached_with_the_keyboard_alone()
    {
        await using var server = await ConsoleServer.StartAsync();
        var source = await Shop.OpenAsync(server);
        await using var window = await browser.OpenAsync(server.Address);
        var (page, keys) = (window.Page, window.Page.Keyboard);
        await page.GotoAsync("/");
        await Expect(window.Heading("Sign in")).ToBeVisibleAsync();
        await keys.TypeAsync(ConsoleServer.OwnerEmail);
        await keys.PressAsync("Tab");
        await keys.TypeAsync(ConsoleServer.Password);
        await keys.PressAsync("Enter");
        await Expect(window.Heading("Home")).ToBeFocusedAsync();

        await keys.PressAsync("Control+k");
        await Expect(page.GetByRole(AriaRole.Combobox)).ToBeFocusedAsync();
        await keys.TypeAsync("shop");
        await Expect(page.GetByRole(AriaRole.Option).First).ToContainTextAsync("Shop website");
        await window.ShootAsync("palette");
        await keys.PressAsync("Enter");
        await Expect(window.Heading("Shop website")).ToBeVisibleAsync();
        Assert.EndsWith($"/sources/{source.Id}", page.Url, StringComparison.Ordinal);

        await keys.PressAsync("g");
        await keys.PressAsync("s");
        await Expect(window.Heading("Sources")).ToBeFocusedAsync();
        await keys.PressAsync("/");
        await keys.TypeAsync("shop");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await page.Locator("tbody tr").FocusAsync();
        await keys.PressAsync("Enter");
        await Expect(window.Heading("Shop website")).ToBeVisibleAsync();

        await keys.PressAsync("?");
        await Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Keyboard" })).ToBeVisibleAsync();
        await window.ShootAsync("shortcuts");
        await keys.PressAsync("Escape");
        await keys.PressAsync("Control+k");
        await Expect(page.GetByRole(AriaRole.Combobox)).ToBeFocusedAsync();
        await keys.TypeAsync(">dark");
        await Expect(page.GetByRole(AriaRole.Option)).ToHaveCountAsync(1);
        await keys.PressAsync("Enter");
        await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        await keys.PressAsync("g");
        await keys.PressAsync("s");
        await Expect(window.Heading("Sources")).ToBeVisibleAsync();
        await keys.PressAsync("n");
        await Expect(window.Heading("New source")).ToBeVisibleAsync();
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task Dark_mode_follows_the_system_until_somebody_chooses_and_is_remembered()
    {
        await using var server = await ConsoleServer.StartAsync();
        await using var window = await browser.OpenAsync(server.Address, scheme: ColorScheme.Dark);
        var html = window.Page.Locator("html");
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password);
        await Expect(html).ToHaveAttributeAsync("data-theme", "dark");
        await window.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        await Expect(html).ToHaveAttributeAsync("data-theme", "light");

        await window.Button("Light or dark").ClickAsync();
        await Expect(html).ToHaveAttributeAsync("data-theme", "dark");
        await window.Page.ReloadAsync();
        await Expect(html).ToHaveAttributeAsync("data-theme", "dark");
        await Expect(window.Heading("Home")).ToBeVisibleAsync();
        Assert.Equal("rgb(14, 20, 19)", await window.Page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor"));
    }

    [Fact]
    public async Task An_open_page_goes_on_by_itself_when_the_server_has_been_restarted()
    {
        var folder = Directory.CreateTempSubdirectory("tributary-").FullName;
        var port = ServerProcess.FreePort();
        try
        {
            using var first = await ServerProcess.StartAsync(folder, port);
            var address = $"http://127.0.0.1:{port}";
            await using var window = await browser.OpenAsync(address);
            await window.Page.GotoAsync(await first.AnnouncementAsync("Set up the console: "));
            await window.Page.GetByLabel("Your name").FillAsync("Grace Hopper");
            await window.Page.GetByLabel("Email").FillAsync(ConsoleServer.OwnerEmail);
            await window.Page.GetByLabel("Password").FillAsync(ConsoleServer.Password);
            await window.Button("Create the owner").ClickAsync();
            await Expect(window.Heading("Home")).ToBeVisibleAsync();
            await window.GoAsync("/sources?q=first");
            await Expect(window.Page.Locator("tbody tr")).ToHaveCountAsync(1);

            await first.StopAsync();
            await Expect(window.Page.GetByText("The server is not answering.")).ToBeVisibleAsync();
            await window.ShootAsync("away");
            using var second = await ServerProcess.StartAsync(folder, port);

            // The same page, still signed in, alive again.
            await Expect(window.Page.GetByText("The server is not answering.")).ToBeHiddenAsync(new() { Timeout = 30_000 });
            await Expect(window.Page.Locator("tbody tr")).ToHaveCountAsync(1);
            Assert.EndsWith("/sources?q=first", window.Page.Url, StringComparison.Ordinal);
            await window.Page.GetByRole(AriaRole.Searchbox).FillAsync("nothing has this");
            await Expect(window.Page.GetByText("No source fits")).ToBeVisibleAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
