using System.Numerics;

namespace Tributary.Engine.Traits;

/// <summary>Computations that something may have changed, in the order in which they read each other. Used again and again, by one thread.</summary>
internal sealed class AskedComputations
{
    private ComputationSet _set = ComputationSet.Empty;

    // One bit for each of the set, by its place.
    private ulong[] _bits = [];

    /// <summary>Begins with none of a set.</summary>
    public void Begin(ComputationSet set)
    {
        var words = (set.All.Length + 63) / 64;
        if (words > _bits.Length) _bits = new ulong[words];
        else _bits.AsSpan().Clear();
        _set = set;
    }

    /// <summary>Adds a computation of the set; one that does not answer is left out.</summary>
    /// <returns>False when it was there already, or is left out.</returns>
    public bool Add(LiveComputation computation)
    {
        var place = computation.Place;
        if (place < 0) return false;
        ref var word = ref _bits[place >> 6];
        var before = word;
        word |= 1UL << place;
        return word != before;
    }

    /// <summary>Adds every computation of the set.</summary>
    public void AddAll()
    {
        foreach (var computation in _set.All) Add(computation);
    }

    /// <summary>Takes out the first. What reads it comes later, so it may be added meanwhile.</summary>
    /// <returns>Null when there is none.</returns>
    public LiveComputation? Take()
    {
        for (var at = 0; at < _bits.Length; at++)
        {
            if (_bits[at] == 0) continue;
            var place = (at << 6) + BitOperations.TrailingZeroCount(_bits[at]);
            _bits[at] &= _bits[at] - 1;
            return _set.All[place];
        }

        return null;
    }

    /// <summary>Those that are there now.</summary>
    public List<LiveComputation> ToList() => [.. _set.All.Where(computation => (_bits[computation.Place >> 6] & (1UL << computation.Place)) != 0)];
}
