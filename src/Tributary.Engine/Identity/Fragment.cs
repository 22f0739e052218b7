namespace Tributary.Engine.Identity;

/// <summary>
/// What was folded from the events of one identifier. Everything here merges commutatively and associatively, so that the state of a profile is the
/// merge of its fragments whatever the order of events and links was, and a split takes nothing apart that cannot be put together again.
/// </summary>
internal sealed class Fragment
{
    private static readonly Dictionary<string, Trait> NoTraits = [];

    /// <summary>Traits by name; the last writer by <see cref="Stamp"/> wins, and a removed trait stays as a tombstone.</summary>
    public Dictionary<string, Trait> Traits { get; private set; } = NoTraits;

    /// <summary>Accounts that the person was grouped into: the account identifier's key and the first group call.</summary>
    public Dictionary<byte[], Stamp>? Accounts { get; set; }

    /// <summary>What definitions keep of the events; null while none has kept any.</summary>
    public FoldTable? Folds { get; set; }

    /// <summary>How many events the fragment was folded from.</summary>
    public long EventCount { get; set; }

    /// <summary>The earliest event; null before the first.</summary>
    public Stamp? First { get; set; }

    /// <summary>The latest event; null before the first.</summary>
    public Stamp? Last { get; set; }

    /// <summary>Counts an event.</summary>
    public void Count(Stamp stamp)
    {
        EventCount++;
        if (First is null || stamp.CompareTo(First) < 0) First = stamp;
        if (Last is null || stamp.CompareTo(Last) > 0) Last = stamp;
    }

    /// <summary>Sets or (with null) removes a trait unless a later event has already done so. True when it took effect.</summary>
    public bool Set(string name, byte[]? json, Stamp stamp)
    {
        if (ReferenceEquals(Traits, NoTraits)) Traits = new Dictionary<string, Trait>(StringComparer.Ordinal);
        ref var trait = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(Traits, name, out var exists);
        // An equal stamp is the same event, which named the trait twice: the last one counts.
        if (exists && stamp.CompareTo(trait.Stamp) < 0) return false;
        trait = new Trait(json, stamp);
        return true;
    }

    /// <summary>Remembers an account; keeps the earliest group call. True when it is new.</summary>
    public bool Join(byte[] accountKey, Stamp stamp)
    {
        Accounts ??= new Dictionary<byte[], Stamp>(BytesComparer.Instance);
        var isNew = !Accounts.TryGetValue(accountKey, out var known);
        if (isNew || stamp.CompareTo(known) < 0) Accounts[accountKey] = stamp;
        return isNew;
    }
}

/// <summary>A trait's value and who wrote it.</summary>
/// <param name="Json">The value as JSON in UTF-8; null when an event removed the trait.</param>
/// <param name="Stamp">The event that wrote it.</param>
internal readonly record struct Trait(byte[]? Json, Stamp Stamp);

/// <summary>The event that something came from, and its place in the order of last-writer-wins: event time, then receive
/// time, then message id, then source.</summary>
internal sealed class Stamp(long timestamp, long receivedAt, uint source, string messageId) : IComparable<Stamp>
{
    public long Timestamp { get; } = timestamp;

    public long ReceivedAt { get; } = receivedAt;

    public uint Source { get; } = source;

    public string MessageId { get; } = messageId;

    public int CompareTo(Stamp? other)
    {
        if (other is null) return 1;
        var order = Timestamp.CompareTo(other.Timestamp);
        if (order == 0) order = ReceivedAt.CompareTo(other.ReceivedAt);
        if (order == 0) order = string.CompareOrdinal(MessageId, other.MessageId);
        return order != 0 ? order : Source.CompareTo(other.Source);
    }
}
