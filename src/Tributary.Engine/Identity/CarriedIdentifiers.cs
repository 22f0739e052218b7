using Tributary.Model;

namespace Tributary.Engine.Identity;

/// <summary>An identifier that an event carries.</summary>
internal struct CarriedIdentifier
{
    public TypeRule Rule;

    /// <summary>Where its key begins in the list's buffer.</summary>
    public int Start;

    public int Length;

    /// <summary>The profile that owns it; null while it is mapped nowhere.</summary>
    public Profile? Owner;

    /// <summary>Its node on the owner, once the event is resolved.</summary>
    public Node? Node;
}

/// <summary>The distinct identifiers of one collection that an event carries, their keys side by side in one buffer. Reused from event to event.</summary>
internal sealed class CarriedIdentifiers
{
    /// <summary>Most identifiers taken from one event.</summary>
    /// <value>32: each pair of them becomes a link, and no SDK sends more than ten.</value>
    public const int CountMax = 32;

    private readonly CarriedIdentifier[] _items = new CarriedIdentifier[CountMax];
    private byte[] _keys = new byte[4096];
    private int _keysLength;

    public int Count { get; private set; }

    public Span<CarriedIdentifier> Items => _items.AsSpan(0, Count);

    public void Clear()
    {
        _items.AsSpan(0, Count).Clear();
        Count = 0;
        _keysLength = 0;
    }

    public ReadOnlySpan<byte> KeyOf(in CarriedIdentifier item) => _keys.AsSpan(item.Start, item.Length);

    public ReadOnlySpan<byte> ValueOf(in CarriedIdentifier item) =>
        _keys.AsSpan(item.Start + IdentifierKey.HeadSize + item.Rule.TypeUtf8.Length + 1, item.Length - IdentifierKey.HeadSize - item.Rule.TypeUtf8.Length - 1);

    /// <summary>Adds an identifier unless it is there. Empty, overlong and surplus ones are left out.</summary>
    public void Add(ushort space, ProfileCollection collection, TypeRule rule, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || value.Length > Identifier.ValueLengthMax * 3 || Count == CountMax) return;
        var length = IdentifierKey.HeadSize + rule.TypeUtf8.Length + 1 + value.Length;
        if (_keys.Length < _keysLength + length) Array.Resize(ref _keys, Math.Max(_keys.Length * 2, _keysLength + length));
        var key = _keys.AsSpan(_keysLength, length);
        IdentifierKey.WriteHead(key, space, collection);
        rule.TypeUtf8.CopyTo(key[IdentifierKey.HeadSize..]);
        key[IdentifierKey.HeadSize + rule.TypeUtf8.Length] = 0;
        value.CopyTo(key[(length - value.Length)..]);
        foreach (ref readonly var item in Items)
            if (KeyOf(item).SequenceEqual(key)) return;
        _items[Count++] = new CarriedIdentifier { Rule = rule, Start = _keysLength, Length = length };
        _keysLength += length;
    }

    /// <summary>Takes one out; the others keep their order.</summary>
    public void RemoveAt(int index)
    {
        Items[(index + 1)..].CopyTo(Items[index..]);
        _items[--Count] = default;
    }

    /// <summary>
    /// The index of the weakest: highest priority number, then the type that sorts later, then the later value.
    /// </summary>
    public int Weakest()
    {
        var weakest = 0;
        for (var i = 1; i < Count; i++)
            if (CompareStrength(_items[i], _items[weakest]) > 0) weakest = i;
        return weakest;
    }

    /// <summary>The index of the strongest.</summary>
    public int Strongest()
    {
        var strongest = 0;
        for (var i = 1; i < Count; i++)
            if (CompareStrength(_items[i], _items[strongest]) < 0) strongest = i;
        return strongest;
    }

    private int CompareStrength(in CarriedIdentifier a, in CarriedIdentifier b)
    {
        var order = a.Rule.CompareStrength(b.Rule);
        return order != 0 ? order : ValueOf(a).SequenceCompareTo(ValueOf(b));
    }
}
