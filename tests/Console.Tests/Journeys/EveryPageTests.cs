using Microsoft.Playwright;
using Tributary.Console.Tests.Kit;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Tributary.Console.Tests.Journeys;

/// <summary>What must be true of every page; those of destinations are among <see cref="DestinationPagesTests"/>.</summary>
public sealed class EveryPageTests(Browser browser)
{
    [Fact]
    public Task The_first_half_is_drawn_at_three_widths_in_both_modes_has_no_serious_fault_and_can_be_reloaded() => SweepAsync(browser, part: 0);

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Neither_the_door_nor_the_palette_has_a_serious_fault(ColorScheme scheme)
    {
        await using var server = await ConsoleServer.StartAsync();
        await using var window = await browser.OpenAsync(server.Address, scheme: scheme);
        await window.Page.GotoAsync("/sign-in");
        var faults = (await Sweep.AccessibilityAsync(window.Page, "/sign-in")).ToList();
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password);
        await window.Page.Keyboard.PressAsync("Control+k");
        await Expect(window.Page.GetByRole(AriaRole.Combobox)).ToBeFocusedAsync();
        faults.AddRange(await Sweep.AccessibilityAsync(window.Page, "the palette"));
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    /// <summary>Visits every second page: two classes, because the tests of one run after each other.</summary>
    internal static async Task SweepAsync(Browser browser, int part)
    {
        await using var server = await ConsoleServer.StartAsync();
        var source = await Shop.OpenAsync(server);
        await using var window = await browser.OpenAsync(server.Address);
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password);
        var pages = EveryPage.Of(source, server).Where((_, at) => at % 2 == part);
        var faults = await Sweep.FaultsAsync(window, pages, name => name == "debugger" ? window.Page.Locator(".debug-row").First.ClickAsync() : Task.CompletedTask);
        Assert.True(faults.Count == 0, string.Join('\n', faults));

        // The page that is not there is answered 404, which the browser mentions.
        window.Forgive("404");
        window.ExpectNoComplaints();
    }
}

/// <summary>The other half of <see cref="EveryPageTests"/>.</summary>
public sealed class EveryOtherPageTests(Browser browser)
{
    [Fact]
    public Task The_second_half_is_drawn_at_three_widths_in_both_modes_has_no_serious_fault_and_can_be_reloaded() => EveryPageTests.SweepAsync(browser, part: 1);
}
