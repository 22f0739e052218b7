using System.Text.Json;
using Microsoft.Playwright;
using Tributary.Console.Tests.Kit;
using Tributary.Server.Tests;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Tributary.Console.Tests.Journeys;

/// <summary>What must be true of every page.</summary>
public sealed class EveryPageTests(Browser browser)
{
    private static readonly string Axe = File.ReadAllText(Repository.PathOf("tests", "Console.Tests", "axe", "node_modules", "axe-core", "axe.min.js"));

    [Fact]
    public async Task Reloading_any_address_shows_the_page_again()
    {
        await using var server = await ConsoleServer.StartAsync();
        var source = await Shop.OpenAsync(server);
        await using var window = await browser.OpenAsync(server.Address);
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password);
        foreach (var (path, _) in EveryPage.Of(source, server))
        {
            await window.GoAsync(path);
            var title = await window.Page.Locator("h1").InnerTextAsync();
            await window.Page.ReloadAsync();
            await Expect(window.Page.Locator("h1")).ToHaveTextAsync(title);
            Assert.EndsWith(path, window.Page.Url, StringComparison.Ordinal);
        }

        // The page that is not there is answered 404, which the browser mentions.
        window.Forgive("404");
        window.ExpectNoComplaints();
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task No_page_has_a_serious_fault_of_accessibility(ColorScheme scheme)
    {
        await using var server = await ConsoleServer.StartAsync();
        var source = await Shop.OpenAsync(server);
        await using var window = await browser.OpenAsync(server.Address, scheme: scheme);
        await window.Page.GotoAsync("/sign-in");
        var faults = await FaultsAsync(window.Page, "/sign-in");
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password);
        foreach (var (path, name) in EveryPage.Of(source, server))
        {
            await window.GoAsync(path);
            await Expect(window.Page.Locator(".loading")).ToHaveCountAsync(0);
            if (name == "debugger") await window.Page.Locator(".debug-row").First.ClickAsync();
            faults.AddRange(await FaultsAsync(window.Page, path));
        }

        await window.GoAsync("/");
        await window.Page.Keyboard.PressAsync("Control+k");
        await Expect(window.Page.GetByRole(AriaRole.Combobox)).ToBeFocusedAsync();
        faults.AddRange(await FaultsAsync(window.Page, "the palette"));
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public async Task Every_page_is_drawn_at_three_widths_in_both_modes()
    {
        await using var server = await ConsoleServer.StartAsync();
        var source = await Shop.OpenAsync(server);
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await using var window = await browser.OpenAsync(server.Address, scheme: scheme);
            await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password);
            foreach (var (path, name) in EveryPage.Of(source, server))
            {
                await window.GoAsync(path);
                await Expect(window.Page.Locator(".loading")).ToHaveCountAsync(0);
                if (name == "debugger") await window.Page.Locator(".debug-row").First.ClickAsync();
                foreach (var width in (int[])[390, 1280, 1920])
                {
                    await window.Page.SetViewportSizeAsync(width, width == 390 ? 844 : width == 1280 ? 800 : 1080);
                    // Nothing sticks out: a page that scrolls sideways cannot be read on a telephone.
                    var overflow = await window.Page.EvaluateAsync<int>("() => { const page = document.querySelector('main') ?? document.body; return page.scrollWidth - page.clientWidth }");
                    Assert.True(overflow <= 0, $"{path} is {overflow} pixels too wide at {width}.");
                    await window.ShootAsync($"{name}-{width}-{(scheme == ColorScheme.Dark ? "dark" : "light")}");
                }
            }
        }
    }

    internal static async Task<List<string>> FaultsAsync(IPage page, string path)
    {
        await page.EvaluateAsync(Axe);
        var result = await page.EvaluateAsync<JsonElement>("() => axe.run(document, { resultTypes: ['violations'] })");
        return
        [
            .. result.GetProperty("violations").EnumerateArray().Where(violation => violation.GetProperty("impact").GetString() is "serious" or "critical")
                .Select(violation => $"{path}: {violation.GetProperty("id").GetString()}: {violation.GetProperty("help").GetString()}: "
                    + string.Join(" | ", violation.GetProperty("nodes").EnumerateArray().Take(3).Select(node => node.GetProperty("html").GetString() + " " + node.GetProperty("any").EnumerateArray().Select(each => each.GetProperty("message").GetString()).FirstOrDefault()))),
        ];
    }
}
