using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake.SqlTraits;

/// <summary>Runs SQL traits when it is their turn or somebody asks, one at a time per space.</summary>
/// <remarks>
/// <para>(1) forget what is kept of deleted ones; (2) begin a run in every space that has none and in which one is due; (3) wait until the workspace changes, a run ends,
/// somebody asks, or the next turn comes.</para>
/// <para>That a run began is written before it does anything. One that is stopped by the end of the process, however that comes, is followed by another at the next start.</para>
/// </remarks>
internal sealed partial class SqlTraitRunner(
    SqlTraitBook book, LakeQuery query, SqlTraitDoor door, Func<CancellationToken, Task> lakeIsCurrent, Func<WorkspaceSnapshot> workspace, TimeProvider clock, ILogger<SqlTraitRunner> logger)
{
    // Longest sleep, so that a clock that is set is noticed.
    private static readonly TimeSpan SleepMax = TimeSpan.FromHours(1);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);

    // Only that something happened counts, so one token is enough.
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<string, Task> _running = [];

    /// <summary>Has a run begin as soon as its space is free, whenever its turn is.</summary>
    public void Ask(Space space, SqlTrait trait)
    {
        book.Ask(space, trait);
        Wake();
    }

    /// <summary>Runs until it is stopped.</summary>
    /// <param name="changed">Completes when a revision after the given one is current.</param>
    /// <param name="stopping">Takes effect between two batches and in queries.</param>
    public async Task RunAsync(Func<long, CancellationToken, ValueTask> changed, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var now = workspace();
            // :: Steps 1 and 2
            if (!TryBegin(now, stopping))
            {
                await Task.Delay(PauseAfterFailure, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            // :: Step 3
            using var awake = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            await Task.WhenAny(changed(now.Revision, awake.Token).AsTask(), _news.Reader.ReadAsync(awake.Token).AsTask(), Task.Delay(Sleep(now), clock, awake.Token));
            await awake.CancelAsync();
        }

        await Task.WhenAll(_running.Values);
    }

    /// <summary>Runs one that is due, alone, and writes down how it ended.</summary>
    internal async Task RunOneAsync(SqlTrait trait, Space space, CancellationToken stopping)
    {
        // After a crash the lake lacks its newest rows for a while. They must not look as if they were gone.
        await lakeIsCurrent(stopping);
        var run = Begin(trait, space);
        SqlTraitRunRecord ended;
        try
        {
            ended = await new SqlTraitRun(book, query, door, workspace, trait, space).RunAsync(run, stopping);
        }
        catch (Exception failure) when (failure is not (OperationCanceledException or IOException))
        {
            // One that makes us stumble must not keep the others from their turn.
            LogBroken(logger, failure, run.Number, trait.Id);
            ended = run with { Status = SqlTraitRunStatus.Failed, ErrorType = "internal", Error = failure.Message };
        }

        ended = ended with { FinishedAt = clock.GetUtcNow().ToUnixTimeMilliseconds() };
        using var draft = book.Begin(space, trait);
        draft.Put(book.StateOf(space, trait) with { IsRunning = false });
        draft.Put(ended);
        draft.Commit();
        if (ended.Status == SqlTraitRunStatus.Failed) LogFailed(logger, ended.Number, trait.Id, ended.Error);
        else LogEnded(logger, ended.Number, trait.Id, ended.Status, ended.Rows, ended.Changed, ended.Gone);
    }

    private void Wake() => _news.Writer.TryWrite(true);

    private void BeginDue(WorkspaceSnapshot now, CancellationToken stopping)
    {
        foreach (var space in now.Spaces)
        {
            if (_running.TryGetValue(space.Id, out var last) && !last.IsCompleted) continue;
            _running.Remove(space.Id);
            if (FirstDue(now, space) is not { } due) continue;
            var task = Task.Run(() => GuardAsync(due, space, stopping), CancellationToken.None);
            _running[space.Id] = task;
            _ = task.ContinueWith(_ => Wake(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    // Whoever waited longest goes first, so that nobody waits for ever behind one that is always due.
    private SqlTrait? FirstDue(WorkspaceSnapshot now, Space space) => now.SqlTraits
        .Where(trait => trait.SpaceId == space.Id)
        .Select(trait => (Trait: trait, State: book.StateOf(space, trait)))
        .Where(each => SqlTraitSchedule.IsDue(each.Trait, each.State, book.IsAsked(space, each.Trait), clock.GetUtcNow()))
        .OrderBy(each => each.State.LastStartedAt)
        .Select(each => each.Trait)
        .FirstOrDefault();

    private async Task GuardAsync(SqlTrait trait, Space space, CancellationToken stopping)
    {
        try
        {
            await RunOneAsync(trait, space, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // What it was at is written down; the next start begins another run.
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogStateFailed(logger, failure, trait.Id, PauseAfterFailure);
            await Task.Delay(PauseAfterFailure, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private SqlTraitRunRecord Begin(SqlTrait trait, Space space)
    {
        var state = book.StateOf(space, trait);
        var at = clock.GetUtcNow().ToUnixTimeMilliseconds();
        using var draft = book.Begin(space, trait);
        if (state.IsRunning) Interrupt(draft, trait, space);
        var run = new SqlTraitRunRecord { Number = state.LastRun + 1, IsAsked = book.IsAsked(space, trait), StartedAt = at, EventsAt = Math.Max(at, state.LastEventsAt + 1) };
        draft.Put(state with { LastRun = run.Number, LastStartedAt = at, LastEventsAt = run.EventsAt, LastVersion = trait.Version, IsRunning = true });
        draft.Put(run);
        draft.Unask();
        draft.Commit();
        return run;
    }

    // A run that the end of a process left behind, said as what it is even when no other follows because the SQL trait is disabled.
    private void CloseInterrupted(WorkspaceSnapshot now)
    {
        foreach (var trait in now.SqlTraits)
        {
            if (now.FindSpace(trait.SpaceId) is not { } space || !book.StateOf(space, trait).IsRunning) continue;
            using var draft = book.Begin(space, trait);
            Interrupt(draft, trait, space);
            draft.Commit();
        }
    }

    private void Interrupt(SqlTraitBook.SqlTraitDraft draft, SqlTrait trait, Space space)
    {
        if (book.Runs(space, trait).FirstOrDefault() is not { Status: SqlTraitRunStatus.Running } run) return;
        LogInterrupted(logger, run.Number, trait.Id);
        draft.Put(run with { Status = SqlTraitRunStatus.Interrupted, FinishedAt = clock.GetUtcNow().ToUnixTimeMilliseconds() });
    }

    // False when the state cannot be read; it may come back.
    private bool TryBegin(WorkspaceSnapshot now, CancellationToken stopping)
    {
        try
        {
            if (_running.Count == 0) CloseInterrupted(now);
            // What a run is at is not taken from under it; it sees that it is not wanted and ends.
            if (_running.Values.All(task => task.IsCompleted)) book.Forget(now);
            BeginDue(now, stopping);
            return true;
        }
        catch (IOException failure)
        {
            LogStateFailed(logger, failure, "(any)", PauseAfterFailure);
            return false;
        }
    }

    private TimeSpan Sleep(WorkspaceSnapshot now)
    {
        var at = clock.GetUtcNow();
        var next = now.SqlTraits.Where(trait => trait.Enabled).Select(trait => SqlTraitSchedule.Next(trait, at) - at).DefaultIfEmpty(SleepMax).Min();
        return next < SleepMax ? next : SleepMax;
    }
}
