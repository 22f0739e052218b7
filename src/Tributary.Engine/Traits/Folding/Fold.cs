using Tributary.Engine.Identity;
using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Traits.Folding;

/// <summary>
/// What one stream of one definition has come to in one fragment. Adding is commutative, and what two fragments hold can be taken together in any order.
/// </summary>
internal abstract class Fold : FoldState
{
    public abstract FoldKind Kind { get; }

    public sealed override byte Code => (byte)Kind;

    /// <summary>Whether something may have been dropped that the lake still has.</summary>
    public virtual bool IsFull => false;

    /// <summary>Adds an event.</summary>
    /// <param name="plan">The stream.</param>
    /// <param name="row">When it happened, and what was read of it; rows keep it as it is.</param>
    /// <param name="now">Log time; rows that no question can reach any more are dropped.</param>
    /// <returns>How many events, this one or others, do not count any more for want of room.</returns>
    public abstract int Add(StreamPlan plan, in Row row, long now);

    /// <summary>The state of a stream in a fragment, by the number of the stream; null when no event came.</summary>
    public static Fold? Find(Fragment fragment, uint stream)
    {
        if (fragment.Folds is not { } folds) return null;
        var index = folds.IndexOf(stream);
        return index < 0 ? null : At(folds, index);
    }

    /// <summary>The state of a stream in a fragment, to be changed.</summary>
    public static Fold Open(Fragment fragment, uint stream, FoldKind kind)
    {
        var folds = fragment.Folds ??= new FoldTable();
        var index = folds.IndexOf(stream);
        if (index >= 0) return At(folds, index);
        var fold = Empty(kind);
        folds.Insert(~index, stream, fold);
        return fold;
    }

    // Whoever asks for one the first time has it taken apart.
    private static Fold At(FoldTable folds, int index)
    {
        ref var entry = ref folds.Entries[index];
        if (entry.State is Fold known) return known;
        var fold = Read((FoldKind)entry.State.Code, ((UnreadFold)entry.State).Bytes);
        entry = entry with { State = fold };
        return fold;
    }

    /// <summary>An empty state of a kind.</summary>
    public static Fold Empty(FoldKind kind) => kind switch
    {
        FoldKind.Count => new CountFold(),
        FoldKind.Sum => new SumFold(),
        FoldKind.Extreme => new ExtremeFold(),
        FoldKind.Edge => new EdgeFold(),
        FoldKind.Tally => new TallyFold(),
        FoldKind.Rows => new RowsFold(),
    };

    /// <summary>Reads what was written.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="bytes">What was written; nobody changes it any more.</param>
    public static Fold Read(FoldKind kind, byte[] bytes)
    {
        var reader = new ByteReader(bytes);
        return kind switch
        {
            FoldKind.Count => new CountFold { Events = (long)reader.ReadUnsigned() },
            FoldKind.Sum => new SumFold { Numbers = (long)reader.ReadUnsigned(), Sum = FoldBytes.ReadSum(ref reader) },
            FoldKind.Extreme => new ExtremeFold { Value = FoldBytes.ReadValue(ref reader) },
            FoldKind.Edge => EdgeFold.Read(ref reader),
            FoldKind.Tally => TallyFold.Read(ref reader),
            FoldKind.Rows => RowsFold.Read(bytes),
        };
    }
}

/// <summary>See <see cref="FoldKind.Count"/>.</summary>
internal sealed class CountFold : Fold
{
    public long Events { get; set; }

    public override FoldKind Kind => FoldKind.Count;

    public override int Add(StreamPlan plan, in Row row, long now)
    {
        Events++;
        return 0;
    }

    public override void Write(ByteWriter writer) => writer.WriteUnsigned((ulong)Events);
}

/// <summary>See <see cref="FoldKind.Sum"/>.</summary>
internal sealed class SumFold : Fold
{
    public long Numbers { get; set; }

    public ExactSum Sum { get; set; }

    public override FoldKind Kind => FoldKind.Sum;

    public override int Add(StreamPlan plan, in Row row, long now)
    {
        var values = row.Slots[plan.ValueSlot];
        for (var i = 0; i < values.Count; i++)
        {
            if (ValueComparison.NumberOf(values[i]) is not { } number || ExactSum.Of(number) is not { } part) continue;
            Numbers++;
            Sum += part;
        }

        return 0;
    }

    public override void Write(ByteWriter writer)
    {
        writer.WriteUnsigned((ulong)Numbers);
        FoldBytes.Write(writer, Sum);
    }
}

