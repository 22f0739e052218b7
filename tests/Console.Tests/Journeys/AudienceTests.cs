using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Tributary.Console.Tests.Kit;
using Tributary.Engine.Workspace;
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

    [Fact]
    public async Task A_webhook_is_set_up_for_an_audience_hears_who_enters_and_is_disconnected()
    {
        await using var world = await DeliveringServer.StartAsync();
        await Shop.DefineAsync(world.Console, "audiences", "Buyers", "buyers", "event('Order Completed').count() >= 1");
        await Shop.DefineAsync(world.Console, "computed-traits", "Spent", "spent", "event('Order Completed').sum(property('total'))");
        await world.OrderAsync("order-1", 40);
        await using var window = await browser.OpenAsync(world.Console.Address);
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, "/audiences/buyers");
        var page = window.Page;
        await page.Locator(".tabs").GetByText("Destinations").ClickAsync();
        await Expect(page.GetByText("No destination hears of it yet")).ToBeVisibleAsync();
        await window.Link("Set up a destination").ClickAsync();
        await Expect(window.Heading("Catalogue")).ToBeVisibleAsync();
        await page.Locator("a[href^='/destinations/new/webhook?']").ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Mail tool");
        await page.GetByLabel("URL").FillAsync(world.Stub.Address + "/audiences");
        await window.Button("Connect").ClickAsync();

        // It belongs to the source that speaks for audiences, and hears nothing until it is told what.
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Connect Mail tool" })).ToBeVisibleAsync();
        await Expect(page.GetByText("Track calls Audience Entered, Audience Exited")).ToBeVisibleAsync();
        Assert.Empty(world.Stub.Requests);
        await page.GetByLabel("Identify calls").UncheckAsync();
        await window.ShootAsync("journey-audience-connect");
        await window.Button("Connect").ClickAsync();

        // First who is in already, by user id and by email, then who enters; the page counts.
        var row = page.Locator("tbody tr").Filter(new() { HasText = "Mail tool" });
        await Expect(row).ToContainTextAsync("track calls");
        await Expect(row.Locator("td.num").First).ToHaveTextAsync("2");
        await world.Console.SendAsync(world.Source.WriteKeys[0], """{"type":"track","userId":"person-9","event":"Order Completed","messageId":"order-9","properties":{"total":5} }""");
        await Expect(row.Locator("td.num").First).ToHaveTextAsync("3");
        await Expect(row).ToContainTextAsync("Delivering");
        Assert.Equal(["person-4711", "person-4711", "person-9"], Heard(world, "Audience Entered"));
        await window.ShootAsync("journey-audience-connected");

        // Identifiers are narrowed afterwards.
        await row.GetByText("Change").ClickAsync();
        await window.Button("Only some").ClickAsync();
        await page.GetByLabel("How many of them").SelectOptionAsync("last");
        await page.GetByLabel("Type of identifier").SelectOptionAsync("user_id");
        await window.Button("Save").ClickAsync();
        await Expect(row).ToContainTextAsync("the last user_id");

        // A computed trait goes to the same destination.
        await window.GoAsync("/audiences/spent/destinations");
        await page.GetByLabel("Destination", new() { Exact = true }).SelectOptionAsync("Mail tool");
        await page.GetByLabel("Identify calls").UncheckAsync();
        await window.Button("Connect").ClickAsync();
        await Expect(row.Locator("td.num").First).ToHaveTextAsync("6");
        Assert.Equal(["person-4711", "person-4711", "person-9"], Heard(world, "Trait Computed"));

        // Disconnected, it hears no more of the audience.
        await window.GoAsync("/audiences/buyers/destinations");
        await row.GetByText("Disconnect…").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Disconnect" }).ClickAsync();
        await Expect(page.GetByText("No destination hears of it yet")).ToBeVisibleAsync();
        await world.Console.SendAsync(world.Source.WriteKeys[0], """{"type":"track","userId":"person-10","event":"Order Completed","messageId":"order-10","properties":{"total":6} }""");
        await window.GoAsync("/audiences/spent/destinations");
        await Expect(row.Locator("td.num").First).ToHaveTextAsync("7");
        Assert.Equal(["person-4711", "person-4711", "person-9"], Heard(world, "Audience Entered"));
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task A_viewer_sees_where_it_is_sent_and_changes_nothing()
    {
        await using var world = await DeliveringServer.StartAsync();
        await Shop.DefineAsync(world.Console, "audiences", "Buyers", "buyers", "event('Order Completed').count() >= 1");
        await world.ConnectAsync("Mail tool", source: world.Console.Workspace.Current.Sources.Single(source => source.MetadataId == SourceCatalog.Engage).Id);
        await world.Console.AddMemberAsync("viewer@example.com", "Vera Viewer", MemberRole.Viewer);
        await using var window = await browser.OpenAsync(world.Console.Address);
        await window.SignInAsync("viewer@example.com", ConsoleServer.Password, "/audiences/buyers/destinations");
        await Expect(window.Page.GetByText("No destination hears of it yet")).ToBeVisibleAsync();
        await Expect(window.Main.GetByRole(AriaRole.Button)).ToHaveCountAsync(0);
        await Expect(window.Link("Set up a destination")).ToHaveCountAsync(0);
        await Expect(window.Page.GetByLabel("Destination", new() { Exact = true })).ToHaveCountAsync(0);
        window.ExpectNoComplaints();
    }

    private static IEnumerable<string> Heard(DeliveringServer world, string name) => world.Stub.Requests
        .Select(request => JsonNode.Parse(request.Body)!).Where(said => (string?)said["event"] == name).Select(said => (string)said["userId"]!).Order(StringComparer.Ordinal);
}
