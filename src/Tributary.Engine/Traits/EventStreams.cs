using Tributary.Engine.Identity;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Traits;

/// <summary>All streams of a space that read events of one name. What several of them read is read once.</summary>
internal sealed class EventStreams
{
    private readonly List<Entry> _entries = [];
    private readonly List<EventScalar> _scalars = [];
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

        var entry = new Entry(plan, places, new Row(default, new Values[places.Length]), []);
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
    /// <param name="asked">Receives the computations whose answer may be another now.</param>
    /// <param name="folded">Receives the event as each stream sees it; valid until the next one.</param>
    /// <returns>False when there was no room for all of it.</returns>
    public bool Fold(in EventParts parts, Profile profile, Fragment fragment, long now, IReadOnlySet<uint>? only, ICollection<LiveComputation> asked, List<(uint Stream, Row Row)> folded)
    {
        Array.Clear(_isRead);
        var fits = true;
        foreach (var entry in _entries)
        {
            var plan = entry.Plan;
            if (only?.Contains(plan.Number) == false) continue;
            if (plan.Excluded.Contains(parts.SourceId)) continue;
            var row = entry.Seen;
            row.At = parts.At;
            for (var i = 0; i < row.Slots.Length; i++) row.Slots[i] = Read(parts, entry.Places[i]);
            if (!Passes(plan, row)) continue;
            var isKept = Folding.Fold.Open(fragment, new FoldKey(plan.Number), plan.Kind).Add(plan, parts.At, row.Slots, now);
            fits &= isKept;
            folded.Add((plan.Number, row));
            foreach (var (computation, influence) in entry.Readers)
            {
                // Where one event pushes out another, there may be fewer of them than before.
                if (!isKept || MayTurn(profile, computation, influence, now)) asked.Add(computation);
            }
        }

        // Where one event pushed out another, more than that one event is new.
        if (!fits) profile.Remembered = null;
        return fits;
    }

    // What time has changed already and no tick has said yet is asked as well.
    private static bool MayTurn(Profile profile, LiveComputation computation, Influence influence, long now)
    {
        if (influence == Influence.Any) return true;
        if (profile.Results is not { } results || !results.TryGetValue(computation.Computation.Number, out var result)) return influence == Influence.In;
        return influence == (result.IsMember ? Influence.Out : Influence.In) || result.DueAt <= now;
    }

    private static bool Passes(StreamPlan plan, Row row)
    {
        foreach (var clause in plan.Early)
            if (!clause.Holds(null!, row, null)) return false;
        return true;
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

    private sealed record Entry(StreamPlan Plan, int[] Places, Row Seen, List<(LiveComputation Computation, Influence Influence)> Readers)
    {
        public void Add(LiveComputation computation, Influence influence)
        {
            var index = Readers.FindIndex(reader => reader.Computation == computation);
            if (index < 0) Readers.Add((computation, influence));
            else Readers[index] = (computation, Readers[index].Influence | influence);
        }
    }
}
