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

    /// <summary>Its filters keep it from the destination.</summary>
    Filtered,
}

/// <summary>
/// Decides what is sent next so that the events of a profile keep their order: their deliveries form a chain, of which only the first are ever in a request.
/// When they fail for now, the whole chain waits, and every other profile goes on. A request carries deliveries of one lane.
/// </summary>
internal sealed class DeliveryChains(DeliveryBook book)
{
    private const long PauseAfterUnreadableMs = 1_000;

    private readonly Dictionary<ProfileId, DeliveryChain> _byProfile = [];
    private readonly SortedDictionary<uint, ReadyLane> _ready = [];
    private readonly PriorityQueue<DeliveryChain, long> _waiting = new();
    private int _chains;
    private bool _hasMoved;

    /// <summary>Nothing is ready, waits or is in flight.</summary>
    public bool IsEmpty => _chains == 0;

    /// <summary>Deliveries that wait for a time or behind one that does.</summary>
    public int WaitingCount { get; private set; }

    /// <summary>Bytes of messages held in memory.</summary>
    public long HeldBytes { get; private set; }

    /// <summary>When the next chain is due; null when none waits.</summary>
    public long? NextDue => _waiting.TryPeek(out _, out var due) ? due : null;

    /// <summary>Lanes with something to send: number, how many chains are ready, and since when the first of them is.</summary>
    public IEnumerable<(uint Lane, int Chains, long Since)> Ready =>
        _ready.Where(pair => pair.Value.Chains.Count > 0).Select(pair => (pair.Key, pair.Value.Chains.Count, pair.Value.Since));

    /// <summary>Takes up a new event that is to be sent.</summary>
    /// <param name="entry">With its parts.</param>
    /// <param name="payload">What is sent.</param>
    /// <param name="keepsOrder">Whether a lane keeps the order of a profile.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    public void Add(DeliveryEntry entry, ReadOnlyMemory<byte> payload, Func<uint, bool> keepsOrder, long now)
    {
        foreach (var part in entry.Parts)
        {
            var chain = ChainOf(entry.Profile, keepsOrder(part.Lane), out var isNew);
            chain.Parts.Add(part);
            if (chain.IsWaiting)
            {
                part.DueAt = chain.Parts[0].DueAt;
                Wait(part);
                continue;
            }

            (part.Payload, part.State) = (payload, EntryState.Queued);
            HeldBytes += payload.Length;
            if (isNew) Enqueue(chain, now);
            else if (part.Lane != chain.Parts[0].Lane && _ready.TryGetValue(chain.Parts[0].Lane, out var ready)) ready.HoldUp();
        }
    }

    /// <summary>Takes up deliveries that wait: those from before a restart in log order, or those of a replay.</summary>
    public void Restore(IEnumerable<DeliveryPart> parts, Func<uint, bool> keepsOrder)
    {
        foreach (var part in parts)
        {
            var chain = ChainOf(part.Entry.Profile, keepsOrder(part.Lane), out var isNew);
            chain.Parts.Add(part);
            Wait(part);
            if (!isNew) continue;
            chain.IsWaiting = true;
            _waiting.Enqueue(chain, part.DueAt);
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
            Enqueue(chain, now);
            hasPromoted = true;
        }

        return hasPromoted;
    }

    /// <summary>Lets go of what was not attempted yet: the destination does not get it.</summary>
    public void Filter(string reason)
    {
        foreach (var chain in _ready.Values.SelectMany(lane => lane.Chains).Concat(_byProfile.Values).Distinct())
        {
            // What a request carries comes first and stays.
            for (var i = chain.Parts.Count - 1; i >= chain.Taken; i--)
            {
                if (chain.Parts[i].State != EntryState.Queued) continue;
                Drop(chain.Parts[i]);
                book.Filtered(chain.Parts[i], reason, "");
                chain.Parts.RemoveAt(i);
            }
        }
    }

