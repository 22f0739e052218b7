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
            case CountClause count:
                Visit((Comparison)count.Condition, count.Left.Plan, whenTrue, found);
                break;
            case CompareClause { Left: ReduceNode { Plan: { Kind: FoldKind.Count } plan } } compare:
                Visit((Comparison)compare.Condition, plan, whenTrue, found);
                break;
        }
    }

    // More events make a count larger and never smaller; those that a nested count asks about decide which events count.
    private static void Visit(Comparison comparison, StreamPlan plan, Influence whenTrue, Dictionary<StreamPlan, Influence> found)
    {
        if (comparison.Operands is not [Constant { Value: { Kind: QueryValueKind.Number, Number: var bound } }]) return;
        Influence more;
        switch (comparison.Comparer)
        {
            case Comparer.GreaterThan or Comparer.AtLeast:
            case Comparer.Differs when bound == 0:
                more = whenTrue;
                break;
            case Comparer.LessThan or Comparer.AtMost:
            case Comparer.Equals when bound == 0:
                more = Opposite(whenTrue);
                break;
            default:
                return;
        }

        found[plan] = more;
        foreach (var filter in plan.Later)
            if (filter is ClauseFilter { Clause: var clause }) Visit(clause, more, found);
    }

    private static Influence Opposite(Influence influence) => influence == Influence.In ? Influence.Out : Influence.In;
}
