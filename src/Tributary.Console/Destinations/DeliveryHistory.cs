namespace Tributary.Console.Destinations;

/// <summary>What became of deliveries over a span of time: one event through one subscription counts once.</summary>
/// <param name="Starts">When each step begins.</param>
/// <param name="Delivered">Delivered in each step.</param>
/// <param name="Filtered">Kept from the destination.</param>
/// <param name="Failed">Failed for good.</param>
/// <param name="Retried">Attempts in vain that are repeated.</param>
/// <param name="Reasons">Why, the most frequent first.</param>
public sealed record DeliveryHistory(
    DateTimeOffset[] Starts, long[] Delivered, long[] Filtered, long[] Failed, long[] Retried, IReadOnlyList<ReasonHistory> Reasons)
{
    /// <summary>The share of deliveries that arrived, of those that came to an end; null when none did.</summary>
    public double? SuccessShare => Delivered.Sum() + Failed.Sum() is > 0 and var ended ? Delivered.Sum() / (double)ended : null;
}

/// <summary>What a reason says about an event.</summary>
public enum ReasonKind
{
    /// <summary>It will be tried again.</summary>
    Retried,

    /// <summary>It failed for good.</summary>
    Failed,

    /// <summary>It was not meant for the destination.</summary>
    Filtered,
}

/// <summary>How often a reason was met.</summary>
/// <param name="Kind">What it says about an event.</param>
/// <param name="Reason">Its code.</param>
/// <param name="Values">In each step.</param>
/// <param name="Total">In all of them.</param>
/// <param name="First">The step in which it was met first.</param>
/// <param name="Last">The step in which it was met last.</param>
public sealed record ReasonHistory(ReasonKind Kind, string Reason, long[] Values, long Total, DateTimeOffset First, DateTimeOffset Last);
