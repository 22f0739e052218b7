using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tributary.Destinations.Http;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Console.Tests.Kit;

/// <summary>A server with a source, and a receiver that its destinations may reach.</summary>
internal sealed class DeliveringServer : IAsyncDisposable
{
    private DeliveringServer(ConsoleServer console, WebhookStub stub, Source source) => (Console, Stub, Source) = (console, stub, source);

    public ConsoleServer Console { get; }

    public WebhookStub Stub { get; }

    public Source Source { get; }

    /// <summary>Starts both.</summary>
    /// <param name="isRouted">Every request to whatever host goes to the receiver: for destinations whose address cannot be set.</param>
    public static async Task<DeliveringServer> StartAsync(bool isRouted = false)
    {
        var stub = await WebhookStub.StartAsync();
        var console = await ConsoleServer.StartAsync(builder =>
        {
            builder.Configuration["TRIBUTARY_EGRESS_ALLOW"] = "127.0.0.0/8";
            if (isRouted) builder.Services.AddSingleton(_ => new OutboundHttp(EgressRules.Parse(null), new Detour(new Uri(stub.Address))));
        });
        var source = await console.Server.CreateSourceAsync("shop");
        return new DeliveringServer(console, stub, console.Workspace.Current.FindSource((string)source["id"]!)!);
    }

    /// <summary>Connects a webhook to the receiver.</summary>
    public async Task<string> ConnectAsync(string name = "Order service", string kind = "webhook", string? settings = null, string? source = null)
    {
        var fields = new JsonObject
        {
            ["sourceId"] = source ?? Source.Id,
            ["metadataId"] = kind,
            ["name"] = name,
            ["settings"] = JsonNode.Parse(settings ?? $$"""{"url":"{{Stub.Address}}/orders","sharedSecret":"a well kept secret"}"""),
        };
        var (status, body) = await Console.Server.SendAsync(HttpMethod.Post, "/api/destinations", fields.ToJsonString());
        Assert.True(status == 200, body.ToJsonString());
        return (string)body["data"]!["destination"]!["id"]!;
    }

    /// <summary>Sends an order and waits until it is processed.</summary>
    public Task OrderAsync(string messageId, double total = 42.5, string more = "") => Console.SendAsync(
        Source.WriteKeys[0],
        $$"""{"type":"track","userId":"person-4711","event":"Order Completed","messageId":"{{messageId}}","properties":{"total":{{total.ToString(System.Globalization.CultureInfo.InvariantCulture)}},"currency":"EUR","email":"countess@example.net"{{more}} } }""");

    /// <summary>Sends something that a person did, and waits until it is processed.</summary>
    public Task TrackAsync(string name, string messageId) => Console.SendAsync(
        Source.WriteKeys[0], $$"""{"type":"track","userId":"person-4711","event":"{{name}}","messageId":"{{messageId}}","properties":{"sku":"A-1"} }""");

    /// <summary>Waits until so many deliveries have come to an end.</summary>
    public async Task SettleAsync(long count)
    {
        for (var tries = 0; tries < 400; tries++)
        {
            var flow = await Console.Server.GetAsync("/api/flow");
            var settled = flow["destinations"]!.AsArray().Sum(each => (long)each!["delivered"]! + each["failed"]!.AsObject().Sum(reason => (long)reason.Value!));
            if (settled >= count) return;
            await Task.Delay(50);
        }

        throw new TimeoutException("The events were not delivered.");
    }

    /// <summary>Answers every request with a status and a text.</summary>
    public void Answer(int status, string text) => Stub.Answer = (_, context) =>
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(text);
    };

    public async ValueTask DisposeAsync()
    {
        await Console.DisposeAsync();
        await Stub.DisposeAsync();
    }

    private sealed class Detour(Uri receiver) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler { UseProxy = false, AutomaticDecompression = DecompressionMethods.None });

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = new Uri(receiver, $"/{request.RequestUri!.Host}{request.RequestUri.PathAndQuery}");
            return _client.SendAsync(request, cancellationToken);
        }

        protected override void Dispose(bool disposing)
        {
            _client.Dispose();
            base.Dispose(disposing);
        }
    }
}
