using Microsoft.Extensions.Time.Testing;

namespace Tributary.Engine.Tests.Delivery.Simulation;

/// <summary>A machine's clocks: one that goes on steadily, and one on the wall that somebody puts forward and back.</summary>
internal sealed class SimulatedClock(FakeTimeProvider steady) : TimeProvider
{
    /// <summary>How wrong the wall clock is.</summary>
    public TimeSpan Error { get; set; }

    public override long TimestampFrequency => steady.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => steady.GetUtcNow() + Error;

    public override long GetTimestamp() => steady.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => steady.CreateTimer(callback, state, dueTime, period);
}
