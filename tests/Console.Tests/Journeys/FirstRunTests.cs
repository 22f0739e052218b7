using Microsoft.Extensions.DependencyInjection;
using Tributary.Console.Access;
using Tributary.Console.Tests.Kit;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Tributary.Console.Tests.Journeys;

/// <summary>The first quarter of an hour of somebody who has never seen Tributary.</summary>
public sealed class FirstRunTests(Browser browser)
{
    [Fact]
    public async Task From_an_empty_server_to_the_first_event_of_a_website()
    {
        await using var server = await ConsoleServer.StartEmptyAsync();
        await using var window = await browser.OpenAsync(server.Address);
        var page = window.Page;

        // Whoever started the server has the link; everybody else is asked for the code.
        await page.GotoAsync("/");
        await Expect(window.Heading("Welcome to Tributary")).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Set-up code")).ToBeVisibleAsync();
        await page.GotoAsync(server.Services.GetRequiredService<SetUpCode>().Path);
        await window.ShootAsync("setup");
        await page.GetByLabel("Your name").FillAsync("Grace Hopper");
        await page.GetByLabel("Email").FillAsync("Grace@Example.com");
        await page.GetByLabel("Password").FillAsync(ConsoleServer.Password);
        await window.Button("Create the owner").ClickAsync();

        await Expect(window.Heading("Home")).ToBeVisibleAsync();
        await Expect(page.Locator("[data-step=source].is-next")).ToBeVisibleAsync();
        await page.Locator("[data-step=source]").GetByRole(Microsoft.Playwright.AriaRole.Link, new() { Name = "New source" }).ClickAsync();
        await page.GetByLabel("Javascript", new() { Exact = true }).CheckAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Shop website");
        await Expect(page.GetByLabel("Slug")).ToHaveValueAsync("shop-website");
        await window.Button("Create source").ClickAsync();

        await Expect(window.Heading("Shop website")).ToBeVisibleAsync();
        await Expect(page.GetByText("Waiting for the first event…")).ToBeVisibleAsync();
        var snippet = await page.Locator("pre.code").InnerTextAsync();
        Assert.Contains(server.Address, snippet, StringComparison.Ordinal);

        // Segment's own analytics.js, as the snippet loads it, on a page of another origin.
        await using var site = await TestSite.StartAsync(snippet);
        await using var visitor = await browser.OpenAsync(site.Address);
        await visitor.Page.GotoAsync("/");

        await Expect(page.GetByText("Events arrive.")).ToBeVisibleAsync();
        await window.ShootAsync("first-event");
        await page.GetByRole(Microsoft.Playwright.AriaRole.Link, new() { Name = "Home", Exact = true }).ClickAsync();
        await Expect(page.Locator("[data-step=source].is-done")).ToBeVisibleAsync();
        await Expect(page.Locator("[data-step=event].is-done")).ToBeVisibleAsync();
        await window.ShootAsync("home-after-first-event");
        window.ExpectNoComplaints();
    }
}
