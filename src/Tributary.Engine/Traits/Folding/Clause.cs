using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Traits.Folding;

/// <summary>A condition of a compiled definition.</summary>
/// <param name="condition">What was written.</param>
internal abstract class Clause(Condition condition)
{
    /// <summary>What was written.</summary>
    public Condition Condition => condition;

    /// <summary>The parts of a condition that consists of others.</summary>
    public virtual IReadOnlyList<Clause> Parts => [];

    /// <summary>
    /// What it has in common with conditions of other definitions that are the same and ask the same of a person's events; null when it is part of a <c>where</c>,
    /// reads a trait or is about an account.
    /// </summary>
    public UInt128? Same { get; set; }

    /// <summary>Whether it holds; the parameters are those of <see cref="ValueNode.Read"/>.</summary>
    public bool Holds(Reading reading, in Row row, in Row parent) => Same is { } same ? reading.Once(this, same) : Decide(reading, row, parent);

    /// <summary>Finds out whether it holds.</summary>
    public abstract bool Decide(Reading reading, in Row row, in Row parent);
}

/// <summary>All of them.</summary>
internal sealed class AllClause(Condition condition, Clause[] parts) : Clause(condition)
{
    public override IReadOnlyList<Clause> Parts => parts;

    public override bool Decide(Reading reading, in Row row, in Row parent)
    {
        foreach (var part in parts)
            if (!part.Holds(reading, row, parent)) return false;
        return true;
    }
}

/// <summary>One of them.</summary>
internal sealed class OneClause(Condition condition, Clause[] parts) : Clause(condition)
{
    public override IReadOnlyList<Clause> Parts => parts;

    public override bool Decide(Reading reading, in Row row, in Row parent)
    {
        foreach (var part in parts)
            if (part.Holds(reading, row, parent)) return true;
        return false;
    }
}

/// <summary>Not this one.</summary>
internal sealed class NotClause(Condition condition, Clause inner) : Clause(condition)
{
    public override IReadOnlyList<Clause> Parts { get; } = [inner];

    public override bool Decide(Reading reading, in Row row, in Row parent) => !inner.Holds(reading, row, parent);
}

/// <summary>Some or all people of an account.</summary>
internal sealed class PeopleClause(Condition condition, bool isAll, Clause inner) : Clause(condition)
{
    public override IReadOnlyList<Clause> Parts { get; } = [inner];

    public override bool Decide(Reading reading, in Row row, in Row parent)
    {
        var holds = isAll && reading.People.Count > 0;
        foreach (var person in reading.People)
        {
            using var _ = reading.LookAt(person);
            if (inner.Holds(reading, row, parent) != isAll)
            {
                holds = !isAll;
                break;
            }
        }

        return holds;
    }
}

/// <summary>A value compared with others. Of several values, one that satisfies the comparison is enough.</summary>
internal sealed class CompareClause(Comparison comparison, ValueNode left, ValueNode[] operands) : Clause(comparison)
{
    public ValueNode Left => left;

    /// <summary>Whether it compares nothing but what was read of single events.</summary>
    public bool IsOfEvents => left is SlotNode && operands.All(operand => operand is SlotNode or ConstantNode);

    public override bool Decide(Reading reading, in Row row, in Row parent)
    {
        var values = left.Read(reading, row, parent);
        var comparer = comparison.Comparer;
        if (comparer is Comparer.Absent) return values.Count == 0;
        if (comparer is Comparer.Exists) return values.Count > 0;
        var isList = comparer is Comparer.Contains or Comparer.Omits or Comparer.StartsWith or Comparer.EndsWith or Comparer.OneOf or Comparer.NoneOf;
        if (!isList) return HoldsWith(comparer, values, operands[0].Read(reading, row, parent));
        if (operands is [ConstantNode only]) return HoldsWith(comparer, values, only.Read(reading, row, parent));
        // None of several is another question than not one of several, so all of them are put at once.
        var all = new List<QueryValue>(operands.Length);
        foreach (var operand in operands)
        {
            var with = operand.Read(reading, row, parent);
            for (var i = 0; i < with.Count; i++) all.Add(with[i]);
        }

        return HoldsWith(comparer, values, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(all));
    }

