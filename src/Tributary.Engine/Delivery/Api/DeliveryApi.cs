using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Processing;
using Tributary.Engine.Profiles;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>Flow, passports and the newest events over HTTP.</summary>
public static class DeliveryApi
{
    private const int LimitPreset = 50;
    private const int LimitMax = 1_000;

    /// <summary>
    /// Maps <c>/api/flow</c>, <c>/api/events</c>, <c>/api/events/{messageId}</c>, <c>/api/sources/{id}/discards</c>, and what belongs to destinations: subscriptions,
    /// filters, metrics, samples, tests and replays. The caller adds authentication.
    /// </summary>
    public static void MapDeliveryApi(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api");
        SubscriptionsApi.Map(api);
        FiltersApi.Map(api);
        DestinationOperationsApi.Map(api);
        DeliveryMetricsApi.Map(api);
        SourceMetricsApi.Map(api);
        endpoints.MapGet("/api/flow", (FlowQueries flow) => ApiAnswer.Data(flow.Read()))
            .WithName("getFlow").WithTags("Events").WithSummary("What came in, what went out, and what became of the difference.");
        endpoints.MapGet("/api/events", List)
            .WithName("listEvents").WithTags("Events").WithSummary("The newest events: ?source=&type=&event=&verdict=&limit=&before=.");
        endpoints.MapGet("/api/events/{**messageId}", Get)
            .WithName("getEvent").WithTags("Events").WithSummary("The whole life of the messages with one id.");
        endpoints.MapGet("/api/sources/{id}/discards", Discards)
            .WithName("listDiscards").WithTags("Events").WithSummary("What a source had discarded or quarantined, the newest first, with code and payload.");
    }

    // A message id may hold a slash, sent plain or encoded, so the path is taken as it was sent.
    private static IResult Get(HttpContext context, PassportQueries passports)
    {
        var messageId = string.Join('/', RawPath.Segments(context, "/api/events/"));
        return passports.Find(messageId) is { } passport
            ? WrittenAnswer.Data(json => passports.Write(json, passport))
            : ApiAnswer.Failed(StatusCodes.Status404NotFound, "not-found", [new WorkspaceFault(null, $"No message with the id \"{messageId}\" is known. It may not be processed yet.")]);
    }

    private static IResult List(HttpRequest request, Func<WorkspaceSnapshot> workspace, PassportQueries passports)
    {
        var now = workspace();
        var query = request.Query;
        Source? source = null;
        EventType type = default;
        if (Text(request, "source") is { } named && (source = FindSource(now, named)) is null) return Invalid("source", $"There is no source \"{named}\".");
        if (Text(request, "type") is { } typed && !EventTypes.TryParse(System.Text.Encoding.UTF8.GetBytes(typed), out type))
            return Invalid("type", "type must be identify, track, page, screen, group or alias.");
        if (!TryReadPage(request, out var limit, out var before, out var fault)) return fault;
        switch (query["verdict"].ToString())
        {
            case "" or "accepted":
                return WrittenAnswer.Data(json =>
                {
                    json.WriteStartArray("events");
                    foreach (var (found, record) in passports.Recent(source?.Number, type == default ? null : type, Text(request, "event"), before).Take(limit))
                        PassportQueries.WriteRecent(json, found, record, now);
                    json.WriteEndArray();
                });
            case "discarded" or "quarantined":
                var isQuarantined = query["verdict"] == "quarantined";
                var rejections = passports.Refused(source?.Number, isQuarantined, before, limit);
                return WrittenAnswer.Data(json =>
                {
                    json.WriteStartArray("events");
                    foreach (var rejection in rejections) passports.WriteRejected(json, rejection, isQuarantined, now);
                    json.WriteEndArray();
                });
            default:
                return Invalid("verdict", "verdict must be accepted, discarded or quarantined.");
        }
    }

    private static IResult Discards(HttpRequest request, string id, Func<WorkspaceSnapshot> workspace, PassportQueries passports, EventQueries events)
    {
        var now = workspace();
        if (FindSource(now, id) is not { } source) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Source, id));
        if (!TryReadPage(request, out var limit, out var before, out var fault)) return fault;
        var counts = events.Counts(source.Number);
        return WrittenAnswer.Data(json =>
        {
            json.WriteStartObject("counts");
            foreach (var (reason, count) in counts.Discarded) json.WriteNumber(reason.Code(), count);
            json.WriteEndObject();
            json.WriteNumber("quarantinedCount", counts.Quarantined);
            foreach (var (name, isQuarantined) in (ReadOnlySpan<(string, bool)>)[("discards", false), ("quarantined", true)])
            {
                json.WriteStartArray(name);
                foreach (var rejection in Before(events.ListRejected(source.Number, isQuarantined), before).Take(limit)) passports.WriteRejected(json, rejection, isQuarantined, now);
                json.WriteEndArray();
            }
        });
    }

    private static IEnumerable<Rejection> Before(IEnumerable<Rejection> newestFirst, LogOffset before) => newestFirst.SkipWhile(rejection => rejection.Offset >= before);

    private static Source? FindSource(WorkspaceSnapshot now, string idOrSlug) => now.FindSource(idOrSlug) ?? now.Sources.FirstOrDefault(source => source.Slug == idOrSlug);

    private static string? Text(HttpRequest request, string name) => request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    private static bool TryReadPage(HttpRequest request, out int limit, out LogOffset before, out IResult fault)
    {
        (limit, before, fault) = (LimitPreset, new LogOffset(long.MaxValue), Results.Empty);
        if (Text(request, "limit") is { } count && (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > LimitMax))
        {
            fault = Invalid("limit", $"limit must be a whole number from 1 to {LimitMax}.");
            return false;
        }

        if (Text(request, "before") is not { } offset) return true;
        if (!long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            fault = Invalid("before", "before must be an offset from an earlier answer.");
            return false;
        }

        before = new LogOffset(value);
        return true;
    }

    private static ApiAnswer Invalid(string field, string message) => ApiAnswer.Refused(WorkspaceRefusal.Invalid(field, message));
}
