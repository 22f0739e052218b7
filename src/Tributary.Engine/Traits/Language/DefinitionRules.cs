namespace Tributary.Engine.Traits.Language;

/// <summary>What must be true of a definition beyond the grammar, whichever way it was written.</summary>
internal static class DefinitionRules
{
    /// <summary>Most primary expressions, i.e. comparisons and values that are compared with: Segment's limit.</summary>
    public const int PrimariesMax = 50;

    /// <summary>Deepest nesting of conditions: the innermost is the fiftieth.</summary>
    public const int DepthMax = 50;

    /// <summary>Most constants.</summary>
    public const int ConstantsMax = 1_000;

    /// <summary>Longest constant text, in characters.</summary>
    public const int ConstantTextMax = 1_000;

    /// <summary>Longest window, in days: three years, for which event conditions are evaluated.</summary>
    public const int WindowDaysMax = 1_096;

    /// <summary>Longest name of an event, in characters.</summary>
    public const int EventNameMax = 500;

    /// <summary>Most streams within each other.</summary>
    public const int FunnelDepthMax = 3;

    private const long SessionMin = 30 * 60_000L;
    private const long SessionMax = 90 * 86_400_000L;

    /// <summary>What is wrong, as a sentence; null when nothing is.</summary>
    public static string? Check(Definition definition)
    {
        var visit = new Visit(definition.Scope);
        if (definition.Condition is { } condition) visit.Condition(condition, streams: 0, isQuantified: false, depth: 0);
        else visit.Value(definition.Value!, streams: 0, isQuantified: false, depth: 0);
        if (definition.Value is EventScalar) visit.Say("property and context are read from events: inside where(…) or a reducer.");
        if (visit.Primaries > PrimariesMax) visit.Say($"The definition has {visit.Primaries} primary expressions, the most are {PrimariesMax}.");
        if (visit.Constants > ConstantsMax) visit.Say($"The definition has {visit.Constants} constants, the most are {ConstantsMax}.");
        // What is read in one spelling is kept in another, which may be longer.
        if (visit.Fault is null && QueryPrinter.Print(definition).Length > QueryParser.LengthMax) visit.Say($"Written out, the query has more than {QueryParser.LengthMax} characters.");
        return visit.Fault;
    }

    /// <summary>One look at every part of a definition.</summary>
    private sealed class Visit(DefinitionScope scope)
    {
        public string? Fault { get; private set; }

        public int Primaries { get; private set; }

        public int Constants { get; private set; }

        public void Say(string fault) => Fault ??= fault;

        public void Condition(Condition condition, int streams, bool isQuantified, int depth)
        {
            if (depth >= DepthMax)
            {
                Say($"Conditions are nested more than {DepthMax} deep.");
                return;
            }

            switch (condition)
            {
                case AllOf all:
                    foreach (var part in all.Parts) Condition(part, streams, isQuantified, depth + 1);
                    break;
                case OneOf one:
                    foreach (var part in one.Parts) Condition(part, streams, isQuantified, depth + 1);
                    break;
                case Not not:
                    Condition(not.Inner, streams, isQuantified, depth + 1);
                    break;
                case Quantified quantified:
                    if (scope == DefinitionScope.Users) Say("ANY and ALL are about the people of an account: they need a definition of type ACCOUNTS.");
                    else if (isQuantified) Say("ANY and ALL cannot stand within each other.");
                    else if (streams > 0) Say("ANY and ALL cannot stand inside where(…).");
                    Condition(quantified.Inner, streams, true, depth + 1);
                    break;
                case Comparison comparison:
                    Primaries++;
                    if (comparison.Left is Reduction { Reducer: ReducerKind.Unique }) Say("A list of values allows only count().");
                    Value(comparison.Left, streams, isQuantified, depth + 1);
                    foreach (var operand in comparison.Operands) Operand(operand, streams, isQuantified, depth + 1);
                    break;
            }
        }

        public void Value(Scalar scalar, int streams, bool isQuantified, int depth)
        {
            switch (scalar)
            {
                case EventScalar part:
                    if (streams == 0) Say("property and context are read from events: inside where(…) or a reducer.");
                    if (part.OfParent && streams < 2) Say("parent: needs an event that is enclosed by the where(…) of another.");
                    Part(part);
                    break;
                case Reduction reduction:
                    if (depth == 0) Primaries++;
                    if (reduction.Of is { } of) Part(of);
                    Stream(reduction.Stream, streams + 1, isQuantified, depth);
                    if (reduction.Of is { OfParent: true }) Say("A reducer takes values of its own events, not of the parent's.");
                    if (reduction.Reducer == ReducerKind.Mode && reduction.Least < 1) Say("mode needs how often a value must occur.");
                    break;
            }
        }

        // What an event says of the person is not what the profile knows.
        private void Part(EventScalar part)
        {
            if (part.Part == EventPart.Context && part.Path.Steps[0] == "traits") Say("context.traits cannot be used: what it holds is not what the profile knows.");
        }

        private void Operand(Operand operand, int streams, bool isQuantified, int depth)
        {
            switch (operand)
            {
                case Constant constant:
                    Constants++;
                    if (constant.Value.Kind == QueryValueKind.Text && constant.Value.Text.Length > ConstantTextMax) Say($"A constant text has at most {ConstantTextMax} characters.");
                    break;
                case Length length:
                    Window(length.Duration);
                    break;
                case Reference reference:
                    Primaries++;
                    if (reference.Value is Reduction { Reducer: ReducerKind.Unique }) Say("A list of values allows only count().");
                    Value(reference.Value, streams, isQuantified, depth);
                    break;
            }
        }

        private void Stream(EventStream stream, int streams, bool isQuantified, int depth)
        {
            if (streams > FunnelDepthMax) Say($"Events are nested more than {FunnelDepthMax} deep.");
            foreach (var filter in stream.Filters)
            {
                switch (filter)
                {
                    case WhereFilter where:
                        Condition(where.Condition, streams, isQuantified, depth + 1);
                        break;
                    case WithinFilter within:
                        if (within.OfParent && streams < 2) Say("parent: needs an event that is enclosed by the where(…) of another.");
                        Window(within.Duration);
                        break;
                    case BetweenFilter between:
                        if (between.OfParent && streams < 2) Say("parent: needs an event that is enclosed by the where(…) of another.");
                        if (between.Near.Milliseconds > between.Far.Milliseconds) Say("between(…) takes the nearer time first, e.g. between(7 days, 10 days).");
                        Window(between.Near);
                        Window(between.Far);
                        break;
                    case SessionFilter session:
                        if (session.Gap.Milliseconds is < SessionMin or > SessionMax) Say("A session expires after 30 minutes to 90 days.");
                        break;
                    case SourcesFilter sources:
                        if (sources.Excluded.Count > 200) Say("At most 200 sources can be excluded.");
                        break;
                }
            }
        }

        private void Window(Duration duration)
        {
            if (duration.Milliseconds > WindowDaysMax * 86_400_000L) Say($"{duration} is too long: windows reach back at most {WindowDaysMax} days.");
        }
    }
}
