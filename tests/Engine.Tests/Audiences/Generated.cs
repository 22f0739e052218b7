using CsCheck;
using Tributary.Engine.Traits.Language;
using ValueType = Tributary.Engine.Traits.Language.ValueType;

namespace Tributary.Engine.Tests.Audiences;

/// <summary>Random definitions that obey every rule of the language, over so few names and values that what they read collides.</summary>
/// <param name="Scope">Whom they are about.</param>
/// <param name="Keys">Keys of audiences and computed traits that they may read.</param>
/// <param name="IsWild">Whether names and texts have every character that could hurt.</param>
internal sealed record Generated(DefinitionScope Scope, string[] Keys, bool IsWild = false)
{
    public static readonly string[] Events = ["Bought", "Returned", "Page Viewed", "Screen Viewed"];
    public static readonly string[] PropertyPaths = ["price", "sku", "when", "items.$.id", "items", "maker.name", "vat\\.rate", "page_name"];
    public static readonly string[] ContextPaths = ["locale", "page.path", "tags.$"];
    public static readonly string[] TraitPaths = ["plan", "score", "since", "tags.$", "address.city"];
    public static readonly string[] Sources = ["website", "helpdesk"];

    private static readonly string[] Texts = ["pro", "free", "a", "b", "A", "2", "2.0", "true", "", "x1", "2026-01-03", "2026-01-03T12:00:00Z"];
    private static readonly string[] WildTexts = ["it's", "a\\", "\\'", "\\\\.", "a.b", "‘“\"", "line\nbreak", "parent:", "\ud83d\ude00", "AND", "$", " ", "trait('x')"];
    private static readonly double[] Numbers = [0, 1, 2, 3, -1, 10, 99.5, 0.1, 1.5e-5, 1e-7, 2e20, 123456789012345678];

    private static readonly (long Milliseconds, string Written)[] Dates =
    [
        Date("2026-01-02"), Date("2026-01-03T12:00:00Z"), Date("2026-01-04T06:30:00.250+02:00"), Date("2025-12-31T23:59:59-01:30"),
    ];

    public static readonly Duration[] Lengths =
    [
        new(90, TimeUnit.Second), new(30, TimeUnit.Minute), new(1, TimeUnit.Hour), new(2, TimeUnit.Hour), new(12, TimeUnit.Hour), new(1, TimeUnit.Day), new(2, TimeUnit.Day), new(3, TimeUnit.Day),
    ];

    private static readonly Comparer[] Orders = [Comparer.Equals, Comparer.Differs, Comparer.GreaterThan, Comparer.AtLeast, Comparer.LessThan, Comparer.AtMost];
    private static readonly Comparer[] OfOne = [.. Orders, Comparer.BeforeDate, Comparer.AfterDate];
    private static readonly Comparer[] OfMany = [Comparer.Contains, Comparer.Omits, Comparer.StartsWith, Comparer.EndsWith, Comparer.OneOf, Comparer.NoneOf];
    private static readonly Comparer[] OfLength = [Comparer.WithinLast, Comparer.WithinNext, Comparer.BeforeLast, Comparer.AfterNext];

    /// <summary>Audiences and traits.</summary>
    public Gen<Definition> Definition => Weighted((2, Audience), (1, Trait)).Where(definition => DefinitionRules.Check(definition) is null);

    private Gen<Definition> Audience => Gen.Int[0, 3].SelectMany(size => Condition(size, 0, false)).Select(condition => new Definition(Scope, condition, null));

    private Gen<Definition> Trait => Weighted((9, Reduction(2, 0, isList: true).Select(value => (Scalar)value)), (1, TraitValue.Select(value => (Scalar)value))).Select(value => new Definition(Scope, null, value));

    // What is within each other is made when it is drawn: most of it never is.
    private static Gen<T> Drawn<T>(Func<Gen<T>> gen) => Gen.Const(0).SelectMany(_ => gen());

