using Tributary.Engine.Identity;
using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Traits.Folding;

/// <summary>
/// One look at one profile through one definition: what its fragments hold, taken together, and when time alone will change the answer. Used by one thread,
/// for one question after the other.
/// </summary>
internal sealed partial class Reading
{
    private readonly Dictionary<uint, ArraySegment<Row>> _rows = [];
    private readonly Dictionary<UInt128, (bool Holds, long Horizon)> _same = [];
    private readonly List<Fold> _folds = [];
    private readonly List<QueryValue> _values = [];
    private Profile _own = null!;
    private Profile? _person;
    private Func<Profile, string, byte[]?> _traitOf = null!;

    /// <summary>The time of the question; milliseconds since 1970.</summary>
    public long Now { get; private set; }

    /// <summary>The next time at which the answer may change by itself; <see cref="long.MaxValue"/> for never.</summary>
    public long Horizon { get; private set; }

    /// <summary>The people of an account; of a person nobody.</summary>
    public IReadOnlyList<Profile> People { get; private set; } = [];

    /// <summary>Forgets what is known of the profile of the last question: it, or the time, may be another now.</summary>
    public void Forget()
    {
        _rows.Clear();
        _same.Clear();
    }

    /// <summary>Asks a new question. What was found out for questions before it, since <see cref="Forget"/>, still counts.</summary>
    /// <param name="compiled">The definition.</param>
    /// <param name="own">The profile that it is about.</param>
    /// <param name="people">Of an account: its people.</param>
    /// <param name="traitOf">The JSON of a trait of a profile; null when it has none.</param>
    /// <param name="now">Log time.</param>
    public void Begin(CompiledDefinition compiled, Profile own, IReadOnlyList<Profile> people, Func<Profile, string, byte[]?> traitOf, long now)
    {
        (_own, _person, People, _traitOf) = (own, null, people, traitOf);
        IsAccount = compiled.Definition.Scope == DefinitionScope.Accounts;
        Now = now;
        Horizon = long.MaxValue;
    }

    /// <summary>The event that was just folded into the profile, as each stream sees it; null when it is not for one event's sake that the questions are asked.</summary>
    public List<(uint Stream, Row Row)>? Folded { get; set; }

    private bool IsAccount { get; set; }

    /// <summary>Answers a condition that other definitions have too, from what it was the first time.</summary>
    public bool Once(Clause clause, UInt128 same)
    {
        if (!_same.TryGetValue(same, out var known))
        {
            var others = Horizon;
            Horizon = long.MaxValue;
            known = (clause is CountClause { Funnel: { } funnel } && Folded is not null ? Passes(funnel, clause, same) : clause.Decide(this, default, default), Horizon);
            Horizon = others;
            _same.Add(same, known);
        }

        WakeAt(known.Horizon);
        return known.Holds;
    }

    /// <summary>Notes a time at which the answer may change.</summary>
    public void WakeAt(long time) => Horizon = Math.Min(Horizon, time);

    /// <summary>Narrows the question to one person of the account until the result is disposed.</summary>
    public Focus LookAt(Profile person)
    {
        _rows.Clear();
        _person = person;
        return new Focus(this);
    }

    /// <summary>The values of a trait.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="rest">The way inside it.</param>
    /// <param name="ofAccount">The account's, even while its people are looked at.</param>
    public Values Trait(string name, ValuePath rest, bool ofAccount)
    {
        var json = _traitOf(ofAccount ? _own : _person ?? _own, name);
        if (json is null) return Values.Nothing;
        if (!rest.IsMany) return new Values(ValueReader.One(json, rest));
        _values.Clear();
        ValueReader.Many(json, rest, _values);
        return Values.Of(_values);
    }

