using Microsoft.Extensions.Logging.Abstractions;
using Tributary.Console.Live;
using Xunit;

namespace Tributary.Console.Tests.Pages;

public sealed class WatchersTests : IDisposable
{
    private readonly ReadingGate _gate = new(TimeProvider.System);
    private int _running;
    private int _starts;

    [Fact]
    public async Task One_watch_serves_everybody_and_none_runs_for_nobody()
    {
        var watchers = new Watchers(WatchAsync, _gate, TimeProvider.System, NullLogger.Instance);
        var (first, second) = (0, 0);
        Assert.Equal(0, _starts);

        var one = watchers.Add(() => first++);
        var two = watchers.Add(() => second++);
        await UntilAsync(() => _running == 1);
        watchers.Notify();
        one.Dispose();
        watchers.Notify();

        Assert.Equal((1, 2, 1), (first, second, _starts));
        two.Dispose();
        await UntilAsync(() => _running == 0);
        using var again = watchers.Add(() => { });
        await UntilAsync(() => _running == 1);
        Assert.Equal(2, _starts);
    }

    [Fact]
    public async Task A_server_that_stops_waits_until_nobody_reads()
    {
        var watchers = new Watchers(WatchAsync, _gate, TimeProvider.System, NullLogger.Instance);
        using var page = watchers.Add(() => { });
        await UntilAsync(() => _running == 1);

        await _gate.StopAsync(CancellationToken.None);

        Assert.Equal(0, _running);
        Assert.False(_gate.TryEnter());
    }

    public void Dispose() => _gate.Dispose();

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (var look = 0; look < 1_000 && !isSo(); look++) await Task.Delay(10);
        Assert.True(isSo());
    }

    private async Task WatchAsync(CancellationToken stopping)
    {
        Interlocked.Increment(ref _starts);
        Interlocked.Increment(ref _running);
        try
        {
            await Task.Delay(Timeout.Infinite, stopping);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }
}
