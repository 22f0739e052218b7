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
            if (definition == computation.Answering && !shared.Readers.Contains(computation)) shared.Readers.Add(computation);
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

        _entries.Add(new Entry(plan, places, new Values[places.Length], definition == computation.Answering ? [computation] : []));
        _read = new Values[_scalars.Count];
        _isRead = new bool[_scalars.Count];
    }

    /// <summary>Folds an event into a fragment.</summary>
    /// <param name="parts">The event.</param>
    /// <param name="fragment">Where its state goes.</param>
    /// <param name="now">Log time.</param>
    /// <param name="only">Folds into these streams alone, as a back-fill does; null for all.</param>
    /// <param name="asked">Receives the computations whose answer may be another now.</param>
    /// <returns>False when there was no room for all of it.</returns>
    public bool Fold(in EventParts parts, Fragment fragment, long now, IReadOnlySet<uint>? only, ICollection<LiveComputation> asked)
    {
        Array.Clear(_isRead);
        var fits = true;
        foreach (var entry in _entries)
        {
            var plan = entry.Plan;
            if (only?.Contains(plan.Number) == false) continue;
            if (plan.Excluded.Contains(parts.SourceId)) continue;
            for (var i = 0; i < entry.Slots.Length; i++) entry.Slots[i] = Read(parts, entry.Places[i]);
            var row = new Row(parts.At, entry.Slots);
            if (!Passes(plan, row)) continue;
            fits &= Folding.Fold.Open(fragment, new FoldKey(plan.Number), plan.Kind).Add(plan, parts.At, entry.Slots, now);
            foreach (var reader in entry.Readers) asked.Add(reader);
        }

        return fits;
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

    private sealed record Entry(StreamPlan Plan, int[] Places, Values[] Slots, List<LiveComputation> Readers);
}
