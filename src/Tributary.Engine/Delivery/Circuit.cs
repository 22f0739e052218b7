namespace Tributary.Engine.Delivery;

/// <summary>
/// Notices by the share of attempts in vain that a destination is down, and then lets one event at a time through, ever more rarely, until one arrives. A refusal
/// counts as life: whoever refuses is there. Times are milliseconds since 1970.
/// </summary>
internal sealed class Circuit(DeliveryOptions options)
{
    // A destination may ask for silence. Of one that asks for more than this, other events are tried meanwhile: perhaps only that one is meant.
    private const long SilenceMsMax = 5 * 60_000;

    // The newest attempts; true for those in vain.
    private readonly Queue<bool> _latest = new();
    private int _failures;
    private int _probes;
    private long _silentUntil;

    /// <summary>The destination is down.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>When the next probe may go, or the next request after a silence; 0 when there is no reason to wait.</summary>
    public long NextAt { get; private set; }

    public bool MaySend(long now, int inFlight) => now >= NextAt && (!IsOpen || inFlight == 0);

    /// <summary>An attempt was answered. True when the destination was down until now.</summary>
    public bool Answered()
    {
        var wasOpen = IsOpen;
        IsOpen = false;
        _probes = 0;
        if (wasOpen) Forget();
        Remember(isFailure: false);
        NextAt = _silentUntil;
        return wasOpen;
    }

    /// <summary>An attempt is to be repeated. True when this is what makes the destination count as down.</summary>
    public bool Failed(long now, long? silenceMs)
    {
        if (silenceMs is { } silence) _silentUntil = Math.Max(_silentUntil, now + Math.Min(silence, SilenceMsMax));
        Remember(isFailure: true);
        var opens = !IsOpen && _latest.Count == options.FailuresToPause && _failures >= options.FailureShareToPause * _latest.Count;
        if (opens) IsOpen = true;
        var pause = IsOpen ? Math.Min(options.ProbeMsMax, Math.Min(options.BackoffMsMin, options.ProbeMsMax) * (1L << Math.Min(_probes++, 20))) : 0;
        NextAt = Math.Max(_silentUntil, now + pause);
        return opens;
    }

    /// <summary>Whatever was known is about another address now.</summary>
    public void Reset()
    {
        (IsOpen, _probes, _silentUntil, NextAt) = (false, 0, 0, 0);
        Forget();
    }

    private void Remember(bool isFailure)
    {
        if (_latest.Count == options.FailuresToPause && _latest.Dequeue()) _failures--;
        _latest.Enqueue(isFailure);
        if (isFailure) _failures++;
    }

    private void Forget()
    {
        _latest.Clear();
        _failures = 0;
    }
}
