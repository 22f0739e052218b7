using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>Whether an event could be read from the log again.</summary>
internal enum Loaded
{
    Yes,

    /// <summary>Retention has dropped it.</summary>
    Gone,

    /// <summary>The disk refused; perhaps not for ever.</summary>
    Unreadable,
}

/// <summary>
/// Decides what is sent next so that the events of a profile keep their order: they form a chain, of which only the first are ever in a request. When they
/// fail for now, the whole chain waits, and every other profile goes on.
/// </summary>
internal sealed class DeliveryChains(DeliveryBook book)
{
    // Receivers bound their bodies; this is what fits most, and what a request holds in memory.
    private const int BatchBytesMax = 2 << 20;
    private const long PauseAfterUnreadableMs = 1_000;

    private readonly Dictionary<ProfileId, DeliveryChain> _byProfile = [];
    private readonly Queue<DeliveryChain> _ready = new();
    private readonly PriorityQueue<DeliveryChain, long> _waiting = new();
    private int _chains;

    /// <summary>Nothing is ready, waits or is in flight.</summary>
    public bool IsEmpty => _chains == 0;

    public bool HasReady => _ready.Count > 0;

    /// <summary>Events that wait for a time or behind one that does.</summary>
    public int WaitingCount { get; private set; }

    /// <summary>Bytes of messages held in memory.</summary>
    public long HeldBytes { get; private set; }

    /// <summary>When the next chain is due; null when none waits.</summary>
    public long? NextDue => _waiting.TryPeek(out _, out var due) ? due : null;

    /// <summary>Takes up a new event that is to be sent.</summary>
    public void Add(DeliveryEntry entry, byte[] payload)
    {
        var chain = ChainOf(entry.Profile, out var isNew);
        chain.Entries.Add(entry);
        if (chain.IsWaiting)
        {
            entry.DueAt = chain.Entries[0].DueAt;
            Wait(entry);
            return;
        }

        (entry.Payload, entry.State) = (payload, EntryState.Queued);
        HeldBytes += payload.Length;
        if (isNew) _ready.Enqueue(chain);
    }

    /// <summary>Takes up events that waited before a restart; in log order.</summary>
    public void Restore(IEnumerable<DeliveryEntry> entries)
    {
        foreach (var entry in entries)
        {
            var chain = ChainOf(entry.Profile, out var isNew);
            chain.Entries.Add(entry);
            Wait(entry);
            if (!isNew) continue;
            chain.IsWaiting = true;
            _waiting.Enqueue(chain, entry.DueAt);
        }
    }

    /// <summary>Makes ready what is due.</summary>
    public bool Promote(long now)
    {
        var hasPromoted = false;
        while (_waiting.TryPeek(out var chain, out var due) && due <= now)
        {
            _waiting.Dequeue();
            chain.IsWaiting = false;
            _ready.Enqueue(chain);
            hasPromoted = true;
        }

        return hasPromoted;
    }

    /// <summary>Lets go of what was not attempted yet: the destination does not get it.</summary>
    public void Filter(string reason)
    {
        foreach (var chain in _ready.Concat(_byProfile.Values).Distinct())
        {
            chain.Entries.RemoveAll(entry =>
            {
                if (entry.State != EntryState.Queued) return false;
                Drop(entry);
                (entry.State, entry.Reason) = (EntryState.Filtered, reason);
                return true;
            });
        }
    }

    /// <summary>The next events to send together, marked as in flight; null when nothing is ready.</summary>
    public DeliveryAttempt? Take(int eventsMax, long now, Func<DeliveryEntry, Loaded> load)
    {
        var attempt = new DeliveryAttempt();
        var bytes = 0L;
        while (attempt.Entries.Count < eventsMax && bytes < BatchBytesMax && _ready.TryDequeue(out var chain))
        {
            var isUnreadable = false;
            while (chain.Taken < chain.Entries.Count && attempt.Entries.Count < eventsMax && bytes < BatchBytesMax && !isUnreadable)
            {
                var entry = chain.Entries[chain.Taken];
                var loaded = entry.Payload is not null ? Loaded.Yes : load(entry);
                if (loaded == Loaded.Yes)
                {
                    if (entry.State == EntryState.Waiting) (WaitingCount, HeldBytes) = (WaitingCount - 1, HeldBytes + entry.Payload!.Length);
                    entry.State = EntryState.InFlight;
                    attempt.Entries.Add(entry);
                    bytes += entry.Payload!.Length;
                    chain.Taken++;
                }
                else if (loaded == Loaded.Gone)
                {
                    if (entry.State == EntryState.Waiting) WaitingCount--;
                    book.Failed(entry, DestinationWorker.Dropped, "");
                    chain.Entries.RemoveAt(chain.Taken);
                }
                else
                {
                    isUnreadable = true;
                }
            }

            if (chain.Taken > 0) attempt.Chains.Add(chain);
            else if (isUnreadable) Park(chain, now + PauseAfterUnreadableMs);
            else Release(chain);
        }

        return attempt.Entries.Count > 0 ? attempt : null;
    }

