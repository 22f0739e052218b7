using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;

namespace Tributary.Server.Tests;

/// <summary>The whole server in the test's process, on a free port, with a data folder of its own that goes away with it.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    public const string AdminToken = "the token of the tests";

    private readonly string _folder;
    private readonly Action<WebApplicationBuilder>? _configure;
    private StartedServer _started;

    private RunningServer(string folder, Action<WebApplicationBuilder>? configure, StartedServer started)
    {
        (_folder, _configure) = (folder, configure);
        _started = started;
        Http = Client(AdminToken);
    }

    /// <summary>Sends the administrator's token.</summary>
    public HttpClient Http { get; private set; }

    /// <summary>Its data folder.</summary>
    public string Folder => _folder;

    public string Address => _started.Address;

    public IServiceProvider Services => _started.App.Services;

    public static async Task<RunningServer> StartAsync(Action<WebApplicationBuilder>? configure = null)
    {
        var folder = Directory.CreateTempSubdirectory("tributary-").FullName;
        return new RunningServer(folder, configure, await TributaryHost.StartAsync(Options(folder, configure), CancellationToken.None));
    }

    /// <summary>Stops the server and starts it again on the same data, at another port.</summary>
    /// <param name="meanwhile">What happens to the data folder while no server has it.</param>
    public async Task RestartAsync(Action<string>? meanwhile = null)
    {
        Http.Dispose();
        await _started.DisposeAsync();
        meanwhile?.Invoke(_folder);
        _started = await TributaryHost.StartAsync(Options(_folder, _configure), CancellationToken.None);
        Http = Client(AdminToken);
    }

    public HttpClient Client(string? token)
    {
        var client = new HttpClient { BaseAddress = new Uri(Address) };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>Sends JSON text and reads the answer, whatever its status.</summary>
    public async Task<(int Status, JsonObject Body)> SendAsync(HttpMethod method, string path, string? json = null, string type = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, type);
        using var response = await Http.SendAsync(request);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject());
    }

    public async Task<JsonObject> GetAsync(string path) => (await SendAsync(HttpMethod.Get, path)).Body["data"]!.AsObject();

    public async Task<JsonObject> CreateSourceAsync(string slug)
    {
        var (status, body) = await SendAsync(HttpMethod.Post, "/api/sources", $$"""{"slug":"{{slug}}","metadataId":"http-api","enabled":true}""");
        Xunit.Assert.Equal(201, status);
        return body["data"]!["source"]!.AsObject();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _started.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static ServeOptions Options(string folder, Action<WebApplicationBuilder>? configure) =>
        new() { Urls = "http://127.0.0.1:0", DataFolder = folder, AdminToken = AdminToken, Configure = configure };
}
