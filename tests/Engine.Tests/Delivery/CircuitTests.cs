using Tributary.Engine.Delivery;
using Xunit;

namespace Tributary.Engine.Tests.Delivery;

public sealed class CircuitTests
{
    private readonly Circuit _circuit = new(new DeliveryOptions { FailuresToPause = 20, FailureShareToPause = 0.9, BackoffMsMin = 100, ProbeMsMax = 1_000 });

    [Theory]
    [InlineData(10, true)]
    [InlineData(20, true)]
    [InlineData(5, false)]
    [InlineData(2, false)]
    public void The_share_of_attempts_in_vain_decides_and_not_their_row(int answeredOneIn, bool opens)
    {
        for (var i = 1; i <= 200 && !_circuit.IsOpen; i++)
        {
            if (i % answeredOneIn == 0) _circuit.Answered();
            else _circuit.Failed(now: i, silenceMs: null);
        }

        Assert.Equal(opens, _circuit.IsOpen);
    }

    [Fact]
    public void One_bad_moment_is_not_enough()
    {
        for (var i = 0; i < 19; i++) Assert.False(_circuit.Failed(now: i, silenceMs: null));

        Assert.True(_circuit.MaySend(now: 19, inFlight: 5));
    }

    [Fact]
    public void An_answer_to_a_probe_closes_it_and_what_was_before_is_forgotten()
    {
        for (var i = 0; i < 20; i++) _circuit.Failed(now: 0, silenceMs: null);
        Assert.False(_circuit.MaySend(now: 99, inFlight: 0));
        Assert.True(_circuit.MaySend(now: 100, inFlight: 0));
        Assert.False(_circuit.MaySend(now: 100, inFlight: 1));

        Assert.True(_circuit.Answered());

        for (var i = 0; i < 18; i++) Assert.False(_circuit.Failed(now: 200, silenceMs: null));
        Assert.True(_circuit.Failed(now: 200, silenceMs: null));
    }

    [Fact]
    public void Probes_become_rarer_up_to_their_limit()
    {
        for (var i = 0; i < 40; i++) _circuit.Failed(now: 0, silenceMs: null);

        Assert.Equal(1_000, _circuit.NextAt);
    }
}
