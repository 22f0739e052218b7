using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Processing;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>
/// What became of a source's messages over time, in Segment's shapes: the three parts of <c>/api/delivery-overview</c> that are about sources, and
/// <c>/api/events/volume</c>. Every message is in one of failed on ingest, filtered at source and accepted; the last two were successfully received.
/// </summary>
internal static class SourceMetricsApi
{
    private const string Reason = "discardReason";
    private const string Name = "eventName";
    private const string Type = "eventType";
    private const string Version = "appVersion";
    private const string SourceGroup = "source";

    public static void Map(IEndpointRouteBuilder api)
    {
        var overview = api.MapGroup("/delivery-overview").WithTags("Delivery overview");
        overview.MapGet("/successfully-received", (HttpRequest request, Func<WorkspaceSnapshot> workspace, IStateStore store, TimeProvider clock) =>
                Overview(request, workspace(), store, clock, static metric => metric is SourceMetric.Accepted or SourceMetric.Duplicate))
            .WithName("getIngressSuccessMetricsFromDeliveryOverview").WithSummary("What a source sent that passed the checks, over time.");
        overview.MapGet("/failed-on-ingest", (HttpRequest request, Func<WorkspaceSnapshot> workspace, IStateStore store, TimeProvider clock) =>
                Overview(request, workspace(), store, clock, static metric => metric is SourceMetric.Discarded or SourceMetric.Quarantined))
            .WithName("getIngressFailedMetricsFromDeliveryOverview").WithSummary("What a source sent that did not, over time.");
        overview.MapGet("/filtered-at-source", (HttpRequest request, Func<WorkspaceSnapshot> workspace, IStateStore store, TimeProvider clock) =>
                Overview(request, workspace(), store, clock, static metric => metric is SourceMetric.Duplicate))
            .WithName("getFilteredAtSourceMetricsFromDeliveryOverview").WithSummary("What went no further than its source, over time.");
        api.MapGet("/events/volume", Volume)
            .WithName("getEventsVolumeFromWorkspace").WithTags("Events").WithSummary("How many events were accepted, over time, of all sources or some.");
    }

