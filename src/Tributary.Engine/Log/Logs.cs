using Tributary.Model;

namespace Tributary.Engine.Log;

/// <summary>The log of what came in. HTTP 200 is sent when a message is in it.</summary>
public sealed record ReceivedLog(IEventLog Log);

/// <summary>The log of what was decided. Its end is moved by Processing's commit only, so that readers never see what a crash could take back.</summary>
public sealed record DecidedLog(IEventLog Log);

/// <summary>How far Processing has come; Ingest waits on it for <c>Prefer: wait</c>, commands for their results.</summary>
public sealed class ProcessingProgress
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<TaskCompletionSource, long> _waiting = new();
    private long _processed;

    /// <summary>Everything before this offset of the received log is committed.</summary>
    public LogOffset Processed => new(Volatile.Read(ref _processed));

    /// <summary>Called by Processing after a commit.</summary>
    public void Advance(LogOffset processed)
    {
        lock (_gate)
        {
            Volatile.Write(ref _processed, processed.Value);
            while (_waiting.TryPeek(out var waiter, out var offset) && offset <= processed.Value)
            {
                _waiting.Dequeue();
                waiter.TrySetResult();
            }
        }
    }

    /// <summary>Completes when everything before <paramref name="offset"/> is committed.</summary>
    public async ValueTask WaitAsync(LogOffset offset, CancellationToken cancellationToken)
    {
        TaskCompletionSource waiter;
        lock (_gate)
        {
            if (offset.Value <= _processed) return;
            waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(waiter, offset.Value);
        }

        await waiter.Task.WaitAsync(cancellationToken);
    }
}
