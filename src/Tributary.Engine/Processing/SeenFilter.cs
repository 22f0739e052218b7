using System.Numerics;
using System.Runtime.InteropServices;

namespace Tributary.Engine.Processing;

/// <summary>
/// Answers "surely new" for message ids without asking the store, which nearly all are: a Bloom filter whose bits of one id lie in one word, so that a
/// question costs one access to memory. A wrong "maybe" only costs the question that it was meant to save. Its memory is not the collector's: a new filter every
/// day of log time, and a replay goes through many, would each time have it look through everything.
/// </summary>
internal sealed unsafe class SeenFilter : IDisposable
{
    private readonly int _count;
    private ulong* _words;

    /// <param name="bytes">Its size; rounded up to a power of two. Pages that no id has touched cost no memory.</param>
    public SeenFilter(int bytes)
    {
        _count = (int)(BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, bytes)) / sizeof(ulong));
        _words = (ulong*)NativeMemory.AllocZeroed((nuint)_count, sizeof(ulong));
    }

    ~SeenFilter() => NativeMemory.Free(_words);

    /// <summary>False when the id was surely never added.</summary>
    public bool MayContain(UInt128 hash, uint source)
    {
        var mask = Mask(hash, source, out var word);
        return (Words[word] & mask) == mask;
    }

    public void Add(UInt128 hash, uint source)
    {
        var mask = Mask(hash, source, out var word);
        Words[word] |= mask;
    }

    /// <summary>Gives its memory back; it is not to be asked any more.</summary>
    public void Dispose()
    {
        NativeMemory.Free(_words);
        _words = null;
        GC.SuppressFinalize(this);
    }

    private Span<ulong> Words => new(_words, _words is null ? 0 : _count);

    // Four bits of one word, all taken from a hash that is uniform already.
    private ulong Mask(UInt128 hash, uint source, out int word)
    {
        var low = unchecked((ulong)hash + (source * 0x9E37_79B9_7F4A_7C15));
        var high = (ulong)(hash >> 64);
        word = (int)(low & (uint)(_count - 1));
        return (1UL << (int)(high & 63)) | (1UL << (int)((high >> 6) & 63)) | (1UL << (int)((high >> 12) & 63)) | (1UL << (int)((high >> 18) & 63));
    }
}
