namespace Tributary.Engine.Identity;

/// <summary>State that a definition keeps in a fragment. What it means is known further down the river; here it is carried, written and read.</summary>
internal abstract class FoldState
{
    /// <summary>Which kind of state it is.</summary>
    public abstract byte Code { get; }

    /// <summary>Writes it without its kind. The bytes depend on the state alone.</summary>
    public abstract void Write(ByteWriter writer);
}

/// <summary>A state as it was read from the store: it is taken apart only when somebody asks, and then stands in the table as what it is.</summary>
internal sealed class UnreadFold(byte code, byte[] bytes) : FoldState
{
    public override byte Code => code;

    /// <summary>What was written; nobody changes it.</summary>
    public byte[] Bytes => bytes;

    public override void Write(ByteWriter writer) => writer.Write(bytes);
}

/// <summary>
/// The states of a fragment by the number of their stream, in the order of the numbers, which is the order in which they are written. There are a dozen of them in
/// each of a million fragments, so they lie side by side in one array.
/// </summary>
internal sealed class FoldTable
{
    private Entry[] _entries;
    private int _count;

    /// <param name="room">How many there will be at first.</param>
    public FoldTable(int room = 4) => _entries = new Entry[room];

    public int Count => _count;

    /// <summary>All of them. What is read may be replaced by what it is when it is taken apart.</summary>
    public Span<Entry> Entries => _entries.AsSpan(0, _count);

    /// <summary>The place of a stream's state; when there is none, the complement of where it would be.</summary>
    public int IndexOf(uint stream)
    {
        var (low, high) = (0, _count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_entries[middle].Stream < stream) low = middle + 1;
            else high = middle;
        }

        return low < _count && _entries[low].Stream == stream ? low : ~low;
    }

    /// <summary>Puts the state of a stream that has none where <see cref="IndexOf"/> says.</summary>
    public void Insert(int index, uint stream, FoldState state)
    {
        Invariant.Holds(index <= _count);
        // A third more and not twice as many: the room that stays empty is there a million times.
        if (_count == _entries.Length) Array.Resize(ref _entries, _count + (_count / 3) + 2);
        _entries.AsSpan(index, _count - index).CopyTo(_entries.AsSpan(index + 1));
        _entries[index] = new Entry(stream, state);
        _count++;
    }

    /// <summary>Takes out the states of streams; true when there were any.</summary>
    public bool RemoveAll(Predicate<uint> isGone)
    {
        var kept = 0;
        for (var i = 0; i < _count; i++)
            if (!isGone(_entries[i].Stream)) _entries[kept++] = _entries[i];
        if (kept == _count) return false;
        _entries.AsSpan(kept, _count - kept).Clear();
        _count = kept;
        return true;
    }

    /// <summary>The state of one stream.</summary>
    internal readonly record struct Entry(uint Stream, FoldState State);
}

/// <summary>What was found out about a condition when it was asked of a profile last. Never stored: what is not remembered is found out again.</summary>
internal abstract class Remembered;
