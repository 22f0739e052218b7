using System.Diagnostics;

namespace Tributary.Server.Bench;

/// <summary>Counts latencies in buckets that are 4 % wide, from a microsecond to a minute; safe from any thread.</summary>
internal sealed class Latencies
{
    private const double Width = 1.04;
    private readonly long[] _buckets = new long[460];

    public long Count => _buckets.Sum();

    public void Add(long startTimestamp)
    {
        var microseconds = Stopwatch.GetElapsedTime(startTimestamp).TotalMicroseconds;
        var bucket = Math.Clamp((int)(Math.Log(Math.Max(1, microseconds)) / Math.Log(Width)), 0, _buckets.Length - 1);
        Interlocked.Increment(ref _buckets[bucket]);
    }

    /// <summary>The latency that this share of the requests did not exceed, in milliseconds.</summary>
    public double Percentile(double share)
    {
        var wanted = Count * share;
        long seen = 0;
        for (var i = 0; i < _buckets.Length; i++)
            if ((seen += _buckets[i]) >= wanted && seen > 0) return Math.Pow(Width, i + 1) / 1000;
        return 0;
    }
}
