using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tributary.Console.Tests.Kit;
using Tributary.Engine.Workspace;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Tributary.Console.Tests.Journeys;

/// <summary>Whatever is stored is shown on every page and does nothing there: markup, marks that turn text around, names without an end, emoji.</summary>
public sealed class HostileTests(Browser browser)
{
    private const string Markup = "<img src=x onerror=\"alert('pwned')\"><script>alert('pwned')</script><img src=//evil.example/x>";
    private const string Turned = "\u202Egnp.exe\u2066\u202D\u2067";
    private const string Emoji = "👩‍👩‍👧‍👦🏳️‍🌈🧨";
    private const string MessageId = "<img src=x onerror=alert(1)>";

    // As long as most names may be, without a place to break.
    private static readonly string Name = (Markup + Turned + Emoji).PadRight(200, 'W');
    private static readonly string Long = new('W', 10_000);

    // All that came in as data and would do something, were it taken for markup.
    private const string Count = "() => document.querySelectorAll(\"main img:not(.mark), main script, main iframe, main object, main embed, [onerror], [onload], [href^='javascript:'], [href^='data:text']\").length";

    // Texts with marks that turn what follows, in a line with other words and not set apart from them. Lines of code end by themselves what they turned.
    private const string Turning = """
        () => {
          const found = [];
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          for (let text; (text = walker.nextNode());) {
            if (!text.data.includes('\u202E') || text.parentElement.closest('pre, textarea, option, script, datalist, title, .visually-hidden')) continue;
            let line = text.parentElement, apart = false;
            for (; line; line = line.parentElement) {
              const style = getComputedStyle(line);
              if (style.unicodeBidi.includes('isolate') || style.unicodeBidi === 'plaintext') apart = true;
              if (apart || style.display !== 'inline') break;
            }
            if (!apart && line && line.textContent.trim() !== text.data.trim()) found.push(`${line.tagName}.${line.className} of ${line.parentElement.className}`);
          }
          return [...new Set(found)];
        }
        """;

    [Fact]
    public async Task Hostile_names_and_values_are_shown_on_every_page_and_do_nothing()
    {
        await using var world = await DeliveringServer.StartAsync();
        var (source, delivery) = await FillAsync(world);
        await using var window = await browser.OpenAsync(world.Console.Address);
        await window.SignInAsync("mallory@example.com", ConsoleServer.Password);
        var faults = new List<string>();
        foreach (var (path, name) in EveryPage.Of(source, world.Console).Concat(delivery).Concat(Asked(source)))
        {
            await window.GoAsync(path);
            await Expect(window.Page.Locator(".loading")).ToHaveCountAsync(0, new() { Timeout = 30_000 });
            await TouchAsync(window, name);
            await JudgeAsync(window, path.Length > 80 ? path[..80] + "…" : path, faults);
        }

        // Dialogs, toasts and the palette are over every page.
        await window.GoAsync("/audiences/buyers/edit");
        await window.Button("Delete…").ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("<img src=x");
        await JudgeAsync(window, "the question before a deletion", faults);
        await window.Page.Keyboard.PressAsync("Escape");
        await window.GoAsync($"/destinations/{world.Console.Workspace.Current.Destinations[0].Id}");
        await window.Button("Pause").ClickAsync();
        await Expect(window.Button("Resume")).ToBeVisibleAsync();
        await JudgeAsync(window, "a toast", faults);
        await window.ShootAsync("hostile-destination");
        await window.GoAsync("/sources");
        await window.ShootAsync("hostile-sources");
        await window.Page.Keyboard.PressAsync("Control+k");
        await window.Page.Keyboard.TypeAsync("<img");
        await Expect(window.Page.GetByRole(AriaRole.Option).First).ToContainTextAsync("<img src=x");
        await JudgeAsync(window, "the palette", faults);
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        window.Forgive("404");
        window.ExpectNoComplaints();
    }

    private static async Task JudgeAsync(Window window, string path, List<string> faults)
    {
        var page = window.Page;
        if (await page.EvaluateAsync<int>(Count) is > 0 and var live) faults.Add($"{path}: {live} pieces of data became markup.");
        if (await window.OverflowAsync() is > 0 and var overflow) faults.Add($"{path} is {overflow} pixels too wide.");
        if (await page.GetByText("This page has failed").CountAsync() > 0 || await page.Locator("#blazor-error-ui").IsVisibleAsync()) faults.Add($"{path} has failed.");
        faults.AddRange((await page.EvaluateAsync<string[]>(Turning)).Select(text => $"{path}: a text in {text} turns the words beside it."));
    }

