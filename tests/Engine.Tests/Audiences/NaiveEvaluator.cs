using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Tests.Audiences;

/// <summary>An event as it was sent.</summary>
/// <param name="At">When it happened, and its place among others.</param>
/// <param name="Source">The id of its source.</param>
/// <param name="Name">What definitions call it.</param>
/// <param name="Properties">JSON; empty when there are none.</param>
/// <param name="Context">JSON; empty when there is none.</param>
/// <param name="PageName">Of page and screen calls, the page's name.</param>
internal sealed record NaiveEvent(Instant At, string Source, string Name, byte[] Properties, byte[] Context, string? PageName);

/// <summary>Somebody or an account: everything that belongs to it now.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Events">In any order.</param>
/// <param name="People">Of an account.</param>
/// <param name="TraitOf">The JSON of a trait; null when there is none.</param>
internal sealed record NaiveProfile(string Name, IReadOnlyList<NaiveEvent> Events, IReadOnlyList<NaiveProfile> People, Func<string, byte[]?> TraitOf);

/// <summary>
/// What a definition says of a profile, computed from every event each time. It is as slow and as simple as it can be, and shares with the engine only what single
/// values mean.
/// </summary>
internal sealed class NaiveEvaluator(Definition definition, NaiveProfile self, long now)
{
    private readonly bool _isAccount = definition.Scope == DefinitionScope.Accounts;

    /// <summary>The answer as JSON; null for no value.</summary>
    public byte[]? Answer()
    {
        var top = new Place(self, false, null, null);
        if (definition.Condition is { } condition) return Holds(condition, top) ? "true"u8.ToArray() : "false"u8.ToArray();
        if (definition.Value is Reduction { Reducer: ReducerKind.Unique } list) return Reductions.List(ValuesOf(list, EventsOf(list, top)).Distinct());
        return Reductions.Json(Read(definition.Value!, top).FirstOrDefault());
    }

    private bool Holds(Condition condition, Place at)
    {
        switch (condition)
        {
            case AllOf all:
                return all.Parts.All(part => Holds(part, at));
            case OneOf one:
                return one.Parts.Any(part => Holds(part, at));
            case Not not:
                return !Holds(not.Inner, at);
            case Quantified { IsAll: false } some:
                return self.People.Any(person => Holds(some.Inner, new Place(person, true, null, null)));
            case Quantified every:
                return self.People.Count > 0 && self.People.All(person => Holds(every.Inner, new Place(person, true, null, null)));
            case Comparison comparison:
                // What accounts do is what one of their people did; their traits are their own.
                var isOfPeople = _isAccount && !at.IsQuantified && at.Event is null && (comparison.Left is Reduction || comparison.Operands.Any(operand => operand is Reference { Value: Reduction }));
                return isOfPeople ? self.People.Any(person => Compares(comparison, at with { Who = person })) : Compares(comparison, at);
            default:
                throw new InvalidOperationException("Not a condition.");
        }
    }

    private bool Compares(Comparison comparison, Place at)
    {
        var left = Read(comparison.Left, at);
        var comparer = comparison.Comparer;
        switch (comparer)
        {
            case Comparer.Absent:
                return left.Count == 0;
            case Comparer.Exists:
                return left.Count > 0;
            case Comparer.WithinLast or Comparer.WithinNext or Comparer.BeforeLast or Comparer.AfterNext:
                var length = ((Length)comparison.Operands[0]).Duration.Milliseconds;
                return left.Any(value => ValueComparison.HoldsAt(comparer, value, length, now, out _));
        }

        var right = comparison.Operands.SelectMany(operand => operand is Constant constant ? [constant.Value] : Read(((Reference)operand).Value, at)).ToArray();
        if (left.Count == 0) return ValueComparison.Holds(comparer, QueryValue.Nothing, right);
        if (comparer is Comparer.Contains or Comparer.Omits or Comparer.StartsWith or Comparer.EndsWith or Comparer.OneOf or Comparer.NoneOf)
            return left.Any(value => ValueComparison.Holds(comparer, value, right));
        return left.Any(value => right.Any(with => ValueComparison.Holds(comparer, value, [with])));
    }

    private List<QueryValue> Read(Scalar scalar, Place at)
    {
        switch (scalar)
        {
            case TraitScalar trait:
                var owner = _isAccount && !at.IsQuantified ? self : at.Who;
                return owner.TraitOf(trait.Path.Steps[0]) is { } json ? Read(json, new ValuePath(new Sequence<string>([.. trait.Path.Steps.Skip(1)]))) : [];
            case EventScalar part:
                return Read(part, (part.OfParent ? at.Parent : at.Event)!);
            case Reduction reduction:
                var value = Reduce(reduction, EventsOf(reduction, at));
                return value.IsNothing ? [] : [value];
            default:
                throw new InvalidOperationException("Not a value.");
        }
    }

    private static List<QueryValue> Read(EventScalar part, NaiveEvent of)
    {
        var values = Read(part.Part == EventPart.Properties ? of.Properties : of.Context, part.Path);
        var isPageName = part.Part == EventPart.Properties && part.Path.Steps.Count == 1 && part.Path.Steps[0] == (of.Name == "Page Viewed" ? "page_name" : "screen_name");
        return values.Count == 0 && isPageName && of.PageName is { Length: > 0 } name ? [QueryValue.Of(name)] : values;
    }

