using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tributary.Engine.Lake;
using Tributary.Engine.Log;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Engine.Tests.Lake;

/// <summary>The lake as a host runs it: registered, loading in the background, asked over HTTP.</summary>
public sealed class LakeApiTests : IAsyncLifetime
{
    private readonly LakeWorld _world = new();
    private WebApplication? _app;
    private HttpClient? _client;

    public async ValueTask InitializeAsync()
    {
        _app = Build(options => options.Folder = _world.Folder);
        _app.MapLakeApi();
        await _app.StartAsync();
        _client = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_app is not null) await _app.DisposeAsync();
        _world.Dispose();
    }

    [Fact]
    public async Task What_is_in_the_log_can_soon_be_queried()
    {
        _world.Track("Seen", """{"n":1}""");
        var loader = _app!.Services.GetRequiredService<LakeLoader>();
        while (loader.Position < _world.Log.End) await Task.Delay(10, TestContext.Current.CancellationToken);

        var (status, body) = await Ask("""{"sql":"SELECT id, n FROM web.seen UNION ALL SELECT 'x', 2 ORDER BY n","limit":1}""");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("""{"data":{"columns":[{"name":"id","type":"VARCHAR"},{"name":"n","type":"BIGINT"}],"rows":[["m1",1]],"truncated":true}}""", body);
    }

    [Theory]
    [InlineData("""{"sql":"DROP SCHEMA profiles CASCADE"}""", "read-only", "sql")]
    [InlineData("""{"sql":"SELEC"}""", "invalid", "sql")]
    [InlineData("""{"sql":"WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t","timeout":0.3}""", "timeout", "timeout")]
    [InlineData("""{"sql":"SELECT 1","limit":0}""", "invalid", "limit")]
    [InlineData("""{"sql":"SELECT 1","timeout":1e300}""", "invalid", "timeout")]
    [InlineData("""{"sql":"SELECT 1","limit":"ten"}""", "invalid", "limit")]
    [InlineData("""{"limit":1}""", "invalid", "sql")]
    [InlineData("""[]""", "invalid", "")]
    [InlineData("""{""", "invalid", "")]
    [InlineData("", "invalid", "")]
    [InlineData("null", "invalid", "sql")]
    public async Task Bad_requests_get_400_and_say_why(string request, string type, string field)
    {
        var (status, body) = await Ask(request);

        var error = JsonNode.Parse(body)!["errors"]![0]!;
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal((type, field), ((string?)error["type"], (string?)error["field"]));
        Assert.NotEmpty((string?)error["message"] ?? "");
    }

    [Fact]
    public void Options_out_of_range_stop_the_start()
    {
        using var app = Build(options => (options.BatchEventsMax, options.ColumnsMax) = (0, 1)) as IDisposable;

        var failure = Assert.Throws<OptionsValidationException>(() => ((WebApplication)app).Services.GetRequiredService<IOptions<LakeOptions>>().Value);
        Assert.Equal(2, failure.Failures.Count());
    }

    private WebApplication Build(Action<LakeOptions> configure)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(new DecidedLog(_world.Log));
        builder.Services.AddSingleton<Func<WorkspaceSnapshot>>(() => _world.Workspace);
        builder.Services.AddLake(configure);
        return builder.Build();
    }

    private async Task<(HttpStatusCode Status, string Body)> Ask(string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await _client!.PostAsync(new Uri("/api/lake/query", UriKind.Relative), content, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
