using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Traits.Folding;

/// <summary>A value of a compiled definition.</summary>
internal abstract class ValueNode
{
    /// <summary>Reads it.</summary>
    /// <param name="reading">The profile; not asked by what needs nothing but the event.</param>
    /// <param name="row">The event at hand, inside <c>where</c>; otherwise none.</param>
    /// <param name="parent">The event whose <c>where</c> encloses it; none at the top.</param>
    public abstract Values Read(Reading reading, in Row row, in Row parent);
}

/// <summary>A constant.</summary>
internal sealed class ConstantNode(QueryValue value) : ValueNode
{
    private readonly Values _value = new(value);

    public override Values Read(Reading reading, in Row row, in Row parent) => _value;
}

/// <summary>A trait of the profile; <paramref name="ofAccount"/> when it is the account's even while its people are looked at.</summary>
internal sealed class TraitNode(ValuePath path, bool ofAccount) : ValueNode
{
    private readonly string _name = path.Steps[0];
    private readonly ValuePath _rest = new(new Sequence<string>(path.Steps.Items.RemoveAt(0)));

    public override Values Read(Reading reading, in Row row, in Row parent) => reading.Trait(_name, _rest, ofAccount);
}

/// <summary>Something that was read of an event when it was folded.</summary>
internal sealed class SlotNode(int index, bool ofParent) : ValueNode
{
    public override Values Read(Reading reading, in Row row, in Row parent) => ofParent ? parent.Slots[index] : row.Slots[index];
}

/// <summary>A stream brought down to a value.</summary>
internal sealed class ReduceNode(StreamPlan plan) : ValueNode
{
    public StreamPlan Plan => plan;

    public override Values Read(Reading reading, in Row row, in Row parent) => new(reading.Reduce(plan, row));
}
