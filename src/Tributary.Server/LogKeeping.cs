using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Tributary.Engine.Log;

namespace Tributary.Server;

/// <summary>
/// How long the logs are kept; by default for ever. What Processing, the lake or a destination has not read yet is kept in any case, and so is the newest
/// segment of 128 MiB. A replay and a simulation need the whole received log, a rebuild of the lake the whole event log.
/// </summary>
public sealed class LogKeepingOptions
{
    /// <summary>Keep what was received at least this many days; null keeps it for ever.</summary>
    [Range(1, 36_500)]
    public int? ReceivedDays { get; set; }

    /// <summary>Keep about this many bytes of what was received at most; null sets no bound.</summary>
    [Range(256L << 20, long.MaxValue)]
    public long? ReceivedBytes { get; set; }

    /// <summary>Keep what was decided at least this many days; profile events and passports reach back as far.</summary>
    [Range(1, 36_500)]
    public int? DecidedDays { get; set; }

    /// <summary>Keep about this many bytes of what was decided at most; null sets no bound.</summary>
    [Range(256L << 20, long.MaxValue)]
    public long? DecidedBytes { get; set; }

    internal SegmentLogOptions Received => new() { RetainFor = Days(ReceivedDays), RetainBytes = ReceivedBytes };

    // The state knows where this one ends: what a crash left behind that end was never committed.
    internal SegmentLogOptions Decided => new() { RetainFor = Days(DecidedDays), RetainBytes = DecidedBytes, KnowsItsEnd = false };

    private static TimeSpan? Days(int? days) => days is { } count ? TimeSpan.FromDays(count) : null;
}

[OptionsValidator]
internal sealed partial class LogKeepingOptionsValidator : IValidateOptions<LogKeepingOptions>;

/// <summary>Drops segments that retention no longer wants, once a minute.</summary>
internal sealed class LogKeeper(SegmentLog received, SegmentLog decided, ProcessingProgress progress, LogReaders readers, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                received.Retain(progress.Processed);
                decided.Retain(readers.Slowest(decided.End));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped between two rounds.
        }
    }
}
