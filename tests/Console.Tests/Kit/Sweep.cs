using System.Text.Json;
using Microsoft.Playwright;
using Tributary.Server.Tests;
using static Microsoft.Playwright.Assertions;

namespace Tributary.Console.Tests.Kit;

/// <summary>What must be true of every page, looked at in one visit: it is drawn at three widths in both modes and scrolls sideways in none, has no serious fault of accessibility, and is there again when it is reloaded.</summary>
internal static class Sweep
{
    private static readonly string Axe = File.ReadAllText(Repository.PathOf("tests", "Console.Tests", "axe", "node_modules", "axe-core", "axe.min.js"));
    private static readonly (int Width, int Height)[] Sizes = [(390, 844), (1920, 1080), (1280, 800)];

    // What the colours of a mode can make worse; everything else is the same in both.
    private const string OfColours = "{ runOnly: ['color-contrast', 'link-in-text-block'], resultTypes: ['violations'], preload: false }";

    /// <summary>Visits pages and tells what is wrong with them.</summary>
    /// <param name="window">Somebody is signed in.</param>
    /// <param name="pages">Addresses, and names for the pictures.</param>
    /// <param name="prepare">Brings a page into the state that is looked at; null for none.</param>
    public static async Task<List<string>> FaultsAsync(Window window, IEnumerable<(string Path, string Name)> pages, Func<string, Task>? prepare = null)
    {
        var faults = new List<string>();
        var page = window.Page;
        foreach (var (path, name) in pages)
        {
            await window.GoAsync(path);
            await Expect(page.Locator(".loading")).ToHaveCountAsync(0, new() { Timeout = 30_000 });
            if (prepare is not null) await prepare(name);
            foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
            {
                await page.EmulateMediaAsync(new() { ColorScheme = scheme });
                await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", scheme == ColorScheme.Dark ? "dark" : "light");
                foreach (var (width, height) in Sizes)
                {
                    await page.SetViewportSizeAsync(width, height);
                    if (scheme == ColorScheme.Light && await window.OverflowAsync() is > 0 and var overflow) faults.Add($"{path} is {overflow} pixels too wide at {width}.");
                    await window.ShootQuicklyAsync($"{name}-{width}-{(scheme == ColorScheme.Dark ? "dark" : "light")}");
                }

                faults.AddRange(await AccessibilityAsync(page, path, scheme == ColorScheme.Dark));
            }

            await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
            var title = await page.Locator("h1").InnerTextAsync();
            await page.ReloadAsync();
            await Expect(page.Locator("h1")).ToHaveTextAsync(title);
            if (!page.Url.EndsWith(path, StringComparison.Ordinal)) faults.Add($"{path} became {page.Url}.");
        }

        return faults;
    }

    /// <summary>The serious faults of accessibility of a page as it is.</summary>
    /// <param name="page">The page.</param>
    /// <param name="path">What it is called.</param>
    /// <param name="onlyColours">The rest is known from the other mode.</param>
    public static async Task<IEnumerable<string>> AccessibilityAsync(IPage page, string path, bool onlyColours = false)
    {
        if (!await page.EvaluateAsync<bool>("() => 'axe' in window")) await page.EvaluateAsync(Axe);
        var result = await page.EvaluateAsync<JsonElement>($"() => axe.run(document, {(onlyColours ? OfColours : "{ resultTypes: ['violations'], preload: false }")})");
        return result.GetProperty("violations").EnumerateArray().Where(violation => violation.GetProperty("impact").GetString() is "serious" or "critical")
            .Select(violation => $"{path}: {violation.GetProperty("id").GetString()}: {violation.GetProperty("help").GetString()}: "
                + string.Join(" | ", violation.GetProperty("nodes").EnumerateArray().Take(3).Select(node => node.GetProperty("html").GetString() + " " + node.GetProperty("any").EnumerateArray().Select(each => each.GetProperty("message").GetString()).FirstOrDefault()))).ToList();
    }
}
