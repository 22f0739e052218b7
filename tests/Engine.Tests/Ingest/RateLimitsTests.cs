using Microsoft.Extensions.Time.Testing;
using Tributary.Engine.Ingest;
using Xunit;

namespace Tributary.Engine.Tests.Ingest;

public sealed class RateLimitsTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly RateLimits _limits;

    public RateLimitsTests() => _limits = new RateLimits(_clock);

    [Fact]
    public void A_source_without_a_limit_never_waits() => Assert.Equal(TimeSpan.Zero, _limits.Take(1, null, 1_000_000));

    [Fact]
    public void A_seconds_worth_passes_at_once_and_the_next_waits_for_one_token()
    {
        for (var call = 0; call < 10; call++) Assert.Equal(TimeSpan.Zero, _limits.Take(1, 10, 1));

        Assert.Equal(TimeSpan.FromMilliseconds(100), _limits.Take(1, 10, 1));
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(TimeSpan.Zero, _limits.Take(1, 10, 1));
        Assert.NotEqual(TimeSpan.Zero, _limits.Take(1, 10, 1));
    }

    [Fact]
    public void A_large_batch_passes_and_leaves_a_debt()
    {
        Assert.Equal(TimeSpan.Zero, _limits.Take(1, 10, 110));

        Assert.Equal(10.1, _limits.Take(1, 10, 1).TotalSeconds, 3);
        _clock.Advance(TimeSpan.FromSeconds(10.1));
        Assert.Equal(TimeSpan.Zero, _limits.Take(1, 10, 1));
    }

    [Fact]
    public void Rest_saves_no_more_than_a_second()
    {
        _limits.Take(1, 10, 10);
        _clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal(10, Enumerable.Range(0, 20).Count(_ => _limits.Take(1, 10, 1) == TimeSpan.Zero));
    }

    [Fact]
    public void Sources_do_not_share_their_rate()
    {
        _limits.Take(1, 1, 1);

        Assert.Equal(TimeSpan.Zero, _limits.Take(2, 1, 1));
    }

    [Fact]
    public void A_wall_clock_that_jumps_changes_nothing()
    {
        var clock = new JumpingClock();
        var limits = new RateLimits(clock);
        limits.Take(1, 10, 10);
        clock.Wall += TimeSpan.FromDays(2);

        Assert.NotEqual(TimeSpan.Zero, limits.Take(1, 10, 1));
    }

    // The fake clock of the test kit moves its monotonic time with the wall.
    private sealed class JumpingClock : TimeProvider
    {
        public DateTimeOffset Wall { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Wall;

        public override long GetTimestamp() => 0;
    }
}
