using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Metrics;
using Tributary.Engine.Workspace;

namespace Tributary.Server;

/// <summary>What surrounds the river: the listener and its limits, logs, metrics, probes, the description of the API.</summary>
internal static class Rim
{
    public static void AddRim(this WebApplicationBuilder builder, ServeOptions options, StartHush hush)
    {
        builder.WebHost.UseUrls(options.Urls);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(Limit);
        builder.Logging.ClearProviders().AddConsole(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.FormatterName = options.JsonLogs ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple;
        });
        builder.Logging.AddSimpleConsole(line =>
        {
            line.SingleLine = true;
            line.TimestampFormat = "HH:mm:ss ";
        });
        // Per-request lines of ASP.NET would be the loudest voice in the room, and they name paths with identifiers in them.
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", hush.Lets);
        builder.Services.AddHealthChecks();
        builder.Services.AddOpenApi(document => document.AddDocumentTransformer((openApi, _, _) =>
        {
            openApi.Info.Title = "Tributary";
            openApi.Info.Description = "The management API has the shapes of Segment's Public API: answers wrap in \"data\", failures in \"errors\".";
            return Task.CompletedTask;
        }));
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter("tributary.*", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Hosting", "System.Runtime")
            .AddPrometheusExporter());
    }

    /// <summary><c>/health/live</c> (the process answers), <c>/health/ready</c> (every registered check passes), <c>/metrics</c> and <c>/api/openapi.json</c>; all without a token.</summary>
    public static void MapProbes(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/health/ready");
        app.MapPrometheusScrapingEndpoint("/metrics");
        app.MapOpenApi("/api/openapi.json");
    }

    /// <summary>
    /// Answers what an endpoint threw: a request that broke off or that Kestrel could not read, a disk that refuses, or a bug of ours. The failure itself goes to
    /// the log and never to the client.
    /// </summary>
    public static void UseFailureAnswers(this WebApplication app) => app.UseExceptionHandler(failed => failed.Run(context =>
    {
        var (status, type, message) = context.Features.Get<IExceptionHandlerFeature>()?.Error switch
        {
            Microsoft.AspNetCore.Http.BadHttpRequestException bad => (bad.StatusCode, "bad-request", bad.Message),
            IOException => (StatusCodes.Status503ServiceUnavailable, "unavailable", "The server cannot write to its disk at the moment. Its log says why."),
            _ => (StatusCodes.Status500InternalServerError, "internal-error", "This is a fault of the server. Its log says more."),
        };
        return ApiAnswer.Failed(status, type, [new(null, message)]).ExecuteAsync(context);
    }));

    /// <summary>Answers every other path of the group, so that a client that parses JSON errors gets one.</summary>
    public static void MapUnknown(this IEndpointRouteBuilder api) => api
        .Map("/{**path}", (HttpRequest request) => ApiAnswer.Refused(WorkspaceRefusal.NotFound("route", $"{request.Method} {request.Path}")))
        .ExcludeFromDescription();

    private static void Limit(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        // Each endpoint bounds its body itself: Segment's clients know 400 for a body that is too large, and not Kestrel's 413.
        kestrel.Limits.MaxRequestBodySize = null;
        // A pixel carries a whole message of up to 32 KiB, base64-encoded, in its query.
        kestrel.Limits.MaxRequestLineSize = 64 << 10;
        kestrel.Limits.MaxConcurrentConnections = 20_000;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
    }
}

/// <summary>
/// Keeps the host from logging why it does not start: whoever starts it gets the exception and says it in a sentence. Once it has started, its failures are
/// logged like all others.
/// </summary>
internal sealed class StartHush
{
    private volatile bool _isOver;

    public void End() => _isOver = true;

    public bool Lets(LogLevel level) => level >= LogLevel.Critical || (_isOver && level >= LogLevel.Warning);
}
