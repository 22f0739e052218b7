using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Tributary.Benchmarks;

/// <summary>
/// What the console is like to use over a full workspace, and what open consoles cost: drives Chromium against a running server that nobody owns yet. The times
/// are those of the browser, from the click to what it asked for on the screen, and of these the server's part: from each message that the page sends over the
/// console's connection to the next one that it gets. Server, browser and load share the machine.
/// </summary>
internal sealed class ConsoleBenchmark(string server, string token, int serverProcess) : IDisposable
{
    private const string Email = "bench@example.com";
    private const string Password = "a sentence is fine";
    private const int BatchSize = 100;

    // Counts how long the page waits for the server: from the first message that it sends to the next one that it gets. That something was drawn is said, and waits for nothing.
    private const string Watch = """
        window.served = { since: 0, total: 0 };
        window.WebSocket = class extends WebSocket {
          constructor(...all) {
            super(...all);
            this.addEventListener('message', () => { if (served.since) served.total += performance.now() - served.since; served.since = 0; });
          }
          send(message) {
            if (!(typeof message === 'string' ? message : new TextDecoder('latin1').decode(message)).includes('OnRenderCompleted')) served.since ||= performance.now();
            super.send(message);
          }
        };
        """;
    private readonly HttpClient _http = new() { BaseAddress = new Uri(server), Timeout = TimeSpan.FromMinutes(2) };
    private string _source = "";
    private AuthenticationHeaderValue? _writer;
    private readonly long _run = Stopwatch.GetTimestamp();
    private long _sent;

    /// <param name="people">How many people there are.</param>
    /// <param name="events">How many events they have sent before anything is measured; 0 when a run before this one has loaded the server and owns it.</param>
    public async Task RunAsync(int people, int events)
    {
        await FindSourceAsync();
        if (events > 0)
        {
            var begun = Stopwatch.GetTimestamp();
            await Parallel.ForAsync(0, people / BatchSize, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (at, _) => await SendAsync(at * BatchSize, people, isNew: true));
            await Parallel.ForAsync(0, events / BatchSize, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) => await SendAsync(Random.Shared.Next(people), people, isNew: false));
            await SendAsync(0, people, isNew: false, wait: true);
            Print($"loaded {people:N0} people and {events:N0} events in {Stopwatch.GetElapsedTime(begun).TotalSeconds:N0} s");
        }

