using Microsoft.Playwright;
using Tributary.Console.Tests.Kit;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Tributary.Console.Tests.Journeys;

/// <summary>Somebody builds an audience, and watches a customer enter it.</summary>
public sealed class AudienceTests(Browser browser)
{
    [Fact]
    public async Task An_audience_built_in_rows_and_in_text_counts_while_it_is_written_and_fills_while_it_is_watched()
    {
        await using var server = await ConsoleServer.StartAsync();
        await Shop.OpenAsync(server);
        await server.SendAsync(Shop.WriteKey, """{"type":"track","anonymousId":"browser-3","event":"Price Seen"}""");
        await using var window = await browser.OpenAsync(server.Address);
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, "/audiences");
        await window.Link("New audience").ClickAsync();
        await window.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("Bought lately");
        await Expect(window.Page.GetByLabel("Key", new() { Exact = true })).ToHaveValueAsync("bought_lately");

        // In rows: one order within 30 days, which one person has.
        await window.Page.GetByLabel("Name of the event").FillAsync("Order Completed");
        await window.Page.GetByLabel("How many times").FocusAsync();
        await Expect(window.Page.Locator(".builder-count strong")).ToHaveTextAsync("1");
        await Expect(window.Page.Locator(".builder-sample")).ToContainTextAsync("person-4711");

        // In text: the same query, and what is wrong with another one.
        await window.Button("Text").ClickAsync();
        var text = window.Page.GetByLabel("Definition", new() { Exact = true });
        await Expect(text).ToHaveValueAsync("event('Order Completed').within(30 days).count() >= 1");
        await text.FillAsync("event('Order Completed').within(30 days).cuont() >= 1");
        await Expect(window.Page.Locator("#query-problem")).ToContainTextAsync("count");
        await Expect(window.Page.Locator(".builder-where mark")).ToHaveTextAsync("cuont");

        // Whom only a browser's id names does not count, neither here nor once it is created.
        await text.FillAsync("event('Price Seen').count() >= 1");
        await Expect(window.Page.Locator(".builder-count strong")).ToHaveTextAsync("0");
        await text.FillAsync("event('Order Completed').count() >= 1");
        await Expect(window.Page.Locator(".builder-count strong")).ToHaveTextAsync("1");
        await text.FillAsync("event('Order Completed').within(30 days).count() >= 2");
        await Expect(window.Page.Locator(".builder-count strong")).ToHaveTextAsync("0");
        await window.Button("Rows").ClickAsync();
        await Expect(window.Page.GetByLabel("How many times")).ToHaveValueAsync("2");
        await window.ShootAsync("journey-audience-builder");
        await window.Button("Create audience").ClickAsync();

        // It is live, and nobody is in until somebody buys for the second time.
        await Expect(window.Heading("Bought lately")).ToBeVisibleAsync();
        await Expect(window.Page.Locator(".page-head .chip.success")).ToBeVisibleAsync();
        var size = window.Page.Locator(".page-head strong");
        await Expect(size).ToHaveTextAsync("0");
        await server.SendAsync(Shop.WriteKey, """{"type":"track","userId":"person-4711","event":"Order Completed","messageId":"order-2","properties":{"total":10}}""");
        await Expect(size).ToHaveTextAsync("1");
        await window.Page.Locator(".tabs").GetByText("Members").ClickAsync();
        await Expect(window.Main).ToContainTextAsync("person-4711");

        // Why: both orders.
        await window.Page.Locator(".tabs").GetByText("Explain").ClickAsync();
        await window.Page.GetByLabel("Profile", new() { Exact = true }).FillAsync("user_id:person-4711");
        await window.Button("Explain").ClickAsync();
        await Expect(window.Main).ToContainTextAsync("In.");
        await Expect(window.Main).ToContainTextAsync("order-1");
        await Expect(window.Main).ToContainTextAsync("order-2");
        await window.ShootAsync("journey-audience-explain");
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task Two_audiences_are_compared()
    {
        await using var server = await ConsoleServer.StartAsync();
        await Shop.OpenAsync(server);
        await Shop.DefineAsync(server, "audiences", "On the pro plan", "pros", "trait('plan') = 'pro'");
        await using var window = await browser.OpenAsync(server.Address);
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, "/audiences/buyers/compare");
        await window.Page.GetByLabel("The other audience").SelectOptionAsync(new SelectOptionValue { Label = "On the pro plan" });
        await window.Button("Compare").ClickAsync();
        await Expect(window.Page.Locator(".audience-overlap")).ToContainTextAsync("in both");
        await window.ShootAsync("journey-audience-compare");
        window.ExpectNoComplaints();
    }
}
