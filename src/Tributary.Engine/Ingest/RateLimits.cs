using System.Collections.Concurrent;

namespace Tributary.Engine.Ingest;

/// <summary>
/// One token bucket per source that has a limit: it fills at the limit's rate up to one second's worth. A request passes while there is a
/// token, and may
/// leave a debt that the next ones wait for: a batch larger than a second's worth must be able to pass at all, and the rate holds over
/// time.
/// </summary>
internal sealed class RateLimits(TimeProvider clock)
{
    private readonly ConcurrentDictionary<uint, Bucket> _buckets = new();

    /// <summary>Takes <paramref name="events"/> tokens; zero when they may pass, otherwise how long to wait.</summary>
    public TimeSpan Take(uint source, int? perSecond, int events)
    {
        if (perSecond is not { } limit) return TimeSpan.Zero;
        var bucket = _buckets.GetOrAdd(source, static (_, state) => new Bucket(state.limit, state.now), (limit, now: clock.GetTimestamp()));
        lock (bucket)
        {
            var now = clock.GetTimestamp();
            bucket.Tokens = Math.Min(limit, bucket.Tokens + (clock.GetElapsedTime(bucket.FilledAt, now).TotalSeconds * limit));
            bucket.FilledAt = now;
            if (bucket.Tokens < 1) return TimeSpan.FromSeconds((1 - bucket.Tokens) / limit);
            bucket.Tokens -= events;
            return TimeSpan.Zero;
        }
    }

    private sealed class Bucket(double tokens, long filledAt)
    {
        public double Tokens = tokens;

        public long FilledAt = filledAt;
    }
}
