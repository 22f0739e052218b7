using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Tributary.Server.Tests.Crashes;

/// <summary>A stub of what is across the network: takes events as a webhook gets them and remembers their ids.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, int> _times = [];

    private WebhookReceiver(WebApplication app) => _app = app;

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var receiver = new WebhookReceiver(builder.Build());
        receiver._app.Urls.Add("http://127.0.0.1:0");
        receiver._app.MapPost("/in", receiver.TakeAsync);
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>Where it takes events.</summary>
    public string Url => _app.Urls.First() + "/in";

    /// <summary>Makes it a destination of the server's first source.</summary>
    public async Task ConnectAsync(ServerProcess server)
    {
        var source = JsonNode.Parse(await server.Http.GetStringAsync("/api/sources"))!["data"]!["sources"]![0]!["id"]!.ToString();
        var json = $$$"""{"sourceId":"{{{source}}}","metadataId":"webhook","name":"Receiver","settings":{"url":"{{{Url}}}","batchSize":50}}""";
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var created = await server.Http.PostAsync("/api/destinations", body);
        Xunit.Assert.True(created.IsSuccessStatusCode, await created.Content.ReadAsStringAsync());
    }

    public bool Has(string messageId) => _times.ContainsKey(messageId);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        var body = await JsonNode.ParseAsync(context.Request.Body);
        foreach (var message in body is JsonArray all ? all.ToArray() : [body]) _times.AddOrUpdate(message!["messageId"]!.ToString(), 1, (_, times) => times + 1);
    }
}
