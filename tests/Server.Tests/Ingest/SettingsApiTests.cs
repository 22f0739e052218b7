using System.Net;
using System.Text.Json.Nodes;
using Tributary.Engine.Ingest;
using Xunit;

namespace Tributary.Server.Tests.Ingest;

public sealed class SettingsApiTests(DoorHost host) : IClassFixture<DoorHost>
{
    [Fact]
    public async Task Settings_name_the_host_and_scheme_that_the_client_used()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/projects/{DoorHost.BrowserKey}/settings");
        request.Headers.Host = "cdp.example.com:8443";
        request.Headers.Add("X-Forwarded-Proto", "https");

        using var response = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        var settings = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        var segment = settings["integrations"]!["Segment.io"]!;
        Assert.Equal(("wk-browser", "cdp.example.com:8443/v1", "http"), ((string)segment["apiKey"]!, (string)segment["apiHost"]!, (string)segment["protocol"]!));
        Assert.Equal("cdp.example.com:8443/v1", (string)settings["metrics"]!["host"]!);
        Assert.Single(settings["integrations"]!.AsObject());
        Assert.Empty(settings["plan"]!.AsObject());
        Assert.NotNull(settings["edgeFunction"]);
        Assert.Equal("*", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.NotNull(response.Headers.CacheControl!.MaxAge);
    }

    [Theory]
    [InlineData("/v1/projects/{0}/settings")]
    [InlineData("/prefix/v1/projects/{0}/settings")]
    [InlineData("/analytics.js/v1/{0}/analytics.min.js")]
    [InlineData("/analytics.js/v1/{0}/platform/analytics.min.js")]
    public async Task Only_known_write_keys_get_settings_and_scripts(string path)
    {
        using var known = await GetAsync(path, DoorHost.BrowserKey);
        using var unknown = await GetAsync(path, "wk-unknown");
        using var head = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, Of(path, DoorHost.BrowserKey)), TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.OK), (known.StatusCode, unknown.StatusCode, head.StatusCode));
        Assert.Equal(known.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task The_script_names_us_in_place_of_Segment()
    {
        using var response = await GetAsync("/analytics.js/v1/{0}/analytics.min.js", DoorHost.BrowserKey);

        var script = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal("application/javascript", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains("analyticsWriteKey=\"wk-browser\"", script);
        Assert.Contains($"\"{host.Address.Authority}/v1\"", script);
        Assert.DoesNotContain("api.segment.io", script);
        Assert.DoesNotContain("\"https://cdn.segment.com", script);
        Assert.DoesNotContain("cdnjs.cloudflare.com", script);
    }

    [Fact]
    public async Task Every_chunk_beside_the_program_is_served_and_nothing_else()
    {
        var chunks = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "analytics-next"), "*.bundle.*.js").Select(Path.GetFileName).ToList();

        Assert.NotEmpty(chunks);
        foreach (var chunk in chunks)
        {
            using var response = await GetAsync("/analytics-next/bundles/{0}", chunk!);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        foreach (var other in (string[])["standalone.js", "..%2Fx.bundle.js", "none.bundle.1.js", "x"])
        {
            using var response = await GetAsync("/analytics-next/bundles/{0}", other);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        }
    }

    [Fact]
    public void The_write_key_replaces_only_the_assignment() =>
        Assert.Equal(
            "window.analyticsWriteKey=\"a\\u0022b\";x!==\"__WRITE_KEY__\"",
            BrowserScripts.AtHome("window.analyticsWriteKey=\"__WRITE_KEY__\";x!==\"__WRITE_KEY__\"", "a\"b", new OwnAddress("http", "h")));

    private static string Of(string path, string key) => path.Replace("{0}", key, StringComparison.Ordinal);

    private Task<HttpResponseMessage> GetAsync(string path, string key) =>
        host.Client.GetAsync(new Uri(host.Address.ToString().TrimEnd('/') + Of(path, key)), TestContext.Current.CancellationToken);
}
