namespace Tributary.Engine.Traits.Language;

/// <summary>What a definition is about.</summary>
internal enum DefinitionScope
{
    /// <summary>People.</summary>
    Users,

    /// <summary>Accounts: what their people did, and their own traits.</summary>
    Accounts,
}

/// <summary>What a definition gives.</summary>
internal enum DefinitionKind
{
    /// <summary>True or false: who is in.</summary>
    Audience,

    /// <summary>A value.</summary>
    Trait,
}

/// <summary>A rule that selects profiles, or a value computed for each: what a query of Segment's language says.</summary>
/// <remarks>Grammar and meaning: unify specification §4.7; docs/reference/query-language.md.</remarks>
/// <param name="Scope">Whom it is about.</param>
/// <param name="Condition">Of an audience: who is in. Null for a trait.</param>
/// <param name="Value">Of a trait: its value. Null for an audience.</param>
internal sealed record Definition(DefinitionScope Scope, Condition? Condition, Scalar? Value)
{
    public DefinitionKind Kind => Condition is null ? DefinitionKind.Trait : DefinitionKind.Audience;

    public override string ToString() => QueryPrinter.Print(this);
}

/// <summary>True or false for a profile, or for one event inside <c>where</c>.</summary>
internal abstract record Condition;

/// <summary>True when all parts are; at least two, none of them an <see cref="AllOf"/>.</summary>
internal sealed record AllOf(Sequence<Condition> Parts) : Condition;

/// <summary>True when one of the parts is; at least two, none of them a <see cref="OneOf"/>.</summary>
internal sealed record OneOf(Sequence<Condition> Parts) : Condition;

/// <summary>True when the inner one is false.</summary>
internal sealed record Not(Condition Inner) : Condition;

/// <summary>True when some (<c>ANY</c>) or all (<c>ALL</c>) people of the account satisfy the inner one. All of nobody is false.</summary>
internal sealed record Quantified(bool IsAll, Condition Inner) : Condition;

/// <summary>A value compared. Every comparison with nothing is false, save <c>absent</c> and <c>omits</c>.</summary>
internal sealed record Comparison(Scalar Left, Comparer Comparer, Sequence<Operand> Operands) : Condition;

/// <summary>How values are compared.</summary>
internal enum Comparer
{
    Equals,
    Differs,
    Absent,
    Exists,
    GreaterThan,
    AtLeast,
    LessThan,
    AtMost,
    Contains,
    Omits,
    StartsWith,
    EndsWith,
    OneOf,
    NoneOf,
    BeforeDate,
    AfterDate,
    WithinLast,
    WithinNext,
    BeforeLast,
    AfterNext,
}

/// <summary>What a value is compared with.</summary>
internal abstract record Operand;

/// <summary>A constant as it was written.</summary>
internal sealed record Constant(QueryValue Value) : Operand;

/// <summary>A length of time, of the relative dates.</summary>
internal sealed record Length(Duration Duration) : Operand;

/// <summary>Another value of the profile or the event: a dynamic reference.</summary>
internal sealed record Reference(Scalar Value) : Operand;

/// <summary>A value, or nothing.</summary>
internal abstract record Scalar;

/// <summary>A trait of the profile: custom, computed, or membership of an audience.</summary>
internal sealed record TraitScalar(ValuePath Path) : Scalar;

/// <summary>A value within the event at hand, or (<c>parent:</c>) within the event whose <c>where</c> encloses it.</summary>
internal sealed record EventScalar(EventPart Part, ValuePath Path, bool OfParent = false) : Scalar
{
    /// <summary>The id of an event's source; no query names it.</summary>
    public static EventScalar Source { get; } = new(EventPart.Source, new ValuePath(["id"]));
}

/// <summary>Parts of an event that definitions read.</summary>
internal enum EventPart
{
    Properties,
    Context,

    /// <summary>The id of its source: what <c>sources</c> needs to know.</summary>
    Source,
}

/// <summary>Events of a profile brought down to one value.</summary>
/// <param name="Stream">Which events.</param>
/// <param name="Reducer">How.</param>
/// <param name="Of">Which value of each event; null for <see cref="ReducerKind.Count"/>.</param>
/// <param name="As">What values are taken for; <see cref="ValueType.Unstated"/> for the reducer's own choice.</param>
/// <param name="Least">Of <see cref="ReducerKind.Mode"/>: how often a value must occur.</param>
internal sealed record Reduction(EventStream Stream, ReducerKind Reducer, EventScalar? Of = null, ValueType As = ValueType.Unstated, int Least = 0) : Scalar;

/// <summary>Ways to bring events down to one value.</summary>
internal enum ReducerKind
{
    Count,
    Sum,
    Avg,
    Max,
    Min,
    Mode,
    First,
    Last,
    Unique,
    UniqueCount,
}

/// <summary>What the values of a reducer are taken for.</summary>
internal enum ValueType
{
    Unstated,
    Number,
    String,
    Array,
}

/// <summary>Events of one name, narrowed by filters in the order in which they stand.</summary>
internal sealed record EventStream(string Event, Sequence<StreamFilter> Filters);

/// <summary>Keeps some events of a stream.</summary>
internal abstract record StreamFilter;

/// <summary>Keeps events for which the condition is true.</summary>
internal sealed record WhereFilter(Condition Condition) : StreamFilter;

/// <summary>Drops events of these sources, by id.</summary>
internal sealed record SourcesFilter(Sequence<string> Excluded) : StreamFilter;

/// <summary>Keeps events since <paramref name="Duration"/> ago; of a parent, those after it and within the duration.</summary>
internal sealed record WithinFilter(Duration Duration, bool OfParent) : StreamFilter;

/// <summary>Keeps events between <paramref name="Near"/> and <paramref name="Far"/> ago; of a parent, between these lengths after it.</summary>
internal sealed record BetweenFilter(Duration Near, Duration Far, bool OfParent) : StreamFilter;

/// <summary>Keeps events of the session that is still open: none of its events is further than the duration from the next one, or the last one from now.</summary>
internal sealed record SessionFilter(Duration Gap) : StreamFilter;

/// <summary>Units of time. A day is 24 hours; everything is UTC.</summary>
internal enum TimeUnit
{
    Second,
    Minute,
    Hour,
    Day,
}

/// <summary>A length of time as it was written.</summary>
internal readonly record struct Duration(int Count, TimeUnit Unit)
{
    public long Milliseconds => Count * Unit switch
    {
        TimeUnit.Second => 1_000L,
        TimeUnit.Minute => 60_000L,
        TimeUnit.Hour => 3_600_000L,
        TimeUnit.Day => 86_400_000L,
    };

    public override string ToString() => $"{Count} {Unit.ToString().ToLowerInvariant()}s";
}
