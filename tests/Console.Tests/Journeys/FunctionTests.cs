using Tributary.Console.Tests.Kit;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Tributary.Console.Tests.Journeys;

/// <summary>Somebody writes a function.</summary>
public sealed class FunctionTests(Browser browser)
{
    [Fact]
    public async Task A_function_is_run_on_a_sample_saved_twice_and_taken_back_to_its_first_version()
    {
        await using var server = await ConsoleServer.StartAsync();
        await using var window = await browser.OpenAsync(server.Address);
        var page = window.Page;
        await window.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, "/functions/new");
        var code = page.GetByLabel("Code of the function");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("To the ledger");
        await code.FillAsync("async function onTrack(event) { console.log('first', event.event) }");
        await window.Button("Run").ClickAsync();
        await Expect(page.GetByLabel("Console", new() { Exact = true })).ToContainTextAsync("first Order Completed");
        await window.Button("Create").ClickAsync();
        await Expect(page.GetByText("Version 1 runs")).ToBeVisibleAsync();

        await code.FillAsync("async function onTrack(event) { console.log('second') }");
        await window.Button("Save and deploy").ClickAsync();
        await Expect(page.GetByText("Version 2 runs")).ToBeVisibleAsync();

        // An old version is read in the editor before it is saved; saved, it is the newest, and the one before still runs.
        await window.Button("Open version 1").ClickAsync();
        await Expect(code).ToHaveValueAsync("async function onTrack(event) { console.log('first', event.event) }");
        await Expect(page.GetByText("Version 1 is in the editor.")).ToBeVisibleAsync();
        await window.ShootAsync("journey-function-versions");
        await window.Button("Save").ClickAsync();
        await Expect(page.GetByText("Version 2 runs, 3 is saved")).ToBeVisibleAsync();
        await window.Button("Save and deploy").ClickAsync();
        await Expect(page.GetByText("Version 3 runs")).ToBeVisibleAsync();
        Assert.Contains("first", Assert.Single(server.Workspace.Current.Functions).Code, StringComparison.Ordinal);
        window.ExpectNoComplaints();
    }
}
