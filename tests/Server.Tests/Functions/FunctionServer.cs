using System.Text;
using System.Text.Json.Nodes;
using Tributary.Engine.Tests.TestKit;
using Xunit;

namespace Tributary.Server.Tests.Functions;

/// <summary>A server with a source and a receiver that functions may call.</summary>
internal sealed class FunctionServer : IAsyncDisposable
{
    private FunctionServer(RunningServer server, WebhookStub stub, JsonObject source) =>
        (Server, Stub, Source, WriteKey) = (server, stub, source["id"]!.GetValue<string>(), source["writeKeys"]![0]!.GetValue<string>());

    public RunningServer Server { get; }

    public WebhookStub Stub { get; }

    public string Source { get; }

    public string WriteKey { get; }

    public static async Task<FunctionServer> StartAsync(Action<Microsoft.AspNetCore.Builder.WebApplicationBuilder>? configure = null)
    {
        var stub = await WebhookStub.StartAsync();
        var server = await RunningServer.StartAsync(builder =>
        {
            builder.Configuration["TRIBUTARY_EGRESS_ALLOW"] = "127.0.0.0/8";
            configure?.Invoke(builder);
        });
        return new FunctionServer(server, stub, await server.CreateSourceAsync("shop"));
    }

    /// <summary>Creates something and gives it as it was answered.</summary>
    public async Task<JsonObject> CreateAsync(string path, string member, JsonObject body)
    {
        var (status, answer) = await Server.SendAsync(HttpMethod.Post, path, body.ToJsonString());
        Assert.True(status is 200 or 201, answer.ToJsonString());
        return answer["data"]![member]!.AsObject();
    }

    public async Task<string> FunctionAsync(string type, string code, JsonArray? settings = null, int? batch = null)
    {
        var body = new JsonObject { ["resourceType"] = type, ["displayName"] = "Mine", ["code"] = code, ["settings"] = settings ?? [] };
        if (batch is not null) body["batchMaxCount"] = batch;
        return (await CreateAsync("/api/functions", "function", body))["id"]!.GetValue<string>();
    }

    /// <summary>A destination function with a destination of it.</summary>
    public async Task<(string Function, string Destination)> DestinationAsync(string code, JsonObject? settings = null, JsonArray? asked = null, int? batch = null)
    {
        var function = await FunctionAsync("DESTINATION", code, asked, batch);
        var destination = await CreateAsync(
            "/api/destinations", "destination", new JsonObject { ["sourceId"] = Source, ["metadataId"] = "fn_" + function, ["name"] = "Of mine", ["settings"] = settings ?? [] });
        return (function, destination["id"]!.GetValue<string>());
    }

    /// <summary>Saves other code and deploys it.</summary>
    public async Task DeployAsync(string function, string code)
    {
        var (status, answer) = await Server.SendAsync(HttpMethod.Patch, "/api/functions/" + function, new JsonObject { ["code"] = code }.ToJsonString());
        Assert.True(status == 200, answer.ToJsonString());
        (status, answer) = await Server.SendAsync(HttpMethod.Post, $"/api/functions/{function}/deploy");
        Assert.True(status == 200, answer.ToJsonString());
    }

    public Task TrackAsync(string name, string id, string properties = "{}") => SendAsync("track", $$"""{"userId":"ada","event":"{{name}}","messageId":"{{id}}","properties":{{properties}}}""");

    public async Task SendAsync(string type, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/" + type) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(WriteKey + ":")));
        request.Headers.TryAddWithoutValidation("Prefer", "wait=5");
        using var response = await Server.Http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>What became of a message at its first destination, as soon as the state is one of those named; the whole passport's part.</summary>
    public async Task<JsonObject> LifeAsync(string id, params string[] states)
    {
        JsonObject? life = null;
        await UntilAsync(async () =>
        {
            var (status, answer) = await Server.SendAsync(HttpMethod.Get, "/api/events/" + id);
            life = status == 200 ? answer["data"]?["events"]?[0]?["destinations"]?[0]?.AsObject() : null;
            return life?["state"]?.GetValue<string>() is { } state && states.Contains(state);
        }, () => life?.ToJsonString() ?? "nothing");
        return life!;
    }

    public static async Task UntilAsync(Func<Task<bool>> holds, Func<string>? what = null)
    {
        for (var tries = 0; !await holds(); tries++)
        {
            Assert.True(tries < 1_500, "It did not come to pass: " + what?.Invoke());
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    public string[] Bodies() => [.. Stub.Requests.Select(request => Encoding.UTF8.GetString(request.Body))];

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Stub.DisposeAsync();
    }
}
