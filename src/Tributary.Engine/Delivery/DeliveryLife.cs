using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>What became of one event at one destination.</summary>
/// <param name="State">
/// <c>delivered</c>, <c>pending</c> (not attempted), <c>retrying</c>, <c>filtered</c>, <c>failed</c>, or <c>unknown</c>: settled so long ago that only the
/// counts remember.
/// </param>
/// <param name="Reason">A stable code.</param>
/// <param name="Attempts">How often it was tried, where that is kept.</param>
/// <param name="NextAttemptAt">Milliseconds since 1970.</param>
/// <param name="LastError">What the destination said.</param>
internal sealed record DeliveryLife(string State, string? Reason = null, int? Attempts = null, long? NextAttemptAt = null, string? LastError = null)
{
    /// <summary>The attempts in vain that are remembered, by time; null when none is.</summary>
    public IReadOnlyList<DeliveryTry>? Tries { get; init; }

    /// <summary>Reads it. That an event was delivered is nowhere written: it is what follows when the cursor has passed it and no row speaks of it.</summary>
    public static DeliveryLife Read(IStateStore store, uint destination, LogOffset offset)
    {
        // A row may move while it is read, so a miss is looked up again.
        for (var attempt = 0; attempt < 5; attempt++)
        {
            if (DeliveryCounts.Read(store, destination) is not { } counts || offset.Value >= counts.Cursor) return new DeliveryLife("pending");
            if (DeliveryRows.FindException(store, destination, offset) is not { } row)
                return new DeliveryLife(offset.Value < counts.ExceptionsFrom ? "unknown" : "delivered");
            switch (row.State)
            {
                case ExceptionState.Filtered:
                    return new DeliveryLife("filtered", row.Reason, LastError: row.Detail.Length > 0 ? row.Detail : null);
                case ExceptionState.Failed:
                    return new DeliveryLife("failed", row.Reason, row.Attempts, LastError: row.Detail) { Tries = row.Tries };
                case ExceptionState.Replayed:
                    return new DeliveryLife("delivered", "replayed", row.Attempts) { Tries = row.Tries };
                case ExceptionState.Retrying when DeliveryRows.FindWaiting(store, destination, row.Last, offset.Value, row.Lane) is { } waiting:
                    return waiting.Attempts > 0
                        ? new DeliveryLife("retrying", waiting.Reason, waiting.Attempts, waiting.DueAt, waiting.Detail) { Tries = row.Tries }
                        : new DeliveryLife("pending", row.IsReplay ? "replay" : "behind_an_earlier_event");
                case ExceptionState.Retrying:
                    break;
            }
        }

        return new DeliveryLife("retrying");
    }
}
