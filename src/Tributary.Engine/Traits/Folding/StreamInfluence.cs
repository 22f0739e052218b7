using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Traits.Folding;

/// <summary>What one more event of a stream can make of an audience's answer.</summary>
[Flags]
internal enum Influence
{
    /// <summary>It can let somebody in.</summary>
    In = 1,

    /// <summary>It can let somebody out.</summary>
    Out = 2,

    /// <summary>Either, or the answer is a value.</summary>
    Any = In | Out,
}

/// <summary>
/// Finds out for each stream of a definition which way its events can turn the answer. Who bought twice in 30 days does not leave by buying once more; so somebody
/// who is in need not be asked at every order, and what people do most often costs least. Time is another matter: it turns answers whichever way, and has timers.
/// </summary>
internal static class StreamInfluence
{
    /// <summary>The streams of a condition about a person whose events have one influence only; every other has any.</summary>
    public static Dictionary<StreamPlan, Influence> Of(Clause clause)
    {
        var found = new Dictionary<StreamPlan, Influence>();
        Visit(clause, Influence.In, found);
        return found;
    }

    private static void Visit(Clause clause, Influence whenTrue, Dictionary<StreamPlan, Influence> found)
    {
        switch (clause)
        {
            case AllClause or OneClause:
                foreach (var part in clause.Parts) Visit(part, whenTrue, found);
                break;
            case NotClause:
                foreach (var part in clause.Parts) Visit(part, Opposite(whenTrue), found);
                break;
            case CountClause count when count.MoreMakes(true) is { } more:
                Visit(count.Left.Plan, more ? whenTrue : Opposite(whenTrue), found);
                break;
            case CompareClause { Left: ReduceNode { Plan: { Kind: FoldKind.Count } plan } } compare when Counted(compare) is { } counted:
                Visit(plan, counted ? whenTrue : Opposite(whenTrue), found);
                break;
        }
    }

    // More events make a count larger and never smaller; those that a nested count asks about decide which events count.
    private static void Visit(StreamPlan plan, Influence more, Dictionary<StreamPlan, Influence> found)
    {
        found[plan] = more;
        foreach (var filter in plan.Later)
            if (filter is ClauseFilter { Clause: var clause }) Visit(clause, more, found);
    }

    // A count that is kept as a number is compared like one that is counted each time.
    private static bool? Counted(CompareClause compare) =>
        compare.Condition is Comparison { Operands: [Constant { Value: { Kind: QueryValueKind.Number, Number: var bound } }] } comparison
            ? new CountClause(comparison, (ReduceNode)compare.Left, bound).MoreMakes(true)
            : null;

    private static Influence Opposite(Influence influence) => influence == Influence.In ? Influence.Out : Influence.In;
}
