using System.Collections;

namespace Tributary.Engine.Identity;

/// <summary>
/// What definitions have come to for a profile, by the number of the computation and in the order of the numbers. One event asks for dozens of them, and there are
/// millions in memory: the numbers lie side by side, where all of them are looked through at once, and little room stays empty.
/// </summary>
internal sealed class ResultTable : IReadOnlyCollection<KeyValuePair<uint, ComputedResult>>
{
    private uint[] _numbers = [];
    private ComputedResult[] _results = [];
    private int _count;

    public ResultTable()
    {
    }

    /// <summary>The same results, to be changed apart from the others.</summary>
    public ResultTable(ResultTable other) => (_numbers, _results, _count) = (other.Numbers.ToArray(), other.Results.ToArray(), other._count);

    /// <summary>No results; not to be changed.</summary>
    public static ResultTable None { get; } = new();

    public int Count => _count;

    /// <summary>The numbers of the computations, ascending.</summary>
    public ReadOnlySpan<uint> Numbers => _numbers.AsSpan(0, _count);

    /// <summary>What they have come to, in the same order.</summary>
    public ReadOnlySpan<ComputedResult> Results => _results.AsSpan(0, _count);

    public ComputedResult this[uint number]
    {
        get => TryGetValue(number, out var result) ? result : throw new KeyNotFoundException($"Nothing is known of computation {number}.");
        set => Put(number, value);
    }

    public bool TryGetValue(uint number, out ComputedResult result)
    {
        var index = Numbers.IndexOf(number);
        result = index < 0 ? default : _results[index];
        return index >= 0;
    }

    public ComputedResult GetValueOrDefault(uint number) => TryGetValue(number, out var result) ? result : default;

    /// <summary>True when there was one.</summary>
    public bool Remove(uint number)
    {
        var index = Numbers.IndexOf(number);
        if (index < 0) return false;
        _count--;
        Array.Copy(_numbers, index + 1, _numbers, index, _count - index);
        Array.Copy(_results, index + 1, _results, index, _count - index);
        _results[_count] = default;
        return true;
    }

    public IEnumerator<KeyValuePair<uint, ComputedResult>> GetEnumerator()
    {
        for (var i = 0; i < _count; i++) yield return new KeyValuePair<uint, ComputedResult>(_numbers[i], _results[i]);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Put(uint number, in ComputedResult result)
    {
        Invariant.Holds(this != None);
        var index = Numbers.IndexOf(number);
        if (index < 0) Insert(index = FirstAbove(number), number);
        _results[index] = result;
    }

    private int FirstAbove(uint number)
    {
        // They mostly come in order, as they are read.
        var at = _count;
        while (at > 0 && _numbers[at - 1] > number) at--;
        return at;
    }

    private void Insert(int index, uint number)
    {
        if (_count == _numbers.Length)
        {
            var room = _count + (_count / 4) + 2;
            Array.Resize(ref _numbers, room);
            Array.Resize(ref _results, room);
        }

        Array.Copy(_numbers, index, _numbers, index + 1, _count - index);
        Array.Copy(_results, index, _results, index + 1, _count - index);
        _numbers[index] = number;
        _count++;
    }
}

/// <summary>What a definition has come to for a profile.</summary>
/// <param name="Version">The version of the definition that gave it first.</param>
/// <param name="Json">The value as JSON; null when there is none.</param>
/// <param name="ChangedAt">Log time at which it became this; milliseconds since 1970.</param>
/// <param name="DueAt">Log time at which it may change by itself; <see cref="long.MaxValue"/> for never.</param>
internal readonly record struct ComputedResult(uint Version, byte[]? Json, long ChangedAt, long DueAt)
{
    /// <summary>The JSON of a membership.</summary>
    public static byte[] True { get; } = "true"u8.ToArray();

    /// <summary>The JSON of no membership.</summary>
    public static byte[] False { get; } = "false"u8.ToArray();

    /// <summary>A value that was read: of memberships, of which there are millions, everybody has the same bytes.</summary>
    public static byte[] JsonOf(ReadOnlySpan<byte> json) => json.SequenceEqual(True) ? True : json.SequenceEqual(False) ? False : json.ToArray();

    /// <summary>Whether it is a membership, and the profile is in.</summary>
    public bool IsMember => Json is [(byte)'t', ..];
}
