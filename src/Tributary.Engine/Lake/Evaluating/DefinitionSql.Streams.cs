using System.Globalization;
using Tributary.Engine.Traits.Language;
using ValueType = Tributary.Engine.Traits.Language.ValueType;

namespace Tributary.Engine.Lake.Evaluating;

/// <summary>Events, and what they are brought down to.</summary>
internal sealed partial class DefinitionSql
{
    private const string EventColumns = "name, timestamp, received_at, tie, seq, source, properties, context, page_name";
    private const string InOrder = "timestamp, received_at, tie, seq";
    private const string Backwards = "timestamp DESC, received_at DESC, tie DESC, seq DESC";

    /// <summary>All events of a name with whose they are: <c>s own person</c> and the columns of the history.</summary>
    private string Events(Place place, string name)
    {
        var people = People();
        if (place is Place.Member or Place.Account or Place.MemberOfAccount)
        {
            var members = Membership();
            var (s, person) = place == Place.Account ? ("m.account", "m.account") : ("m.account || '/' || m.person", "m.person");
            var kind = place == Place.Account ? "accounts" : "members";
            return Once($"events of {kind} {name}", () => $"""
                SELECT {s} AS s, m.account AS own, {person} AS person, {Of("h")} FROM {HistoryTable.History} h
                JOIN {people} p ON p.type = h.type AND p.value = h.value JOIN {members} m ON m.person = p.profile
                WHERE h.space = {_question.Space} AND h.name = {LakeDatabase.Literal(name)}{HistoryReader.Counting("h.", _question.Since, _question.Beginning)}
                """);
        }

        return Once($"events of people {name}", () => $"""
            SELECT p.profile AS s, p.profile AS own, p.profile AS person, {Of("h")} FROM {HistoryTable.History} h
            JOIN {people} p ON p.type = h.type AND p.value = h.value
            WHERE h.space = {_question.Space} AND h.name = {LakeDatabase.Literal(name)}{HistoryReader.Counting("h.", _question.Since, _question.Beginning)}
            """);
    }

    private static string Of(string alias) => string.Join(", ", EventColumns.Split(", ").Select(column => $"{alias}.{column}"));

    /// <summary>The rows of a stream that pass all its filters; <c>g</c> is what they belong to, <c>k</c> names each where others are nested in it.</summary>
    private string Rows(EventStream stream, Place place, string? parents)
    {
        var events = Events(place, stream.Event);
        // A row is named within what it belongs to: the same event may belong to several.
        var key = stream.Filters.Any(filter => filter is WhereFilter where && HasReduction(where.Condition)) ? ", {0} || '/' || {1}.seq AS k" : "";
        var rows = Part(parents is null
            ? $"SELECT e.s AS g, e.*{string.Format(CultureInfo.InvariantCulture, key, "e.s", "e")} FROM {events} e"
            : $"""
                SELECT q.k AS g, e.*{string.Format(CultureInfo.InvariantCulture, key, "q.k", "e")}, q.name AS p_name, q.timestamp AS p_timestamp,
                q.properties AS p_properties, q.context AS p_context, q.page_name AS p_page_name FROM {Joined(parents, events, stream)}
                """);
        foreach (var filter in CheapestFirst(stream.Filters)) rows = Filter(filter, rows, place, parents is not null);
        return rows;
    }

    // A row passes all filters or not, in whichever order: what reads JSON or other events is put to as few as can be. Only a session is of those that came so far.
    private static IEnumerable<StreamFilter> CheapestFirst(IEnumerable<StreamFilter> filters)
    {
        var sessions = 0;
        return filters.Select(filter => (Filter: filter, Stretch: filter is SessionFilter ? ++sessions : sessions)).ToList()
            .OrderBy(each => each.Stretch).ThenBy(each => each.Filter switch
            {
                SessionFilter => 0,
                WhereFilter where => HasReduction(where.Condition) ? 3 : 2,
                _ => 1,
            }).Select(each => each.Filter);
    }

