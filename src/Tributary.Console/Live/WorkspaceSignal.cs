using Microsoft.Extensions.Logging;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Live;

/// <summary>Tells pages that the workspace has changed, whoever changed it.</summary>
public sealed class WorkspaceSignal
{
    private readonly Watchers _watchers;

    public WorkspaceSignal(LiveWorkspace workspace, ReadingGate gate, TimeProvider clock, ILogger<WorkspaceSignal> logger)
    {
        _watchers = new Watchers(WatchAsync, gate, clock, logger);

        async Task WatchAsync(CancellationToken stopping)
        {
            while (true)
            {
                await workspace.WaitAsync(workspace.Current.Revision, stopping);
                _watchers!.Notify();
            }
        }
    }

    /// <summary>Calls <paramref name="changed"/> after each revision, until the result is disposed.</summary>
    public IDisposable Subscribe(Action changed) => _watchers.Add(changed);
}
