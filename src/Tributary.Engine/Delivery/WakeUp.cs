using System.Threading.Channels;

namespace Tributary.Engine.Delivery;

/// <summary>Wakes one sleeper: by anybody's call, or by a time. Calls while it is awake are remembered as one.</summary>
internal sealed class WakeUp : IDisposable
{
    private readonly Channel<bool> _calls = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly ITimer _timer;

    public WakeUp(TimeProvider clock) => _timer = clock.CreateTimer(_ => Set(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Set() => _calls.Writer.TryWrite(true);

    /// <summary>Sleeps until the next call, and no longer than <paramref name="longest"/>; null sets no limit.</summary>
    public async ValueTask SleepAsync(TimeSpan? longest, CancellationToken cancellationToken)
    {
        _timer.Change(longest ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await _calls.Reader.ReadAsync(cancellationToken);
    }

    public void Dispose() => _timer.Dispose();
}