    /// <summary>Enclosing events <c>q</c> and those of the stream that may count for each, <c>e</c>: of the same subject, and near it where the stream says how near.</summary>
    private string Joined(string parents, string events, EventStream stream)
    {
        // A session depends on all that passes the filters before it.
        var window = stream.Filters.TakeWhile(filter => filter is not SessionFilter).FirstOrDefault(filter => filter is WithinFilter { OfParent: true } or BetweenFilter { OfParent: true });
        if (window is null) return $"{parents} q JOIN {events} e ON e.s = q.s";
        // Time in pieces as long as the window, so that it lies in two of them: else whoever has done both a thousand times makes a million pairs.
        var (near, far) = window is BetweenFilter between ? (between.Near.Milliseconds, between.Far.Milliseconds) : (0, ((WithinFilter)window).Duration.Milliseconds);
        var length = Math.Max(1, far - near);
        var first = $"(timestamp + {Number(near)}) // {Number(length)}";
        return $"""
            (SELECT *, unnest([{first}, {first} + 1]) AS piece FROM {parents}) q
            JOIN (SELECT *, timestamp // {Number(length)} AS piece FROM {events}) e ON e.s = q.s AND e.piece = q.piece
            """;
    }

    private string Filter(StreamFilter filter, string rows, Place place, bool hasParent)
    {
        switch (filter)
        {
            case WhereFilter where:
                var frame = new Frame(place, rows, hasParent);
                var condition = Condition(where.Condition, frame);
                // Of a sample it pays to find out first whose event it is; a condition that asks nothing of that would be put to the events of everybody.
                if (_question.OneOf > 1 && !HasReduction(where.Condition)) condition = $"CASE WHEN length(r.own) > 0 THEN {condition} ELSE false END";
                return Part($"SELECT r.* FROM {rows} r{frame.Joins} WHERE {condition}");
            case SourcesFilter sources:
                var ids = string.Join(", ", sources.Excluded.Select(LakeDatabase.Literal));
                return Part($"SELECT * FROM {rows} WHERE source NOT IN (SELECT number FROM {LakeDatabase.Catalog}.{LakeDefinitions.OwnSchema}.sources WHERE id IN ({ids}))");
            case WithinFilter { OfParent: true } within:
                return Part($"SELECT * FROM {rows} WHERE timestamp > p_timestamp AND timestamp <= p_timestamp + {Number(within.Duration.Milliseconds)}");
            case WithinFilter within:
                return Part($"SELECT * FROM {rows} WHERE timestamp >= {Number(_question.Now - within.Duration.Milliseconds)}");
            case BetweenFilter { OfParent: true } between:
                return Part($"""
                    SELECT * FROM {rows} WHERE timestamp > p_timestamp AND timestamp >= p_timestamp + {Number(between.Near.Milliseconds)}
                    AND timestamp <= p_timestamp + {Number(between.Far.Milliseconds)}
                    """);
            case BetweenFilter between:
                return Part($"""
                    SELECT * FROM {rows} WHERE timestamp >= {Number(_question.Now - between.Far.Milliseconds)} AND timestamp <= {Number(_question.Now - between.Near.Milliseconds)}
                    """);
            case SessionFilter session:
                return Session(rows, session.Gap.Milliseconds);
            default:
                throw new InvalidOperationException("Not a filter.");
        }
    }

    // A row is in the open session when no pause that is too long lies behind it, the one up to now included.
    private string Session(string rows, long gap)
    {
        var pauses = Part($"""
            SELECT *, coalesce(lead(timestamp) OVER (PARTITION BY g ORDER BY {InOrder}) - timestamp > {Number(gap)}, false)::INTEGER AS is_pause, max(timestamp) OVER (PARTITION BY g) AS newest
            FROM {rows}
            """);
        var counted = Part($"SELECT *, sum(is_pause) OVER (PARTITION BY g ORDER BY {Backwards} ROWS UNBOUNDED PRECEDING) AS pauses FROM {pauses}");
        return Part($"SELECT * EXCLUDE (is_pause, newest, pauses) FROM {counted} WHERE pauses = 0 AND newest + {Number(gap)} >= {Number(_question.Now)}");
    }

    private static bool HasReduction(Condition condition) => condition switch
    {
        AllOf all => all.Parts.Any(HasReduction),
        OneOf one => one.Parts.Any(HasReduction),
        Not not => HasReduction(not.Inner),
        Comparison comparison => ReadsEvents(comparison),
        _ => false,
    };

