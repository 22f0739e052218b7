using Tributary.Engine.Identity;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Traits;

/// <summary>All streams of a space that read events of one name. What several of them read is read once.</summary>
internal sealed class EventStreams
{
    private readonly List<Entry> _entries = [];
    private readonly List<EventScalar> _scalars = [];

    // Streams whose rows keep the same values keep one array of them, as long as they are in memory.
    private readonly List<int[]> _keptPlaces = [];
    private Values[]?[] _kept = [];
    private readonly List<QueryValue> _many = [];
    private Values[] _read = [];
    private bool[] _isRead = [];

    /// <summary>Adds a stream; before the first event. Definitions that share its state share the work.</summary>
    public void Add(LiveComputation computation, CompiledDefinition definition, StreamPlan plan)
    {
        if (_entries.Find(entry => entry.Plan.Number == plan.Number) is { } shared)
        {
            if (definition == computation.Answering) shared.Add(computation, definition.InfluenceOf(plan));
            return;
        }

        var places = new int[plan.Slots.Count];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = _scalars.IndexOf(plan.Slots[i]);
            if (places[i] >= 0) continue;
            places[i] = _scalars.Count;
            _scalars.Add(plan.Slots[i]);
        }

        var entry = new Entry(plan, places, new Values[places.Length], plan.Kind == FoldKind.Rows ? PlaceOfKept(places[..plan.KeptSlots]) : -1, []);
        if (definition == computation.Answering) entry.Add(computation, definition.InfluenceOf(plan));
        _entries.Add(entry);
        _read = new Values[_scalars.Count];
        _isRead = new bool[_scalars.Count];
    }

    /// <summary>Folds an event into a fragment.</summary>
    /// <param name="parts">The event.</param>
    /// <param name="profile">Whose event it is.</param>
    /// <param name="fragment">Where its state goes.</param>
    /// <param name="now">Log time.</param>
    /// <param name="only">Folds into these streams alone, as a back-fill does; null for all.</param>
    /// <param name="computer">Is to ask the computations whose answer may be another now, and hears what was folded and what was lost.</param>
    /// <returns>How many events do not count any more for want of room.</returns>
    public int Fold(in EventParts parts, Profile profile, Fragment fragment, long now, IReadOnlySet<uint>? only, ProfileComputer computer)
    {
        Array.Clear(_isRead);
        Array.Clear(_kept);
        var lost = 0;
        foreach (var entry in _entries)
        {
            var plan = entry.Plan;
            if (only?.Contains(plan.Number) == false) continue;
            if (plan.Excluded.Contains(parts.SourceId)) continue;
            var row = new Row(parts.At, entry.Slots);
            for (var i = 0; i < row.Slots.Length; i++) row.Slots[i] = Read(parts, entry.Places[i]);
            if (!Passes(plan, row)) continue;
            if (entry.Kept >= 0) row = row with { Slots = _kept[entry.Kept] ??= row.Slots[..plan.KeptSlots] };
            var dropped = Folding.Fold.Open(fragment, plan.Number, plan.Kind).Add(plan, row, now);
            lost += dropped;
            computer.Folded.Add((plan.Number, row));
            foreach (var (computation, influence) in entry.Readers)
            {
                // Where one event pushes out others, there may be fewer of them than before.
                if (dropped > 0 || MayTurn(profile, computation, influence, now)) computer.Asked.Add(computation);
                if (dropped > 0) computer.Lost.Add((computation, dropped));
            }
        }

        // Where one event pushed out others, more than that one event is new.
        if (lost > 0) profile.Remembered = null;
        return lost;
    }

    // What time has changed already and no tick has said yet is asked as well.
    private static bool MayTurn(Profile profile, LiveComputation computation, Influence influence, long now)
    {
        if (influence == Influence.Any) return true;
        if (profile.Results is not { } results || !results.TryGetValue(computation.Computation.Number, out var result)) return influence == Influence.In;
        return influence == (result.IsMember ? Influence.Out : Influence.In) || result.DueAt <= now;
    }

    private static bool Passes(StreamPlan plan, in Row row)
    {
        foreach (var clause in plan.Early)
            if (!clause.Holds(null!, row, default)) return false;
        return true;
    }

    private int PlaceOfKept(int[] places)
    {
        var kept = _keptPlaces.FindIndex(other => other.SequenceEqual(places));
        if (kept >= 0) return kept;
        _keptPlaces.Add(places);
        _kept = new Values[_keptPlaces.Count][];
        return _keptPlaces.Count - 1;
    }

    private Values Read(in EventParts parts, int place)
    {
        if (!_isRead[place])
        {
            _read[place] = parts.Read(_scalars[place], _many);
            _isRead[place] = true;
        }

        return _read[place];
    }

    private sealed record Entry(StreamPlan Plan, int[] Places, Values[] Slots, int Kept, List<(LiveComputation Computation, Influence Influence)> Readers)
    {
        public void Add(LiveComputation computation, Influence influence)
        {
            var index = Readers.FindIndex(reader => reader.Computation == computation);
            if (index < 0) Readers.Add((computation, influence));
            else Readers[index] = (computation, Readers[index].Influence | influence);
        }
    }
}