        using var playwright = await Playwright.CreateAsync();
        await using var chromium = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        await using var context = await chromium.NewContextAsync(new() { BaseURL = server, ViewportSize = new() { Width = 1280, Height = 800 } });
        context.SetDefaultTimeout(60_000);
        var page = await context.NewPageAsync();
        await page.AddInitScriptAsync(Watch);
        if (events > 0) await OwnAsync(page);
        await FirstPageAsync(page);
        await InteractionsAsync(page, people);
        await TailAsync(page, people);
        await CostAsync(context, people);
    }

    public void Dispose() => _http.Dispose();

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private async Task FindSourceAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/sources") { Headers = { Authorization = new("Bearer", token) } };
        using var answer = await _http.SendAsync(request);
        var source = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["data"]!["sources"]![0]!;
        _source = (string)source["id"]!;
        _writer = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{source["writeKeys"]![0]}:")));
    }

    // One person after the other is introduced; afterwards people do things at random.
    private async Task SendAsync(int first, int people, bool isNew, bool wait = false)
    {
        var body = new StringBuilder("{\"batch\":[");
        for (var i = 0; i < BatchSize; i++)
        {
            var person = (first + (isNew ? i : i * 7919)) % people;
            body.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{{\"messageId\":\"bench-{_run}-{Interlocked.Increment(ref _sent)}\",\"userId\":\"user-{person}\",\"anonymousId\":\"anon-{person}\",");
            if (isNew) body.Append(CultureInfo.InvariantCulture, $"\"type\":\"identify\",\"traits\":{{\"email\":\"p{person}@example.com\",\"plan\":\"pro\",\"name\":\"Person {person}\"}}}}");
            else body.Append(CultureInfo.InvariantCulture, $"\"type\":\"track\",\"event\":\"{(i % 9 == 0 ? "Order Completed" : "Product Viewed")}\",\"properties\":{{\"product_id\":\"p-{person % 1000}\",\"price\":{person % 90}.5}}}}");
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/batch") { Headers = { Authorization = _writer }, Content = new StringContent(body.Append("]}").ToString(), Encoding.UTF8, "application/json") };
        if (wait) request.Headers.Add("Prefer", "wait=60");
        using var answer = await _http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    // Sends at a steady rate until it is cancelled, and says how many.
    private async Task<long> LoadAsync(int rate, int people, CancellationToken cancellationToken)
    {
        var before = Interlocked.Read(ref _sent);
        var begun = Stopwatch.GetTimestamp();
        var batches = 0L;
        var open = new List<Task>();
        while (!cancellationToken.IsCancellationRequested)
        {
            for (; batches * BatchSize < rate * Stopwatch.GetElapsedTime(begun).TotalSeconds; batches++) open.Add(SendAsync(Random.Shared.Next(people), people, isNew: false));
            open.RemoveAll(sending => sending.IsCompletedSuccessfully);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        }

        await Task.WhenAll(open);
        return Interlocked.Read(ref _sent) - before;
    }

    private async Task OwnAsync(IPage page)
    {
        await page.GotoAsync($"/setup?code={Uri.EscapeDataString(token)}");
        await page.GetByLabel("Your name").FillAsync("Bench");
        await page.GetByLabel("Email").FillAsync(Email);
        await page.GetByLabel("Password").FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create the owner", Exact = true }).ClickAsync();
        await page.Locator("main h1").WaitForAsync();
    }

    private async Task FirstPageAsync(IPage page)
    {
        var spent = new List<(double Whole, double Server)>();
        for (var i = 0; i < 6; i++)
        {
            await page.Context.ClearCookiesAsync();
            await page.GotoAsync("/sign-in");
            await page.GetByLabel("Email").FillAsync(Email);
            await page.GetByLabel("Password").FillAsync(Password);
            spent.Add(await TakesAsync(
                page, () => page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync(), () => page.GetByRole(AriaRole.Heading, new() { Name = "Home", Exact = true }).WaitForAsync()));
        }

        Tell("first page after the sign-in, the password's check included", spent.Skip(1).Select(one => one.Whole));
    }

    private async Task InteractionsAsync(IPage page, int people)
    {
        await AskAsync(page, "Home", "/", ".page h1");
        await AskAsync(page, "Sources", "/sources", "tr[data-row]");
        await AskAsync(page, "Profiles", "/profiles", "tr[data-row]");
        await AskAsync(page, "Events", "/events", "tr[data-row]");
        await AskAsync(page, "Audiences", "/audiences", ".page h1");
        await AskAsync(page, "Lake", "/lake", ".page h1");
        var spent = new List<(double Whole, double Server)>();
        await page.GotoAsync("/profiles");
        await page.Locator("tr[data-row]").First.WaitForAsync();
        for (var i = 0; i < 12; i++)
        {
            var email = $"p{Random.Shared.Next(people)}@example.com";
            spent.Add(await TakesAsync(page, () => page.GetByRole(AriaRole.Searchbox).FillAsync(email), () => page.GetByText("1 profile", new() { Exact = true }).WaitForAsync()));
            await page.GetByRole(AriaRole.Searchbox).FillAsync("");
            await page.Locator("tr[data-row]").Nth(3).WaitForAsync();
        }

        Tell("a person found while typing, the pause for typing included", spent.Skip(2));
        spent.Clear();
        for (var i = 0; i < 12; i++)
        {
            await page.GotoAsync($"/profiles/user_id:user-{Random.Shared.Next(people)}");
            await page.Locator(".tabs").WaitForAsync();
            await page.WaitForTimeoutAsync(300);
            spent.Add(await TakesAsync(page, () => page.GetByRole(AriaRole.Link, new() { Name = "Timeline" }).ClickAsync(), () => page.Locator(".timeline-event").First.WaitForAsync()));
        }

        Tell("the timeline of a person", spent.Skip(2));
    }

    private static async Task AskAsync(IPage page, string name, string path, string awaited)
    {
        var spent = new List<(double Whole, double Server)>();
        for (var i = 0; i < 12; i++)
        {
            await page.GotoAsync(path == "/" ? "/sources" : "/");
            await page.Locator("main h1").WaitForAsync();
            // A page that is there is not alive yet.
            await page.WaitForTimeoutAsync(400);
            var link = page.Locator("nav").GetByRole(AriaRole.Link, new() { Name = name, Exact = true });
            spent.Add(await TakesAsync(page, () => link.ClickAsync(), async () =>
            {
                await page.WaitForFunctionAsync("path => location.pathname === path", path);
                await page.Locator(awaited).First.WaitForAsync();
            }));
        }

        Tell($"page: {name}", spent.Skip(2));
    }

    private async Task TailAsync(IPage page, int people)
    {
        await page.GotoAsync($"/sources/{_source}/debugger");
        await page.Locator("main h1").WaitForAsync();
        using var over = new CancellationTokenSource();
        var load = LoadAsync(5_000, people, over.Token);
        await page.Locator(".debug-row").Nth(20).WaitForAsync();
        await page.GetByText("Sampling").First.WaitForAsync();
        // How long the page's own thread is away at worst while rows come.
        var gaps = await page.EvaluateAsync<double[]>(
            "() => new Promise(done => { const gaps = []; let last = performance.now(); const end = last + 10000; const step = now => { gaps.push(now - last); last = now; now < end ? requestAnimationFrame(step) : done(gaps); }; requestAnimationFrame(step); })");
        Tell("live tail at 5,000 events/s: from one picture to the next", gaps);
        var paused = await TakesAsync(page, () => page.Keyboard.PressAsync("Space"), () => page.GetByRole(AriaRole.Button, new() { Name = "Paused" }).WaitForAsync());
        var opened = await TakesAsync(page, () => page.Locator(".debug-row").First.ClickAsync(), () => page.GetByRole(AriaRole.Region, new() { Name = "The message" }).WaitForAsync());
        await over.CancelAsync();
        Print($"live tail: {await load:N0} events; paused after {paused.Whole:N0} ms, a message opened after {opened.Whole:N0} ms");
    }

    private async Task CostAsync(IBrowserContext context, int people)
    {
        const int Rate = 10_000;
        var alone = await ServerCpuAsync(Rate, people);
        var pages = new List<IPage>();
        foreach (var path in Enumerable.Range(0, 20).Select(at => (at % 4) switch { 0 => "/", 1 => $"/sources/{_source}/debugger", 2 => "/sources", _ => "/profiles" }))
        {
            var page = await context.NewPageAsync();
            pages.Add(page);
            await page.GotoAsync(path);
            await page.Locator("main h1").WaitForAsync();
        }

        var watched = await ServerCpuAsync(Rate, people);
        foreach (var page in pages) await page.CloseAsync();
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        var again = await ServerCpuAsync(Rate, people);
        Print($"20 consoles at {Rate:N0} events/s: {watched:F1} us of server CPU an event, without them {alone:F1} before and {again:F1} after");
    }

    private async Task<double> ServerCpuAsync(int rate, int people)
    {
        using var over = new CancellationTokenSource();
        using var process = Process.GetProcessById(serverProcess);
        var load = LoadAsync(rate, people, over.Token);
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        process.Refresh();
        var (before, sent) = (process.TotalProcessorTime, Interlocked.Read(ref _sent));
        await Task.Delay(TimeSpan.FromSeconds(20), TimeProvider.System);
        process.Refresh();
        var (after, now) = (process.TotalProcessorTime, Interlocked.Read(ref _sent));
        await over.CancelAsync();
        await load;
        return (after - before).TotalMicroseconds / (now - sent);
    }

    private static async Task<(double Whole, double Server)> TakesAsync(IPage page, Func<Task> action, Func<Task> awaited)
    {
        await page.EvaluateAsync("() => { served.since = 0; served.total = 0; }");
        var begun = Stopwatch.GetTimestamp();
        await action();
        await awaited();
        var whole = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        return (whole, await page.EvaluateAsync<double>("() => served.total"));
    }

    private static void Tell(string what, IEnumerable<(double Whole, double Server)> spent)
    {
        var all = spent.ToList();
        Tell(what, all.Select(one => one.Whole));
        Tell("  of this the server", all.Select(one => one.Server));
    }

    private static void Tell(string what, IEnumerable<double> milliseconds)
    {
        var sorted = milliseconds.Order().ToList();
        Print($"{what}: p50 {sorted[sorted.Count / 2]:N0} ms, p99 {sorted[sorted.Count * 99 / 100]:N0} ms, at most {sorted[^1]:N0} ms ({sorted.Count} times)");
    }
}
