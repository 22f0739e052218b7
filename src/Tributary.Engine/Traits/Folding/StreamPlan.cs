using System.Globalization;
using System.IO.Hashing;
using System.Text;
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

    /// <summary>
    /// What it keeps of which events, as a hash: two streams with one signature have one state, whatever is asked of it later. Streams whose past is cut off by
    /// the options of their definition are their own.
    /// </summary>
    public string Signature { get; private set; } = "";

    /// <summary>Names the state in fragments; given when the definition is put into use.</summary>
    public uint Number { get; set; }

    /// <summary>Gives the signature, once everything else is decided.</summary>
    /// <param name="owner">Sets the stream apart from others of its kind; empty for none.</param>
    public void Sign(string owner)
    {
        var text = new StringBuilder().Append((byte)Kind).Append('\n').Append(Reduction.Stream.Event).Append('\n').Append(owner).Append('\n').Append(Retention).Append('\n');
        foreach (var slot in Slots.Take(KeptSlots)) text.Append((byte)slot.Part).Append(slot.Path).Append('\n');
        foreach (var clause in Early) text.Append("where ").Append(QueryPrinter.Print(clause.Condition)).Append('\n');
        foreach (var source in Excluded) text.Append("not ").Append(source).Append('\n');
        // What a fold does with the value; rows keep it for whoever asks.
        if (Kind != FoldKind.Rows) text.Append(QueryPrinter.Print(Reduction.Of ?? (Scalar)EventScalar.Source)).Append('\n');
        if (Kind is FoldKind.Extreme or FoldKind.Edge) text.Append(Reduction.Reducer);
        if (Kind is FoldKind.Extreme or FoldKind.Tally) text.Append(Reduction.As == Language.ValueType.Unstated && Reduction.Reducer == ReducerKind.Mode ? Language.ValueType.String : Reduction.As);
        Signature = XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(text.ToString())).ToString("x32", CultureInfo.InvariantCulture);
    }

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
