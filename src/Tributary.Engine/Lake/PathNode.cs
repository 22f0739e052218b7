using System.IO.Hashing;

namespace Tributary.Engine.Lake;

/// <summary>
/// One level of the objects inside the events of one table: knows which column a key belongs to without building its name again. Keys of like events
/// come in like order, so the key after the last one found is tried first; a table of hashes answers for the rest.
/// </summary>
internal sealed class PathNode(string prefix)
{
    /// <summary>A key whose column is not known yet.</summary>
    public const int Unresolved = -1;

    /// <summary>A key whose values are dropped: its name is reserved or the table has no room for more columns.</summary>
    public const int Dropped = -2;

    /// <summary>Most keys remembered per level. People who put ids into keys would otherwise fill the memory.</summary>
    private const int KeysMax = 4_096;

    private Entry[] _entries = new Entry[8];
    private int[] _slots = new int[16];
    private int _count;
    private int _expected;
    private Entry _passing;

    /// <summary>What stands before the keys of this level in a column's name, e.g. <c>context_page_</c>.</summary>
    public string Prefix => prefix;

    /// <summary>The entry of a key, made when it is new. Valid until the next call.</summary>
    public ref Entry Find(ReadOnlySpan<byte> key)
    {
        if (_expected < _count && key.SequenceEqual(_entries[_expected].Key)) return ref _entries[_expected++];
        var hash = XxHash3.HashToUInt64(key);
        for (var slot = (int)hash & (_slots.Length - 1); _slots[slot] != 0; slot = (slot + 1) & (_slots.Length - 1))
        {
            ref var entry = ref _entries[_slots[slot] - 1];
            if (entry.Hash != hash || !key.SequenceEqual(entry.Key)) continue;
            _expected = _slots[slot];
            return ref entry;
        }

        return ref Add(key, hash);
    }

    /// <summary>Called when an object of this level begins.</summary>
    public void Begin() => _expected = 0;

    private ref Entry Add(ReadOnlySpan<byte> key, ulong hash)
    {
        var entry = new Entry { Key = key.ToArray(), Hash = hash, Column = Unresolved };
        if (_count == KeysMax)
        {
            _passing = entry;
            return ref _passing;
        }

        if (_count == _entries.Length) Array.Resize(ref _entries, _count * 2);
        _entries[_count++] = entry;
        _expected = _count;
        if (_count * 2 > _slots.Length) Rehash(_slots.Length * 2);
        else Place(_count - 1);
        return ref _entries[_count - 1];
    }

    private void Rehash(int size)
    {
        _slots = new int[size];
        for (var i = 0; i < _count; i++) Place(i);
    }

    private void Place(int index)
    {
        var slot = (int)_entries[index].Hash & (_slots.Length - 1);
        while (_slots[slot] != 0) slot = (slot + 1) & (_slots.Length - 1);
        _slots[slot] = index + 1;
    }

    /// <summary>A key: where its values go, and the level below it when they are objects.</summary>
    public struct Entry
    {
        public byte[] Key;
        public ulong Hash;

        /// <summary>Position of the column in its table, or <see cref="Unresolved"/> or <see cref="Dropped"/>.</summary>
        public int Column;
        public PathNode? Below;

        /// <summary>The name of the column for this key.</summary>
        public readonly string NameUnder(string prefix) => prefix + SnakeCase.NameOf(Key);

        /// <summary>The level below this key.</summary>
        public PathNode LevelUnder(string prefix) => Below ??= new PathNode(NameUnder(prefix) + "_");
    }
}
