using Tributary.Model;

namespace Tributary.Destinations.Functions;

/// <summary>What follows from how a function came out. Table: spec/connections.md §6.1; statuses of <c>onBatch</c> are treated as those of a destination.</summary>
internal static class FunctionOutcomes
{
    public const string TimedOut = "function_timeout";

    /// <summary>The outcome for one event of a destination function.</summary>
    public static DeliveryOutcome OfDestination(in FunctionEventResult result, TimeSpan? after) => result.Verdict switch
    {
        FunctionVerdict.Done => OfStatus(result.Status, result.Message),
        FunctionVerdict.Dropped => DeliveryOutcome.Filtered("dropped_by_function", result.Message),
        _ => NotDone(result, after),
    };

    /// <summary>The outcome for an event that did not come through a function.</summary>
    public static DeliveryOutcome NotDone(in FunctionEventResult result, TimeSpan? after) => result.Verdict switch
    {
        FunctionVerdict.NotSupported => DeliveryOutcome.Filtered("unsupported_event_type", result.Message),
        FunctionVerdict.Rejected => DeliveryOutcome.Refused("message_rejected", Named(result)),
        FunctionVerdict.Failed => DeliveryOutcome.Refused("bad_request", Named(result)),
        FunctionVerdict.Retry => DeliveryOutcome.RetryLater(result.ErrorName == FunctionEventResult.Timeout ? TimedOut : "retry", detail: Named(result)),
        FunctionVerdict.Unavailable => DeliveryOutcome.RetryLater("function_unavailable", after, result.Message),
        FunctionVerdict.NotBegun => DeliveryOutcome.RetryLater("function_busy", detail: "The events before it took all the time of the call."),
        FunctionVerdict.Done or FunctionVerdict.Dropped => throw new ArgumentOutOfRangeException(nameof(result)),
    };

    private static DeliveryOutcome OfStatus(int status, string? message) => status switch
    {
        0 or (>= 200 and < 300) => DeliveryOutcome.Delivered,
        408 or 423 or 429 => DeliveryOutcome.RetryLater($"http_{status}", detail: message),
        >= 500 and < 600 and not 501 => DeliveryOutcome.RetryLater($"http_{status}", detail: message),
        >= 100 and < 600 => DeliveryOutcome.Refused($"http_{status}", message),
        _ => DeliveryOutcome.Refused("bad_request", $"onBatch answered with the status {status}."),
    };

    private static string? Named(in FunctionEventResult result) => result.ErrorName is { } name and not "Error" ? $"{name}: {result.Message}" : result.Message;
}