    /// <summary>The next deliveries of a lane to send together, marked as in flight; null when nothing is ready.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="partsMax">Most deliveries.</param>
    /// <param name="bytesMax">Above this many bytes no further one is added.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    /// <param name="load">Reads the message of a delivery from the log.</param>
    public DeliveryAttempt? Take(uint lane, int partsMax, int bytesMax, long now, Func<DeliveryPart, Loaded> load)
    {
        if (!_ready.TryGetValue(lane, out var ready)) return null;
        var attempt = new DeliveryAttempt(lane);
        var bytes = 0L;
        while (attempt.Parts.Count < partsMax && bytes < bytesMax && ready.Chains.TryDequeue(out var chain))
        {
            var isUnreadable = false;
            while (chain.Taken < chain.Parts.Count && chain.Parts[chain.Taken] is var part && part.Lane == lane
                && attempt.Parts.Count < partsMax && bytes < bytesMax && !isUnreadable)
            {
                var loaded = part.Payload is not null ? Loaded.Yes : load(part);
                if (loaded == Loaded.Yes)
                {
                    var length = part.Payload!.Value.Length;
                    if (part.State == EntryState.Waiting) (WaitingCount, HeldBytes) = (WaitingCount - 1, HeldBytes + length);
                    part.State = EntryState.InFlight;
                    attempt.Parts.Add(part);
                    bytes += length;
                    chain.Taken++;
                }
                else if (loaded == Loaded.Unreadable)
                {
                    isUnreadable = true;
                }
                else
                {
                    if (part.State == EntryState.Waiting) WaitingCount--;
                    if (loaded == Loaded.Gone) book.Failed(part, DestinationWorker.Dropped, "");
                    else book.Filtered(part, part.Reason, "");
                    chain.Parts.RemoveAt(chain.Taken);
                }
            }

            _hasMoved |= chain.Taken == 0;
            if (chain.Taken > 0) attempt.Chains.Add(chain);
            else if (isUnreadable) Park(chain, now + PauseAfterUnreadableMs);
            else if (chain.Parts.Count > 0) Enqueue(chain, now);
            else Release(chain);
        }

        ready.Taken(now);
        return attempt.Parts.Count > 0 ? attempt : null;
    }

    /// <summary>Takes ready deliveries out of a lane that is gone, and settles them as filtered.</summary>
    public void Abandon(uint lane, string reason, long now)
    {
        // What has no message in memory need not be read for this.
        Loaded Settle(DeliveryPart part)
        {
            part.Reason = reason;
            return Loaded.Filtered;
        }

        while (Take(lane, 1_000, int.MaxValue, now, Settle) is { } attempt)
        {
            attempt.Outcomes = DeliveryOutcomes.All(DeliveryOutcome.Filtered(reason));
            Complete(attempt, now, static (_, _) => null);
            _hasMoved = true;
        }
    }

    /// <summary>Whether something became ready, or was settled, that <see cref="Take"/> looked for in vain; asked once.</summary>
    public bool TakeMoved()
    {
        var hasMoved = _hasMoved;
        _hasMoved = false;
        return hasMoved;
    }

    /// <summary>Draws the conclusions of an attempt.</summary>
    /// <param name="attempt">What was sent.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    /// <param name="due">When a delivery is to be tried again, given its outcome; null when its time is over.</param>
    public void Complete(DeliveryAttempt attempt, long now, Func<DeliveryPart, DeliveryOutcome, long?> due)
    {
        var index = 0;
        foreach (var chain in attempt.Chains)
        {
            var kept = 0;
            for (var i = 0; i < chain.Taken; i++)
            {
                var (part, outcome) = (chain.Parts[i], attempt.Outcomes[index++]);
                Drop(part);
                if (outcome.Verdict != DeliveryVerdict.Filtered) part.Attempts++;
                if (part.FirstAttemptAt == 0) part.FirstAttemptAt = now;
                if (outcome.Verdict is not (DeliveryVerdict.Delivered or DeliveryVerdict.Filtered)) part.Tried(now, outcome.Reason ?? "");
                switch (outcome.Verdict)
                {
                    case DeliveryVerdict.Delivered:
                        book.Delivered(part);
                        break;
                    case DeliveryVerdict.Filtered:
                        book.Filtered(part, outcome.Reason ?? "", outcome.Detail ?? "");
                        break;
                    case DeliveryVerdict.Refused or DeliveryVerdict.CredentialsRejected:
                        book.Failed(part, outcome.Reason ?? "", outcome.Detail ?? "");
                        break;
                    case DeliveryVerdict.RetryLater when due(part, outcome) is { } at:
                        (part.DueAt, part.Reason, part.Detail) = (at, outcome.Reason ?? "", outcome.Detail ?? "");
                        chain.Parts[kept++] = part;
                        break;
                    case DeliveryVerdict.RetryLater:
                        book.Failed(part, DestinationWorker.Exhausted, $"{outcome.Reason}: {outcome.Detail}");
                        break;
                }
            }

            chain.Parts.RemoveRange(kept, chain.Taken - kept);
            chain.Taken = 0;
            for (var i = 0; i < kept; i++) book.Postponed(chain.Parts[i]);
            WaitingCount += kept;
            if (kept > 0) Park(chain, chain.Parts[0].DueAt);
            else if (chain.Parts.Count > 0) Enqueue(chain, now);
            else Release(chain);
        }
    }

