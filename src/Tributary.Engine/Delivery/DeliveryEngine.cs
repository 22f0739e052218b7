using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery;

/// <summary>Runs a worker for each destination of the workspace, disabled ones included: they count what they do not get.</summary>
internal sealed partial class DeliveryEngine(
    LiveWorkspace workspace, DeliverySetup setup, DecidedLog decided, IStateStore store, DeliveryOptions options, TimeProvider clock, ILogger<DeliveryEngine> logger)
{
    // Changed by the loop alone; looked into by requests.
    private readonly ConcurrentDictionary<uint, Running> _workers = [];

    /// <summary>Begins a replay of a destination, or with null ends it; see <see cref="DestinationWorker.RequestAsync"/>. Null when it has no worker (yet).</summary>
    public Task<ReplayRow?>? RequestReplay(uint destination, ReplayRow? wanted) =>
        _workers.TryGetValue(destination, out var running) ? running.Worker.RequestAsync(wanted) : null;

    /// <summary>How it stands with a destination; null when it has no worker (yet).</summary>
    public DestinationHealth? HealthOf(uint destination) => _workers.TryGetValue(destination, out var running) ? running.Worker.Health : null;

    /// <summary>Tries again at once what waits for a later attempt. False when the destination has no worker (yet).</summary>
    public bool Hurry(uint destination)
    {
        if (!_workers.TryGetValue(destination, out var running)) return false;
        running.Worker.Hurry();
        return true;
    }

    /// <summary>Follows the workspace until it is stopped, then stops all workers and waits for them.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            ForgetDeleted(workspace.Current);
            while (true)
            {
                var now = workspace.Current;
                await FollowAsync(now, stopping);
                // A worker only ends by itself when a bug of ours ended it; then so do we.
                var ended = await Task.WhenAny([workspace.WaitAsync(now.Revision, stopping).AsTask(), .. _workers.Values.Select(running => running.Task)]);
                await ended;
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Asked to stop.
        }
        finally
        {
            await Task.WhenAll([.. _workers.Values.Select(StopAsync)]);
        }
    }

    // Also what an earlier run did not come to before it ended.
    private void ForgetDeleted(WorkspaceSnapshot now)
    {
        var known = now.Destinations.Select(destination => destination.Number).Append(RecentEvents.CheckpointNumber).ToHashSet();
        foreach (var number in DeliveryRows.Destinations(store).Where(number => !known.Contains(number))) Forget(number);
    }

    private async Task FollowAsync(WorkspaceSnapshot now, CancellationToken stopping)
    {
        var wanted = now.Destinations.ToDictionary(destination => destination.Number);
        foreach (var (number, running) in _workers.Where(pair => !wanted.ContainsKey(pair.Key)).ToList())
        {
            _workers.TryRemove(number, out _);
            await StopAsync(running);
            Forget(number);
        }

        foreach (var destination in now.Destinations)
        {
            if (_workers.TryGetValue(destination.Number, out var running))
            {
                running.Worker.Wake();
                continue;
            }

            var worker = new DestinationWorker(destination, () => workspace.Current, setup, decided.Log, store, options, clock, logger);
            var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            _workers[destination.Number] = new Running(worker, stop, Task.Run(() => worker.RunAsync(stop.Token), CancellationToken.None));
        }
    }

    private void Forget(uint number)
    {
        try
        {
            DeliveryRows.Forget(store, number);
        }
        catch (IOException failure)
        {
            LogNotForgotten(failure, number);
        }
    }

    private static async Task StopAsync(Running running)
    {
        await running.Stop.CancelAsync();
        await running.Task;
        running.Worker.Dispose();
        running.Stop.Dispose();
    }

    [LoggerMessage(3011, LogLevel.Warning, "What was kept about deleted destination {Number} could not be removed; the next start tries again.")]
    private partial void LogNotForgotten(Exception failure, uint number);

    private sealed record Running(DestinationWorker Worker, CancellationTokenSource Stop, Task Task);
}
