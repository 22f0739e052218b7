using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Tributary.Engine.Tests.TestKit;

/// <summary>A request that a receiver got.</summary>
public sealed record StubRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>A receiver of webhooks on a loopback port. It answers 200 until told otherwise.</summary>
public sealed class WebhookStub : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebhookStub(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    /// <summary>All requests, in the order in which they were read.</summary>
    public ConcurrentQueue<StubRequest> Requests { get; } = new();

    /// <summary>Answers; the request is already recorded.</summary>
    public Func<StubRequest, HttpContext, Task> Answer { get; set; } = static (_, _) => Task.CompletedTask;

    public static async Task<WebhookStub> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        var stub = new WebhookStub(builder.Build());
        stub._app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var request = new StubRequest(context.Request.Method, context.Request.Path, context.Request.Headers.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray());
            stub.Requests.Enqueue(request);
            await stub.Answer(request, context);
        });
        await stub._app.StartAsync();
        return stub;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
