using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Traits.Folding;

/// <summary>What a path leads to: nothing, one value, or with <c>$</c> several.</summary>
internal readonly struct Values(QueryValue one, QueryValue[]? many = null)
{
    private readonly QueryValue _one = one;
    private readonly QueryValue[]? _many = many;

    public static Values Nothing => default;

    public int Count => _many?.Length ?? (_one.IsNothing ? 0 : 1);

    public QueryValue this[int index] => _many is null ? _one : _many[index];

    /// <summary>The first value, or nothing.</summary>
    public QueryValue First => Count == 0 ? QueryValue.Nothing : this[0];

    /// <summary>The last value, or nothing.</summary>
    public QueryValue Last => Count == 0 ? QueryValue.Nothing : this[Count - 1];

    public static Values Of(List<QueryValue> values) => values.Count switch
    {
        0 => Nothing,
        1 => new Values(values[0]),
        _ => new Values(default, [.. values]),
    };
}
