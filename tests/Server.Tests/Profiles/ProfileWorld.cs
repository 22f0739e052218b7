using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Profiles;

/// <summary>A whole server to which events are sent as a client sends them, each visible before the next step of the test.</summary>
public sealed class ProfileWorld : IAsyncLifetime
{
    private const string Profiles = "/v1/spaces/default/collections/";
    private RunningServer? _server;
    private HttpClient? _client;

    internal RunningServer Server => _server!;

    public string SourceId { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync();
        var source = await _server.CreateSourceAsync("shop");
        SourceId = (string)source["id"]!;
        _client = _server.Client(null);
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{source["writeKeys"]![0]}:")));
        _client.DefaultRequestHeaders.Add("Prefer", "wait=10");
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_server is not null) await _server.DisposeAsync();
    }

    /// <summary>Sends messages in one batch and waits until they are in the profiles.</summary>
    public async Task SendAsync(params string[] messages)
    {
        using var body = new StringContent($$"""{"batch":[{{string.Join(',', messages)}}]}""", Encoding.UTF8, "application/json");
        using var response = await _client!.PostAsync("/v1/batch", body);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        Assert.Contains("wait", response.Headers.GetValues("Preference-Applied"));
    }

    /// <summary>Asks the Profile API; <paramref name="path"/> begins with <c>users/profiles/…</c> or <c>accounts/profiles/…</c>.</summary>
    public Task<(int Status, JsonObject Body)> AskAsync(string path) => Server.SendAsync(HttpMethod.Get, Profiles + path);

    /// <summary>Asks the Profile API about a person; it must be there.</summary>
    public async Task<JsonObject> UserAsync(string identifier, string what)
    {
        var (status, body) = await AskAsync($"users/profiles/{Uri.EscapeDataString(identifier)}/{what}");
        Assert.True(status == 200, body.ToJsonString());
        return body;
    }

    /// <summary>The id of the profile that an identifier belongs to.</summary>
    public async Task<string> IdOfAsync(string identifier) => (string)(await Server.GetAsync($"/api/profiles/{Uri.EscapeDataString(identifier)}"))["id"]!;

    public static string[] Texts(JsonNode? array) => [.. array!.AsArray().Select(item => (string)item!)];
}
