using DuckDB.NET.Data;
using Tributary.Engine.Lake;
using Xunit;

namespace Tributary.Engine.Tests.Lake;

/// <summary>What stops a query must not outlast it.</summary>
public sealed class QueryInterrupterTests
{
    [Fact]
    public async Task A_turn_of_the_timer_that_comes_after_the_connection_is_closed_does_nothing()
    {
        using var stop = new CancellationTokenSource();
        var clock = new LateClock();
        using (var connection = new DuckDBConnection("DataSource=:memory:"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            using var interrupter = new QueryInterrupter(connection, clock, stop.Token);
            await stop.CancelAsync();
        }

        Assert.NotNull(clock.Turn);
        clock.Turn(null);
    }

    /// <summary>Its timers are in the middle of a turn when they are disposed.</summary>
    private sealed class LateClock : TimeProvider
    {
        public TimerCallback? Turn { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Turn = callback;
            return base.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
