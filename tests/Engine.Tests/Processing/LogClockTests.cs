using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Tributary.Engine.Identity;
using Tributary.Engine.Processing;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Engine.Tests.Processing;

public sealed class LogClockTests
{
    private const long HourMs = 3_600_000;
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Ticks_never_go_back_and_never_lose_time_however_the_wall_clock_jumps() =>
        Gen.Select(Gen.Int[0, 100_000], Gen.Int[-500, 500]).Array[1, 30].Sample(moves =>
        {
            var wall = new JumpingClock();
            using var log = new MemoryLog();
            var clock = new LogClock(log, wall.Now, wall);
            var last = wall.Now;
            foreach (var (elapsedMs, jumpHours) in moves)
            {
                wall.Pass(elapsedMs);
                wall.Jump(jumpHours * HourMs);
                var next = clock.Next();
                if (next < last + elapsedMs || next < wall.Now) return false;
                last = next;
            }

            return true;
        });

    [Fact]
    public void After_a_restart_with_the_wall_clock_set_back_time_goes_on_from_the_last_commit()
    {
        var wall = new JumpingClock();
        using var log = new MemoryLog();
        var committed = wall.Now + (48 * HourMs);

        var clock = new LogClock(log, committed, wall);

        Assert.Equal(committed, clock.Next());
        wall.Pass(1_000);
        Assert.Equal(committed + 1_000, clock.Next());
    }

    [Fact]
    public void Windows_follow_the_ticks_and_not_the_clock_of_the_sender_or_of_the_machine()
    {
        using var river = new River(River.Rules(("email", 1, LimitWindow.Daily)));
        var wall = new JumpingClock();
        var clock = new LogClock(river.Received, 0, wall);
        void Tick() => river.TickAt(clock.Next());
        Tick();
        river.Identify(user: "u1", traits: """{"email":"one@example.com"}""");

        // The wall clock goes back a year: within the day of the log the second address is one too many.
        wall.Jump(-365 * 24 * HourMs);
        Tick();
        river.Identify(user: "u1", traits: """{"email":"two@example.com"}""");
        Assert.Equal("email:one@example.com user_id:u1", river.Identifiers("user_id:u1"));
        Assert.Equal(ViolationKind.ValueTimeLimitExceeded, Assert.Single(river.Violations()).Kind);

        // It leaps ahead of where it was: a day of the log has passed, and a third address is welcome.
        wall.Jump((365 + 2) * 24 * HourMs);
        Tick();
        river.Identify(user: "u1", traits: """{"email":"three@example.com"}""");
        Assert.Equal("email:one@example.com email:three@example.com user_id:u1", river.Identifiers("user_id:u1"));

        // Nothing was lost on the way, and a replay says the same.
        Assert.Equal((3, 3), (river.Counts().Received, river.Counts().Accepted));
        Assert.Null(new ReplayVerification(river.Received, river.Decided, river.Store, new ProcessingOptions(), TimeProvider.System).Run(null, CancellationToken.None));
    }

    [Fact]
    public void A_leap_of_years_drops_no_event_and_forgets_repeats_only_after_a_day()
    {
        using var river = new River();
        river.Track(user: "u1", messageId: "same").At(0.9).Track(user: "u1", messageId: "same");
        Assert.Equal((1, 1), (river.Counts().Accepted, river.Counts().Duplicate));

        river.At(4_000).Track(user: "u1", messageId: "same").At(0).Track(user: "u1", messageId: "same");

        Assert.Equal((2, 2), (river.Counts().Accepted, river.Counts().Duplicate));
        Assert.Equal(2, river.Decisions().Count(record => record.Kind == Tributary.Engine.Log.DecidedKind.Event));
    }

    /// <summary>A machine whose wall clock can be set, while its monotonic clock only goes on.</summary>
    private sealed class JumpingClock : TimeProvider
    {
        private readonly FakeTimeProvider _monotonic = new(Start);
        private TimeSpan _offset;

        public long Now => GetUtcNow().ToUnixTimeMilliseconds();

        public override long TimestampFrequency => _monotonic.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => _monotonic.GetUtcNow() + _offset;

        public override long GetTimestamp() => _monotonic.GetTimestamp();

        public void Pass(int milliseconds) => _monotonic.Advance(TimeSpan.FromMilliseconds(milliseconds));

        public void Jump(long milliseconds) => _offset += TimeSpan.FromMilliseconds(milliseconds);
    }
}
