namespace Tributary.Engine.Tests.Delivery.Simulation;

/// <summary>Runs what is ready one after the other on the thread of the simulation, in an order that the seed decides. When it is killed, so is all that ran on it.</summary>
internal sealed class SeededScheduler(Random random) : TaskScheduler
{
    private readonly List<Task> _ready = [];
    private bool _isDead;

    /// <summary>Runs until nothing is ready.</summary>
    /// <param name="max">Most steps; who needs more does not come to rest.</param>
    /// <returns>False when there was more to do than that.</returns>
    public bool RunToRest(int max)
    {
        for (; max > 0; max--)
        {
            Task next;
            lock (_ready)
            {
                if (_ready.Count == 0) return true;
                var at = random.Next(_ready.Count);
                next = _ready[at];
                _ready.RemoveAt(at);
            }

            TryExecuteTask(next);
        }

        return false;
    }

    /// <summary>The process ends: what was to come never comes.</summary>
    public void Kill()
    {
        lock (_ready)
        {
            _isDead = true;
            _ready.Clear();
        }
    }

    protected override IEnumerable<Task> GetScheduledTasks() => [.. _ready];

    protected override void QueueTask(Task task)
    {
        lock (_ready)
        {
            if (!_isDead) _ready.Add(task);
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;
}
