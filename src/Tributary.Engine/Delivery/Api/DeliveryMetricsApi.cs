using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery;

/// <summary>
/// Counts over time in Segment's shapes: <c>/api/destinations/{id}/delivery-metrics</c> and the three parts of <c>/api/delivery-overview</c> that are about destinations.
/// They count deliveries: an event that triggers two subscriptions counts in each.
/// </summary>
internal static class DeliveryMetricsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/destinations/{id}/delivery-metrics", Summary).WithTags("Delivery overview")
            .WithName("listDeliveryMetricsSummaryFromDestination").WithSummary("Successes by attempt, retries, discards and expirations.");
        var overview = api.MapGroup("/delivery-overview").WithTags("Delivery overview");
        overview.MapGet("/successful-delivery", (HttpRequest request, Func<WorkspaceSnapshot> workspace, IStateStore store, TimeProvider clock) => Overview(request, workspace(), store, clock, SeriesMetric.Delivered))
            .WithName("getEgressSuccessMetricsFromDeliveryOverview").WithSummary("What was delivered, over time.");
        overview.MapGet("/failed-delivery", (HttpRequest request, Func<WorkspaceSnapshot> workspace, IStateStore store, TimeProvider clock) => Overview(request, workspace(), store, clock, SeriesMetric.Failed))
            .WithName("getEgressFailedMetricsFromDeliveryOverview").WithSummary("What failed for good, over time.");
        overview.MapGet("/filtered-at-destination", (HttpRequest request, Func<WorkspaceSnapshot> workspace, IStateStore store, TimeProvider clock) => Overview(request, workspace(), store, clock, SeriesMetric.Filtered))
            .WithName("getFilteredAtDestinationMetricsFromDeliveryOverview").WithSummary("What was kept from the destination, over time.");
    }

    private static ApiAnswer Summary(HttpRequest request, string id, Func<WorkspaceSnapshot> workspace, IStateStore store, TimeProvider clock)
    {
        if (workspace().FindDestination(id) is not { } destination) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));
        var (window, refusal) = MetricsQuery.Read(request, clock, "day");
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var lines = Lines(store, destination, window).GroupBy(line => (line.Key.Metric, line.Key.Detail))
            .ToDictionary(group => group.Key, group => group.Sum(line => line.Count));
        JsonObject Metric(string name, string prefix, Func<(SeriesMetric Metric, string Detail), bool> isIn) => new()
        {
            ["metricName"] = name,
            ["total"] = lines.Where(line => isIn(line.Key)).Sum(line => line.Value),
            ["breakdown"] = new JsonArray([.. lines.Where(line => isIn(line.Key)).GroupBy(line => CodeOf(line.Key.Metric, line.Key.Detail)).OrderBy(set => set.Key, StringComparer.Ordinal)
                .Select(set => new JsonObject { ["metricName"] = $"{prefix}.{set.Key}", ["value"] = set.Sum(line => line.Value) })]),
        };

        return ApiAnswer.Data(new JsonObject
        {
            ["deliveryMetricsSummary"] = new JsonObject
            {
                ["sourceId"] = destination.SourceId,
                ["destinationMetadataId"] = destination.MetadataId,
                ["metrics"] = new JsonArray(
                    Metric("successes", "successes.attempt", key => key.Metric == SeriesMetric.Delivered),
                    Metric("successes_on_retry", "successes.attempt", key => key.Metric == SeriesMetric.Delivered && key.Detail != "1"),
                    Metric("retried", "errors.awaiting-retry", key => key.Metric == SeriesMetric.Retried),
                    Metric("discarded", "errors.discarded", key => key.Metric == SeriesMetric.Failed && key.Detail != DestinationWorker.Exhausted),
                    Metric("expired", "errors.expired", key => key.Metric == SeriesMetric.Failed && key.Detail == DestinationWorker.Exhausted),
                    Metric("filtered", "filtered", key => key.Metric == SeriesMetric.Filtered)),
            },
        });
    }

    private static ApiAnswer Overview(HttpRequest request, WorkspaceSnapshot now, IStateStore store, TimeProvider clock, SeriesMetric metric)
    {
        var id = request.Query["destinationConfigId"].ToString();
        if (now.FindDestination(id) is not { } destination) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));
        var (window, refusal) = MetricsQuery.Read(request, clock);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var groups = MetricsQuery.List(request, "groupBy");
        if (groups.FirstOrDefault(group => group is not ("discardReason" or "subscriptionId")) is { } unknown)
            return ApiAnswer.Refused(WorkspaceRefusal.Invalid("groupBy", $"groupBy {unknown} is not counted here; discardReason and subscriptionId are. The lake has the events themselves."));
        var subscription = request.Query["subscriptionId"].ToString();
        var lines = Lines(store, destination, window).Where(line => line.Key.Metric == metric);
        if (subscription.Length > 0)
        {
            if (now.FindSubscription(subscription) is not { } found) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Subscription, subscription));
            lines = lines.Where(line => line.Key.Lane == found.Number);
        }

        var reasons = MetricsQuery.List(request, "filter[discardReason]");
        if (reasons.Count > 0) lines = lines.Where(line => reasons.Contains(CodeOf(metric, line.Key.Detail)) || reasons.Contains(line.Key.Detail));
        var sets = lines.ToLookup(line => (
            Reason: groups.Contains("discardReason") && metric != SeriesMetric.Delivered ? CodeOf(metric, line.Key.Detail) : null,
            Lane: groups.Contains("subscriptionId") ? line.Key.Lane : (uint?)null));
        var dataset = new JsonArray([.. sets.OrderByDescending(set => set.Sum(line => line.Count)).Select(set =>
        {
            var json = new JsonObject { ["total"] = set.Sum(line => line.Count) };
            if (set.Key.Reason is { } reason) json["discardReason"] = reason;
            if (set.Key.Lane is { } lane) json["subscriptionId"] = now.Subscriptions.FirstOrDefault(each => each.Number == lane)?.Id ?? "";
            json["series"] = window.Series(set.Select(line => (line.At, line.Count)));
            return json;
        })]);
        return ApiAnswer.Data(new JsonObject
        {
            ["total"] = sets.Sum(set => set.Sum(line => line.Count)),
            ["dataset"] = dataset,
            ["pagination"] = new JsonObject { ["current"] = "", ["totalEntries"] = dataset.Count },
        });
    }

    // The detail of what was delivered is the number of the attempt.
    private static string CodeOf(SeriesMetric metric, string detail) => metric == SeriesMetric.Delivered ? detail : SegmentCodes.Of(detail);

    private static IEnumerable<(long At, SeriesKey Key, long Count)> Lines(IStateStore store, Destination destination, MetricsQuery window) =>
        DeliverySeries.Read(store, destination.Number, window.IsByHour, window.From, window.To);
}