    /// <summary>A reducer's value for each <c>g</c> that has rows: <c>v</c>, or of counts <c>n</c>.</summary>
    private string Reduce(Reduction reduction, Place place, string? parents)
    {
        var rows = Rows(reduction.Stream, place, parents);
        if (reduction.Reducer == ReducerKind.Count) return Part($"SELECT g, count(*) AS n FROM {rows} GROUP BY g");
        var of = reduction.Of!;
        var frame = new Frame(place, rows, parents is not null);
        var values = Part($"SELECT r.g, r.timestamp, r.received_at, r.tie, r.seq, {EventValue(of, frame)} AS v FROM {rows} r");
        // What is no value is left out by the aggregates: a condition on the rows would be evaluated where they are read, once more, and of a sample for those of everybody.
        switch (reduction.Reducer)
        {
            case ReducerKind.First or ReducerKind.Last:
                var isFirst = reduction.Reducer == ReducerKind.First;
                var edge = !of.Path.IsMany ? "v" : isFirst ? "split_part(v, chr(30), 1)" : "trib_last(v)";
                // Of what happened at the very same instant, the one that came later.
                var order = isFirst ? "timestamp, received_at, tie, seq DESC" : Backwards;
                return Part($"SELECT g, first({edge} ORDER BY {order}) FILTER (v IS NOT NULL) AS v FROM {values} GROUP BY g");
            case ReducerKind.Sum or ReducerKind.Avg:
                var parts = Part($"SELECT g, trib_part(v) AS part FROM {Each(values, of)}");
                return Part($"SELECT g, trib_total(sum(part), count(part), {(reduction.Reducer == ReducerKind.Avg ? "true" : "false")}) AS v FROM {parts} GROUP BY g");
            case ReducerKind.Max or ReducerKind.Min:
                var extremes = Typed(Each(values, of), reduction);
                var isNumber = TypeOf(reduction) == ValueType.Number;
                var extreme = $"{(reduction.Reducer == ReducerKind.Max ? "arg_max" : "arg_min")}(v, {(isNumber ? "trib_number(v)" : "trib_order(v)")})";
                return Part($"SELECT g, {extreme} FILTER (v IS NOT NULL) AS v FROM {extremes} GROUP BY g");
            case ReducerKind.Mode:
                var counts = Part($"SELECT g, v, count(*) AS n FROM {Typed(Taken(values, reduction), reduction)} GROUP BY g, v");
                var modes = Part($"SELECT g, first(v ORDER BY n DESC, trib_order(v)) FILTER (v IS NOT NULL) AS v, max(n) FILTER (v IS NOT NULL) AS n FROM {counts} GROUP BY g");
                return Part($"SELECT g, v FROM {modes} WHERE n >= {reduction.Least}");
            case ReducerKind.UniqueCount:
                return Part($"SELECT g, count(DISTINCT v) AS n FROM {Typed(Taken(values, reduction), reduction)} GROUP BY g");
            case ReducerKind.Unique:
                return Part($"SELECT g, string_agg(DISTINCT v, chr(30)) AS v FROM {Typed(Taken(values, reduction), reduction)} GROUP BY g");
            default:
                throw new InvalidOperationException("Not a reducer.");
        }
    }

    /// <summary>One row for each value of those that an event may have several of.</summary>
    private string Each(string values, EventScalar of) => of.Path.IsMany ? Part($"SELECT g, unnest(string_split(v, chr(30))) AS v FROM {values}") : values;

    private string Taken(string values, Reduction reduction)
    {
        if (!reduction.Of!.Path.IsMany) return values;
        return reduction.As == ValueType.Array ? Part($"SELECT g, trib_taken(v) AS v FROM {values}") : Each(values, reduction.Of);
    }

    private string Typed(string values, Reduction reduction)
    {
        var type = TypeOf(reduction);
        return type == ValueType.Unstated ? values : Part($"SELECT g, trib_typed(v, {(int)type}) AS v FROM {values}");
    }

    // What a reducer takes values for when the definition does not say.
    private static ValueType TypeOf(Reduction reduction) => reduction.As != ValueType.Unstated ? reduction.As : reduction.Reducer switch
    {
        ReducerKind.Max or ReducerKind.Min => ValueType.Number,
        ReducerKind.Mode => ValueType.String,
        ReducerKind.Count or ReducerKind.Sum or ReducerKind.Avg or ReducerKind.First or ReducerKind.Last or ReducerKind.Unique or ReducerKind.UniqueCount => ValueType.Unstated,
    };
}
