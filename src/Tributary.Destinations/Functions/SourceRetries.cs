using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tributary.Engine.Workspace;

namespace Tributary.Destinations.Functions;

/// <summary>Tries requests again whose source function could not deal with them.</summary>
internal sealed partial class SourceRetries(
    KeptRequests kept, SourceRuns runs, FunctionRuntime runtime, Func<WorkspaceSnapshot> workspace, IOptions<FunctionsOptions> options, FunctionMetrics metrics, TimeProvider clock,
    ILogger<SourceRetries> logger) : BackgroundService
{
    // So many at once: a burst of retries must not take the place of requests that come.
    private const int BurstMax = 8;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>When an attempt is due that follows <paramref name="attempts"/> others; milliseconds since 1970.</summary>
    public static long DueAt(FunctionsOptions options, int attempts, long now)
    {
        var first = options.PauseMsFirstMin + (Random.Shared.NextDouble() * Math.Max(0, options.PauseMsFirstMax - options.PauseMsFirstMin));
        return now + (long)Math.Min(options.PauseMsMax, first * Math.Pow(2, attempts - 1));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = TimeSpan.FromMilliseconds(Math.Min(LookEvery.TotalMilliseconds, options.Value.PauseMsFirstMin));
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var due = kept.Due(clock.GetUtcNow().ToUnixTimeMilliseconds(), BurstMax);
                await Task.WhenAll(due.Select(request => RetryAsync(request, stoppingToken)));
                if (due.Count == BurstMax) continue;
            }
            catch (IOException failure)
            {
                LogStorageFailed(logger, failure);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RetryAsync(KeptRequest request, CancellationToken stopping)
    {
        var now = workspace();
        var source = now.Sources.FirstOrDefault(each => each.Number == request.Source);
        if (source is null || now.FindFunctionOf(source.MetadataId) is not { DeployedCode: not null } function)
        {
            // Nobody is left who would want it.
            kept.Remove(request);
            metrics.Requested("abandoned");
            return;
        }

        var result = await runs.RunAsync(source, function, request.Request, request.Id, stopping);
        var attempts = request.Attempts + 1;
        if (result.Verdict is FunctionVerdict.Retry or FunctionVerdict.Unavailable && attempts < options.Value.AttemptsMax)
        {
            kept.Replace(request, request with { Attempts = attempts, DueAt = DueAt(options.Value, attempts, clock.GetUtcNow().ToUnixTimeMilliseconds()) });
            return;
        }

        kept.Remove(request);
        metrics.Requested(result.Verdict == FunctionVerdict.Done ? "done_later" : "given_up");
        if (result.Verdict == FunctionVerdict.Done) return;
        runtime.Logs.Add(function.Id, new FunctionLogs.Line(
            clock.GetUtcNow().ToUnixTimeMilliseconds(), true, $"A request was given up after {attempts} attempts: {result.ErrorName} {result.Message}"));
        LogGivenUp(logger, source.Id, attempts, result.ErrorName ?? "");
    }

    [LoggerMessage(3201, LogLevel.Warning, "A request to the source function of {Source} was given up after {Attempts} attempts ({Error}).")]
    private static partial void LogGivenUp(ILogger logger, string source, int attempts, string error);

    [LoggerMessage(3202, LogLevel.Error, "Requests that wait for their source functions could not be read or written; they are tried again.")]
    private static partial void LogStorageFailed(ILogger logger, Exception failure);
}
