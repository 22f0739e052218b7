namespace Tributary.Console.Access;

/// <summary>
/// Slows down who guesses passwords: after <see cref="FailuresFree"/> failures for an address, or from one, the next attempts wait; each failure doubles the wait up to
/// <see cref="WaitMax"/>. A success forgets the failures.
/// </summary>
public sealed class SignInGuard(TimeProvider clock)
{
    /// <summary>Failures that cost nothing: people mistype.</summary>
    public const int FailuresFree = 5;

    /// <summary>The longest wait.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(15);

    // Beyond that the oldest are forgotten: who can send from so many addresses is not stopped by remembering more of them.
    private const int KeptMax = 10_000;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<string, Failures> _failures = new(StringComparer.Ordinal);

    /// <summary>How long an attempt has to wait; zero when it may go on.</summary>
    /// <param name="keys">What the attempt is known by, e.g. the address of the member and that of the peer.</param>
    public TimeSpan Wait(params ReadOnlySpan<string> keys)
    {
        var now = clock.GetUtcNow();
        var longest = TimeSpan.Zero;
        lock (_gate)
        {
            foreach (var key in keys)
            {
                if (!_failures.TryGetValue(key, out var failures) || failures.Count < FailuresFree) continue;
                var left = failures.Last + WaitAfter(failures.Count) - now;
                if (left > longest) longest = left;
            }
        }

        return longest;
    }

    /// <summary>Remembers a failure.</summary>
    public void Failed(params ReadOnlySpan<string> keys)
    {
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            foreach (var key in keys)
            {
                // Whoever was quiet for the longest wait begins anew.
                var count = _failures.TryGetValue(key, out var before) && now - before.Last < 2 * WaitMax ? before.Count : 0;
                _failures[key] = new Failures(count + 1, now);
            }

            if (_failures.Count <= KeptMax) return;
            foreach (var (key, _) in _failures.OrderBy(pair => pair.Value.Last).Take(KeptMax / 10).ToList()) _failures.Remove(key);
        }
    }

    /// <summary>Forgets the failures of who came in.</summary>
    public void Succeeded(params ReadOnlySpan<string> keys)
    {
        lock (_gate)
        {
            foreach (var key in keys) _failures.Remove(key);
        }
    }

    private static TimeSpan WaitAfter(int failures)
    {
        var doublings = Math.Min(failures - FailuresFree, 12);
        var wait = FirstWait * (1 << doublings);
        return wait < WaitMax ? wait : WaitMax;
    }

    private readonly record struct Failures(int Count, DateTimeOffset Last);
}