    private Gen<Condition> Condition(int size, int streams, bool isQuantified)
    {
        var comparison = Drawn(() => Comparison(size, streams, isQuantified));
        if (size == 0) return comparison;
        var inner = Drawn(() => Condition(size - 1, streams, isQuantified));
        var list = inner.List[2, 3];
        var quantified = Gen.Bool.SelectMany(isAll => Condition(size - 1, streams, true).Select(one => (Condition)new Quantified(isAll, one)));
        return Weighted(
            (4, comparison),
            (2, list.Select(parts => Conditions.All(parts))),
            (2, list.Select(parts => Conditions.Some(parts))),
            (2, inner.Select(one => (Condition)new Not(one))),
            (Scope == DefinitionScope.Accounts && streams == 0 && !isQuantified ? 3 : 0, quantified));
    }

    private Gen<Condition> Comparison(int size, int streams, bool isQuantified)
    {
        var counted = Gen.Select(Drawn(() => Reduction(size, streams, isQuantified: isQuantified)), Pick(Orders), Pick(0d, 1d, 2d, 3d), (left, comparer, number) =>
            (Condition)new Comparison(left, comparer, [new Constant(QueryValue.Of(number))]));
        var ofEvent = Gen.Select(Pick("price", "sku", "items.$.id"), Pick(Comparer.Equals, Comparer.Differs, Comparer.AtLeast), Pick(QueryValue.Of(1d), QueryValue.Of(2d), QueryValue.Of("a")), (path, comparer, value) =>
            (Condition)new Comparison(new EventScalar(EventPart.Properties, ValuePath.TryParse(path)!), comparer, [new Constant(value)]));
        var ofProfile = Gen.Select(Pick(TraitPaths), Pick(Comparer.Equals, Comparer.Differs, Comparer.Exists), Pick("pro", "free", "a"), (path, comparer, text) =>
            (Condition)new Comparison(new TraitScalar(ValuePath.TryParse(path)!), comparer, comparer == Comparer.Exists ? [] : [new Constant(QueryValue.Of(text))]));
        var membership = Pick([.. Keys, "plan"]).Select(key => (Condition)new Comparison(new TraitScalar(ValuePath.TryParse(key)!), Comparer.Equals, [new Constant(QueryValue.Of(true))]));
        // What is often so, and often not, tells more than what never is.
        return Weighted((2, streams == 0 ? ofProfile : ofEvent), (streams == 0 ? 2 : 0, Funnel), (streams == 0 ? 2 : 0, Recent), (streams == 0 ? 1 : 0, Dated), (1, Listed(streams)), (Keys.Length > 0 ? 2 : 0, membership), (streams == 0 ? 3 : streams < 3 ? 1 : 0, counted), (2, Scalar(size, streams, isQuantified).SelectMany(left => Compared(left, size, streams, isQuantified))));
    }

    // One thing, and then another or not another.
    private static Gen<Condition> Funnel => Gen.Select(Pick(Events[..3]), Pick(Events[..3]), Gen.Bool, Gen.Bool, Pick(Lengths), Pick(Lengths), Gen.Bool, (parent, child, isNot, isBetween, length, near, isSame) =>
    {
        var filters = new List<StreamFilter>();
        if (isSame) filters.Add(new WhereFilter(new Comparison(new EventScalar(EventPart.Properties, new ValuePath(["sku"])), Comparer.Equals, [new Reference(new EventScalar(EventPart.Properties, new ValuePath(["sku"]), true))])));
        filters.Add(isBetween && near.Milliseconds <= length.Milliseconds ? new BetweenFilter(near, length, true) : new WithinFilter(length, true));
        var then = AtLeastOne(child, filters);
        return AtLeastOne(parent, [new WhereFilter(isNot ? new Not(then) : then)]);
    });

    // So much while it was going on, or some time ago.
    private static Gen<Condition> Recent => Gen.Select(Pick(Events[..2]), Pick(Lengths), Pick(Lengths[1..]), Gen.Bool, Pick(1d, 1d, 2d, 3d), (name, near, length, isSession, least) =>
    {
        StreamFilter filter = isSession ? new SessionFilter(length) : near.Milliseconds < length.Milliseconds ? new BetweenFilter(near, length, false) : new BetweenFilter(length, near, false);
        return (Condition)new Comparison(new Reduction(new EventStream(name, [filter]), ReducerKind.Count), Comparer.AtLeast, [new Constant(QueryValue.Of(least))]);
    });

