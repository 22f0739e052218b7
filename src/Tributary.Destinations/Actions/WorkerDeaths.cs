using Tributary.Model;

namespace Tributary.Destinations.Actions;

/// <summary>
/// Remembers events that were with a worker when it ended. The first time an event may only have been beside the one that did it, so it is tried again alone;
/// one that is there <see cref="DeathsMax"/> times is not tried any more.
/// </summary>
internal sealed class WorkerDeaths
{
    /// <summary>Deaths after which an event is given up.</summary>
    public const int DeathsMax = 3;

    // Beyond, the oldest are forgotten: an event costs at most a few more workers.
    private const int EventsMax = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Destination, LogOffset Event), int> _counts = [];
    private readonly Queue<(string, LogOffset)> _order = new();

    /// <summary>True when the event has to be tried alone.</summary>
    public bool IsSuspect(string destination, LogOffset offset)
    {
        lock (_gate) return _counts.Count > 0 && _counts.ContainsKey((destination, offset));
    }

    /// <summary>Counts one; the outcome says whether it is tried again.</summary>
    public DeliveryOutcome Count(string destination, LogOffset offset, string? reason)
    {
        lock (_gate)
        {
            var key = (destination, offset);
            var count = _counts.GetValueOrDefault(key) + 1;
            if (count >= DeathsMax)
            {
                _counts.Remove(key);
                return DeliveryOutcome.Refused("kills_worker", reason);
            }

            if (count == 1)
            {
                _order.Enqueue(key);
                if (_order.Count > EventsMax) _counts.Remove(_order.Dequeue());
            }

            _counts[key] = count;
            return DeliveryOutcome.RetryLater("worker_lost", detail: reason);
        }
    }

    /// <summary>The event came through: it did not do it.</summary>
    public void Clear(string destination, LogOffset offset)
    {
        lock (_gate) _counts.Remove((destination, offset));
    }
}
