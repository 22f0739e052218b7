using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>Where an event, or one of its deliveries, stands with a destination. The numbers are part of the store format.</summary>
internal enum EntryState : byte
{
    /// <summary>Read from the log, or due again; will be sent as soon as its turn comes.</summary>
    Queued = 0,

    /// <summary>A request carries it.</summary>
    InFlight = 1,

    /// <summary>For a later time, or for another event of its profile.</summary>
    Waiting = 2,

    Delivered = 3,
    Filtered = 4,
    Failed = 5,
}

/// <summary>One attempt in vain.</summary>
/// <param name="At">Milliseconds since 1970.</param>
/// <param name="Lane">Through which lane.</param>
/// <param name="Reason">Why it failed.</param>
internal readonly record struct DeliveryTry(long At, uint Lane, string Reason)
{
    /// <summary>Attempts that are remembered of one delivery, the newest; four hours of retries are some thirty.</summary>
    public const int KeptMax = 40;
}

/// <summary>
/// One event between the log and a destination, or a run of events that were filtered for the same reason. It has a part for each subscription that
/// it triggers (one, when the destination has no subscriptions) and is settled when all of them are. Only its worker touches it.
/// </summary>
internal sealed class DeliveryEntry(LogOffset offset, ProfileId profile)
{
    public LogOffset Offset { get; } = offset;

    /// <summary>Offset of the last event; differs from <see cref="Offset"/> in a run.</summary>
    public LogOffset Last { get; set; } = offset;

    /// <summary>How many events: 1, or the length of a run.</summary>
    public int Count { get; set; } = 1;

    public ProfileId Profile { get; } = profile;

    public EventType Type { get; set; }

    /// <summary>The deliveries of the event, in the order of their lanes; empty when it was filtered as a whole.</summary>
    public DeliveryPart[] Parts { get; set; } = [];

    /// <summary>Lanes that would take the event, were they valid, while others do.</summary>
    public uint[] InvalidLanes { get; set; } = [];

    /// <summary>The event was counted, and what waits has rows of its own.</summary>
    public bool IsDrained { get; set; }

    /// <summary>It was settled before and is delivered again because somebody asked for it.</summary>
    public bool IsReplay { get; set; }

    /// <summary>What the parts that are settled amount to; the worst counts: failed, delivered, filtered. Queued while none is.</summary>
    public EntryState Result { get; set; }

    /// <summary>Why it failed or was filtered.</summary>
    public string Reason { get; set; } = "";

    public string Detail { get; set; } = "";

    /// <summary>How often the part was tried that decided the result.</summary>
    public int Attempts { get; set; }

    /// <summary>The attempts in vain of all its parts, by time.</summary>
    public IReadOnlyList<DeliveryTry> Tries => [.. Parts.SelectMany(part => part.Tries).OrderBy(each => each.At)];

    /// <summary>Something is still to be sent at once.</summary>
    public bool IsMoving => Array.Exists(Parts, part => part.State is EntryState.Queued or EntryState.InFlight);

    /// <summary>Something waits for a time.</summary>
    public bool IsWaiting => Array.Exists(Parts, part => part.State == EntryState.Waiting);

    /// <summary>Takes the result of a part into the result of the event.</summary>
    public void Settle(EntryState state, string reason, string detail, int attempts)
    {
        if (Result == EntryState.Failed || (Result == EntryState.Delivered && state == EntryState.Filtered)) return;
        if (Result == state) return;
        (Result, Reason, Detail, Attempts) = state == EntryState.Delivered ? (state, "", "", attempts) : (state, reason, detail, attempts);
    }
}

/// <summary>One event on its way through one lane of a destination: what is attempted, postponed and settled by itself.</summary>
internal sealed class DeliveryPart(DeliveryEntry entry, uint lane)
{
    public DeliveryEntry Entry { get; } = entry;

    /// <summary>The number of the subscription; 0 when the destination has none.</summary>
    public uint Lane { get; } = lane;

    public EntryState State { get; set; }

    /// <summary>The message as the destination's filters left it; null while it waits, when it is read from the log again.</summary>
    public ReadOnlyMemory<byte>? Payload { get; set; }

    public int Attempts { get; set; }

    /// <summary>Milliseconds since 1970; 0 before the first attempt.</summary>
    public long FirstAttemptAt { get; set; }

    /// <summary>When it may be tried again; milliseconds since 1970.</summary>
    public long DueAt { get; set; }

    public string Reason { get; set; } = "";

    public string Detail { get; set; } = "";

    /// <summary>The due time in the key of its row; null when it has no row.</summary>
    public long? RowDue { get; set; }

    /// <summary>Its attempts in vain, the oldest first.</summary>
    public List<DeliveryTry> Tries { get; init; } = [];

    /// <summary>Remembers an attempt in vain.</summary>
    public void Tried(long at, string reason)
    {
        if (Tries.Count == DeliveryTry.KeptMax) Tries.RemoveAt(0);
        Tries.Add(new DeliveryTry(at, Lane, reason));
    }
}

/// <summary>The deliveries of one profile to one destination, in their order. Only the first of them are ever in a request, and only in one.</summary>
internal sealed class DeliveryChain(ProfileId profile)
{
    public ProfileId Profile { get; } = profile;

    public List<DeliveryPart> Parts { get; } = [];

    /// <summary>How many parts, from the first on, a request carries now.</summary>
    public int Taken { get; set; }

    /// <summary>The first part waits for its time.</summary>
    public bool IsWaiting { get; set; }
}
