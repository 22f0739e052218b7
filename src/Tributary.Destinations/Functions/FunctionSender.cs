using Tributary.Model;

namespace Tributary.Destinations.Functions;

/// <summary>Sends events through a destination function.</summary>
internal sealed class FunctionSender : IDestinationSender
{
    // How many events were begun in time lately. A function that waits for something with each event gets fewer at once, so that none of them waits in vain.
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(500);

    private readonly EventRunner _runner;
    private readonly bool _hasBatch;
    private readonly int _eventsMax;
    private readonly TimeProvider _clock;
    private volatile int _eventsNow;

    /// <param name="runner">Calls the function.</param>
    /// <param name="hasBatch">It takes its events all at once.</param>
    /// <param name="eventsMax">Most events of a call.</param>
    /// <param name="age">How long an event waits for others.</param>
    /// <param name="clock">The machine's clocks.</param>
    public FunctionSender(EventRunner runner, bool hasBatch, int eventsMax, TimeSpan age, TimeProvider clock) =>
        (_runner, _hasBatch, _eventsMax, _eventsNow, BatchAge, _clock) = (runner, hasBatch, eventsMax, eventsMax, age, clock);

    /// <inheritdoc/>
    public int BatchMax => _hasBatch ? _eventsMax : _eventsNow;

    /// <inheritdoc/>
    public TimeSpan BatchAge { get; }

    /// <inheritdoc/>
    public async ValueTask<DeliveryOutcomes> SendAsync(IReadOnlyList<Delivery> batch, WireTrace trace, CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        var results = await _runner.RunAsync(batch, trace, cancellationToken);
        var took = _clock.GetElapsedTime(began);
        if (took > Slow && batch.Count > 1) _eventsNow = Math.Max(1, batch.Count / 2);
        else if (took < Quick && batch.Count >= _eventsNow) _eventsNow = Math.Min(_eventsMax, _eventsNow * 2);
        return DeliveryOutcomes.Each(Array.ConvertAll(results, one => one.Decided ?? FunctionOutcomes.OfDestination(one.Result, one.After)));
    }

    public void Dispose()
    {
        // The process belongs to the function and serves its other instances as well.
    }
}
