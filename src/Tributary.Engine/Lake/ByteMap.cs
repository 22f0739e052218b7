using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;

namespace Tributary.Engine.Lake;

/// <summary>A bounded dictionary keyed by bytes that is asked without making a key.</summary>
internal sealed class ByteMap<T>(int countMax)
{
    private readonly Dictionary<ulong, (byte[] Key, T Value)> _byHash = [];

    public bool TryGet(ReadOnlySpan<byte> key, [MaybeNullWhen(false)] out T value)
    {
        if (_byHash.TryGetValue(XxHash3.HashToUInt64(key), out var entry) && key.SequenceEqual(entry.Key))
        {
            value = entry.Value;
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Remembers a key unless the map is full or another key has its hash: then its owner has to find the value anew each time.</summary>
    public void TryAdd(ReadOnlySpan<byte> key, T value)
    {
        if (_byHash.Count < countMax) _byHash.TryAdd(XxHash3.HashToUInt64(key), (key.ToArray(), value));
    }
}
