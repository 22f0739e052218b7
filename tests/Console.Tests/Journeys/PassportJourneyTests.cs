using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tributary.Console.Tests.Kit;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Tributary.Console.Tests.Journeys;

/// <summary>Somebody asks what became of one event.</summary>
public sealed class PassportJourneyTests(Browser browser)
{
    [Fact]
    public async Task The_passport_of_a_delivered_event_tells_every_station_and_what_went_over_the_wire()
    {
        await using var receiver = await ReceiverAsync();
        await using var server = await ConsoleServer.StartAsync(builder => builder.Configuration["TRIBUTARY_EGRESS_ALLOW"] = "127.0.0.0/8");
        var source = await Shop.CreateAsync(server, "Shop website", "shop");
        var (status, body) = await server.Server.SendAsync(
            HttpMethod.Post, "/api/destinations", $$$"""{"sourceId":"{{{source.Id}}}","metadataId":"webhook","name":"Order desk","settings":{"url":"{{{receiver.Urls.First()}}}/in"}}""");
        Assert.True(status is 200 or 201, body.ToJsonString());
        await server.SendAsync(Shop.WriteKey, """{"type":"track","userId":"person-4711","event":"Order Completed","messageId":"order-9","properties":{"total":42.5}}""");
        await server.SendAsync(Shop.WriteKey, """{"type":"identify","userId":"person-4711","messageId":"who","traits":{"email":"countess@example.net"}}""");

        await using var window = await browser.OpenAsync(server.Address);
        var page = window.Page;
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, "/events");
        await page.GetByText("Order Completed").ClickAsync();
        await Expect(window.Heading("Order Completed")).ToBeVisibleAsync();

        // The page follows the delivery without being asked to.
        var station = page.Locator(".station", new() { HasText = "Order desk" });
        await Expect(station.GetByText("delivered", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(station.Locator(".passport-wire")).ToHaveCountAsync(1);
        await station.Locator(".passport-wire > summary").ClickAsync();
        await Expect(station.Locator("[aria-label=Request]")).ToContainTextAsync("POST");
        await Expect(station.Locator("[aria-label=Answer]")).ToContainTextAsync("200");
        await Expect(page.Locator(".passport-changes")).ToContainTextAsync("A new profile");
        await window.ShootAsync("passport-delivered");

        // What the other one changed.
        await window.GoAsync("/events");
        await page.GetByLabel("Message id").FillAsync("who");
        await window.Button("Open").ClickAsync();
        await Expect(page.Locator(".passport-changes")).ToContainTextAsync("email:countess@example.net");
        await window.ShootAsync("passport-changes");
        window.ExpectNoComplaints();
    }

    private static async Task<WebApplication> ReceiverAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapPost("/in", () => Results.Text("taken"));
        await app.StartAsync();
        return app;
    }
}
