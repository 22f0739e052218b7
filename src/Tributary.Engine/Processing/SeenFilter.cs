namespace Tributary.Engine.Processing;

/// <summary>
/// Answers "surely new" for message ids without asking the store, which nearly all are: a Bloom filter whose bits of one id lie in one word, so that a
/// question costs one access to memory. A wrong "maybe" only costs the question that it was meant to save.
/// </summary>
internal sealed class SeenFilter
{
    // 4 Mi words: 13 bits an id at 20 million ids a day, about one wrong "maybe" in a hundred. Untouched pages cost no memory.
    private const int WordBits = 22;
    private readonly ulong[] _words = new ulong[1 << WordBits];

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
    private static ulong Mask(UInt128 hash, uint source, out int word)
    {
        var low = unchecked((ulong)hash + (source * 0x9E37_79B9_7F4A_7C15));
        var high = (ulong)(hash >> 64);
        word = (int)(low >> (64 - WordBits));
        return (1UL << (int)(high & 63)) | (1UL << (int)((high >> 6) & 63)) | (1UL << (int)((high >> 12) & 63)) | (1UL << (int)((high >> 18) & 63));
    }
}