    private static List<QueryValue> Read(byte[] json, ValuePath path)
    {
        var values = new List<QueryValue>();
        if (path.IsMany) ValueReader.Many(json, path, values);
        else if (ValueReader.One(json, path) is { IsNothing: false } one) values.Add(one);
        return values;
    }

    // The events of a stream that pass its filters, first to last.
    private List<NaiveEvent> EventsOf(Reduction reduction, Place at)
    {
        var all = _isAccount && !at.IsQuantified && at.Who == self ? self.People.SelectMany(person => person.Events) : at.Who.Events;
        var events = all.Where(each => each.Name == reduction.Stream.Event).OrderBy(each => each.At).ToList();
        foreach (var filter in reduction.Stream.Filters) events = Filter(filter, events, at);
        return events;
    }

    private List<NaiveEvent> Filter(StreamFilter filter, List<NaiveEvent> events, Place at)
    {
        switch (filter)
        {
            case WhereFilter where:
                return events.FindAll(each => Holds(where.Condition, at with { Event = each, Parent = at.Event }));
            case SourcesFilter sources:
                return events.FindAll(each => !sources.Excluded.Contains(each.Source));
            case WithinFilter { OfParent: false } within:
                return events.FindAll(each => each.At.Timestamp >= now - within.Duration.Milliseconds);
            case BetweenFilter { OfParent: false } between:
                return events.FindAll(each => each.At.Timestamp >= now - between.Far.Milliseconds && each.At.Timestamp <= now - between.Near.Milliseconds);
            case WithinFilter within:
                return events.FindAll(each => IsAfterParent(each, 0, within.Duration.Milliseconds));
            case BetweenFilter between:
                return events.FindAll(each => IsAfterParent(each, between.Near.Milliseconds, between.Far.Milliseconds));
            case SessionFilter session:
                return OpenSession(events, session.Gap.Milliseconds);
            default:
                throw new InvalidOperationException("Not a filter.");
        }

        bool IsAfterParent(NaiveEvent each, long near, long far)
        {
            var after = each.At.Timestamp - at.Event!.At.Timestamp;
            return after > 0 && after >= near && after <= far;
        }
    }

    private List<NaiveEvent> OpenSession(List<NaiveEvent> events, long gap)
    {
        var session = new List<NaiveEvent>();
        foreach (var each in events)
        {
            if (session.Count > 0 && each.At.Timestamp - session[^1].At.Timestamp > gap) session.Clear();
            session.Add(each);
        }

        return session.Count > 0 && now - session[^1].At.Timestamp <= gap ? session : [];
    }

    private static QueryValue Reduce(Reduction reduction, List<NaiveEvent> events)
    {
        var values = ValuesOf(reduction, events);
        switch (reduction.Reducer)
        {
            case ReducerKind.Count:
                return QueryValue.Of((double)events.Count);
            case ReducerKind.Sum or ReducerKind.Avg:
                var parts = values.Select(ValueComparison.NumberOf).OfType<double>().Select(ExactSum.Of).OfType<ExactSum>().ToList();
                if (parts.Count == 0) return QueryValue.Nothing;
                var sum = parts.Aggregate((a, b) => a + b);
                return QueryValue.Of(reduction.Reducer == ReducerKind.Sum ? sum.Value : sum.Over(parts.Count));
            case ReducerKind.Max or ReducerKind.Min:
                var sorted = values.OrderBy(value => value, Comparer<QueryValue>.Create((a, b) => a.Kind == QueryValueKind.Number ? a.Number.CompareTo(b.Number) : string.CompareOrdinal(a.Text, b.Text))).ToList();
                return sorted.Count == 0 ? QueryValue.Nothing : sorted[reduction.Reducer == ReducerKind.Max ? ^1 : 0];
            case ReducerKind.First or ReducerKind.Last:
                return reduction.Reducer == ReducerKind.First ? values.FirstOrDefault() : values.LastOrDefault();
            case ReducerKind.Mode:
                var best = values.GroupBy(value => value).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, Reductions.ByText).FirstOrDefault();
                return best is not null && best.Count() >= reduction.Least ? best.Key : QueryValue.Nothing;
            default:
                return QueryValue.Of((double)values.Distinct().Count());
        }
    }

    // The values that the reducer looks at, in the order of the events and within each in that of the array.
    private static List<QueryValue> ValuesOf(Reduction reduction, List<NaiveEvent> events)
    {
        var values = new List<QueryValue>();
        if (reduction.Of is not { } of) return values;
        foreach (var each in events)
        {
            var read = Reductions.Taken(reduction, Values.Of(Read(of, each)));
            for (var i = 0; i < read.Count; i++)
                if (Reductions.Typed(reduction, read[i]) is { IsNothing: false } value) values.Add(value);
        }

        return values;
    }

    /// <summary>Where a question stands: about whom, and inside <c>where</c> of which event.</summary>
    private sealed record Place(NaiveProfile Who, bool IsQuantified, NaiveEvent? Event, NaiveEvent? Parent);
}
