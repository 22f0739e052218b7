using Microsoft.Playwright;
using Tributary.Console.Tests.Kit;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Tributary.Console.Tests.Journeys;

/// <summary>Passing events on, and what to do when that fails.</summary>
public sealed class DeliveryTests(Browser browser)
{
    [Fact]
    public async Task Connect_a_webhook_and_watch_a_delivery()
    {
        await using var world = await DeliveringServer.StartAsync();
        await using var window = await browser.OpenAsync(world.Console.Address);
        var page = window.Page;
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, "/destinations");
        await Expect(page.GetByText("No destinations yet")).ToBeVisibleAsync();
        await window.Link("Open the catalogue").ClickAsync();

        await Expect(window.Heading("Catalogue")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Searchbox).FillAsync("webhook");
        // The search goes into the address, which must not overtake the next click.
        await page.WaitForURLAsync(url => url.Contains("q=webhook", StringComparison.Ordinal));
        await page.GetByRole(AriaRole.Link, new() { Name = "Webhook", Exact = true }).First.ClickAsync();

        await Expect(window.Heading("Connect Webhook")).ToBeVisibleAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Order service");
        await page.GetByLabel("Events of").SelectOptionAsync(new SelectOptionValue { Value = world.Source.Id });
        await window.Button("Connect").ClickAsync();
        await Expect(page.GetByText("settings.url must be an absolute address")).ToBeVisibleAsync();
        await page.GetByLabel("URL").FillAsync(world.Stub.Address + "/orders");
        await page.GetByLabel("Shared secret").FillAsync("a well kept secret");
        await window.ShootAsync("destination-new");
        await window.Button("Connect").ClickAsync();

        await Expect(window.Heading("Order service")).ToBeVisibleAsync();
        await Expect(page.GetByText("Waiting for the first event…")).ToBeVisibleAsync();
        await world.OrderAsync("order-1");

        await Expect(page.Locator(".dest-attempts li")).ToHaveCountAsync(1);
        await Expect(page.Locator(".dest-flow")).ToContainTextAsync("Delivered1100 %");
        await page.Locator(".dest-attempts summary").First.ClickAsync();
        await Expect(page.GetByLabel("Body of the request", new() { Exact = true })).ToContainTextAsync("\"messageId\": \"order-1\"");
        await Expect(page.Locator("main")).Not.ToContainTextAsync("a well kept secret");
        await window.ShootAsync("destination-first-delivery");
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task Break_it_see_the_error_with_the_wire_fix_it_retry_and_see_it_delivered()
    {
        await using var world = await DeliveringServer.StartAsync();
        var id = await world.ConnectAsync();
        await using var window = await browser.OpenAsync(world.Console.Address);
        var page = window.Page;
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, $"/destinations/{id}");
        await world.OrderAsync("order-1");
        await Expect(page.Locator(".dest-flow")).ToContainTextAsync("Delivered1");

