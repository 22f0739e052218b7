using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tributary.Engine.Ingest;
using Tributary.Engine.Log;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Server.Tests.Ingest;

/// <summary>
/// A server with Ingest alone, on a loopback port, over a log in memory. Client programs get its <see cref="Address"/> as <c>TRIBUTARY_URL</c>, so that the whole
/// server can stand in for it.
/// </summary>
public sealed class DoorHost : IAsyncLifetime
{
    public const string WriteKey = "wk-server";
    public const string BrowserKey = "wk-browser";
    public const string DisabledKey = "wk-disabled";
    public const string LimitedKey = "wk-limited";

    private WebApplication? _app;

    public Uri Address { get; private set; } = null!;

    public MemoryLog Log { get; } = new();

    public ProcessingProgress Progress { get; } = new();

    public HttpClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        builder.Services.AddIngest();
        builder.Services.AddSingleton(new ReceivedLog(Log));
        builder.Services.AddSingleton(Progress);
        var snapshot = Workspace();
        builder.Services.AddSingleton<Func<WorkspaceSnapshot>>(() => snapshot);
        _app = builder.Build();
        _app.MapTrackingApi();
        await _app.StartAsync();
        Address = new Uri(_app.Urls.First());
        Client = new HttpClient { BaseAddress = Address };
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_app is not null) await _app.DisposeAsync();
    }

    /// <summary>A line per record after <paramref name="from"/>: its kind or discard code, and its payload.</summary>
    public IReadOnlyList<(string Verdict, JsonNode? Payload)> Records(LogOffset from)
    {
        var entries = new List<(string, JsonNode?)>();
        var batch = new LogBatch();
        if (!Log.Read(from, batch)) return entries;
        foreach (var record in batch)
        {
            var view = ReceivedRecord.View(record.Payload);
            entries.Add((
                view.Kind == ReceivedKind.Event ? view.Type.Name() : view.Reason.Code(),
                view.Kind == ReceivedKind.Event ? JsonNode.Parse(view.Payload.Span) : JsonValue.Create(Encoding.UTF8.GetString(view.Payload.Span))));
        }

        return entries;
    }

    public IReadOnlyList<string> Verdicts(LogOffset from) => [.. Records(from).Select(record => record.Verdict)];

    private static WorkspaceSnapshot Workspace() => WorkspaceSnapshot.Of(1,
    [
        Space(),
        Source(1, "http-api", WriteKey, enabled: true, []),
        Source(2, "javascript", BrowserKey, enabled: true, []),
        Source(3, "http-api", DisabledKey, enabled: false, []),
        Source(4, "http-api", LimitedKey, enabled: true, new JsonObject { ["rateLimit"] = 2 }),
    ]);

    private static ResourceChange Space() => new("space", "spa_1", Body(new Space { Id = "spa_1", Number = 1, Slug = "default", Name = "Default" }));

    private static ResourceChange Source(uint number, string metadataId, string key, bool enabled, JsonObject settings) => new("source", $"src{number}", Body(new Source
    {
        Id = $"src{number}",
        Number = number,
        Slug = key,
        Name = key,
        MetadataId = metadataId,
        Enabled = enabled,
        SpaceId = "spa_1",
        WriteKeys = [key],
        Settings = settings,
    }));

    private static JsonObject Body<T>(T resource) => JsonSerializer.SerializeToNode(resource, WorkspaceSnapshot.Json)!.AsObject();
}