/// <summary>See <see cref="FoldKind.Extreme"/>.</summary>
internal sealed class ExtremeFold : Fold
{
    public QueryValue Value { get; set; }

    public override FoldKind Kind => FoldKind.Extreme;

    public override int Add(StreamPlan plan, in Row row, long now)
    {
        var values = row.Slots[plan.ValueSlot];
        for (var i = 0; i < values.Count; i++) Value = Better(plan.Reduction, Value, values[i]);
        return 0;
    }

    /// <summary>The one of two values that the reducer wants; values that are not of its type are nothing to it.</summary>
    public static QueryValue Better(Reduction reduction, QueryValue best, QueryValue value)
    {
        var candidate = Reductions.Typed(reduction, value);
        if (candidate.IsNothing) return best;
        if (best.IsNothing) return candidate;
        var order = candidate.Kind == QueryValueKind.Number ? candidate.Number.CompareTo(best.Number) : string.CompareOrdinal(candidate.Text, best.Text);
        return (reduction.Reducer == ReducerKind.Max ? order > 0 : order < 0) ? candidate : best;
    }

    public override void Write(ByteWriter writer) => FoldBytes.Write(writer, Value);
}

/// <summary>See <see cref="FoldKind.Edge"/>. Events without the value do not count.</summary>
internal sealed class EdgeFold : Fold
{
    public Instant At { get; private set; }

    public QueryValue Value { get; private set; }

    public override FoldKind Kind => FoldKind.Edge;

    public override int Add(StreamPlan plan, in Row row, long now)
    {
        var isFirst = plan.Reduction.Reducer == ReducerKind.First;
        var value = isFirst ? row.Slots[plan.ValueSlot].First : row.Slots[plan.ValueSlot].Last;
        if (value.IsNothing || (!Value.IsNothing && (isFirst ? row.At.CompareTo(At) > 0 : row.At.CompareTo(At) < 0))) return 0;
        (At, Value) = (row.At, value);
        return 0;
    }

    public override void Write(ByteWriter writer)
    {
        FoldBytes.Write(writer, Value);
        if (!Value.IsNothing) FoldBytes.Write(writer, At);
    }

    public static EdgeFold Read(ref ByteReader reader)
    {
        var fold = new EdgeFold { Value = FoldBytes.ReadValue(ref reader) };
        if (!fold.Value.IsNothing) fold.At = FoldBytes.ReadInstant(ref reader);
        return fold;
    }
}

/// <summary>See <see cref="FoldKind.Tally"/>.</summary>
internal sealed class TallyFold : Fold
{
    /// <summary>Most different values that are kept in one fragment: Segment's limit. Values beyond it are dropped.</summary>
    public const int ValuesMax = 10_000;

    // Putting the values in order is dear, so what was written is kept while nothing is added.
    private byte[]? _written;

    public Dictionary<QueryValue, long> Counts { get; } = [];

    public override FoldKind Kind => FoldKind.Tally;

    public override bool IsFull => Counts.Count >= ValuesMax;

    public override int Add(StreamPlan plan, in Row row, long now)
    {
        var values = Reductions.Taken(plan.Reduction, row.Slots[plan.ValueSlot]);
        var lost = 0;
        _written = null;
        for (var i = 0; i < values.Count; i++)
        {
            var value = Reductions.Typed(plan.Reduction, values[i]);
            if (value.IsNothing) continue;
            if (Counts.Count >= ValuesMax && !Counts.ContainsKey(value))
            {
                lost = 1;
                continue;
            }

            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(Counts, value, out _)++;
        }

        return lost;
    }

    public override void Write(ByteWriter writer)
    {
        if (_written is not null)
        {
            writer.Write(_written);
            return;
        }

        var from = writer.Written.Length;
        writer.WriteUnsigned((ulong)Counts.Count);
        foreach (var (value, count) in Counts.Count > 1 ? Counts.OrderBy(pair => pair.Key, Reductions.ByText) : Counts.AsEnumerable())
        {
            FoldBytes.Write(writer, value);
            writer.WriteUnsigned((ulong)count);
        }

        if (Counts.Count > 1) _written = writer.Written[from..].ToArray();
    }

    public static TallyFold Read(ref ByteReader reader)
    {
        var fold = new TallyFold();
        for (var left = reader.ReadCount(); left > 0; left--)
        {
            var value = FoldBytes.ReadValue(ref reader);
            fold.Counts[value] = (long)reader.ReadUnsigned();
        }

        return fold;
    }
}
