using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Traits.Folding;

/// <summary>Turns the tree of a definition into clauses over streams, and decides for each stream what must be kept of its events.</summary>
internal sealed class DefinitionCompiler(Definition definition)
{
    private static readonly int[] Retentions = [1, 7, 31, 93, 366, DefinitionRules.WindowDaysMax];
    private readonly List<StreamPlan> _streams = [];
    private readonly bool _isAccounts = definition.Scope == DefinitionScope.Accounts;
    private bool _isQuantified;

    /// <summary>Compiles a condition at the top.</summary>
    public Clause Compile(Condition condition) => Compile(condition, null);

    /// <summary>Compiles the value of a trait.</summary>
    public ValueNode Compile(Scalar scalar) => Compile(scalar, null);

    /// <summary>All streams, once everything is compiled.</summary>
    public IReadOnlyList<StreamPlan> Finish() => _streams;

    private Clause Compile(Condition condition, StreamPlan? within)
    {
        switch (condition)
        {
            case AllOf all:
                return new AllClause(all, [.. all.Parts.Select(part => Compile(part, within))]);
            case OneOf one:
                return new OneClause(one, [.. one.Parts.Select(part => Compile(part, within))]);
            case Not not:
                return new NotClause(not, Compile(not.Inner, within));
            case Quantified quantified:
                _isQuantified = true;
                var inner = Compile(quantified.Inner, within);
                _isQuantified = false;
                return new PeopleClause(quantified, quantified.IsAll, inner);
            case Comparison comparison:
                var compared = Compile(comparison, within);
                // What people did is asked of each of them; that one of them did it is what a condition without ANY or ALL means.
                var isOfPeople = _isAccounts && !_isQuantified && within is null && (comparison.Left is Reduction || comparison.Operands.Any(operand => operand is Reference { Value: Reduction }));
                return isOfPeople ? new PeopleClause(comparison, false, compared) : compared;
            default:
                throw new InvalidOperationException("Not a condition.");
        }
    }

    private Clause Compile(Comparison comparison, StreamPlan? within)
    {
        var left = Compile(comparison.Left, within);
        if (comparison.Operands.Count == 1 && comparison.Operands[0] is Length length) return new DateClause(comparison, left, length.Duration.Milliseconds);
        if (left is ReduceNode counted && comparison.Operands.Count == 1 && CountClause.Fits(comparison, counted.Plan))
            return new CountClause(comparison, counted, ((Constant)comparison.Operands[0]).Value.Number);
        return new CompareClause(comparison, left, [.. comparison.Operands.Select(operand => operand switch
        {
            Constant constant => new ConstantNode(constant.Value),
            Reference reference => Compile(reference.Value, within),
            _ => throw new InvalidOperationException("Not an operand."),
        })]);
    }

    private ValueNode Compile(Scalar scalar, StreamPlan? within)
    {
        switch (scalar)
        {
            case TraitScalar trait:
                return new TraitNode(trait.Path, _isAccounts && !_isQuantified);
            case EventScalar part:
                var plan = part.OfParent ? within!.Parent! : within!;
                return new SlotNode(plan.SlotOf(part), part.OfParent);
            case Reduction reduction:
                return new ReduceNode(Plan(reduction, within));
            default:
                throw new InvalidOperationException("Not a value.");
        }
    }

    private StreamPlan Plan(Reduction reduction, StreamPlan? within)
    {
        var plan = new StreamPlan { Index = checked((byte)_streams.Count), Reduction = reduction, Parent = within };
        _streams.Add(plan);
        // What stays with each row comes first, what is only looked at once comes last: so the slots of later filters are taken first.
        if (reduction.Of is { } of) plan.ValueSlot = plan.SlotOf(of);
        plan.Retention = RetentionOf(plan);
        var early = new List<Condition>();
        var hasSession = false;
        foreach (var filter in reduction.Stream.Filters)
        {
            switch (filter)
            {
                case WhereFilter where:
                    foreach (var part in where.Condition is AllOf all ? all.Parts.Items : [where.Condition])
                    {
                        // A session is made of the events that come to it, so nothing behind it may be left out before.
                        if (!hasSession && IsEarly(part)) early.Add(part);
                        else plan.Later.Add(new ClauseFilter(Compile(part, plan)));
                    }

                    break;
                case SourcesFilter sources when !hasSession:
                    plan.Excluded.AddRange(sources.Excluded);
                    break;
                case SourcesFilter sources:
                    plan.Later.Add(new SourceFilter(plan.SlotOf(EventScalar.Source), sources.Excluded));
                    break;
                case WithinFilter window:
                    plan.Later.Add(window.OfParent ? new ParentWindowFilter(0, window.Duration.Milliseconds) : new WindowFilter(null, window.Duration.Milliseconds));
                    break;
                case BetweenFilter between:
                    plan.Later.Add(between.OfParent
                        ? new ParentWindowFilter(between.Near.Milliseconds, between.Far.Milliseconds)
                        : new WindowFilter(between.Near.Milliseconds, between.Far.Milliseconds));
                    break;
                case SessionFilter session:
                    hasSession = true;
                    plan.Later.Add(new OpenSessionFilter(session.Gap.Milliseconds));
                    break;
            }
        }

        plan.Kind = within is null && plan.Later.Count == 0 ? KindOf(reduction.Reducer) : FoldKind.Rows;
        plan.KeptSlots = plan.Slots.Count;
        foreach (var condition in early) plan.Early.Add(Compile(condition, plan));
        return plan;
    }

    private static FoldKind KindOf(ReducerKind reducer) => reducer switch
    {
        ReducerKind.Count => FoldKind.Count,
        ReducerKind.Sum or ReducerKind.Avg => FoldKind.Sum,
        ReducerKind.Max or ReducerKind.Min => FoldKind.Extreme,
        ReducerKind.First or ReducerKind.Last => FoldKind.Edge,
        ReducerKind.Mode or ReducerKind.Unique or ReducerKind.UniqueCount => FoldKind.Tally,
    };

    // Nothing before a window's far end is ever asked for again; of a window after a parent that is as far as the parent's own reach. A session is made from its
    // newest event back, so what lies behind the reach of a window takes nothing from it.
    private static long RetentionOf(StreamPlan plan)
    {
        var reach = long.MaxValue;
        foreach (var filter in plan.Reduction.Stream.Filters)
        {
            reach = Math.Min(reach, filter switch
            {
                WithinFilter { OfParent: false } within => within.Duration.Milliseconds,
                BetweenFilter { OfParent: false } between => between.Far.Milliseconds,
                WithinFilter or BetweenFilter => plan.Parent!.Retention,
                _ => long.MaxValue,
            });
        }

        // Rounded up to one of a few, so that windows of 28 and of 30 days are kept in one place.
        foreach (var days in Retentions)
            if (reach <= days * 86_400_000L) return days * 86_400_000L;
        return reach;
    }

    // True when the event alone decides.
    private static bool IsEarly(Condition condition) => condition switch
    {
        AllOf all => all.Parts.All(IsEarly),
        OneOf one => one.Parts.All(IsEarly),
        Not not => IsEarly(not.Inner),
        Comparison comparison => IsEarly(comparison.Left) && comparison.Operands.All(operand => operand is Constant || (operand is Reference reference && IsEarly(reference.Value))),
        _ => false,
    };

    private static bool IsEarly(Scalar scalar) => scalar is EventScalar { OfParent: false };
}
