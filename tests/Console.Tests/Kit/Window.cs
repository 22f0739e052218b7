using System.Collections.Concurrent;
using Microsoft.Playwright;
using Xunit;

namespace Tributary.Console.Tests.Kit;

/// <summary>A browser window, which remembers what it complained about and whom it talked to.</summary>
public sealed class Window : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly string _address;
    private readonly ConcurrentQueue<string> _complaints = [];
    private readonly ConcurrentQueue<string> _strangers = [];
    private ICDPSession? _devTools;

    public Window(IBrowserContext context, IPage page, string address)
    {
        (_context, Page, _address) = (context, page, address);
        page.Console += (_, message) =>
        {
            if (message.Type == "error") _complaints.Enqueue($"{message.Text} {message.Location}");
        };
        // Nothing of ours opens one but the browser's question before a page is left with something unsaved, which is gone only a moment after it was saved: whoever
        // else does is code that came in as data.
        page.Dialog += async (_, dialog) =>
        {
            if (dialog.Type == DialogType.BeforeUnload)
            {
                await dialog.AcceptAsync();
                return;
            }

            _complaints.Enqueue($"A dialog said {dialog.Message}");
            await dialog.DismissAsync();
        };
        page.PageError += (_, error) => _complaints.Enqueue(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(_address, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
                _strangers.Enqueue(request.Url);
        };
    }

    public IPage Page { get; }

    public ILocator Main => Page.Locator("main");

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new() { Name = name });

    public ILocator Heading(string name) => Page.GetByRole(AriaRole.Heading, new() { Name = name, Level = 1 });

    /// <summary>Goes to an address and waits until the page is alive.</summary>
    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(path);
        await Assertions.Expect(Page.Locator("h1")).ToBeVisibleAsync();
    }

    /// <summary>Signs in through the door.</summary>
    public async Task SignInAsync(string email, string password, string path = "/")
    {
        await Page.GotoAsync($"/sign-in?next={Uri.EscapeDataString(path)}");
        await Page.GetByLabel("Email").FillAsync(email);
        await Page.GetByLabel("Password").FillAsync(password);
        await Button("Sign in").ClickAsync();
        // What is waited for is the heading: the browser's own "loaded" is now and then missed behind the redirect.
        await Page.WaitForURLAsync(url => !url.Contains("sign-in", StringComparison.Ordinal), new() { WaitUntil = WaitUntilState.Commit });
        await Assertions.Expect(Page.Locator("main h1")).ToBeVisibleAsync();
    }

    /// <summary>Keeps a picture for people to look at.</summary>
    public Task ShootAsync(string name, bool whole = false) =>
        Page.ScreenshotAsync(new() { Path = Path.Combine(Browser.Screenshots, name + ".png"), FullPage = whole });

    /// <summary>The same for tests that keep hundreds: a third of the time, larger files.</summary>
    public async Task ShootQuicklyAsync(string name)
    {
        _devTools ??= await _context.NewCDPSessionAsync(Page);
        var shot = await _devTools.SendAsync("Page.captureScreenshot", new() { ["format"] = "png", ["optimizeForSpeed"] = true });
        await File.WriteAllBytesAsync(Path.Combine(Browser.Screenshots, name + ".png"), shot!.Value.GetProperty("data").GetBytesFromBase64());
    }

    /// <summary>How many pixels a page is too wide: more than none, and it scrolls sideways.</summary>
    public Task<int> OverflowAsync() => Page.EvaluateAsync<int>("() => Math.max(...['main', 'html'].map(name => document.querySelector(name)).filter(Boolean).map(each => each.scrollWidth - each.clientWidth))");

    /// <summary>Nothing failed, nothing was forbidden by the policy, and no other host was asked.</summary>
    public void ExpectNoComplaints()
    {
        Assert.True(_complaints.IsEmpty, string.Join('\n', _complaints));
        Assert.Empty(_strangers);
    }

    /// <summary>Forgets complaints that a test provoked, e.g. by stopping the server.</summary>
    /// <param name="part">Only those that hold this text; all when it is null.</param>
    public void Forgive(string? part = null)
    {
        var kept = _complaints.Where(complaint => part is not null && !complaint.Contains(part, StringComparison.Ordinal)).ToList();
        _complaints.Clear();
        kept.ForEach(_complaints.Enqueue);
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