        world.Answer(422, """{"error":"unknown currency EUR"}""");
        await world.OrderAsync("order-2");
        await world.OrderAsync("order-3");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "It answered 422" })).ToBeVisibleAsync();

        // The page that everybody opens first says so, and leads to the sample.
        await page.GetByRole(AriaRole.Link, new() { Name = "Home" }).First.ClickAsync();
        await Expect(window.Heading("Home")).ToBeVisibleAsync();
        await Expect(page.Locator(".health")).ToContainTextAsync("Failing");
        await page.GetByRole(AriaRole.Link, new() { Name = "2 events could not be delivered" }).ClickAsync();
        await Expect(page.GetByLabel("Body of the answer", new() { Exact = true }).First).ToContainTextAsync("unknown currency EUR");
        await Expect(page.GetByLabel("Body of the request", new() { Exact = true }).First).ToContainTextAsync("\"currency\": \"EUR\"");
        await window.ShootAsync("destination-broken");

        world.Answer(200, "");
        await page.GetByRole(AriaRole.Row).Filter(new() { HasText = "http_422" }).GetByRole(AriaRole.Link, new() { Name = "Send again…" }).ClickAsync();
        await Expect(page.GetByLabel("Which")).ToHaveValueAsync("http_422");
        await window.Button("Preview").ClickAsync();
        await Expect(page.GetByText("2 events would be sent again.")).ToBeVisibleAsync();
        await window.ShootAsync("destination-replay");
        await window.Button("Send 2 events again").ClickAsync();
        await Expect(page.Locator(".dest-flow")).ToContainTextAsync("Delivered3100 %");

        // What is tried again by itself can be hurried.
        world.Answer(503, "in a minute");
        await world.OrderAsync("order-4");
        await Expect(page.Locator(".dest-flow")).ToContainTextAsync("Pending1");
        world.Answer(200, "");
        await window.Button("Retry now").ClickAsync();
        await Expect(page.Locator(".dest-flow")).ToContainTextAsync("Delivered4100 %");

        await window.Button("Pause").ClickAsync();
        await Expect(page.GetByText("Paused. Events wait until it is resumed.")).ToBeVisibleAsync();
        await world.OrderAsync("order-5");
        await Expect(page.Locator(".dest-flow")).ToContainTextAsync("Pending1");
        await window.Button("Resume").ClickAsync();
        await Expect(page.Locator(".dest-flow")).ToContainTextAsync("Delivered5100 %");
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task Set_up_Amplitude_from_the_catalogue_with_a_changed_mapping()
    {
        await using var world = await DeliveringServer.StartAsync(isRouted: true);
        world.Answer(200, "{}");
        await world.TrackAsync("Product Viewed", "before");
        await using var window = await browser.OpenAsync(world.Console.Address);
        var page = window.Page;
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, "/destinations/catalog");
        await page.GetByRole(AriaRole.Searchbox).FillAsync("amplitude");
        // The search goes into the address, which must not overtake the next click.
        await page.WaitForURLAsync(url => url.Contains("q=amplitude", StringComparison.Ordinal));
        await page.GetByRole(AriaRole.Link, new() { Name = "Amplitude", Exact = true }).ClickAsync();
        await Expect(window.Heading("Connect Amplitude")).ToBeVisibleAsync();
        await page.Locator("#setting-apiKey").FillAsync("an api key");
        await page.Locator("#setting-secretKey").FillAsync("a secret key");
        await page.GetByLabel("Events of").SelectOptionAsync(new SelectOptionValue { Value = world.Source.Id });
        await window.Button("Test credentials").ClickAsync();
        await Expect(page.GetByText("It knows us")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await window.Button("Connect").ClickAsync();
        await Expect(window.Heading("Amplitude")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "Mappings", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Track Calls", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Matches 1 of the newest 1 event.")).ToBeVisibleAsync();
        await page.GetByLabel("Where Event Type comes from").SelectOptionAsync("Template");
        await page.Locator("#map-event_type").FillAsync("Web {{event}}");
        await Expect(page.Locator(".map-request")).ToContainTextAsync("Web Product Viewed", new() { Timeout = 30_000 });
        await window.ShootAsync("mapping-amplitude");
        await page.GetByLabel("Trigger").FillAsync("type = \"track\" & event");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("character");
        await page.GetByLabel("Trigger").FillAsync("type = \"track\" and event != \"Order Completed\"");
        await window.Button("Save").ClickAsync();
        await Expect(page.GetByText("Saved. It takes effect with the next event.")).ToBeVisibleAsync();

        await world.TrackAsync("Cart Viewed", "after");
        for (var tries = 0; tries < 300 && !Sent().Any(body => body.Contains("Web Cart Viewed", StringComparison.Ordinal)); tries++) await Task.Delay(100);
        Assert.Contains(Sent(), body => body.Contains("Web Cart Viewed", StringComparison.Ordinal));
        window.ExpectNoComplaints();

        IEnumerable<string> Sent() => world.Stub.Requests.Where(request => request.Path.Contains("amplitude.com/2/httpapi", StringComparison.Ordinal)).Select(request => System.Text.Encoding.UTF8.GetString(request.Body));
    }
}
