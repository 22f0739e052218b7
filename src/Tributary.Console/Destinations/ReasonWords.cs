using System.Globalization;
using Tributary.Engine.Delivery;

namespace Tributary.Console.Destinations;

/// <summary>What a reason means, and what to do about it.</summary>
internal static class ReasonWords
{
    private const string Http = "http_";

    /// <summary>A reason in a few words.</summary>
    public static string Title(string reason) => reason switch
    {
        DeliverySamples.Delivered => "Delivered",
        "timeout" or "function_timeout" => "No answer in time",
        "network" => "The connection broke",
        "connection_failed" => "No connection",
        "name_not_resolved" => "The name leads nowhere",
        "tls_failed" => "No secure connection",
        "egress_refused" => "A private address",
        DestinationWorker.Exhausted => "Every attempt was in vain",
        DestinationWorker.Dropped => "Too old: the log no longer has it",
        DestinationPlan.NoMapping => "No mapping is for this event",
        DestinationPlan.InvalidMapping => "A mapping that cannot be read",
        DestinationPlan.MappingRemoved => "Its mapping was removed",
        DestinationPlan.ByRules => "A filter kept it away",
        DeliveryFilter.Disabled => "The destination was disabled",
        DeliveryFilter.ByIntegrations => "The event said so",
        DeliveryFilter.UnknownIntegration => "The event names others only",
        DeliveryFilter.SentByClient => "The browser sends it itself",
        DeliveryFilter.ByType => "Not this type of event",
        DeliveryFilter.ByConsent => "The person did not consent",
        "message_rejected" or "bad_request" => "Refused as it is",
        "kills_worker" => "It ended its process three times",
        "action_failed" => "The action failed",
        "dropped_by_function" or "filtered_at_insert_function" => "A function dropped it",
        "function_unavailable" => "The function cannot run",
        "invalid_settings" or "kafka_settings" => "The settings cannot be used",
        _ when Status(reason) is { } status => status switch
        {
            400 => "It does not like the event",
            401 or 403 => "It does not know us",
            404 => "Nothing is at this address",
            408 => "It took too long",
            413 => "The event is too large",
            429 => "Too many requests",
            >= 500 => "It has a fault of its own",
            >= 300 and < 400 => "It moved somewhere else",
            _ => string.Create(CultureInfo.InvariantCulture, $"It answered {status}"),
        },
        _ => reason,
    };

    /// <summary>The next step; null when there is nothing to do.</summary>
    public static string? Remedy(string reason) => reason switch
    {
        "timeout" or "network" or "connection_failed" or "tls_failed" => "It is tried again by itself. Check the address and whether the service is up.",
        "name_not_resolved" => "Check the address for a misspelling.",
        "egress_refused" => "Private addresses are closed unless the operator opens them with TRIBUTARY_EGRESS_ALLOW.",
        DestinationWorker.Exhausted => "It was tried for as long as the settings say. Repair the cause, then send them again.",
        DestinationPlan.NoMapping => "Nothing is wrong, unless you want these events: then add a mapping, or widen a trigger.",
        DestinationPlan.InvalidMapping => "Open the mapping: it says where it cannot be read. Then send the events again.",
        DeliveryFilter.Disabled => "Events are not kept for a disabled destination. Pause it instead when they should wait.",
        DeliveryFilter.ByIntegrations or DeliveryFilter.UnknownIntegration or DeliveryFilter.SentByClient => "The sender sets this with integrations.",
        "function_unavailable" => "Look at the function's logs, and deploy a version that can be read.",
        "message_rejected" or "bad_request" or "action_failed" => "Look at a sample: the answer says what is missing. Change the mapping or the sender, then send them again.",
        _ when Status(reason) is { } status => status switch
        {
            401 or 403 => "Enter new credentials in the settings, then send them again.",
            404 or (>= 300 and < 400) => "Check the address in the settings, then send them again.",
            413 => "Send fewer events in a request, or leave out what is large.",
            429 => "It is tried again by itself. Lower the rate in the delivery settings when it goes on.",
            408 or >= 500 => "It is tried again by itself.",
            _ => "Look at a sample: the answer says what is wrong. Change the mapping or the sender, then send them again.",
        },
        _ => null,
    };

    private static int? Status(string reason) =>
        reason.StartsWith(Http, StringComparison.Ordinal) && int.TryParse(reason.AsSpan(Http.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var status) ? status : null;
}
