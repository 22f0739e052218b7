using System.Numerics;

namespace Tributary.Engine.Processing;

/// <summary>
/// Answers "surely new" for message ids without asking the store, which nearly all are: a Bloom filter whose bits of one id lie in one word, so that a
/// question costs one access to memory. A wrong "maybe" only costs the question that it was meant to save.
/// </summary>
/// <param name="bytes">Its size; rounded up to a power of two. Pages that no id has touched cost no memory.</param>
internal sealed class SeenFilter(int bytes)
{
    private readonly ulong[] _words = new ulong[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, bytes)) / sizeof(ulong)];

    /// <summary>False when the id was surely never added.</summary>
    public bool MayContain(UInt128 hash, uint source)
    {
        var mask = Mask(hash, source, out var word);
        return (_words[word] & mask) == mask;
    }

    public void Add(UInt128 hash, uint source)
    {
        var mask = Mask(hash, source, out var word);
        _words[word] |= mask;
    }

    // Four bits of one word, all taken from a hash that is uniform already.
    private ulong Mask(UInt128 hash, uint source, out int word)
    {
        var low = unchecked((ulong)hash + (source * 0x9E37_79B9_7F4A_7C15));
        var high = (ulong)(hash >> 64);
        word = (int)(low & (uint)(_words.Length - 1));
        return (1UL << (int)(high & 63)) | (1UL << (int)((high >> 6) & 63)) | (1UL << (int)((high >> 12) & 63)) | (1UL << (int)((high >> 18) & 63));
    }
}
