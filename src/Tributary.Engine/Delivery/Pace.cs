namespace Tributary.Engine.Delivery;

/// <summary>
/// How fast a destination is sent to: at most so many requests a second and at the same time. It learns from 429: each halves what may be in flight, and every
/// answer in time gives a little back. Times are milliseconds since 1970.
/// </summary>
internal sealed class Pace
{
    // A second's worth may go at once after a pause, so that the average is the rate.
    private double _tokens;
    private long _filledAt;
    private double? _rate;
    private double _learned = double.MaxValue;

    /// <summary>Most requests at the same time.</summary>
    public int InFlightMax { get; private set; } = 1;

    /// <summary>What is allowed now: <see cref="InFlightMax"/>, or less after the destination asked for it.</summary>
    public int InFlightNow => (int)Math.Clamp(_learned, 1, InFlightMax);

    public void Configure(int inFlightMax, double? rate)
    {
        if (rate != _rate) _tokens = Math.Max(1, rate ?? 0);
        (InFlightMax, _rate) = (inFlightMax, rate);
    }

    /// <summary>When the next request may go; in the past or now when it may go at once.</summary>
    public long NextAt(long now)
    {
        if (_rate is not { } rate) return now;
        Fill(now, rate);
        return _tokens >= 1 ? now : now + (long)Math.Ceiling((1 - _tokens) * 1_000 / rate);
    }

    /// <summary>A request went out.</summary>
    public void Sent(long now)
    {
        if (_rate is not { } rate) return;
        Fill(now, rate);
        _tokens--;
    }

    /// <summary>The destination said that it gets too much.</summary>
    public void Throttled() => _learned = Math.Max(1, InFlightNow / 2.0);

    /// <summary>An answer that is no complaint.</summary>
    public void Answered()
    {
        if (_learned < InFlightMax) _learned += 1 / _learned / 10;
        else _learned = double.MaxValue;
    }

    private void Fill(long now, double rate)
    {
        _tokens = Math.Min(Math.Max(1, rate), _tokens + (Math.Max(0, now - _filledAt) * rate / 1_000));
        _filledAt = now;
    }
}
