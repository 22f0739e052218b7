namespace Tributary.Engine.Traits.Folding;

/// <summary>When an event happened, and its place among others: event time, then receive time, then a hash of its message id.</summary>
internal readonly record struct Instant(long Timestamp, long ReceivedAt, ulong Tie) : IComparable<Instant>
{
    public int CompareTo(Instant other)
    {
        var order = Timestamp.CompareTo(other.Timestamp);
        if (order == 0) order = ReceivedAt.CompareTo(other.ReceivedAt);
        return order != 0 ? order : Tie.CompareTo(other.Tie);
    }

    /// <summary>The hash of a message id in UTF-8. Part of the format of the state store and the lake.</summary>
    public static ulong TieOf(ReadOnlySpan<byte> messageId) => System.IO.Hashing.XxHash3.HashToUInt64(messageId);
}

/// <summary>What is kept of one event for definitions that look at it again: windows, funnels, sessions.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Slots">What was read of it.</param>
/// <remarks>There are millions of them, so they lie in the lists themselves. The default is no event: the row and the parent of a condition at the top.</remarks>
internal readonly record struct Row(Instant At, Values[] Slots);