    /// <summary>Draws the conclusions of an attempt.</summary>
    /// <param name="attempt">What was sent.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    /// <param name="due">When an event is to be tried again, given its outcome; null when its time is over.</param>
    public void Complete(DeliveryAttempt attempt, long now, Func<DeliveryEntry, DeliveryOutcome, long?> due)
    {
        var index = 0;
        foreach (var chain in attempt.Chains)
        {
            var kept = 0;
            for (var i = 0; i < chain.Taken; i++)
            {
                var (entry, outcome) = (chain.Entries[i], attempt.Outcomes[index++]);
                Drop(entry);
                entry.Attempts++;
                if (entry.FirstAttemptAt == 0) entry.FirstAttemptAt = now;
                if (outcome.Verdict == DeliveryVerdict.Delivered)
                {
                    book.Delivered(entry);
                }
                else if (outcome.Verdict == DeliveryVerdict.Filtered)
                {
                    book.Filtered(entry, outcome.Reason ?? "");
                }
                else if (outcome.NeedsOperator)
                {
                    book.Failed(entry, outcome.Reason, outcome.Detail ?? "");
                }
                else if (due(entry, outcome) is { } at)
                {
                    (entry.DueAt, entry.Reason, entry.Detail) = (at, outcome.Reason ?? "", outcome.Detail ?? "");
                    chain.Entries[kept++] = entry;
                }
                else
                {
                    book.Failed(entry, DestinationWorker.Exhausted, $"{outcome.Reason}: {outcome.Detail}");
                }
            }

            chain.Entries.RemoveRange(kept, chain.Taken - kept);
            chain.Taken = 0;
            for (var i = 0; i < kept; i++) book.Postponed(chain.Entries[i]);
            WaitingCount += kept;
            if (kept > 0) Park(chain, chain.Entries[0].DueAt);
            else if (chain.Entries.Count > 0) _ready.Enqueue(chain);
            else Release(chain);
        }
    }

    /// <summary>Everything that waits may be tried now: what it waited for has changed.</summary>
    public void Hurry() => Promote(long.MaxValue);

    private DeliveryChain ChainOf(ProfileId profile, out bool isNew)
    {
        isNew = true;
        if (!profile.IsNone && _byProfile.TryGetValue(profile, out var chain))
        {
            isNew = false;
            return chain;
        }

        // An event without a profile keeps no order, so it is a chain of its own.
        chain = new DeliveryChain(profile);
        if (!profile.IsNone) _byProfile.Add(profile, chain);
        _chains++;
        return chain;
    }

    private void Park(DeliveryChain chain, long due)
    {
        chain.IsWaiting = true;
        foreach (var entry in chain.Entries)
        {
            if (entry.State != EntryState.Queued) continue;
            entry.DueAt = due;
            Wait(entry);
        }

        _waiting.Enqueue(chain, due);
    }

    private void Wait(DeliveryEntry entry)
    {
        Drop(entry);
        entry.State = EntryState.Waiting;
        WaitingCount++;
    }

    private void Drop(DeliveryEntry entry)
    {
        HeldBytes -= entry.Payload?.Length ?? 0;
        entry.Payload = null;
    }

    private void Release(DeliveryChain chain)
    {
        Invariant.Holds(chain.Entries.Count == 0);
        if (!chain.Profile.IsNone) _byProfile.Remove(chain.Profile);
        _chains--;
    }
}

/// <summary>Events that go out in one request, and what came back.</summary>
internal sealed class DeliveryAttempt
{
    /// <summary>Whose first entries are taken; those of the first chain come first.</summary>
    public List<DeliveryChain> Chains { get; } = [];

    public List<DeliveryEntry> Entries { get; } = [];

    public DeliveryOutcomes Outcomes { get; set; }
}
