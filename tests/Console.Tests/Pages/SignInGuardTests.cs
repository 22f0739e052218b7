using Microsoft.Extensions.Time.Testing;
using Tributary.Console.Access;
using Xunit;

namespace Tributary.Console.Tests.Pages;

public sealed class SignInGuardTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Waits_double_with_each_failure_up_to_a_quarter_of_an_hour_and_a_success_forgets_them()
    {
        var guard = new SignInGuard(_clock);
        for (var failure = 0; failure < SignInGuard.FailuresFree; failure++)
        {
            Assert.Equal(TimeSpan.Zero, guard.Wait("ada"));
            guard.Failed("ada");
        }

        var first = guard.Wait("ada");
        Assert.True(first > TimeSpan.Zero);
        _clock.Advance(first);
        Assert.Equal(TimeSpan.Zero, guard.Wait("ada"));
        guard.Failed("ada");
        Assert.Equal(2 * first, guard.Wait("ada"));
        for (var failure = 0; failure < 40; failure++) guard.Failed("ada");
        Assert.Equal(SignInGuard.WaitMax, guard.Wait("ada"));
        Assert.Equal(TimeSpan.Zero, guard.Wait("ben"));

        guard.Succeeded("ada");
        Assert.Equal(TimeSpan.Zero, guard.Wait("ada"));
    }

    [Fact]
    public void Remembers_no_more_than_it_has_room_for()
    {
        var guard = new SignInGuard(_clock);
        for (var at = 0; at < 25_000; at++) guard.Failed($"peer {at}");
        for (var failure = 0; failure < SignInGuard.FailuresFree; failure++) guard.Failed("peer 24999");
        Assert.True(guard.Wait("peer 24999") > TimeSpan.Zero);
    }
}
