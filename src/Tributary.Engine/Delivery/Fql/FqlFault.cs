namespace Tributary.Engine.Delivery.Fql;

/// <summary>Why a text is no FQL.</summary>
/// <param name="Message">A sentence for the one who wrote the text.</param>
/// <param name="Position">Where it went wrong, in UTF-16 characters from the start; null when the fault is of the whole or the input was no text.</param>
public sealed record FqlFault(string Message, int? Position)
{
    /// <inheritdoc/>
    public override string ToString() => Position is { } position ? $"{Message} (at character {position + 1})" : Message;
}