    /// <summary>What a stream comes to.</summary>
    /// <param name="plan">The stream.</param>
    /// <param name="parent">The event whose <c>where</c> encloses it; none at the top.</param>
    public QueryValue Reduce(StreamPlan plan, in Row parent)
    {
        var reduction = plan.Reduction;
        switch (plan.Kind)
        {
            case FoldKind.Count:
                var events = 0L;
                foreach (var fold in Folds(plan)) events += ((CountFold)fold).Events;
                return QueryValue.Of((double)events);
            case FoldKind.Sum:
                var total = default(ExactSum);
                var numbers = 0L;
                foreach (SumFold fold in Folds(plan))
                {
                    total += fold.Sum;
                    numbers += fold.Numbers;
                }

                return numbers == 0 ? QueryValue.Nothing : QueryValue.Of(reduction.Reducer == ReducerKind.Sum ? total.Value : total.Over(numbers));
            case FoldKind.Extreme:
                var best = QueryValue.Nothing;
                foreach (var fold in Folds(plan)) best = ExtremeFold.Better(reduction, best, ((ExtremeFold)fold).Value);
                return best;
            case FoldKind.Edge:
                EdgeFold? edge = null;
                foreach (EdgeFold fold in Folds(plan))
                {
                    if (fold.Value.IsNothing) continue;
                    if (edge is null || (reduction.Reducer == ReducerKind.First ? fold.At.CompareTo(edge.At) < 0 : fold.At.CompareTo(edge.At) > 0)) edge = fold;
                }

                return edge?.Value ?? QueryValue.Nothing;
            case FoldKind.Tally:
                var counts = Tally(plan);
                return reduction.Reducer == ReducerKind.Mode ? Reductions.Mode(counts, reduction.Least) : QueryValue.Of((double)counts.Count);
            case FoldKind.Rows:
                var rows = Rows(plan, parent);
                return reduction.Reducer == ReducerKind.Count ? QueryValue.Of((double)rows.Count) : ReduceRows(plan, rows);
            default:
                throw new InvalidOperationException("A stream has no kind.");
        }
    }

    /// <summary>The different values of a stream.</summary>
    public IEnumerable<QueryValue> Unique(StreamPlan plan) => plan.Kind == FoldKind.Tally ? Tally(plan).Keys : FoldRows<TallyFold>(plan, Rows(plan, default)).Counts.Keys;

    /// <summary>The events of a stream that pass all its filters, as far as they are kept.</summary>
    public ArraySegment<Row> Rows(StreamPlan plan, in Row parent)
    {
        var rows = AllRows(plan);
        foreach (var filter in plan.Later)
        {
            if (rows.Count == 0) break;
            rows = filter.Keep(this, rows, parent);
        }

        return rows;
    }

    /// <summary>
    /// How many events of a stream pass its filters, counted from the newest back, and no further than it takes to know: what a bot does ten thousand times costs
    /// no more than what decides. Only for streams without a session.
    /// </summary>
    /// <param name="plan">The stream.</param>
    /// <param name="parent">The event whose <c>where</c> encloses it; none at the top.</param>
    /// <param name="enough">More do not matter.</param>
    /// <param name="isExact">One less than enough is an answer of its own.</param>
    public int Count(StreamPlan plan, in Row parent, int enough, bool isExact)
    {
        ReadOnlySpan<Row> rows = AllRows(plan);
        var (from, to, far) = (long.MinValue, long.MaxValue, long.MaxValue);
        foreach (var filter in plan.Later)
        {
            if (filter is WindowFilter window)
            {
                from = Math.Max(from, Now - window.Far);
                far = Math.Min(far, window.Far);
                if (window.Near is not { } near) continue;
                to = Math.Min(to, Now - near);
                var ahead = RowOrder.FirstFrom(rows, Now - near + 1);
                if (ahead < rows.Length) WakeAt(rows[ahead].At.Timestamp + near);
            }
            else if (filter is ParentWindowFilter after)
            {
                from = Math.Max(from, after.From(parent));
                to = Math.Min(to, after.To(parent));
            }
        }

        var count = 0;
        var oldest = 0L;
        var end = to == long.MaxValue ? rows.Length : RowOrder.FirstFrom(rows, to + 1);
        if (!plan.Later.Exists(filter => filter is EachRowFilter))
        {
            // Their places alone tell how many lie between two times, so that a funnel of ten thousand events after each of ten thousand is not looked at one by one.
            count = Math.Min(enough, Math.Max(0, end - (from == long.MinValue ? 0 : RowOrder.FirstFrom(rows, from))));
            if (count > 0) oldest = rows[end - count].At.Timestamp;
            end = 0;
        }

        for (var at = end - 1; at >= 0 && rows[at].At.Timestamp >= from; at--)
        {
            if (!Passes(plan, rows[at], parent)) continue;
            oldest = rows[at].At.Timestamp;
            if (++count == enough) break;
        }

        // What was counted is in until its oldest leaves; what was not reached cannot be by time alone.
        if (far != long.MaxValue && count > 0 && (count == enough || (isExact && count == enough - 1))) WakeAt(oldest + far + 1);
        return count;
    }

