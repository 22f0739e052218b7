using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Traits.Folding;

/// <summary>
/// How one stream of a definition is kept up to date: what is read of each event, which events are left out at once, and what is kept of the others.
/// </summary>
internal sealed class StreamPlan
{
    /// <summary>Its place in the definition; part of the key of its state.</summary>
    public required byte Index { get; init; }

    public required Reduction Reduction { get; init; }

    /// <summary>The stream whose <c>where</c> it stands in; null at the top.</summary>
    public StreamPlan? Parent { get; init; }

    public FoldKind Kind { get; set; }

    /// <summary>What is read of each event. The first <see cref="KeptSlots"/> are kept with each row.</summary>
    public List<EventScalar> Slots { get; } = [];

    public int KeptSlots { get; set; }

    /// <summary>The slot whose value is reduced; -1 when events are only counted.</summary>
    public int ValueSlot { get; set; } = -1;

    /// <summary>Conditions that need nothing but the event: what fails them is never kept.</summary>
    public List<Clause> Early { get; } = [];

    /// <summary>Sources that are left out at once, by id.</summary>
    public List<string> Excluded { get; } = [];

    /// <summary>Filters that are asked each time, in their order.</summary>
    public List<RowFilter> Later { get; } = [];

    /// <summary>How long a row can matter, in milliseconds; <see cref="long.MaxValue"/> for ever.</summary>
    public long Retention { get; set; } = long.MaxValue;

    /// <summary>The place of a value among the slots, taking a new one when it has none.</summary>
    public int SlotOf(EventScalar scalar)
    {
        var own = scalar with { OfParent = false };
        var index = Slots.IndexOf(own);
        if (index >= 0) return index;
        Slots.Add(own);
        return Slots.Count - 1;
    }
}
