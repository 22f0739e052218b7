namespace Tributary.Engine.Delivery.Mapping;

/// <summary>What a mapping made of an event.</summary>
/// <param name="Output">The payload as UTF-8 JSON; empty when there is none.</param>
/// <param name="Fault">Why the mapping failed; null when it did not.</param>
public readonly record struct MappingOutcome(ReadOnlyMemory<byte> Output, string? Fault)
{
    /// <summary>Whether the mapping worked and its whole result is JavaScript's undefined, as of a lone <c>@path</c> to nothing.</summary>
    public bool IsUndefined => Fault is null && Output.IsEmpty;

    /// <inheritdoc/>
    public override string ToString() => Fault ?? (IsUndefined ? "undefined" : $"{Output.Length} bytes");
}