    private static bool HoldsWith(Comparer comparer, Values values, Values with)
    {
        if (with.Count <= 1)
        {
            var one = with.First;
            return HoldsWith(comparer, values, new ReadOnlySpan<QueryValue>(in one));
        }

        for (var i = 0; i < with.Count; i++)
        {
            var one = with[i];
            if (HoldsWith(comparer, values, new ReadOnlySpan<QueryValue>(in one))) return true;
        }

        return false;
    }

    private static bool HoldsWith(Comparer comparer, Values values, ReadOnlySpan<QueryValue> with)
    {
        if (values.Count == 0) return ValueComparison.Holds(comparer, QueryValue.Nothing, with);
        for (var i = 0; i < values.Count; i++)
            if (ValueComparison.Holds(comparer, values[i], with)) return true;
        return false;
    }
}

/// <summary>A number of events compared with a constant: counted only as far as it takes to know.</summary>
/// <param name="comparison">What was written.</param>
/// <param name="left">The number.</param>
/// <param name="bound">The constant.</param>
internal sealed class CountClause(Comparison comparison, ReduceNode left, double bound) : Clause(comparison)
{
    public ReduceNode Left => left;

    /// <summary>Whether it asks if there is any event at all.</summary>
    public bool IsAtLeastOne => (comparison.Comparer, bound) is (Comparer.AtLeast, 1) or (Comparer.GreaterThan, 0);

    /// <summary>What to look at for one more event; null when all of it must be looked at.</summary>
    public Funnel? Funnel { get; set; }

    /// <summary>Whether more events can make it hold, or where it is negated make it not hold; null when they can do either.</summary>
    /// <param name="holding">Whether it is its holding that is asked about.</param>
    public bool? MoreMakes(bool holding) => comparison.Comparer switch
    {
        Comparer.GreaterThan or Comparer.AtLeast => holding,
        Comparer.LessThan or Comparer.AtMost => !holding,
        Comparer.Equals when bound == 0 => !holding,
        Comparer.Differs when bound == 0 => holding,
        _ => null,
    };

    public override bool Decide(Reading reading, in Row row, in Row parent)
    {
        var isEquality = comparison.Comparer is Comparer.Equals or Comparer.Differs;
        // So many more than the bound is told apart from it, or that it is reached at all.
        var enough = comparison.Comparer is Comparer.AtLeast or Comparer.LessThan ? (int)Math.Ceiling(bound) : (int)Math.Floor(bound) + 1;
        var count = reading.Count(left.Plan, row, enough, isEquality);
        return comparison.Comparer switch
        {
            Comparer.Equals => count == bound,
            Comparer.Differs => count != bound,
            Comparer.LessThan or Comparer.AtMost => count < enough,
            _ => count >= enough,
        };
    }

    /// <summary>Whether a comparison is one of these.</summary>
    public static bool Fits(Comparison comparison, StreamPlan plan) =>
        plan is { Kind: FoldKind.Rows, Reduction.Reducer: ReducerKind.Count } && !plan.Later.Exists(filter => filter is OpenSessionFilter)
        && comparison.Comparer is Comparer.Equals or Comparer.Differs or Comparer.GreaterThan or Comparer.AtLeast or Comparer.LessThan or Comparer.AtMost
        && comparison.Operands[0] is Constant { Value: { Kind: QueryValueKind.Number, Number: >= 0 and <= RowsFold.RowsMax } };
}

/// <summary>A date compared with a time that moves.</summary>
internal sealed class DateClause(Comparison comparison, ValueNode left, long length) : Clause(comparison)
{
    public ValueNode Left => left;

    public override bool Decide(Reading reading, in Row row, in Row parent)
    {
        var values = left.Read(reading, row, parent);
        var holds = false;
        for (var i = 0; i < values.Count && !holds; i++)
        {
            holds = ValueComparison.HoldsAt(comparison.Comparer, values[i], length, reading.Now, out var changesAt);
            reading.WakeAt(changesAt);
        }

        return holds;
    }
}
