using Tributary.Console.Tests.Kit;
using Tributary.Engine.Workspace;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Tributary.Console.Tests.Journeys;

/// <summary>The pages of destinations, with something on them.</summary>
public sealed class DestinationPagesTests(Browser browser)
{
    private const string Hostile = "<img src=x onerror=alert(1)> \u202Eevil\u202C 🧨";

    [Fact]
    public async Task They_are_drawn_at_three_widths_in_both_modes_have_no_serious_fault_and_can_be_reloaded()
    {
        await using var world = await DeliveringServer.StartAsync();
        var pages = await FillAsync(world);
        await using var window = await browser.OpenAsync(world.Console.Address);
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password);
        var faults = await Sweep.FaultsAsync(window, pages.All);
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task A_viewer_sees_no_values_and_no_buttons()
    {
        await using var world = await DeliveringServer.StartAsync();
        var id = (await FillAsync(world)).Webhook;
        await world.Console.AddMemberAsync("viewer@example.com", "Vera Viewer", MemberRole.Viewer);
        await using var window = await browser.OpenAsync(world.Console.Address);
        await window.SignInAsync("viewer@example.com", ConsoleServer.Password, $"/destinations/{id}?reason=http_422");
        var page = window.Page;
        await Expect(page.GetByLabel("Body of the request", new() { Exact = true }).First).ToContainTextAsync("••••••");
        await Expect(window.Main).Not.ToContainTextAsync("countess@example.net");
        await Expect(window.Button("Pause")).ToHaveCountAsync(0);
        await Expect(page.GetByText("Send again…")).ToHaveCountAsync(0);
        await window.GoAsync($"/destinations/{id}/settings");
        await Expect(page.GetByLabel("Name", new() { Exact = true })).ToHaveAttributeAsync("readonly", "");
        await Expect(window.Button("Save")).ToHaveCountAsync(0);
        await window.GoAsync($"/destinations/{id}/try");
        await Expect(window.Main).ToContainTextAsync("What identifies people is hidden from you");
        await window.Button("Try it").ClickAsync();
        await Expect(page.GetByLabel("Body of the request", new() { Exact = true })).ToContainTextAsync("••••••");
        await Expect(window.Main).Not.ToContainTextAsync("countess@example.net");
        await window.GoAsync("/destinations/new/webhook");
        await Expect(page.GetByText("Only editors connect destinations")).ToBeVisibleAsync();
        window.ExpectNoComplaints();
    }

    private static async Task<Pages> FillAsync(DeliveringServer world)
    {
        var webhook = await world.ConnectAsync();
        await world.ConnectAsync(Hostile + new string('n', 200));
        for (var order = 0; order < 5; order++) await world.OrderAsync($"order-{order}");
        await world.SettleAsync(10);
        world.Answer(422, $$"""{"error":"{{Hostile}}"}""");
        await world.OrderAsync("order-bad");
        await world.SettleAsync(12);
        world.Answer(200, "");
        var filter = """{"title":"No test orders","if":"properties.total = 0","enabled":true,"actions":[{"type":"DROP"}]}""";
        Assert.Equal(200, (await world.Console.Server.SendAsync(HttpMethod.Post, $"/api/destination/{webhook}/filters", filter)).Status);
        var mapped = await world.ConnectAsync("Amplitude", "actions-amplitude", """{"apiKey":"an api key","secretKey":"a secret key"}""");
        var (_, saved) = await world.Console.Server.SendAsync(
            HttpMethod.Post, $"/api/destinations/{mapped}/subscriptions", $$"""{"name":"{{Hostile}}","actionId":"logEventV2","trigger":"type = \"track\"","settings":{"event_type":{"@path":"$.event"},"user_id":{"@path":"$.userId"} } }""");
        var (_, made) = await world.Console.Server.SendAsync(
            HttpMethod.Post, "/api/functions", """{"resourceType":"DESTINATION","displayName":"To the warehouse","settings":[{"name":"apiKey","type":"STRING","required":true,"sensitive":true}],"code":"async function onTrack(event, settings) { console.log(event.event) }"}""");
        return new Pages(webhook, mapped, (string)saved["data"]!["destinationSubscription"]!["id"]!, (string)made["data"]!["function"]!["id"]!);
    }

    private sealed record Pages(string Webhook, string Mapped, string Mapping, string Function)
    {
        public IEnumerable<(string Path, string Name)> All => EveryPage.OfDelivery(Webhook, Mapped, Mapping, Function);
    }
}
