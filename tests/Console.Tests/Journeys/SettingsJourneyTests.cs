using System.Net;
using System.Net.Http.Headers;
using Microsoft.Playwright;
using Tributary.Console.Access;
using Tributary.Console.Tests.Kit;
using Tributary.Engine.Workspace;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Tributary.Console.Tests.Journeys;

/// <summary>Somebody sets the workspace up: who is one person, which programs and people may come in, what was changed, how it is kept.</summary>
public sealed class SettingsJourneyTests(Browser browser)
{
    [Fact]
    public async Task Identity_rules_are_put_in_order_by_keyboard_and_by_hand_tried_on_the_past_and_saved()
    {
        await using var server = await ConsoleServer.StartAsync();
        await Shop.OpenAsync(server);
        await server.SendAsync(
            Shop.WriteKey,
            """{"type":"identify","userId":"one","traits":{"email":"shared@example.org"}}""",
            """{"type":"identify","anonymousId":"kiosk","traits":{"email":"shared@example.org"}}""",
            """{"type":"identify","userId":"two","traits":{"email":"shared@example.org"}}""");
        await using var window = await browser.OpenAsync(server.Address);
        var page = window.Page;
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, "/settings/identity");
        await Expect(TypeAt(page, 1)).ToHaveTextAsync("email");
        await Expect(window.Button("Save")).ToBeDisabledAsync();

        // By keyboard: the button goes on with the row, so that pressing again goes on.
        await window.Button("anonymous_id up").FocusAsync();
        foreach (var place in (int[])[4, 3, 2])
        {
            await page.Keyboard.PressAsync("Enter");
            await Expect(TypeAt(page, place)).ToHaveTextAsync("anonymous_id");
            await Expect(window.Button("anonymous_id up")).ToBeFocusedAsync();
        }

        await Expect(page.GetByText("anonymous_id is now number 3 of 11.")).ToBeAttachedAsync();

        // By hand: onto the place of another.
        await page.Locator(".identity-rule").Nth(7).Locator(".identity-grip").DragToAsync(page.Locator(".identity-rule").Nth(1));
        await Expect(TypeAt(page, 1)).ToHaveTextAsync("group_id");