    private bool Passes(StreamPlan plan, in Row row, in Row parent)
    {
        foreach (var filter in plan.Later)
            if (filter is EachRowFilter each && !each.Passes(this, row, parent)) return false;
        return true;
    }

    // A row that is out of reach but was not yet dropped is outside every window, so it never shows.
    private ArraySegment<Row> AllRows(StreamPlan plan)
    {
        if (_rows.TryGetValue(plan.Number, out var known)) return known;
        var folds = Folds(plan);
        if (folds.Count < 2) return _rows[plan.Number] = folds.Count == 0 ? ArraySegment<Row>.Empty : ((RowsFold)folds[0]).Rows;
        var count = 0;
        foreach (var fold in folds) count += ((RowsFold)fold).Rows.Count;
        var all = new Row[count];
        count = 0;
        foreach (var fold in folds)
        {
            var rows = ((RowsFold)fold).Rows;
            rows.CopyTo(all, count);
            count += rows.Count;
        }

        // What somebody did before they were known lies before the rest, and then there is nothing to put in order.
        if (!IsInOrder(all)) Array.Sort(all, static (a, b) => a.At.CompareTo(b.At));
        return _rows[plan.Number] = all;
    }

    private static bool IsInOrder(Row[] rows)
    {
        for (var at = 1; at < rows.Length; at++)
            if (rows[at - 1].At.CompareTo(rows[at].At) > 0) return false;
        return true;
    }

    private static QueryValue ReduceRows(StreamPlan plan, ArraySegment<Row> rows)
    {
        var reduction = plan.Reduction;
        switch (reduction.Reducer)
        {
            case ReducerKind.Sum or ReducerKind.Avg:
                var sum = FoldRows<SumFold>(plan, rows);
                return sum.Numbers == 0 ? QueryValue.Nothing : QueryValue.Of(reduction.Reducer == ReducerKind.Sum ? sum.Sum.Value : sum.Sum.Over(sum.Numbers));
            case ReducerKind.Max or ReducerKind.Min:
                return FoldRows<ExtremeFold>(plan, rows).Value;
            case ReducerKind.First or ReducerKind.Last:
                return FoldRows<EdgeFold>(plan, rows).Value;
            case ReducerKind.Mode:
                return Reductions.Mode(FoldRows<TallyFold>(plan, rows).Counts, reduction.Least);
            case ReducerKind.Unique or ReducerKind.UniqueCount:
                return QueryValue.Of((double)FoldRows<TallyFold>(plan, rows).Counts.Count);
            default:
                return QueryValue.Of((double)rows.Count);
        }
    }

    private static T FoldRows<T>(StreamPlan plan, ArraySegment<Row> rows) where T : Fold, new()
    {
        var fold = new T();
        foreach (ref readonly var row in rows.AsSpan()) fold.Add(plan, row, 0);
        return fold;
    }

    private Dictionary<QueryValue, long> Tally(StreamPlan plan)
    {
        Dictionary<QueryValue, long>? first = null;
        Dictionary<QueryValue, long>? sum = null;
        foreach (TallyFold fold in Folds(plan))
        {
            if (first is null)
            {
                first = fold.Counts;
                continue;
            }

            sum ??= new Dictionary<QueryValue, long>(first);
            foreach (var (value, count) in fold.Counts) sum[value] = sum.GetValueOrDefault(value) + count;
        }

        return sum ?? first ?? [];
    }

    // Valid until the next call.
    private List<Fold> Folds(StreamPlan plan)
    {
        _folds.Clear();
        if (_person is null && IsAccount)
        {
            foreach (var person in People) Gather(person, plan.Number);
        }
        else
        {
            Gather(_person ?? _own, plan.Number);
        }

        return _folds;
    }

    private void Gather(Profile profile, uint stream)
    {
        foreach (var node in profile.Nodes)
            if (Fold.Find(node.Fragment, stream) is { } fold) _folds.Add(fold);
    }

    /// <summary>Ends the look at one person.</summary>
    internal readonly struct Focus(Reading reading) : IDisposable
    {
        public void Dispose()
        {
            reading._rows.Clear();
            reading._person = null;
        }
    }
}
