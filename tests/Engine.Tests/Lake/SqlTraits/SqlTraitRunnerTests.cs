using Tributary.Engine.Lake.SqlTraits;
using Xunit;

namespace Tributary.Engine.Tests.Lake.SqlTraits;

/// <summary>When SQL traits run.</summary>
public sealed class SqlTraitRunnerTests
{
    private const string One = "SELECT 'ada' AS user_id, count(*) AS rows FROM shop.t";
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Runs_at_once_and_then_once_in_every_interval()
    {
        using var world = new SqlTraitWorld();
        var trait = world.Define(One, edit: trait => trait with { Interval = TimeSpan.FromHours(2) });
        await RunningAsync(world, async () =>
        {
            await world.EndedAsync(trait, 1);
            for (var turn = 1; turn <= 3; turn++)
            {
                world.Clock.Advance(TimeSpan.FromMinutes(59));
                world.Clock.Advance(TimeSpan.FromMinutes(61));
                await world.EndedAsync(trait, turn + 1);
            }
        });

        var begun = world.Book.Runs(world.Space, trait).Select(run => run.StartedAt).Reverse().ToList();
        Assert.Equal([.. Enumerable.Range(0, 4).Select(turn => Noon.AddHours(2 * turn).ToUnixTimeMilliseconds())], begun);
    }

    [Fact]
    public async Task Turns_missed_while_the_server_was_down_are_made_up_for_by_one_run()
    {
        using var world = new SqlTraitWorld();
        var trait = world.Define(One);
        await RunningAsync(world, () => world.EndedAsync(trait, 1));

        world.Clock.Advance(TimeSpan.FromDays(3) + TimeSpan.FromHours(1));
        world.Restart();
        await RunningAsync(world, () => world.EndedAsync(trait, 2));
        Assert.Equal(2, world.Book.Runs(world.Space, trait).Count());
        Assert.Equal(Noon.AddHours(84), SqlTraitSchedule.Next(trait, world.Clock.GetUtcNow()));

        // The turn at hand is done: another start runs nothing.
        world.Restart();
        Assert.False(SqlTraitSchedule.IsDue(trait, world.Book.StateOf(world.Space, trait), isAsked: false, world.Clock.GetUtcNow()));
    }

    [Fact]
    public async Task A_run_that_is_asked_for_survives_a_restart_and_does_not_move_the_schedule()
    {
        using var world = new SqlTraitWorld();
        var trait = world.Define(One);
        await RunningAsync(world, () => world.EndedAsync(trait, 1));
        world.Clock.Advance(TimeSpan.FromHours(1));
        world.Runner.Ask(world.Space, trait);
        world.Restart();
        await RunningAsync(world, () => world.EndedAsync(trait, 2));

        Assert.Equal([true, false], world.Book.Runs(world.Space, trait).Select(run => run.IsAsked));
        Assert.False(world.Book.IsAsked(world.Space, trait));
        Assert.Equal(Noon.AddHours(12), SqlTraitSchedule.Next(trait, world.Clock.GetUtcNow()));
    }

    [Fact]
    public async Task Another_query_runs_at_once_and_a_disabled_one_never()
    {
        using var world = new SqlTraitWorld();
        var trait = world.Define(One);
        var sleeper = world.Define(One, "sql_2", trait => trait with { Enabled = false });
        await RunningAsync(world, async () =>
        {
            await world.EndedAsync(trait, 1);
            trait = world.Define("SELECT 'ada' AS user_id, 2 AS rows");
            await world.EndedAsync(trait, 2);
            world.Clock.Advance(TimeSpan.FromHours(12));
            await world.EndedAsync(trait, 3);
        });
        Assert.Empty(world.Book.Runs(world.Space, sleeper));
        Assert.Equal("""{"rows":2}""", world.River.Traits("user_id:ada"));
    }

    [Fact]
    public async Task All_of_a_space_have_their_turn_one_after_the_other_and_a_failing_one_keeps_nobody_waiting()
    {
        using var world = new SqlTraitWorld();
        var failing = world.Define("SELECT * FROM shop.missing");
        var traits = Enumerable.Range(2, 4).Select(i => world.Define($"SELECT 'ada' AS user_id, {i} AS t{i}", $"sql_{i}")).ToList();
        await RunningAsync(world, async () =>
        {
            await world.EndedAsync(failing, 1);
            foreach (var trait in traits) await world.EndedAsync(trait, 1);
            world.Clock.Advance(TimeSpan.FromHours(12));
            await world.EndedAsync(failing, 2);
            foreach (var trait in traits) await world.EndedAsync(trait, 2);
        });
        Assert.All(world.Book.Runs(world.Space, failing), run => Assert.Equal(SqlTraitRunStatus.Failed, run.Status));
        Assert.Equal("""{"t2":2,"t3":3,"t4":4,"t5":5}""", world.River.Traits("user_id:ada"));
    }

    [Fact]
    public async Task One_that_is_deleted_is_forgotten()
    {
        using var world = new SqlTraitWorld();
        var trait = world.Define(One);
        await RunningAsync(world, async () =>
        {
            await world.EndedAsync(trait, 1);
            var space = world.Space;
            world.Delete(trait);
            while (world.Book.Runs(space, trait).Any()) await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
        });
        Assert.Equal("""{"rows":0}""", world.River.Traits("user_id:ada"));
    }

    private static async Task RunningAsync(SqlTraitWorld world, Func<Task> story)
    {
        using var stopping = new CancellationTokenSource();
        var running = world.Runner.RunAsync(world.ChangedAsync, stopping.Token);
        await story();
        await stopping.CancelAsync();
        await running;
    }
}
