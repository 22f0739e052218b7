using Microsoft.Extensions.Logging;

namespace Tributary.Destinations.Node;

/// <summary>The place of one worker in a pool: starts it when it is needed, replaces it when it is spent, and pauses after failures.</summary>
internal sealed partial class NodeSlot(string node, NodePoolOptions options, string folder, int number, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    // A worker that lived so long did not fail because of how it is started.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _gate = new(1);
    private readonly List<NodeWorker> _retired = [];
    private NodeWorker? _worker;
    private string _fault = "";
    private int _failures;
    private int _starts;
    private long _failedAt;
    private volatile bool _isClosed;

    /// <summary>Workers started so far.</summary>
    public int Starts => Volatile.Read(ref _starts);

    /// <summary>The running worker, if there is one.</summary>
    public NodeWorker? Current => Volatile.Read(ref _worker) is { HasEnded: false } worker ? worker : null;

    /// <summary>A worker that takes jobs; or why there is none, and for how long.</summary>
    public async ValueTask<(NodeWorker? Worker, string? Fault, TimeSpan? After)> GetAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _worker) is { IsUsable: true } ready) return (ready, null, null);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_isClosed) return (null, "The workers were stopped.", null);
            if (_worker is { IsUsable: true } now) return (now, null, null);
            if (_worker is { } old) Replace(old);
            if (_failures > 0 && Pause() is var pause && pause > TimeSpan.Zero) return (null, _fault, pause);
            return await StartAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Forget(string key) => Current?.Forget(key);

    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        await _gate.WaitAsync();
        try
        {
            if (_worker is not null) await _worker.DisposeAsync();
            foreach (var old in _retired) await old.DisposeAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<(NodeWorker? Worker, string? Fault, TimeSpan? After)> StartAsync(CancellationToken cancellationToken)
    {
        var start = Interlocked.Increment(ref _starts);
        var (worker, fault) = await NodeWorker.StartAsync(node, options, Path.Combine(folder, $"{number}-{start}"), clock, logger, cancellationToken);
        if (worker is not null)
        {
            LogStarted(logger, options.Mode, worker.ProcessId);
            Volatile.Write(ref _worker, worker);
            return (worker, null, null);
        }

        Fail(fault!);
        LogNotStarted(logger, options.Mode, _fault);
        return (null, _fault, Pause());
    }

    // One that ended by itself may end again; one that is spent only has to finish what it has.
    private void Replace(NodeWorker old)
    {
        Volatile.Write(ref _worker, null);
        if (!old.HasEnded || old.Age > Settled) _failures = 0;
        else Fail("The worker before it ended.");
        _retired.RemoveAll(one => one.HasEnded);
        _retired.Add(old);
        _ = old.RetireAsync();
    }

    private void Fail(string fault)
    {
        (_fault, _failedAt) = (fault, clock.GetTimestamp());
        _failures++;
    }

    private TimeSpan Pause()
    {
        // The first failure costs no time: an event that ends a worker must not hold up the others.
        if (_failures <= 1) return TimeSpan.Zero;
        var pause = options.RestartPauseMin * Math.Pow(2, Math.Min(_failures - 2, 20));
        return (pause < options.RestartPauseMax ? pause : options.RestartPauseMax) - clock.GetElapsedTime(_failedAt);
    }

    [LoggerMessage(3104, LogLevel.Information, "Worker {Mode} {ProcessId} is ready.")]
    private static partial void LogStarted(ILogger logger, string mode, int processId);

    [LoggerMessage(3105, LogLevel.Error, "A worker ({Mode}) could not be started: {Fault}")]
    private static partial void LogNotStarted(ILogger logger, string mode, string fault);
}
