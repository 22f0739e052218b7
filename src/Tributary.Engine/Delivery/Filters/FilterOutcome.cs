namespace Tributary.Engine.Delivery.Filters;

/// <summary>What the filters of a destination made of an event.</summary>
/// <param name="IsKept">False when the event is not for the destination.</param>
/// <param name="Message">What is kept: the memory that came in when nothing was taken away.</param>
/// <param name="Fault">Why a statement failed, when that dropped the event.</param>
public readonly record struct FilterOutcome(bool IsKept, ReadOnlyMemory<byte> Message, string? Fault)
{
    public static FilterOutcome Kept(ReadOnlyMemory<byte> message) => new(true, message, null);

    public static FilterOutcome Dropped(string? fault = null) => new(false, default, fault);

    /// <inheritdoc/>
    public override string ToString() => IsKept ? $"kept, {Message.Length} bytes" : Fault is null ? "dropped" : $"dropped: {Fault}";
}