    /// <summary>Everything that waits may be tried now: what it waited for has changed.</summary>
    public void Hurry(long now)
    {
        while (_waiting.TryDequeue(out var chain, out _))
        {
            chain.IsWaiting = false;
            Enqueue(chain, now);
        }
    }

    private DeliveryChain ChainOf(ProfileId profile, bool keepsOrder, out bool isNew)
    {
        isNew = true;
        var isOrdered = keepsOrder && !profile.IsNone;
        if (isOrdered && _byProfile.TryGetValue(profile, out var chain))
        {
            isNew = false;
            return chain;
        }

        // What keeps no order is a chain of its own.
        chain = new DeliveryChain(isOrdered ? profile : default);
        if (isOrdered) _byProfile.Add(profile, chain);
        _chains++;
        return chain;
    }

    private void Enqueue(DeliveryChain chain, long now)
    {
        var lane = chain.Parts[0].Lane;
        if (!_ready.TryGetValue(lane, out var ready)) _ready[lane] = ready = new ReadyLane();
        if (ready.Chains.Count == 0) ready.Taken(now);
        ready.Chains.Enqueue(chain);
        if (chain.Parts.Exists(part => part.Lane != lane)) ready.HoldUp();
    }

    private void Park(DeliveryChain chain, long due)
    {
        chain.IsWaiting = true;
        foreach (var part in chain.Parts)
        {
            if (part.State != EntryState.Queued) continue;
            part.DueAt = due;
            Wait(part);
        }

        _waiting.Enqueue(chain, due);
    }

    private void Wait(DeliveryPart part)
    {
        Drop(part);
        part.State = EntryState.Waiting;
        WaitingCount++;
    }

    private void Drop(DeliveryPart part)
    {
        HeldBytes -= part.Payload?.Length ?? 0;
        part.Payload = null;
    }

    private void Release(DeliveryChain chain)
    {
        Invariant.Holds(chain.Parts.Count == 0);
        if (!chain.Profile.IsNone) _byProfile.Remove(chain.Profile);
        _chains--;
    }

    private sealed class ReadyLane
    {
        public Queue<DeliveryChain> Chains { get; } = new();

        /// <summary>Since when something is ready without having been taken; 0 when it holds up deliveries through another lane, which must not wait for its batch to fill.</summary>
        public long Since { get; private set; }

        private bool _holdsUp;

        public void HoldUp() => (_holdsUp, Since) = (true, 0);

        public void Taken(long now)
        {
            _holdsUp = _holdsUp && Chains.Count > 0;
            Since = _holdsUp ? 0 : now;
        }
    }
}

/// <summary>Deliveries of one lane that go out in one request, and what came back.</summary>
internal sealed class DeliveryAttempt(uint lane)
{
    public uint Lane { get; } = lane;

    /// <summary>Whose first parts are taken; those of the first chain come first.</summary>
    public List<DeliveryChain> Chains { get; } = [];

    public List<DeliveryPart> Parts { get; } = [];

    public DeliveryOutcomes Outcomes { get; set; }

    public WireTrace Trace { get; set; } = new();
}
