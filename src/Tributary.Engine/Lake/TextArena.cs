using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tributary.Engine.Lake;

/// <summary>
/// Holds the texts of one batch at addresses that do not move, so that DuckDB can copy them out without a call per text. <see cref="Clear"/> keeps the
/// blocks for the next batch.
/// </summary>
internal sealed unsafe class TextArena
{
    private const int BlockSize = 1 << 20;

    // Texts too large for a block are given one of their own and forgotten with the batch.
    private readonly List<byte[]> _blocks = [];
    private readonly List<byte[]> _large = [];
    private int _block = -1;
    private byte* _next;
    private int _left;

    /// <summary>Bytes taken since the last <see cref="Clear"/>.</summary>
    public long Bytes { get; private set; }

    /// <summary>Room for a text of the given length.</summary>
    public byte* Take(int length)
    {
        Bytes += length;
        if (length > _left) return TakeElsewhere(length);
        var address = _next;
        _next += length;
        _left -= length;
        return address;
    }

    /// <summary>Forgets all texts.</summary>
    public void Clear()
    {
        _large.Clear();
        (_block, _left, Bytes) = (-1, 0, 0);
    }

    private byte* TakeElsewhere(int length)
    {
        if (length > BlockSize / 4)
        {
            var own = GC.AllocateUninitializedArray<byte>(length, pinned: true);
            _large.Add(own);
            return AddressOf(own);
        }

        if (++_block == _blocks.Count) _blocks.Add(GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true));
        _next = AddressOf(_blocks[_block]) + length;
        _left = BlockSize - length;
        return AddressOf(_blocks[_block]);
    }

    private static byte* AddressOf(byte[] pinned) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));
}
