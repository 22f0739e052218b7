using Microsoft.Extensions.Logging;

namespace Tributary.Console.Live;

/// <summary>
/// Those who watch something that costs to be watched. What is watched runs once, however many pages look, and not at all while none does.
/// </summary>
/// <param name="watch">Runs until it is cancelled, and calls <see cref="Notify"/> when there is something new.</param>
/// <param name="gate">Ends the watch when the server stops.</param>
/// <param name="clock">For the pause after a failure.</param>
/// <param name="logger">Hears why a watch failed.</param>
public sealed partial class Watchers(Func<CancellationToken, Task> watch, ReadingGate gate, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly List<Watcher> _watchers = [];
    private Action? _stop;

    /// <summary>How many watch.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _watchers.Count;
        }
    }

    /// <summary>Calls <paramref name="notify"/> whenever there is something new, from any thread, until the result is disposed.</summary>
    public IDisposable Add(Action notify)
    {
        var watcher = new Watcher(this, notify);
        lock (_gate)
        {
            _watchers.Add(watcher);
            if (_stop is not null) return watcher;
            var running = new CancellationTokenSource();
            _stop = running.Cancel;
            _ = RunAsync(running);
        }

        return watcher;
    }

    /// <summary>Tells everybody.</summary>
    public void Notify()
    {
        Watcher[] all;
        lock (_gate) all = [.. _watchers];
        foreach (var watcher in all) watcher.Tell();
    }

    private void Remove(Watcher watcher)
    {
        Action? stop;
        lock (_gate)
        {
            if (!_watchers.Remove(watcher) || _watchers.Count > 0) return;
            (stop, _stop) = (_stop, null);
        }

        // Outside of the lock, because it runs what waits for it.
        stop?.Invoke();
    }

    // The source is not disposed: whoever leaves last may cancel it after the watch has ended with the server, and without a timer it holds nothing.
    private async Task RunAsync(CancellationTokenSource running)
    {
        // Whoever subscribes goes on at once; the first look happens beside it.
        await Task.Yield();
        if (!gate.TryEnter()) return;
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(running.Token, gate.Closing);
            await WatchAsync(either.Token);
        }
        finally
        {
            gate.Leave();
        }
    }

    private async Task WatchAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await watch(stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A page that shows old numbers is better than none; the river does not depend on this.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                WatchFailed(logger, failure, PauseAfterFailure);
                await Task.Delay(PauseAfterFailure, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(5001, LogLevel.Warning, "What pages of the console watch cannot be read; trying again in {Pause}.")]
    private static partial void WatchFailed(ILogger logger, Exception failure, TimeSpan pause);

    private sealed class Watcher(Watchers all, Action notify) : IDisposable
    {
        private volatile bool _isOver;

        public void Tell()
        {
            if (!_isOver) notify();
        }

        public void Dispose()
        {
            _isOver = true;
            all.Remove(this);
        }
    }
}