    // A date against the time that it is.
    private static Gen<Condition> Dated => Gen.Select(Pick(0, 0, 0, 1, 2), Pick(OfLength), Pick(Lengths), (left, comparer, length) => (Condition)new Comparison(
        left switch
        {
            0 => new TraitScalar(new ValuePath(["since"])),
            1 => new Reduction(new EventStream("Bought", []), ReducerKind.Last, new EventScalar(EventPart.Properties, new ValuePath(["when"]))),
            _ => new Reduction(new EventStream("Bought", []), ReducerKind.First, new EventScalar(EventPart.Properties, new ValuePath(["when"]))),
        },
        comparer,
        [new Length(length)]));

    // One of several values against several.
    private static Gen<Condition> Listed(int streams)
    {
        Scalar[] lefts = streams == 0
            ? [new TraitScalar(new ValuePath(["tags", "$"])), new TraitScalar(new ValuePath(["plan"]))]
            : [new EventScalar(EventPart.Properties, new ValuePath(["items", "$", "id"])), new EventScalar(EventPart.Context, new ValuePath(["tags", "$"])), new EventScalar(EventPart.Properties, new ValuePath(["sku"]))];
        var operand = Weighted((3, Pick("a", "b", "x1", "pro", "2").Select(text => (Operand)new Constant(QueryValue.Of(text)))), (1, Pick(lefts).Select(scalar => (Operand)new Reference(scalar))));
        return Gen.Select(Pick(lefts), Pick(Comparer.NoneOf, Comparer.NoneOf, Comparer.OneOf, Comparer.Omits, Comparer.Contains), operand.Array[1, 3], (left, comparer, operands) =>
            (Condition)new Comparison(left, comparer, new Sequence<Operand>([.. operands])));
    }

    private static Condition AtLeastOne(string name, IEnumerable<StreamFilter> filters) =>
        new Comparison(new Reduction(new EventStream(name, new Sequence<StreamFilter>([.. filters])), ReducerKind.Count), Comparer.AtLeast, [new Constant(QueryValue.Of(1d))]);

    private Gen<Condition> Compared(Scalar left, int size, int streams, bool isQuantified)
    {
        var operand = Weighted((4, AConstant), (1, Scalar(Math.Max(0, size - 1), streams, isQuantified).Select(value => (Operand)new Reference(value))));
        return Weighted(
            (2, Pick(Comparer.Absent, Comparer.Exists).Select(comparer => (Condition)new Comparison(left, comparer, []))),
            (6, Gen.Select(Pick(OfOne), operand, (comparer, one) => (Condition)new Comparison(left, comparer, [one]))),
            (4, Gen.Select(Pick(OfMany), operand.Array[1, 3], (comparer, many) => (Condition)new Comparison(left, comparer, new Sequence<Operand>([.. many])))),
            (2, Gen.Select(Pick(OfLength), Pick(Lengths), (comparer, length) => (Condition)new Comparison(left, comparer, [new Length(length)]))));
    }

    private Gen<Scalar> Scalar(int size, int streams, bool isQuantified) => Weighted(
        (streams == 0 ? 3 : 1, TraitValue.Select(value => (Scalar)value)),
        (streams == 0 ? 0 : 5, Gen.Bool.SelectMany(ofParent => Part(ofParent && streams > 1)).Select(value => (Scalar)value)),
        (streams == 0 ? 2 : streams < 3 && size > 0 ? 1 : 0, Drawn(() => Reduction(size, streams, isQuantified: isQuantified)).Select(value => (Scalar)value)));

    private Gen<TraitScalar> TraitValue => Weighted((3, Pick(TraitPaths)), (Keys.Length > 0 ? 2 : 0, Pick([.. Keys, ""])), (IsWild ? 2 : 0, WildPath))
        .Where(path => path.Length > 0).Select(path => new TraitScalar(ValuePath.TryParse(path)!));

    private Gen<EventScalar> Part(bool ofParent) => Weighted(
        (5, Pick(PropertyPaths).Select(path => new EventScalar(EventPart.Properties, ValuePath.TryParse(path)!, ofParent))),
        (1, Pick(ContextPaths).Select(path => new EventScalar(EventPart.Context, ValuePath.TryParse(path)!, ofParent))),
        (IsWild ? 2 : 0, WildPath.Select(path => new EventScalar(EventPart.Properties, ValuePath.TryParse(path)!, ofParent))));

