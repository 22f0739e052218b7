using Microsoft.Playwright;
using Tributary.Console.Access;
using Tributary.Console.Tests.Kit;
using Tributary.Engine.Workspace;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Tributary.Console.Tests.Journeys;

/// <summary>Somebody asks who a customer is, why two identifiers are one, and takes a wrong merge back.</summary>
public sealed class ProfileJourneyTests(Browser browser)
{
    [Fact]
    public async Task Find_and_explain_a_person()
    {
        await using var server = await ConsoleServer.StartAsync();
        await Shop.OpenAsync(server);
        await server.SendAsync(
            Shop.WriteKey,
            """{"type":"identify","userId":"person-4711","traits":{"plan":"enterprise"},"messageId":"plan-changed","timestamp":"2027-01-05T10:00:00Z"}""",
            """{"type":"group","userId":"person-4711","groupId":"analytical-engines","traits":{"name":"Analytical Engines Ltd"}}""");
        await using var window = await browser.OpenAsync(server.Address);
        var page = window.Page;
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, "/profiles");
        await Expect(window.Link("Ada Lovelace")).ToBeVisibleAsync();
        await window.ShootAsync("profiles-recent");

        // The beginning of an address is enough.
        await page.GetByRole(AriaRole.Searchbox).FillAsync("countess@");
        await Expect(page.GetByText("1 profile", new() { Exact = true })).ToBeVisibleAsync();
        await window.Link("Ada Lovelace").ClickAsync();
        await Expect(window.Heading("Ada Lovelace")).ToBeVisibleAsync();

        // What is known, who said it, and what it was before.
        await page.Locator("tr", new() { HasText = "plan" }).First.ClickAsync();
        await Expect(page.Locator(".profile-history")).ToContainTextAsync("enterprise");
        await Expect(page.Locator(".profile-history")).ToContainTextAsync("pro");
        await window.ShootAsync("profile-traits");

        // What the person did.
        await window.Link("Timeline").ClickAsync();
        await page.GetByLabel("Type", new() { Exact = true }).SelectOptionAsync("track");
        var order = page.Locator(".timeline-event").Filter(new() { HasText = "Order Completed" });
        await Expect(order).ToHaveCountAsync(1);
        await order.ClickAsync();
        await Expect(page.Locator(".profile-pane .json")).ToContainTextAsync("Lamp");
        await window.ShootAsync("profile-timeline");

        // Why it is one person: the event that carried both.
        await window.Link("Identities").ClickAsync();
        await page.Locator(".identity-node", new() { HasText = "browser-1" }).ClickAsync();
        await page.GetByLabel("Why is it one with").SelectOptionAsync(new SelectOptionValue { Label = "email:countess@example.net" });
        await Expect(page.Locator(".identity-chain")).ToContainTextAsync("identify event from Shop website");
        await page.Locator(".identity-link.is-branch").First.ClickAsync();
        await Expect(page.GetByText("are one because one identify event from Shop website carried both")).ToBeVisibleAsync();
        await window.ShootAsync("profile-identities");

        await window.Link("Accounts").ClickAsync();
        await window.Link("Analytical Engines Ltd").ClickAsync();
        await Expect(window.Heading("Analytical Engines Ltd")).ToBeVisibleAsync();
        await window.Link("People").Last.ClickAsync();
        await Expect(window.Link("Ada Lovelace")).ToBeVisibleAsync();

        // A retired or current id, and any identifier, is an address.
        await window.GoAsync("/profiles/email:countess@example.net");
        await Expect(window.Heading("Ada Lovelace")).ToBeVisibleAsync();
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task Split_a_wrong_merge_and_see_both()
    {
        await using var server = await ConsoleServer.StartAsync();
        await Shop.CreateAsync(server, "Shop website", "shop");
        await server.SendAsync(
            Shop.WriteKey,
            """{"type":"identify","userId":"ada","traits":{"email":"ada@example.net","name":"Ada Lovelace"}}""",
            """{"type":"identify","anonymousId":"family-tablet","traits":{"email":"ben@example.net","name":"Ben Babbage"},"messageId":"ben-here"}""",
            """{"type":"track","anonymousId":"family-tablet","event":"Film Watched"}""",
            """{"type":"track","userId":"ada","anonymousId":"family-tablet","event":"Signed In","messageId":"wrong-link"}""");
        await using var window = await browser.OpenAsync(server.Address);
        var page = window.Page;
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, "/profiles/user_id:ada/identities");
        await Expect(page.Locator(".identity-node")).ToHaveCountAsync(4);

