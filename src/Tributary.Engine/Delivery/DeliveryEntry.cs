using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>Where an event stands with one destination.</summary>
internal enum EntryState : byte
{
    /// <summary>Read from the log, or due again; will be sent as soon as its turn comes.</summary>
    Queued,

    /// <summary>A request carries it.</summary>
    InFlight,

    /// <summary>For a later time, or for another event of its profile.</summary>
    Waiting,

    Delivered,
    Filtered,
    Failed,
}

/// <summary>One event between the log and a destination, or a run of events that were filtered for the same reason. Only its worker touches it.</summary>
internal sealed class DeliveryEntry(LogOffset offset, ProfileId profile)
{
    public LogOffset Offset { get; } = offset;

    /// <summary>Offset of the last event; differs from <see cref="Offset"/> in a run.</summary>
    public LogOffset Last { get; set; } = offset;

    /// <summary>How many events: 1, or the length of a run.</summary>
    public int Count { get; set; } = 1;

    public ProfileId Profile { get; } = profile;

    public EventType Type { get; set; }

    public EntryState State { get; set; }

    /// <summary>The message; null while it waits, when it is read from the log again.</summary>
    public byte[]? Payload { get; set; }

    public int Attempts { get; set; }

    /// <summary>Milliseconds since 1970; 0 before the first attempt.</summary>
    public long FirstAttemptAt { get; set; }

    /// <summary>When it may be tried again; milliseconds since 1970.</summary>
    public long DueAt { get; set; }

    public string Reason { get; set; } = "";

    public string Detail { get; set; } = "";

    /// <summary>The due time in the key of its row; null when it has no row.</summary>
    public long? RowDue { get; set; }
}

/// <summary>The events of one profile for one destination, in their order. Only the first of them are ever in a request, and only in one.</summary>
internal sealed class DeliveryChain(ProfileId profile)
{
    public ProfileId Profile { get; } = profile;

    public List<DeliveryEntry> Entries { get; } = [];

    /// <summary>How many entries, from the first on, a request carries now.</summary>
    public int Taken { get; set; }

    /// <summary>The first entry waits for its time.</summary>
    public bool IsWaiting { get; set; }
}
