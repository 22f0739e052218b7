using Microsoft.Playwright;
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
    public async Task They_are_drawn_at_three_widths_in_both_modes()
    {
        await using var world = await DeliveringServer.StartAsync();
        var id = await FillAsync(world);
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await using var window = await browser.OpenAsync(world.Console.Address, scheme: scheme);
            await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password);
            foreach (var (path, name) in PathsOf(id))
            {
                await window.GoAsync(path);
                await Expect(window.Page.Locator(".loading")).ToHaveCountAsync(0);
                foreach (var width in (int[])[390, 1280, 1920])
                {
                    await window.Page.SetViewportSizeAsync(width, width == 390 ? 844 : width == 1280 ? 800 : 1080);
                    var overflow = await window.Page.EvaluateAsync<int>("() => { const page = document.querySelector('main') ?? document.body; return page.scrollWidth - page.clientWidth }");
                    Assert.True(overflow <= 0, $"{path} is {overflow} pixels too wide at {width}.");
                    await window.ShootAsync($"{name}-{width}-{(scheme == ColorScheme.Dark ? "dark" : "light")}");
                }
            }

            window.ExpectNoComplaints();
        }
    }

    [Fact]
    public async Task A_viewer_sees_no_values_and_no_buttons()
    {
        await using var world = await DeliveringServer.StartAsync();
        var id = await FillAsync(world);
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
        await window.GoAsync("/destinations/new/webhook");
        await Expect(page.GetByText("Only editors connect destinations")).ToBeVisibleAsync();
        window.ExpectNoComplaints();
    }

    private static IEnumerable<(string Path, string Name)> PathsOf(string id)
    {
        yield return ("/destinations", "destinations");
        yield return ("/destinations/catalog", "catalogue");
        yield return ("/destinations/catalog?q=zzzz", "catalogue-none");
        yield return ("/destinations/new/webhook", "destination-new-webhook");
        yield return ("/destinations/new/actions-amplitude", "destination-new-amplitude");
        yield return ($"/destinations/{id}", "destination");
        yield return ($"/destinations/{id}?reason=http_422&replay=http_422", "destination-reason");
        yield return ($"/destinations/{id}/settings", "destination-settings");
        yield return ("/destinations/there-is-none", "destination-missing");
    }

    private static async Task<string> FillAsync(DeliveringServer world)
    {
        var id = await world.ConnectAsync();
        await world.ConnectAsync(Hostile + new string('n', 200));
        for (var order = 0; order < 5; order++) await world.OrderAsync($"order-{order}");
        await world.SettleAsync(10);
        world.Answer(422, $$"""{"error":"{{Hostile}}"}""");
        await world.OrderAsync("order-bad");
        await world.SettleAsync(12);
        world.Answer(200, "");
        return id;
    }
}
