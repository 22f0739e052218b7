using System.Collections.Immutable;

namespace Tributary.Engine.Delivery;

/// <summary>How it stands with a destination at this moment.</summary>
/// <param name="IsDown">So many attempts were in vain that only one event at a time is let through, to see whether it is back.</param>
/// <param name="NextTry">When the next attempt may go; null when there is no reason to wait.</param>
/// <param name="Fault">Why nothing at all can be sent, so that events wait; null when something can.</param>
/// <param name="LaneFaults">What is wrong with single subscriptions, as sentences.</param>
public sealed record DestinationHealth(bool IsDown, DateTimeOffset? NextTry, string? Fault, ImmutableArray<string> LaneFaults);