    private static ApiAnswer Overview(HttpRequest request, WorkspaceSnapshot now, IStateStore store, TimeProvider clock, Func<SourceMetric, bool> isIn)
    {
        var id = request.Query["sourceId"].ToString();
        if (now.FindSource(id) is not { } source) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Source, id));
        var (query, refusal) = MetricsQuery.Read(request, clock);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var groups = MetricsQuery.List(request, "groupBy");
        if (groups.FirstOrDefault(group => group is not (Reason or Name or Type or Version)) is { } unknown) return NotCounted(unknown, [Reason, Name, Type, Version]);
        var (page, fault) = ApiPage.Read(request);
        if (fault is not null) return ApiAnswer.Refused(fault);
        var filter = Filter.Read(request, "filter[{0}]");
        // What was received has no reason, and that some of it is a repeat is said by what is filtered.
        if (isIn(SourceMetric.Accepted)) groups.Remove(Reason);
        var sets = Sets([.. Counts(store, source, query).Where(count => isIn(count.Line.Metric) && filter.Takes(count.Line))], groups);
        var data = page.Cut("dataset", sets, set => set.Place, set => Write(set, query, null));
        data.Insert(0, "total", sets.Sum(set => set.Total));
        return ApiAnswer.Data(data);
    }

    private static ApiAnswer Volume(HttpRequest request, Func<WorkspaceSnapshot> workspace, IStateStore store, TimeProvider clock)
    {
        var now = workspace();
        var (query, refusal) = MetricsQuery.Read(request, clock);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var groups = MetricsQuery.List(request, "groupBy").SelectMany(group => group.Split(',', StringSplitOptions.TrimEntries)).Select(group => group == "sourceId" ? SourceGroup : group).ToList();
        if (groups.FirstOrDefault(group => group is not (SourceGroup or Name or Type or Version)) is { } unknown) return NotCounted(unknown, [SourceGroup, Name, Type, Version]);
        var ids = MetricsQuery.List(request, "sourceId");
        if (ids.FirstOrDefault(id => now.FindSource(id) is null) is { } missing) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Source, missing));
        var (page, fault) = ApiPage.Read(request);
        if (fault is not null) return ApiAnswer.Refused(fault);
        var filter = Filter.Read(request, "{0}");
        var counts = now.Sources.Where(source => ids.Count == 0 || ids.Contains(source.Id)).SelectMany(source => Counts(store, source, query));
        var sets = Sets([.. counts.Where(count => count.Line.Metric == SourceMetric.Accepted && filter.Takes(count.Line))], groups);
        var data = page.Cut("result", sets, set => set.Place, set => Write(set, query, now));
        data.Insert(0, "path", "/events/volume");
        data.Insert(1, "query", new JsonObject
        {
            ["workspaceId"] = now.Name?.Id ?? "",
            ["granularity"] = request.Query["granularity"].ToString().ToUpperInvariant(),
            ["startTime"] = Profiles.ProfileWriter.Iso(query.From),
            ["endTime"] = Profiles.ProfileWriter.Iso(query.To),
            ["groupBy"] = Texts(groups),
            ["sourceId"] = Texts(ids),
            [Name] = Texts(filter.Names),
            [Type] = Texts(filter.Types),
            [Version] = Texts(filter.Versions),
        });
        return ApiAnswer.Data(data);
    }

    private static JsonArray Texts(List<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    private static ApiAnswer NotCounted(string group, string[] counted) =>
        ApiAnswer.Refused(WorkspaceRefusal.Invalid("groupBy", $"groupBy {group} is not counted here; {string.Join(", ", counted)} are. The lake has the events themselves."));

    private static IEnumerable<Count> Counts(IStateStore store, Source source, MetricsQuery query) =>
        SourceSeries.Read(store, source.Number, query.IsByHour, query.From, query.To).Select(count => new Count(source, count.At, count.Line, count.Count));

    // The largest first; equal ones by their names, so that pages of one answer fit together.
    private static List<Set> Sets(List<Count> counts, List<string> groups) =>
    [
        .. counts.GroupBy(count => new GroupKey(
                groups.Contains(SourceGroup) ? count.Source.Id : null, groups.Contains(Name) ? NameOf(count.Line) : null, groups.Contains(Type) ? TypeOf(count.Line) : null,
                groups.Contains(Version) ? VersionOf(count.Line) : null, groups.Contains(Reason) ? ReasonOf(count.Line) : null))
            .Select(set => (set.Key, Counts: set.ToList()))
            .OrderByDescending(set => set.Counts.Sum(count => count.Number)).ThenBy(set => set.Key.ToString(), StringComparer.Ordinal)
            .Select((set, place) => new Set(place, set.Key, set.Counts.Sum(count => count.Number), set.Counts)),
    ];

    private static JsonObject Write(Set set, MetricsQuery query, WorkspaceSnapshot? now)
    {
        var json = new JsonObject();
        if (set.Key.Source is { } id && now?.FindSource(id) is { } source) json[SourceGroup] = new JsonObject { ["id"] = id, ["name"] = source.Name, ["slug"] = source.Slug };
        if (set.Key.Name is { } name) json[Name] = name;
        if (set.Key.Type is { } type) json[Type] = type;
        if (set.Key.Version is { } version) json[Version] = version;
        if (set.Key.Reason is { } reason) json[Reason] = reason;
        json["total"] = set.Total;
        json["series"] = query.Series(set.Counts.Select(count => (count.At, count.Number)));
        return json;
    }

    private static string NameOf(SourceLine line) => line.IsOther ? "other" : line.Name;

    private static string VersionOf(SourceLine line) => line.IsOther ? "other" : line.AppVersion;

    private static string TypeOf(SourceLine line) => line.Type == default ? "" : line.Type.Name();

    private static string? ReasonOf(SourceLine line) => line.Metric switch
    {
        SourceMetric.Discarded => line.Reason.Code(),
        SourceMetric.Quarantined => "quarantined",
        SourceMetric.Duplicate => "duplicate",
        SourceMetric.Accepted => null,
    };

    private sealed record Count(Source Source, long At, SourceLine Line, long Number);

    private sealed record GroupKey(string? Source, string? Name, string? Type, string? Version, string? Reason);

    private sealed record Set(long Place, GroupKey Key, long Total, List<Count> Counts);

    /// <summary>Which counts are asked for; an empty list asks for all.</summary>
    private sealed record Filter(List<string> Names, List<string> Types, List<string> Versions, List<string> Reasons)
    {
        public static Filter Read(HttpRequest request, string form)
        {
            List<string> Of(string name) => MetricsQuery.List(request, form.Replace("{0}", name, StringComparison.Ordinal));
            return new Filter(Of(Name), Of(Type), Of(Version), Of(Reason));
        }

        // What is not told apart is none of those that are asked for by name.
        public bool Takes(SourceLine line) =>
            (Names.Count == 0 || (!line.IsOther && Names.Contains(line.Name)))
            && (Types.Count == 0 || Types.Contains(TypeOf(line)))
            && (Versions.Count == 0 || (!line.IsOther && Versions.Contains(line.AppVersion)))
            && (Reasons.Count == 0 || (ReasonOf(line) is { } reason && Reasons.Contains(reason)));
    }
}
