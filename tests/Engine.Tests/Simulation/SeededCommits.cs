namespace Tributary.Engine.Tests.Simulation;

/// <summary>
/// Writes commits when the seed says so: at once, or not before the processor waits for them, or never because the process dies first. On the one thread
/// of the simulation, so that a seed always tells the same story.
/// </summary>
internal sealed class SeededCommits(Random random) : TaskScheduler
{
    protected override IEnumerable<Task> GetScheduledTasks() => [];

    protected override void QueueTask(Task task)
    {
        if (random.Next(2) == 0) TryExecuteTask(task);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => TryExecuteTask(task);
}
