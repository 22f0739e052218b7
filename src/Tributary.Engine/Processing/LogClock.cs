using Tributary.Engine.Log;

namespace Tributary.Engine.Processing;

/// <summary>
/// Writes the time into the received log, twice a second: the only clock that stages know. It never goes back: when the machine's clock does, log time goes
/// on by what a monotonic clock measured; when the machine's clock jumps ahead, log time follows it.
/// </summary>
/// <param name="log">The received log.</param>
/// <param name="last">Log time of the last commit, milliseconds since 1970; 0 for a new log.</param>
/// <param name="clock">The machine's clocks.</param>
internal sealed class LogClock(IEventLog log, long last, TimeProvider clock)
{
    // Windows and generations of deduplication are as exact as this; who leaves an audience by time does so within a second. A tick costs one flush when nothing
    // else happens.
    private static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(500);

    private readonly LogRecords _records = new();
    private long _last = last;
    private long _at = clock.GetTimestamp();

    /// <summary>The time of the next tick, milliseconds since 1970.</summary>
    public long Next()
    {
        var now = clock.GetTimestamp();
        var elapsed = (long)clock.GetElapsedTime(_at, now).TotalMilliseconds;
        _at = now;
        return _last = Math.Max(_last + elapsed, clock.GetUtcNow().ToUnixTimeMilliseconds());
    }

    /// <summary>Ticks until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TickEvery, clock);
        try
        {
            do
            {
                _records.Clear();
                ReceivedRecord.AddTick(_records, Next());
                try
                {
                    // A tick that finds the queue full is not missed: the next one says the same and more.
                    await log.AppendAsync(_records);
                }
                catch (IOException) when (!stopping.IsCancellationRequested)
                {
                    // The disk refuses; those whose events it refuses say so louder.
                }
            }
            while (await timer.WaitForNextTickAsync(stopping));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopped between two ticks.
        }
    }
}
