using Tributary.Console.Live;
using Tributary.Engine.Delivery;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>How it stands with a destination, the most pressing first.</summary>
public enum DestinationCondition
{
    /// <summary>Nothing can be sent: a setting or a program is missing.</summary>
    Blocked,

    /// <summary>It does not answer; one event at a time is let through.</summary>
    Down,

    /// <summary>Events failed in the last hours.</summary>
    Failing,

    /// <summary>Somebody paused it; events wait.</summary>
    Paused,

    /// <summary>It is told nothing, and events are not kept for it.</summary>
    Disabled,

    /// <summary>No mapping is enabled, so it gets nothing.</summary>
    Unmapped,

    /// <summary>Events arrive.</summary>
    Delivering,

    /// <summary>Nothing has come lately.</summary>
    Idle,
}

/// <summary>A destination as the list shows it.</summary>
/// <param name="Destination">The destination.</param>
/// <param name="KindName">What kind it is, in words.</param>
/// <param name="SourceName">Whose events it receives.</param>
/// <param name="Balance">What it was given since it exists, and what became of it.</param>
/// <param name="Day">The last 24 hours.</param>
/// <param name="Health">What its worker says; null while there is none.</param>
/// <param name="Condition">All of that in a word.</param>
public sealed record DestinationRow(
    Destination Destination, string KindName, string SourceName, DestinationBalance Balance, DeliveryHistory Day, DestinationHealth? Health, DestinationCondition Condition)
{
    /// <summary>Delivered in 24 hours.</summary>
    public long Delivered => Day.Delivered.Sum();

    /// <summary>Failed for good in 24 hours.</summary>
    public long Failed => Day.Failed.Sum();
}
