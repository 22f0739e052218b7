using Microsoft.Playwright;
using Tributary.Console.Tests.Kit;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Tributary.Console.Tests.Journeys;

/// <summary>Watching what a source sends.</summary>
public sealed class DebuggerTests(Browser browser)
{
    [Fact]
    public async Task Messages_appear_as_they_come_and_say_what_became_of_them()
    {
        await using var server = await ConsoleServer.StartAsync();
        var source = await Shop.CreateAsync(server, "Shop website", "shop");
        await using var window = await browser.OpenAsync(server.Address);
        var page = window.Page;
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, $"/sources/{source.Id}/debugger");
        await Expect(page.GetByText("Waiting for messages")).ToBeVisibleAsync();

        await server.SendAsync(
            Shop.WriteKey,
            """{"type":"track","userId":"ada","event":"Order Completed","messageId":"order-1","properties":{"total":42.5}}""",
            """{"type":"track","event":"Nobody Did This","messageId":"nobody-1"}""");

        var rows = page.Locator(".debug-row");
        await Expect(rows).ToHaveCountAsync(2);
        await Expect(rows.Filter(new() { HasText = "Nobody Did This" })).ToContainTextAsync("no_user_anon_id");

        await page.GetByLabel("Verdict").SelectOptionAsync("accepted");
        await Expect(rows).ToHaveCountAsync(1);
        Assert.Contains("verdict=accepted", page.Url, StringComparison.Ordinal);
        await rows.First.ClickAsync();
        var message = page.GetByRole(AriaRole.Region, new() { Name = "The message" });
        await Expect(message).ToContainTextAsync("total");
        await Expect(message).ToContainTextAsync("use_");
        await message.GetByRole(AriaRole.Button, new() { Name = "Raw" }).ClickAsync();
        await Expect(message.Locator("pre.json")).ToContainTextAsync("\"total\": 42.5");

        // While somebody reads, new ones wait.
        await server.SendAsync(Shop.WriteKey, """{"type":"track","userId":"ada","event":"Order Cancelled"}""");
        await Expect(window.Button("1 new")).ToBeVisibleAsync();
        await Expect(rows).ToHaveCountAsync(1);
        await window.Button("1 new").ClickAsync();
        await Expect(rows).ToHaveCountAsync(2);

        await rows.First.ClickAsync();
        await Expect(page.Locator(".debug-row.is-selected")).ToHaveCountAsync(1);
        await Expect(page.Locator(".debug-row.is-selected")).ToContainTextAsync("Order Cancelled");

        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("cancelled");
        await Expect(rows).ToHaveCountAsync(1);
        await Expect(rows.First).ToContainTextAsync("Order Cancelled");

        // By the name of the event and by the person alone; the address says both.
        await server.SendAsync(Shop.WriteKey, """{"type":"track","userId":"ben","event":"Order Completed"}""", """{"type":"track","userId":"ben","event":"Cart Viewed","properties":{"before":"Order Completed"}}""");
        await window.GoAsync($"/sources/{source.Id}/debugger");
        await page.GetByLabel("Name of the event").FillAsync("order");
        await page.GetByLabel("Person").FillAsync("BEN");
        await page.Keyboard.PressAsync("Enter");
        await Expect(rows).ToHaveCountAsync(1);
        await Expect(rows.First).ToContainTextAsync("Order Completed");
        Assert.Contains("name=order", page.Url, StringComparison.Ordinal);
        await page.GetByLabel("Name of the event").FillAsync("");
        await page.Keyboard.PressAsync("Enter");
        await Expect(rows).ToHaveCountAsync(2);
        Assert.Contains("person=BEN", page.Url, StringComparison.Ordinal);
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task A_tail_that_is_faster_than_an_eye_stays_usable_and_says_that_it_samples()
    {
        await using var server = await ConsoleServer.StartAsync();
        var source = await Shop.CreateAsync(server, "Shop website", "shop");
        await using var window = await browser.OpenAsync(server.Address);
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, $"/sources/{source.Id}/debugger");
        var padding = new string('x', 600);

        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var sending = Task.Run(
            async () =>
            {
                for (var batch = 0; !over.IsCancellationRequested && batch < 2_000; batch++)
                {
                    var events = Enumerable.Range(0, 500).Select(at => $$$"""{"type":"track","userId":"u{{{at}}}","event":"Fast","properties":{"n":{{{(batch * 500) + at}}},"padding":"{{{padding}}}"}}""");
                    await server.SendAsync(Shop.WriteKey, [.. events]);
                }
            },
            CancellationToken.None);
        await Expect(window.Page.GetByText("Sampling: about 1 in")).ToBeVisibleAsync();
        await window.Page.Keyboard.PressAsync("Space");
        await Expect(window.Button("Paused")).ToHaveAttributeAsync("aria-pressed", "true");
        await window.Page.Locator(".debug-row").First.ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Region, new() { Name = "The message" })).ToBeVisibleAsync();
        await window.ShootAsync("debugger-fast");
        await over.CancelAsync();
        await sending;
        window.ExpectNoComplaints();
    }
}
