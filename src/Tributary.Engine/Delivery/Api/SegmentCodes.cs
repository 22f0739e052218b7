using System.Buffers;

namespace Tributary.Engine.Delivery;

/// <summary>
/// What Segment's reports call the reasons of outcomes: spec/connections.md §5.2 and §5.7. Reasons that Segment does not have keep their own names. Everywhere
/// else (flow, passport, samples, replay) a reason has the one name under which it is counted.
/// </summary>
internal static class SegmentCodes
{
    private const string Http = "http_";

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

    /// <summary>The name in metrics and in the delivery overview, e.g. <c>503</c> or <c>FILTERED_BY_RULES</c>.</summary>
    public static string Of(string reason) => reason switch
    {
        _ when reason.StartsWith(Http, StringComparison.Ordinal) && reason.Length > Http.Length && !reason.AsSpan(Http.Length).ContainsAnyExcept(Digits) => reason[Http.Length..],
        "name_not_resolved" => "ENOTFOUND",
        "connection_failed" => "ECONNREFUSED",
        "network" => "ECONNRESET",
        "timeout" => "ETIMEDOUT",
        "retry" or "function_timeout" => "RETRY",
        "kafka_settings" or "invalid_settings" => "INVALID_SETTINGS",
        "message_rejected" or "bad_request" => reason.ToUpperInvariant(),
        DeliveryFilter.ByIntegrations or DeliveryFilter.UnknownIntegration or DeliveryFilter.SentByClient or DeliveryFilter.ByType or DeliveryFilter.ByConsent or DestinationPlan.ByRules or DestinationPlan.NoMapping =>
            reason.ToUpperInvariant(),
        _ => reason,
    };
}