        await page.GetByLabel("Details of email").ClickAsync();
        await window.Button("Block a value").ClickAsync();
        await page.GetByLabel("Blocked value of email").FillAsync("shared@example.org");
        await window.Button("Simulate").ClickAsync();
        await Expect(page.GetByText("0 profiles would be joined of several, 1 would come apart.")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await Expect(page.Locator(".simulated li").First).ToContainTextAsync("user_id:one");
        await window.ShootAsync("identity-simulated");
        Assert.Equal("email", server.Workspace.Current.Spaces[0].Identity.Identifiers[1].Type);

        // What cannot be is said beside its rule, and nothing is saved.
        await page.GetByLabel("Most values of user_id on one profile").FillAsync("none");
        await window.Button("Save").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByText("identifiers[0].limit must be a whole number of at least 1.")).ToBeVisibleAsync();
        await page.GetByLabel("Most values of user_id on one profile").FillAsync("2");
        await page.GetByLabel("Within, for user_id").SelectOptionAsync("Daily");
        await window.Button("Save").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("You have not simulated these rules.");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByText("The rules apply from now on.")).ToBeVisibleAsync();

        var saved = server.Workspace.Current.Spaces[0].Identity.Identifiers;
        Assert.Equal(["user_id", "group_id", "email", "anonymous_id"], saved.Take(4).Select(rule => rule.Type));
        Assert.Equal(Enumerable.Range(1, 11), saved.Select(rule => rule.Priority));
        Assert.Equal((2, LimitWindow.Daily), (saved[0].Limit, saved[0].Window));
        Assert.Equal("shared@example.org", Assert.Single(saved[2].Blocked).Exact);

        await window.GoAsync($"/settings/audit?resource={server.Workspace.Current.Spaces[0].Id}");
        await Expect(page.Locator(".audit-diff").First).ToContainTextAsync("identity.identifiers[user_id].limit");
        await page.ReloadAsync();
        await Expect(page.Locator(".audit-entry").First.Locator("tr").Filter(new() { HasText = "identity.identifiers[user_id].limit" })).ToContainTextAsync("2");
        await window.ShootAsync("audit-identity");
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task A_long_simulation_can_be_stopped_and_what_somebody_else_saves_is_said()
    {
        await using var server = await ConsoleServer.StartAsync();
        await Shop.OpenAsync(server);
        foreach (var batch in Enumerable.Range(0, 20))
            await server.SendAsync(Shop.WriteKey, [.. Enumerable.Range(0, 500).Select(at => $$"""{"type":"track","event":"Seen","userId":"person-{{batch}}-{{at}}","anonymousId":"browser-{{batch}}-{{at}}"}""")]);
        await using var window = await browser.OpenAsync(server.Address);
        var page = window.Page;
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, "/settings/identity/default");

        await window.Button("Simulate").ClickAsync();
        await window.Button("Stop").ClickAsync();
        await Expect(page.GetByText("The simulation was stopped.")).ToBeVisibleAsync();
        await Expect(window.Button("Simulate")).ToBeEnabledAsync();

        await window.Button("email down").ClickAsync();
        await server.Server.SendAsync(HttpMethod.Put, "/api/spaces/default/identity", """{"identifiers":[{"type":"user_id"},{"type":"email","matchKeys":["email"]}]}""");
        await Expect(page.GetByText("Somebody else has changed these rules since you began.")).ToBeVisibleAsync();
        await Expect(page.Locator(".identity-rule")).ToHaveCountAsync(11);

        // A click beside it loses nothing.
        await window.Link("About").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(page.GetByText("Not saved")).ToBeVisibleAsync();
        await window.Button("Take theirs").ClickAsync();
        await Expect(page.Locator(".identity-rule")).ToHaveCountAsync(2);
        await Expect(page.GetByText("Somebody else has changed these rules since you began.")).ToHaveCountAsync(0);
        await window.Link("About").ClickAsync();
        await Expect(window.Heading("About")).ToBeVisibleAsync();
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task A_token_is_shown_once_works_over_http_and_is_worthless_once_it_is_deleted()
    {
        await using var server = await ConsoleServer.StartAsync();
        await using var window = await browser.OpenAsync(server.Address);
        var page = window.Page;
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, "/settings/tokens");
        await window.Link("New token").ClickAsync();
        await window.Button("Create").ClickAsync();
        await Expect(page.GetByText("name must not be empty.")).ToBeVisibleAsync();
        await page.GetByLabel("Name").FillAsync("Reporting");
        await page.GetByLabel("Everything").CheckAsync();
        await window.Button("Create").ClickAsync();

        await Expect(page.GetByText("Reporting is ready. Copy it now.")).ToBeVisibleAsync();
        await window.ShootAsync("token-made");
        var secret = await page.Locator("#once-text").InnerTextAsync();
        Assert.StartsWith(WorkspaceSecrets.TokenPrefix, secret, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(server, secret));

        // Not in the page any more once it is loaded again, and nowhere else.
        await page.ReloadAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Reporting" })).ToContainTextAsync("by grace@example.com");
        Assert.DoesNotContain(secret, await page.ContentAsync(), StringComparison.Ordinal);

        await window.Button("Delete Reporting").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(page.GetByText("Reporting is worthless now.")).ToBeVisibleAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(server, secret));

        // The last one that may administer stays.
        await window.Button("Delete TRIBUTARY_ADMIN_TOKEN").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(page.GetByText("This is the last token that may administer the workspace.")).ToBeVisibleAsync();

        // The audit log has it all but the secret.
        await window.GoAsync("/settings/audit?kind=token");
        await Expect(page.Locator(".audit-item").First).ToContainTextAsync("deleted");
        await page.Locator(".audit-item summary").First.ClickAsync();
        await Expect(page.Locator(".audit-diff").First).ToContainTextAsync(SecretBox.Mask);
        var html = await page.ContentAsync();
        Assert.DoesNotContain(secret, html, StringComparison.Ordinal);
        Assert.DoesNotContain(WorkspaceSecrets.HashOf(secret), html, StringComparison.Ordinal);
        await window.ShootAsync("audit-token");
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task A_member_is_invited_loses_a_role_and_is_removed()
    {
        await using var server = await ConsoleServer.StartAsync();
        await using var window = await browser.OpenAsync(server.Address);
        var page = window.Page;
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, "/settings/members?new=yes");
        await page.GetByLabel("Email").FillAsync("eve@example.com");
        await page.GetByLabel("Name").FillAsync("Eve");
        await page.GetByLabel("Role", new() { Exact = true }).SelectOptionAsync("Admin");
        await window.Button("Make the link").ClickAsync();
        await Expect(page.GetByText("The invitation of Eve is ready. Copy it now.")).ToBeVisibleAsync();
        var link = await page.Locator("#once-text").InnerTextAsync();
        await window.ShootAsync("member-invited");

        // The last owner stays, whatever the page offers.
        var owner = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "grace@example.com" });
        await Expect(owner.Locator("select")).ToHaveCountAsync(0);
        await Expect(owner.GetByRole(AriaRole.Button, new() { Name = "Remove Grace Hopper" })).ToHaveCountAsync(0);

        await using var hers = await browser.OpenAsync(server.Address);
        await hers.Page.GotoAsync(link);
        await hers.Page.GetByLabel("Password").First.FillAsync("a sentence of hers");
        await hers.Page.Locator("form button").Last.ClickAsync();
        await Expect(hers.Page.Locator("main h1")).ToBeVisibleAsync();
        await hers.GoAsync("/settings/members");
        await Expect(hers.Link("Invite")).ToBeVisibleAsync();
        // An admin does nothing to owners, and makes none.
        await Expect(hers.Button("Reset link for Grace Hopper")).ToHaveCountAsync(0);
        Assert.Equal(["Admin", "Editor", "Viewer"], await hers.Page.GetByLabel("Role of Eve").Locator("option").AllInnerTextsAsync());

        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "eve@example.com" })).ToContainTextAsync("Active");
        await page.GetByLabel("Role of Eve").SelectOptionAsync("Viewer");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(page.GetByLabel("Role of Eve")).ToHaveValueAsync("Admin");
        await page.GetByLabel("Role of Eve").SelectOptionAsync("Viewer");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("What identifies people will be hidden.");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Change" }).ClickAsync();
        await Expect(page.GetByText("Eve is changed.")).ToBeVisibleAsync();

        // Her session is over; afterwards she is refused.
        await Expect(hers.Heading("Sign in")).ToBeVisibleAsync();
        await hers.SignInAsync("eve@example.com", "a sentence of hers", "/settings/members");
        await Expect(hers.Page.GetByText("Needs permission")).ToBeVisibleAsync();
        await Expect(hers.Main.GetByText("eve@example.com")).ToHaveCountAsync(0);
        // What she saw of people as an admin goes with the role.
        await Expect(hers.Link("Lake")).ToHaveCountAsync(0);
        Assert.False(server.Workspace.Current.Members.First(member => member.Name == "Eve").May(Permission.Pii));
        await hers.ShootAsync("settings-refused");
        foreach (var path in (string[])["/settings/tokens", "/settings/backup"])
        {
            await hers.GoAsync(path);
            await Expect(hers.Page.GetByText("Needs permission")).ToBeVisibleAsync();
        }

        // What is done to members is not for her either.
        await hers.GoAsync("/settings/audit");
        await Expect(hers.Page.Locator(".audit-item").First).ToBeVisibleAsync();
        await Expect(hers.Page.Locator(".audit-item").Filter(new() { HasText = "eve@example.com" })).ToHaveCountAsync(0);

        await window.Button("Reset link for Eve").ClickAsync();
        await Expect(page.GetByText("Eve can choose another password with this link.")).ToBeVisibleAsync();
        var reset = await page.Locator("#once-text").InnerTextAsync();
        await window.Button("Remove Eve").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Expect(page.GetByText("Eve is removed.")).ToBeVisibleAsync();
        await Expect(hers.Heading("Sign in")).ToBeVisibleAsync();
        await hers.GoAsync(reset[server.Address.TrimEnd('/').Length..]);
        await Expect(hers.Heading("This invitation is over")).ToBeVisibleAsync();

        await window.GoAsync("/settings/audit?kind=member&q=Eve");
        await Expect(page.Locator(".audit-diff").Filter(new() { HasText = "role" }).First).ToBeAttachedAsync();
        var html = await page.ContentAsync();
        foreach (var code in (string[])[link, reset]) Assert.DoesNotContain(code.Split("code=")[1], html, StringComparison.Ordinal);
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task The_audit_log_shows_values_before_and_after_and_hides_from_a_viewer_what_a_viewer_may_not_see()
    {
        await using var server = await ConsoleServer.StartAsync();
        var source = await Shop.OpenAsync(server);
        await server.AddMemberAsync("vera@example.com", "Vera", MemberRole.Viewer);
        await server.Server.SendAsync(HttpMethod.Patch, $"/api/sources/{source.Id}", """{"name":"Shop of Ada","settings":{"rateLimit":250}}""");
        await server.Server.SendAsync(HttpMethod.Put, "/api/spaces/default/identity", """{"identifiers":[{"type":"user_id","blocked":[{"exact":"person-4711"}]},{"type":"email","matchKeys":["email"]}]}""");
        await server.Server.SendAsync(HttpMethod.Post, "/api/destinations", $$$"""{"sourceId":"{{{source.Id}}}","metadataId":"webhook","name":"Hook","settings":{"url":"https://example.com/hook","sharedSecret":"a very secret word"}}""");
        await using var window = await browser.OpenAsync(server.Address);
        var page = window.Page;
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, $"/settings/audit?resource={source.Id}");
        var name = page.Locator(".audit-entry").First.GetByRole(AriaRole.Row).Filter(new() { HasText = "name" });
        await Expect(name.Locator("del")).ToHaveTextAsync("Shop website");
        await Expect(name.Locator("ins")).ToHaveTextAsync("Shop of Ada");

        // Filters are in the address, and survive a reload.
        await window.GoAsync("/settings/audit");
        await page.GetByLabel("Kind").SelectOptionAsync("destination");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("kind=destination"));
        await page.ReloadAsync();
        await Expect(page.Locator(".audit-item")).ToHaveCountAsync(1);
        await page.Locator(".audit-item summary").ClickAsync();
        await Expect(page.Locator(".audit-diff")).ToContainTextAsync("https://example.com/hook");
        await Expect(page.Locator(".audit-diff")).ToContainTextAsync(SecretBox.Mask);
        await page.GetByLabel("Author").SelectOptionAsync(ConsoleServer.OwnerEmail);
        await Expect(page.GetByText("Nothing fits")).ToBeVisibleAsync();
        await window.Link("Show all").First.ClickAsync();
        await window.ShootAsync("audit", whole: true);
        Assert.DoesNotContain("secret word", await page.ContentAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("$sealed", await page.ContentAsync(), StringComparison.Ordinal);

        await using var hers = await browser.OpenAsync(server.Address);
        await hers.SignInAsync("vera@example.com", ConsoleServer.Password, "/settings/audit");
        var html = await hers.Page.ContentAsync();
        Assert.Contains("Shop of Ada", html, StringComparison.Ordinal);
        Assert.Contains(PiiMask.Hidden, html, StringComparison.Ordinal);
        Assert.DoesNotContain("person-4711", html, StringComparison.Ordinal);
        Assert.DoesNotContain(Shop.WriteKey, html, StringComparison.Ordinal);
        await Expect(hers.Page.Locator(".audit-item").Filter(new() { HasText = "Vera" })).ToHaveCountAsync(0);
        await hers.GoAsync("/settings/identity");
        await Expect(hers.Button("Save")).ToHaveCountAsync(0);
        await hers.Page.GetByLabel("Details of user_id").ClickAsync();
        await Expect(hers.Page.GetByText(PiiMask.Hidden)).ToBeVisibleAsync();
        Assert.DoesNotContain("person-4711", await hers.Page.ContentAsync(), StringComparison.Ordinal);
        window.ExpectNoComplaints();
        hers.ExpectNoComplaints();
    }

    [Fact]
    public async Task The_workspace_file_is_downloaded_and_the_server_says_what_and_where_it_is()
    {
        await using var server = await ConsoleServer.StartAsync();
        await Shop.OpenAsync(server);
        await using var window = await browser.OpenAsync(server.Address);
        var page = window.Page;
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, "/settings/backup");
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "received" }).First).ToContainTextAsync("MiB");

        var file = await page.RunAndWaitForDownloadAsync(() => window.Button("Download workspace.yaml").ClickAsync());
        var text = await File.ReadAllTextAsync(await file.PathAsync());
        Assert.Contains("slug: shop", text, StringComparison.Ordinal);
        Assert.Contains("key: buyers", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Shop.WriteKey, text, StringComparison.Ordinal);
        await page.GetByLabel("With write keys").CheckAsync();
        var withKeys = await page.RunAndWaitForDownloadAsync(() => window.Button("Download workspace.yaml").ClickAsync());
        Assert.Contains(Shop.WriteKey, await File.ReadAllTextAsync(await withKeys.PathAsync()), StringComparison.Ordinal);

        await window.Link("About").ClickAsync();
        await Expect(window.Heading("About")).ToBeVisibleAsync();
        await Expect(page.GetByText("Healthy")).ToBeVisibleAsync();
        await Expect(page.Locator("dl.facts").First).ToContainTextAsync(".NET 10");
        await Expect(page.Locator("dl.facts").First).ToContainTextAsync(new Uri(server.Address).Port.ToString(System.Globalization.CultureInfo.InvariantCulture));

        // The palette finds the parts by name.
        await page.Keyboard.PressAsync("Control+k");
        await page.GetByRole(AriaRole.Combobox).FillAsync("audit");
        await page.Keyboard.PressAsync("Enter");
        await Expect(window.Heading("Audit log")).ToBeVisibleAsync();
        window.ExpectNoComplaints();
    }

    private static ILocator TypeAt(IPage page, int place) => page.Locator(".identity-type").Nth(place);

    private static async Task<HttpStatusCode> AskAsync(ConsoleServer server, string token)
    {
        using var http = server.Server.Client(null);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/sources");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }
}
