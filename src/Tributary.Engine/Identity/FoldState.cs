namespace Tributary.Engine.Identity;

/// <summary>Names what a stream that definitions read has come to.</summary>
/// <param name="Stream">The number of the stream in its space.</param>
internal readonly record struct FoldKey(uint Stream) : IComparable<FoldKey>
{
    public int CompareTo(FoldKey other) => Stream.CompareTo(other.Stream);
}

/// <summary>State that a definition keeps in a fragment. What it means is known further down the river; here it is carried, written and read.</summary>
internal abstract class FoldState
{
    /// <summary>Which kind of state it is.</summary>
    public abstract byte Code { get; }

    /// <summary>Whether writing costs so much that what was written is kept while nothing changes it.</summary>
    public virtual bool IsDear => false;

    /// <summary>Writes it without its kind. The bytes depend on the state alone.</summary>
    public abstract void Write(ByteWriter writer);
}

/// <summary>A state as it was read from the store, taken apart only when somebody asks.</summary>
internal sealed class StoredFold
{
    private byte[]? _bytes;

    public StoredFold(byte code, byte[] bytes) => (Code, _bytes) = (code, bytes);

    public StoredFold(FoldState state) => (Code, State) = (state.Code, state);

    public byte Code { get; }

    /// <summary>The state once it is taken apart.</summary>
    public FoldState? State { get; set; }

    /// <summary>The state as bytes; only while nobody has changed it.</summary>
    public byte[] Bytes => _bytes!;

    /// <summary>The bytes no longer say what the state is.</summary>
    public void Changed() => _bytes = null;

    /// <summary>Writes the state, as it was read when it is unchanged.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="scratch">What a changed state is written to first, because its length comes before it.</param>
    public void Write(ByteWriter writer, ByteWriter scratch)
    {
        if (_bytes is not null)
        {
            writer.WriteBlob(_bytes);
            return;
        }

        scratch.Clear();
        State!.Write(scratch);
        writer.WriteBlob(scratch.Written);
        if (State.IsDear) _bytes = scratch.Written.ToArray();
    }
}

/// <summary>What was found out about a condition when it was asked of a profile last. Never stored: what is not remembered is found out again.</summary>
internal abstract class Remembered;

/// <summary>What a definition has come to for a profile.</summary>
/// <param name="Version">The version of the definition that gave it first.</param>
/// <param name="Json">The value as JSON; null when there is none.</param>
/// <param name="ChangedAt">Log time at which it became this; milliseconds since 1970.</param>
/// <param name="DueAt">Log time at which it may change by itself; <see cref="long.MaxValue"/> for never.</param>
internal readonly record struct ComputedResult(uint Version, byte[]? Json, long ChangedAt, long DueAt)
{
    /// <summary>Whether it is a membership, and the profile is in.</summary>
    public bool IsMember => Json is [(byte)'t', ..];
}