        await page.GetByRole(AriaRole.Button, new() { Name = "Link between user_id:ada and anonymous_id:family-tablet" }).ClickAsync();
        await Expect(page.Locator("dl.facts").GetByText("wrong-link")).ToBeVisibleAsync();
        await window.Button("Split here…").ClickAsync();

        // The dry run says what each side would be.
        await Expect(page.GetByText("What there would be: 2 profiles")).ToBeVisibleAsync();
        await Expect(page.Locator(".preview-part")).ToHaveCountAsync(2);
        await window.ShootAsync("profile-split-preview");
        await page.GetByLabel("Why, for those who come after you").FillAsync("They share a tablet.");
        await window.Button("Split").ClickAsync();

        await Expect(page.GetByText("Split into 2 profiles.")).ToBeVisibleAsync();
        await window.ShootAsync("profile-split-done");
        await page.Locator(".identity-parts").GetByRole(AriaRole.Link, new() { Name = "Ben Babbage" }).ClickAsync();
        await Expect(window.Heading("Ben Babbage")).ToBeVisibleAsync();
        await Expect(page.Locator(".identity-node")).ToHaveCountAsync(2);
        await window.GoAsync("/profiles/user_id:ada");
        await Expect(window.Heading("Ada Lovelace")).ToBeVisibleAsync();

        // And back again: a merge by hand, which the graph names as such.
        await window.GoAsync("/profiles/user_id:ada/identities");
        await window.Button("Merge with…").ClickAsync();
        await page.GetByLabel("Identifier or profile id").FillAsync("ben@");
        await page.Locator(".merge-hits button").ClickAsync();
        await Expect(page.GetByText("What there would be")).ToBeVisibleAsync();
        await window.ShootAsync("profile-merge-preview");
        await window.Button("Merge").ClickAsync();
        await Expect(page.Locator(".identity-node")).ToHaveCountAsync(4);
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task A_viewer_cannot_ask_whether_somebody_is_there()
    {
        await using var server = await ConsoleServer.StartAsync();
        await Shop.OpenAsync(server);
        await server.AddMemberAsync("vera@example.com", "Vera", MemberRole.Viewer);
        await using var window = await browser.OpenAsync(server.Address);
        await window.SignInAsync("vera@example.com", ConsoleServer.Password, "/profiles");
        await Expect(window.Page.GetByText("you can search by profile id alone")).ToBeVisibleAsync();
        await Expect(window.Page.Locator("tbody tr")).Not.ToHaveCountAsync(0);
        await window.ShootAsync("viewer-profiles");

        await window.GoAsync("/profiles?q=countess%40example.net");
        await Expect(window.Page.GetByText("No profile found")).ToBeVisibleAsync();
        await window.GoAsync("/profiles/email:countess@example.net");
        await Expect(window.Heading("There is no such profile")).ToBeVisibleAsync();

        // What exists and what does not looks the same.
        await window.GoAsync("/profiles/email:nobody@example.net");
        await Expect(window.Heading("There is no such profile")).ToBeVisibleAsync();
        await window.GoAsync("/profiles");
        await window.Page.Locator("tbody tr").First.ClickAsync();
        await Expect(window.Page.Locator("main h1")).ToHaveTextAsync(PiiMask.Hidden);
        await window.Link("Identities").ClickAsync();
        await Expect(window.Button("Merge with…")).ToHaveCountAsync(0);
        await window.ShootAsync("viewer-identities");
    }
}