    private static Gen<string> WildPath => Pick(WildTexts).List[1, 3].Select(steps => string.Join('.', steps)).Where(path => ValuePath.TryParse(path) is not null);

    private Gen<Operand> AConstant => Weighted(
        (4, Pick(Texts).Select(text => QueryValue.Of(text))),
        (3, Pick(Numbers).Select(number => QueryValue.Of(number))),
        (1, Gen.Bool.Select(truth => QueryValue.Of(truth))),
        (2, Pick(Dates).Select(date => QueryValue.OfInstant(date.Milliseconds, date.Written))),
        (IsWild ? 4 : 0, Pick(WildTexts).Array[1, 3].Select(texts => QueryValue.Of(string.Concat(texts)))),
        (IsWild ? 2 : 0, Gen.Double.Where(double.IsFinite).Select(number => QueryValue.Of(number)))).Select(value => (Operand)new Constant(value));

    private Gen<Reduction> Reduction(int size, int streams, bool isList = false, bool isQuantified = false)
    {
        var name = IsWild ? Weighted((3, Pick(Events)), (1, Pick(WildTexts))) : Pick(Events);
        return Gen.Select(name, Filter(size, streams + 1, isQuantified).Array[0, 2], Reducer(isList), (stream, filters, reducer) =>
            reducer with { Stream = new EventStream(stream, new Sequence<StreamFilter>([.. filters])) });
    }

    private Gen<Reduction> Reducer(bool isList)
    {
        var none = new EventStream("", []);
        var of = Part(false);
        return Weighted(
            (4, Gen.Const(new Reduction(none, ReducerKind.Count))),
            (3, Gen.Select(Pick(ReducerKind.Sum, ReducerKind.Avg, ReducerKind.First, ReducerKind.Last, ReducerKind.UniqueCount), of, (kind, part) => new Reduction(none, kind, part))),
            (2, Gen.Select(Pick(ReducerKind.Max, ReducerKind.Min), of, Pick(ValueType.Unstated, ValueType.Number, ValueType.String), (kind, part, type) => new Reduction(none, kind, part, type))),
            (2, Gen.Select(of, Pick(ValueType.Unstated, ValueType.Number, ValueType.String, ValueType.Array), Gen.Int[1, 3], (part, type, least) => new Reduction(none, ReducerKind.Mode, part, type, least))),
            (isList ? 2 : 0, of.Select(part => new Reduction(none, ReducerKind.Unique, part))));
    }

    private Gen<StreamFilter> Filter(int size, int streams, bool isQuantified)
    {
        var length = Pick(Lengths);
        var ofParent = streams > 1 ? Weighted((3, Gen.Const(true)), (1, Gen.Const(false))) : Gen.Const(false);
        var pair = Gen.Select(length, length, (a, b) => a.Milliseconds <= b.Milliseconds ? (Near: a, Far: b) : (Near: b, Far: a));
        var where = Drawn(() => Condition(Math.Max(0, size - 1), streams, isQuantified)).Select(condition => (StreamFilter)new WhereFilter(condition));
        return Weighted(
            (4, where),
            (3, Gen.Select(length, ofParent, (duration, parent) => (StreamFilter)new WithinFilter(duration, parent))),
            (2, Gen.Select(pair, ofParent, (both, parent) => (StreamFilter)new BetweenFilter(both.Near, both.Far, parent))),
            (1, Pick(Lengths.Where(each => each.Milliseconds >= 1_800_000).ToArray()).Select(gap => (StreamFilter)new SessionFilter(gap))),
            (1, Pick(Sources).Array[1, 2].Select(ids => (StreamFilter)new SourcesFilter(new Sequence<string>([.. ids])))));
    }

    private static Gen<T> Pick<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static Gen<T> Weighted<T>(params (int Weight, Gen<T> Gen)[] gens) => Gen.Frequency<T>([.. gens.Where(each => each.Weight > 0).Select(each => (each.Weight, (IGen<T>)each.Gen))]);

    private static (long, string) Date(string written) => (ValueComparison.ReadInstant(written)!.Value, written);
}
