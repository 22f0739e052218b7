using Microsoft.AspNetCore.Components;
using Tributary.Console.Access;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Live;

/// <summary>
/// A component that follows the engine: it is told when the workspace changes and, when it asks for it, once a second. What it subscribed to ends with it.
/// </summary>
public abstract class LiveComponent : ComponentBase, IDisposable
{
    private readonly List<IDisposable> _subscriptions = [];
    private int _isWaiting;

    /// <summary>Who looks, and what they may do.</summary>
    [Inject]
    public required ConsoleAccess Access { get; init; }

    [Inject]
    public required WorkspaceSignal Changes { get; init; }

    [Inject]
    public required Pulse Pulse { get; init; }

    [Inject]
    public required LiveWorkspace Workspace { get; init; }

    [Inject]
    public required ReadingGate Gate { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Renders again after each change of the workspace, after <see cref="Refresh"/>.</summary>
    protected void FollowWorkspace() => Follow(Changes.Subscribe);

    /// <summary>Renders again once a second, after <see cref="Refresh"/>.</summary>
    protected void FollowPulse() => Follow(Pulse.Subscribe);

    /// <summary>Renders again whenever a subscription calls.</summary>
    protected void Follow(Func<Action, IDisposable> subscribe) => _subscriptions.Add(subscribe(Wake));

    /// <summary>Reads again what is shown. Must be quick: it runs once for each page that is open.</summary>
    protected virtual void Refresh()
    {
    }

    /// <summary>Ends the subscriptions.</summary>
    protected virtual void Dispose(bool disposing)
    {
        foreach (var subscription in _subscriptions) subscription.Dispose();
        _subscriptions.Clear();
    }

    // A page that is slow to render must not pile up calls: one that waits is enough.
    private void Wake()
    {
        if (Interlocked.Exchange(ref _isWaiting, 1) != 0) return;
        _ = InvokeAsync(async () =>
        {
            Volatile.Write(ref _isWaiting, 0);
            if (!Gate.TryEnter()) return;
            try
            {
                Refresh();
                StateHasChanged();
            }
            catch (ObjectDisposedException)
            {
                // The server stops and has closed what was read; the page waits for the next one.
            }
            catch (Exception failure)
            {
                // Nobody awaits this: what fails is shown where the layout shows failures.
                await DispatchExceptionAsync(failure);
            }
            finally
            {
                Gate.Leave();
            }
        });
    }
}
