using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Tributary.Console.Access;
using Tributary.Console.Tests.Kit;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Console.Tests.Access;

/// <summary>Who comes in, over plain HTTP: what a browser does with the forms, and what an attacker would.</summary>
public sealed partial class DoorTests
{
    [Fact]
    public async Task Nobody_becomes_the_owner_without_the_code_that_the_server_printed()
    {
        await using var server = await ConsoleServer.StartEmptyAsync();
        using var browser = new FormBrowser(server.Address);

        var refused = await browser.PostAsync("/setup", "set-up", ("Code", "a guess"), ("Name", "Eve"), ("Email", "eve@example.com"), ("Password", ConsoleServer.Password));
        Assert.Contains("This is not the code", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.True(server.Members.IsEmpty);

        var path = server.Services.GetRequiredService<SetUpCode>().Path;
        var made = await browser.PostAsync(path, "set-up", ("Code", path.Split('=')[1]), ("Name", "Grace"), ("Email", "grace@example.com"), ("Password", ConsoleServer.Password));
        Assert.Equal(HttpStatusCode.Found, made.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/")).StatusCode);

        // Whoever comes later is sent to the sign-in, code or not.
        using var late = new FormBrowser(server.Address);
        Assert.Equal("/sign-in", (await late.GetAsync(path)).Headers.Location?.ToString());
    }

    [Fact]
    public async Task The_token_of_an_administrator_is_as_good_as_the_code()
    {
        await using var server = await ConsoleServer.StartEmptyAsync();
        using var browser = new FormBrowser(server.Address);
        await browser.PostAsync("/setup", "set-up", ("Code", Server.Tests.RunningServer.AdminToken), ("Name", "Grace"), ("Email", "grace@example.com"), ("Password", ConsoleServer.Password));
        Assert.False(server.Members.IsEmpty);
    }

    [Fact]
    public async Task Guessing_a_password_gets_slow_and_then_the_right_one_must_wait_too()
    {
        await using var server = await ConsoleServer.StartAsync();
        using var browser = new FormBrowser(server.Address);
        for (var attempt = 0; attempt < SignInGuard.FailuresFree; attempt++)
        {
            var wrong = await browser.PostAsync("/sign-in", "sign-in", ("Email", ConsoleServer.OwnerEmail), ("Password", $"guess number {attempt}"));
            Assert.Contains("do not belong together", await wrong.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        var late = await browser.PostAsync("/sign-in", "sign-in", ("Email", ConsoleServer.OwnerEmail), ("Password", ConsoleServer.Password));
        Assert.Equal(HttpStatusCode.TooManyRequests, late.StatusCode);
        Assert.Equal(HttpStatusCode.Found, (await browser.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task A_session_is_a_cookie_that_scripts_and_other_sites_cannot_use()
    {
        await using var server = await ConsoleServer.StartAsync();
        using var browser = new FormBrowser(server.Address);
        var answer = await browser.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, "/sign-in?next=%2Fsources");

        Assert.Equal("/sources", answer.Headers.Location?.ToString());
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"), value => value.StartsWith("tributary.session=", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(ConsoleServer.OwnerEmail, Uri.UnescapeDataString(cookie), StringComparison.Ordinal);

        var page = await browser.GetAsync("/");
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"), value => value.Contains("default-src", StringComparison.Ordinal));
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
        Assert.Matches("script-src 'self';", policy);
        Assert.DoesNotContain("<style", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_the_cookie_is_for_https_alone_and_guesses_count_against_the_client()
    {
        await using var server = await ConsoleServer.StartAsync(builder => builder.Configuration["Ingest:TrustedProxies:0"] = "127.0.0.1/32");
        using var guesser = new FormBrowser(server.Address, ("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "203.0.113.7"));
        for (var attempt = 0; attempt < SignInGuard.FailuresFree; attempt++) await guesser.SignInAsync($"nobody-{attempt}@example.com", "a guess");
        Assert.Equal(HttpStatusCode.TooManyRequests, (await guesser.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password)).StatusCode);

        using var owner = new FormBrowser(server.Address, ("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "203.0.113.8"));
        var answer = await owner.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password);
        Assert.Contains("secure", Assert.Single(answer.Headers.GetValues("Set-Cookie"), value => value.StartsWith("tributary.session=", StringComparison.Ordinal)), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task After_the_sign_in_one_lands_here_and_nowhere_else()
    {
        await using var server = await ConsoleServer.StartAsync();
        foreach (var next in (string[])["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
        {
            using var browser = new FormBrowser(server.Address);
            var answer = await browser.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password, $"/sign-in?next={Uri.EscapeDataString(next)}");
            Assert.Equal("/", answer.Headers.Location?.ToString());
        }
    }

    [Fact]
    public async Task A_form_of_another_site_is_refused()
    {
        await using var server = await ConsoleServer.StartAsync();
        using var browser = new FormBrowser(server.Address);
        await browser.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password);

        Assert.Equal(HttpStatusCode.BadRequest, (await browser.PostPlainAsync("/sign-out")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.PostPlainAsync("/account", ("_handler", "password"), ("Present", ConsoleServer.Password), ("Password", "another sentence"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task Another_password_ends_the_other_sessions_and_keeps_this_one()
    {
        await using var server = await ConsoleServer.StartAsync();
        using var here = new FormBrowser(server.Address);
        using var there = new FormBrowser(server.Address);
        await here.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password);
        await there.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password);

        var changed = await here.PostAsync("/account", "password", ("Present", ConsoleServer.Password), ("Password", "another sentence"));

        Assert.Contains("Your password is changed", await changed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await here.GetAsync("/")).StatusCode);
        Assert.Equal(HttpStatusCode.Found, (await there.GetAsync("/")).StatusCode);
        Assert.Null(server.Members.SignIn(ConsoleServer.OwnerEmail, ConsoleServer.Password));
    }

    [Fact]
    public async Task An_invitation_works_once()
    {
        await using var server = await ConsoleServer.StartAsync();
        var owner = server.Workspace.Current.Members[0];
        var (code, _) = await server.Members.InviteAsync(owner, "vera@example.com", "Vera", MemberRole.Viewer, false, CancellationToken.None);
        using var browser = new FormBrowser(server.Address);

        var accepted = await browser.PostAsync($"/invitation?code={code}", "accept", ("Code", code!), ("Password", ConsoleServer.Password));
        Assert.Equal(HttpStatusCode.Found, accepted.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/sources")).StatusCode);

        using var second = new FormBrowser(server.Address);
        Assert.Contains("This invitation is over", await (await second.GetAsync($"/invitation?code={code}")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Programs_get_the_answers_that_they_had_before_there_was_a_console()
    {
        await using var server = await ConsoleServer.StartAsync();
        using var http = server.Server.Client(null);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/v1/there-is-none")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/nothing")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/assets/1/nothing.js")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/api/sources")).StatusCode);
        using var browser = new FormBrowser(server.Address);
        await browser.SignInAsync(ConsoleServer.OwnerEmail, ConsoleServer.Password);
        // A session of the console opens no API.
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync("/api/sources")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync("/nothing")).StatusCode);
    }

    private sealed partial class FormBrowser : IDisposable
    {
        private readonly HttpClient _http;

        // Cookies by hand: behind TLS they are marked for it, and a jar would not send them over plain http.
        private readonly Dictionary<string, string> _cookies = [];

        public FormBrowser(string address, params (string Name, string Value)[] headers)
        {
            _http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new Uri(address) };
            foreach (var (name, value) in headers) _http.DefaultRequestHeaders.Add(name, value);
            _http.DefaultRequestHeaders.Add("Accept", "text/html");
        }

        public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

        public Task<HttpResponseMessage> SignInAsync(string email, string password, string path = "/sign-in") => PostAsync(path, "sign-in", ("Email", email), ("Password", password));

        /// <summary>Opens the page, fills its form and sends it.</summary>
        public async Task<HttpResponseMessage> PostAsync(string path, string form, params (string Name, string Value)[] fields)
        {
            var page = await (await GetAsync(path)).Content.ReadAsStringAsync();
            var token = Token().Match(page).Groups[1].Value;
            return await PostPlainAsync(path, [("_handler", form), ("__RequestVerificationToken", WebUtility.HtmlDecode(token)), .. fields]);
        }

        public Task<HttpResponseMessage> PostPlainAsync(string path, params (string Name, string Value)[] fields) =>
            SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))) });

        private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
        {
            if (_cookies.Count > 0) request.Headers.Add("Cookie", string.Join("; ", _cookies.Select(pair => $"{pair.Key}={pair.Value}")));
            var answer = await _http.SendAsync(request);
            if (!answer.Headers.TryGetValues("Set-Cookie", out var cookies)) return answer;
            foreach (var cookie in cookies)
            {
                var pair = cookie.Split(';')[0].Split('=', 2);
                _cookies[pair[0]] = pair[1];
            }

            return answer;
        }

        public void Dispose() => _http.Dispose();

        [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
        private static partial Regex Token();
    }
}
