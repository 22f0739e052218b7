using Microsoft.Playwright;
using Tributary.Console.Tests.Kit;
using Tributary.Engine.Workspace;
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
        await Expect(window.Heading("Sources")).ToBeVisibleAsync();
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

    [Fact]
    public async Task Hostile_names_and_messages_are_shown_and_do_nothing()
    {
        const string Markup = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>";
        await using var server = await ConsoleServer.StartAsync();
        var source = await Shop.CreateAsync(server, $"{Markup} \u202Egnp.exe 👩‍🚀", "shop");
        await server.AddMemberAsync("mallory@example.com", Markup, MemberRole.Admin);
        var longName = new string('W', 10_000);
        await server.SendAsync(
            Shop.WriteKey,
            System.Text.Json.JsonSerializer.Serialize(new { type = "track", userId = Markup, @event = Markup, properties = new Dictionary<string, string> { [Markup] = Markup, ["rtl"] = "\u202Eevil\u202C", ["emoji"] = "🏳️‍🌈👩‍👩‍👧‍👦" } }),
            System.Text.Json.JsonSerializer.Serialize(new { type = "track", userId = "x", @event = "Long", properties = new { text = longName } }),
            System.Text.Json.JsonSerializer.Serialize(new { type = Markup, userId = Markup }));
        await using var window = await browser.OpenAsync(server.Address);
        await window.SignInAsync("mallory@example.com", ConsoleServer.Password);
        foreach (var (path, name) in EveryPage.Of(source, server))
        {
            await window.GoAsync(path);
            await Expect(window.Page.Locator(".loading")).ToHaveCountAsync(0);
            if (name == "debugger")
            {
                foreach (var row in await window.Page.Locator(".debug-row").AllAsync())
                {
                    await row.ClickAsync();
                    await window.Button("Raw").ClickAsync();
                    await window.Button("Pretty").ClickAsync();
                }

                await window.ShootAsync("hostile-debugger");
            }

            Assert.DoesNotContain("pwned", await window.Page.TitleAsync() is var title && title.Contains('<', StringComparison.Ordinal) ? "" : title, StringComparison.Ordinal);
            Assert.Equal(0, await window.Page.Locator("img[onerror], main script").CountAsync());
            var overflow = await window.Page.EvaluateAsync<int>("() => { const page = document.querySelector('main') ?? document.body; return page.scrollWidth - page.clientWidth }");
            Assert.True(overflow <= 0, $"{path} is {overflow} pixels too wide.");
        }

        await window.GoAsync("/sources");
        await window.ShootAsync("hostile-sources");
        await window.Page.Keyboard.PressAsync("Control+k");
        await window.Page.Keyboard.TypeAsync("<img");
        await Expect(window.Page.GetByRole(AriaRole.Option).First).ToContainTextAsync("<img src=x");
        window.Forgive("404");
        window.ExpectNoComplaints();
    }
}
