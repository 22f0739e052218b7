using System.Net;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Server.Tests.Management;

public sealed class HostTests
{
    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/metrics")]
    public async Task Probes_need_no_token(string path)
    {
        await using var server = await RunningServer.StartAsync();
        using var stranger = server.Client(null);

        using var response = await stranger.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.False(response.Headers.Contains("Server"));
    }

    [Fact]
    public async Task The_description_of_the_api_names_the_routes()
    {
        await using var server = await RunningServer.StartAsync();

        var document = JsonNode.Parse(await server.Http.GetStringAsync("/api/openapi.json"))!;

        foreach (var path in new[] { "/api/sources", "/api/sources/{id}", "/api/destinations/{id}", "/api/spaces/{id}/identity", "/api/tokens", "/api/audit-events" })
            Assert.NotNull(document["paths"]![path]);
    }

    [Fact]
    public async Task An_unknown_route_answers_in_json()
    {
        await using var server = await RunningServer.StartAsync();

        var (status, body) = await server.SendAsync(HttpMethod.Post, "/api/no/such/thing", "{}");

        Assert.Equal((404, "not-found"), (status, body["errors"]![0]!["type"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_folder_that_is_in_use_is_an_error_that_says_so()
    {
        var folder = Directory.CreateTempSubdirectory("tributary-").FullName;
        var options = new ServeOptions { Urls = "http://127.0.0.1:0", DataFolder = folder };
        await using (await TributaryHost.StartAsync(options, CancellationToken.None))
        {
            await Assert.ThrowsAnyAsync<Exception>(() => TributaryHost.StartAsync(options, CancellationToken.None));
        }

        await using var after = await TributaryHost.StartAsync(options, CancellationToken.None);
    }

    [Fact]
    public async Task The_token_of_the_first_start_is_shown_even_when_the_address_is_taken()
    {
        await using var other = await RunningServer.StartAsync();
        var shown = new List<FirstStart>();
        var options = new ServeOptions { Urls = other.Address, DataFolder = Directory.CreateTempSubdirectory("tributary-").FullName, FirstStarted = shown.Add };

        await Assert.ThrowsAsync<IOException>(() => TributaryHost.StartAsync(options, CancellationToken.None));
        await using var server = await TributaryHost.StartAsync(options with { Urls = "http://127.0.0.1:0" }, CancellationToken.None);
        using var client = new HttpClient { BaseAddress = new Uri(server.Address) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", Assert.Single(shown).Token);

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/sources")).StatusCode);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_used_is_a_sentence_on_the_command_line()
    {
        var file = Path.GetTempFileName();

        var (code, _, error) = await CommandLine.RunAsync("serve", "--urls", "http://127.0.0.1:0", "--data", file);

        Assert.Equal(1, code);
        Assert.Contains("--data", error, StringComparison.Ordinal);
        File.Delete(file);
    }
}
