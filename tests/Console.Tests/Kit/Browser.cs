using Microsoft.Playwright;
using Tributary.Server.Tests;
using Xunit;

namespace Tributary.Console.Tests.Kit;

/// <summary>Debian's Chromium, one for all tests of a run; each test has contexts of its own.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Quiet =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--font-render-hinting=none",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _chromium;

    /// <summary>Where screenshots go; looked at by people, compared by nobody.</summary>
    public static string Screenshots { get; } = Repository.PathOf("artifacts", "console");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Screenshots);
        // A machine that builds and measures beside the tests is slow, and what is waited for comes all the same.
        Assertions.SetDefaultExpectTimeout(20_000);
        _playwright = await Playwright.CreateAsync();
        _chromium = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            Args = Quiet,
        });
    }

    /// <summary>Opens a window that nobody is signed in to.</summary>
    public async Task<Window> OpenAsync(string address, int width = 1280, int height = 800, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await _chromium!.NewContextAsync(new()
        {
            BaseURL = address,
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = scheme,
            Locale = "en-GB",
            TimezoneId = "Europe/Berlin",
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(20_000);
        return new Window(context, await context.NewPageAsync(), address);
    }

    public async ValueTask DisposeAsync()
    {
        if (_chromium is not null) await _chromium.DisposeAsync();
        _playwright?.Dispose();
    }
}