    private static async Task TouchAsync(Window window, string name)
    {
        var page = window.Page;
        switch (name)
        {
            case "debugger":
                foreach (var row in await page.Locator(".debug-row").AllAsync())
                {
                    await row.ClickAsync();
                    await window.Button("Raw").ClickAsync();
                    await window.Button("Pretty").ClickAsync();
                }

                await window.ShootAsync("hostile-debugger");
                break;
            case "lake-hostile":
                await page.Locator("#lake-run").ClickAsync();
                await Expect(page.GetByText("1 row").First).ToBeVisibleAsync();
                await window.ShootAsync("hostile-lake");
                break;
            case "destination-try":
                await window.Button("Try it").ClickAsync();
                await Expect(page.GetByLabel("Body of the request", new() { Exact = true })).ToBeVisibleAsync();
                break;
            case "profile" or "profile-identities" or "home" or "audiences" or "audience" or "mapping" or "destination-reason" or "passport" or "function" or "schema-hostile":
                await window.ShootAsync($"hostile-{name}");
                break;
        }
    }

    private static IEnumerable<(string Path, string Name)> Asked(Source source)
    {
        var asked = Uri.EscapeDataString(Markup + Turned + new string('W', 1_000));
        string[] lists = ["/sources", "/destinations", "/destinations/catalog", "/functions", "/profiles", "/events", "/audiences"];
        foreach (var list in lists) yield return ($"{list}?q={asked}", "asked");
        yield return ($"/destinations/catalog?category={asked}", "asked");
        yield return ($"/events?name={asked}&type={asked}&verdict={asked}", "asked");
        yield return ($"/sources/{source.Id}/debugger?q={asked}&type={asked}&name={asked}&verdict={asked}", "asked");
        yield return ($"/sources/{source.Id}/schema?event={asked}", "asked");
        yield return ($"/sources/{source.Id}/schema?event=track%3A{Uri.EscapeDataString(Markup)}", "schema-hostile");
        yield return ($"/events/{Uri.EscapeDataString(MessageId)}", "passport-hostile");
        yield return ($"/profiles/{Uri.EscapeDataString(MessageId)}", "asked");
        yield return ($"/audiences/buyers/compare?with={asked}", "asked");
        yield return ($"/audiences/new?ready={asked}&kind={asked}", "asked");
        yield return ($"/lake?sql={Uri.EscapeDataString($"SELECT '{Markup.Replace("'", "''", StringComparison.Ordinal)}{Turned}' AS \"{Markup.Replace("\"", "\"\"", StringComparison.Ordinal)}\", repeat('W', 10000) AS long")}", "lake-hostile");
    }

    private static async Task<(Source Source, IEnumerable<(string Path, string Name)> Delivery)> FillAsync(DeliveringServer world)
    {
        var console = world.Console;
        await console.AddMemberAsync("mallory@example.com", Name, MemberRole.Admin);
        await PostAsync(world, HttpMethod.Patch, $"/api/spaces/{console.Workspace.Current.Spaces[0].Id}", new JsonObject { ["name"] = Name });
        var source = await Shop.CreateAsync(console, Name, "hostile-shop");
        await PostAsync(world, HttpMethod.Patch, $"/api/sources/{world.Source.Id}", new JsonObject { ["name"] = Name });

        // All destinations are of the source that Shop's events go to.
        var settings = $$"""{"url":"{{world.Stub.Address}}/orders","sharedSecret":"a well kept secret"}""";
        var webhook = await world.ConnectAsync(Name, settings: settings, source: source.Id);
        var mapped = await world.ConnectAsync(Name, "actions-amplitude", """{"apiKey":"an api key","secretKey":"a secret key"}""", source.Id);
        var saved = await PostAsync(world, HttpMethod.Post, $"/api/destinations/{mapped}/subscriptions", new JsonObject
        {
            ["name"] = Name,
            ["actionId"] = "logEventV2",
            ["trigger"] = $"type = \"track\" and event = {JsonSerializer.Serialize(Markup)}",
            ["settings"] = new JsonObject { ["event_type"] = new JsonObject { ["@template"] = Markup }, ["user_id"] = Long, ["event_properties"] = new JsonObject { [Markup] = Long } },
        });
        await PostAsync(world, HttpMethod.Post, $"/api/destination/{webhook}/filters", new JsonObject
        {
            ["title"] = Name[..64],
            ["if"] = $"event = {JsonSerializer.Serialize("never " + Markup)}",
            ["enabled"] = true,
            ["actions"] = new JsonArray(new JsonObject { ["type"] = "DROP" }),
        });
        var made = await PostAsync(world, HttpMethod.Post, "/api/functions", new JsonObject
        {
            ["resourceType"] = "DESTINATION",
            ["displayName"] = Name[..120],
            ["description"] = Markup,
            ["settings"] = new JsonArray(new JsonObject { ["name"] = "apiKey", ["type"] = "STRING", ["label"] = Name[..100], ["description"] = Markup, ["required"] = true, ["sensitive"] = true }),
            ["code"] = $"async function onTrack(event) {{ console.log({JsonSerializer.Serialize(Markup + Long)}) }}",
        });

        var ada = new JsonObject { ["type"] = "identify", ["userId"] = "person-4711", ["anonymousId"] = Markup, ["traits"] = new JsonObject { ["email"] = "countess@example.net", ["name"] = Markup + Turned, ["plan"] = Emoji, [Markup] = Long, [new string('T', 500)] = Name } };
        await SendAsync(
            world, ada,
            Event("Order Completed", "order-1", Markup), Event("Order Completed", "order-2", Long), Event(Markup, MessageId, Turned), Event(Long, "long-1", Emoji), Event(Turned, "turned-1", Markup), Event(Emoji, "emoji-1", Name),
            new JsonObject { ["type"] = "group", ["userId"] = "person-4711", ["groupId"] = Markup, ["traits"] = new JsonObject { ["name"] = Name } },
            new JsonObject { ["type"] = "page", ["userId"] = "person-4711", ["name"] = Markup, ["context"] = new JsonObject { ["page"] = new JsonObject { ["url"] = "javascript:alert(1)", ["referrer"] = Markup } } },
            new JsonObject { ["type"] = "identify", ["userId"] = Markup, ["traits"] = new JsonObject { ["name"] = Long } },
            new JsonObject { ["type"] = "track", ["userId"] = new string('U', 200) + Emoji, ["event"] = "Long id" },
            new JsonObject { ["type"] = Markup, ["userId"] = Markup }, new JsonObject { ["type"] = "track", ["event"] = Markup });
        await Shop.DefineAsync(console, "audiences", Name, "buyers", "event('Order Completed').count() >= 1");
        await Shop.DefineAsync(console, "audiences", Name, "hostile", $"event('{Markup.Replace("'", "\\'", StringComparison.Ordinal)}').count() >= 1");
        await Shop.DefineAsync(console, "computed-traits", Name, "spent", "event('Order Completed').count()");
        var (_, refusal) = await console.Services.GetRequiredService<SavedQueryDesk>().SaveAsync("Mallory", Name[..100], $"SELECT '{Long}'", CancellationToken.None);
        Assert.Null(refusal.Refusal);

        // A destination that says hostile things, in what it answers and in why it refuses.
        world.Stub.Answer = (_, context) =>
        {
            context.Response.StatusCode = 422;
            context.Response.Headers["X-Said"] = "<img src=x onerror=alert(1)>";
            return context.Response.WriteAsync(Markup + Turned + Long);
        };
        await SendAsync(world, Event("Order Completed", "order-bad", Markup));
        await world.SettleAsync(8);
        var function = (string)made["data"]!["function"]!["id"]!;
        return (source, EveryPage.OfDelivery(webhook, mapped, (string)saved["data"]!["destinationSubscription"]!["id"]!, function));
    }

    private static JsonObject Event(string name, string messageId, string value) => new()
    {
        ["type"] = "track",
        ["userId"] = "person-4711",
        ["event"] = name,
        ["messageId"] = messageId,
        ["properties"] = new JsonObject { ["value"] = value, [Markup] = Turned, ["email"] = "countess@example.net", ["products"] = new JsonArray(new JsonObject { ["name"] = Markup }) },
    };

    private static Task SendAsync(DeliveringServer world, params JsonObject[] events) => world.Console.SendAsync(Shop.WriteKey, [.. events.Select(each => each.ToJsonString())]);

    private static async Task<JsonObject> PostAsync(DeliveringServer world, HttpMethod method, string path, JsonObject fields)
    {
        var (status, body) = await world.Console.Server.SendAsync(method, path, fields.ToJsonString());
        Assert.True(status is 200 or 201, body.ToJsonString());
        return body;
    }
}
