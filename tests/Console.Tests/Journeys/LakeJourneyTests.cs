using Tributary.Console.Tests.Kit;
using Tributary.Engine.Workspace;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Tributary.Console.Tests.Journeys;

/// <summary>Somebody asks the lake in SQL.</summary>
public sealed class LakeJourneyTests(Browser browser)
{
    private const string ByEvent = "SELECT event_text AS event, count(*) AS events FROM shop.tracks GROUP BY ALL ORDER BY 2 DESC, 1";

    [Fact]
    public async Task A_question_gets_rows_a_chart_and_a_file_and_is_kept_for_others()
    {
        await using var server = await ConsoleServer.StartAsync();
        await Shop.OpenAsync(server);
        await using var window = await browser.OpenAsync(server.Address);
        var page = window.Page;
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, "/lake");
        var editor = page.GetByLabel("SQL");

        // The loader is a moment behind the river.
        await SoonAsync(async () =>
        {
            await page.GetByLabel("Read the tables again").ClickAsync();
            await editor.FillAsync(ByEvent);
            await editor.PressAsync("Control+Enter");
            await Expect(page.Locator(".lake-row")).ToHaveCountAsync(2, new() { Timeout = 2_000 });
        });
        await Expect(page.Locator(".lake-row").First).ToContainTextAsync("Order Completed");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("sql=SELECT"));

        var download = await page.RunAndWaitForDownloadAsync(() => window.Button("CSV").ClickAsync());
        Assert.StartsWith("event,events\r\n", await File.ReadAllTextAsync(await download.PathAsync()), StringComparison.Ordinal);

        await window.Button("Chart").ClickAsync();
        await Expect(page.Locator(".plot-bar")).ToHaveCountAsync(2);
        await window.ShootAsync("lake-chart");

        await page.GetByLabel("Name of the query").FillAsync("Events by name");
        await window.Button("Save as new").ClickAsync();
        await Expect(window.Link("Events by name")).ToBeVisibleAsync();
        Assert.Equal(ByEvent, Assert.Single(server.Workspace.Current.SavedQueries).Sql);

        // NULL is not the empty text, and a fault says where it is.
        await editor.FillAsync("SELECT NULL AS nothing, '' AS empty");
        await editor.PressAsync("Control+Enter");
        await window.Button("Table").ClickAsync();
        await Expect(page.Locator(".lake-row em")).ToHaveTextAsync("NULL");
        await editor.FillAsync("SELECT *\nFORM shop.tracks");
        await editor.PressAsync("Control+Enter");
        await Expect(page.GetByRole(Microsoft.Playwright.AriaRole.Alert)).ToContainTextAsync("In line 2.");
        await window.ShootAsync("lake-error");
        await editor.FillAsync("DROP TABLE shop.tracks");
        await editor.PressAsync("Control+Enter");
        await Expect(page.GetByText("The lake can only be read.")).ToBeVisibleAsync();

        // It is there for the next one, too, and a long result is drawn as far as it is looked at.
        await window.GoAsync("/lake");
        await window.Link("Events by name").ClickAsync();
        await Expect(editor).ToHaveValueAsync(ByEvent);
        await editor.FillAsync("SELECT range AS n, 'row ' || range AS words FROM range(1000)");
        await editor.PressAsync("Control+Enter");
        await Expect(page.GetByText("1,000 rows")).ToBeVisibleAsync();
        await Expect(page.Locator(".lake-row").Nth(9)).ToBeVisibleAsync();
        Assert.InRange(await page.Locator(".lake-row").CountAsync(), 10, 200);
        await window.ShootAsync("lake-rows");
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task Who_may_not_see_people_may_not_ask_the_lake()
    {
        await using var server = await ConsoleServer.StartAsync();
        await server.AddMemberAsync("vera@example.com", "Vera", MemberRole.Viewer);
        await using var window = await browser.OpenAsync(server.Address);
        await window.SignInAsync("vera@example.com", ConsoleServer.Password, "/lake");

        await Expect(window.Page.GetByText("The lake is hidden from you")).ToBeVisibleAsync();
        await Expect(window.Page.Locator("textarea")).ToHaveCountAsync(0);
        await Expect(window.Link("Lake")).ToHaveCountAsync(0);
    }

    // Tries again until it holds, as long as a person would.
    private static async Task SoonAsync(Func<Task> attempt)
    {
        for (var left = 10; ; left--)
        {
            try
            {
                await attempt();
                return;
            }
            catch (Microsoft.Playwright.PlaywrightException) when (left > 0)
            {
                // The next attempt tells.
            }
        }
    }
}
