using System.Buffers.Binary;
using Tributary.Model;

namespace Tributary.Engine.Lake;

/// <summary>Writes profile ids as text for the lake: the same form as <see cref="ProfileId.ToString"/>, without a string, and from a small cache.</summary>
internal sealed class ProfileIdText
{
    // Ids of busy profiles come again and again; 4,096 texts are 200 KiB.
    private const int CacheSize = 4_096;
    private readonly ProfileId[] _ids = new ProfileId[CacheSize];
    private readonly byte[] _texts = new byte[CacheSize * ProfileId.TextLength];

    /// <summary>The written form; valid until the next call.</summary>
    public ReadOnlySpan<byte> Of(ProfileId id)
    {
        var slot = id.GetHashCode() & (CacheSize - 1);
        var text = _texts.AsSpan(slot * ProfileId.TextLength, ProfileId.TextLength);
        if (_ids[slot] == id && !id.IsNone) return text;
        _ids[slot] = id;
        Write(id, text);
        return text;
    }

    /// <summary>Base 62 of the 160-bit number, five digits (62⁵ &lt; 2³²) at a time.</summary>
    private static void Write(ProfileId id, Span<byte> text)
    {
        const uint FiveDigits = 916_132_832;
        var alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8;
        Span<byte> bytes = stackalloc byte[ProfileId.Size];
        id.Write(bytes);
        Span<uint> limbs = stackalloc uint[ProfileId.Size / 4];
        for (var i = 0; i < limbs.Length; i++) limbs[i] = BinaryPrimitives.ReadUInt32BigEndian(bytes[(i * 4)..]);
        "use_"u8.CopyTo(text);
        for (var at = ProfileId.TextLength - 1; at >= 4;)
        {
            ulong rest = 0;
            for (var i = 0; i < limbs.Length; i++)
            {
                var value = (rest << 32) | limbs[i];
                limbs[i] = (uint)(value / FiveDigits);
                rest = value % FiveDigits;
            }

            for (var digit = 0; digit < 5 && at >= 4; digit++, rest /= 62) text[at--] = alphabet[(int)(rest % 62)];
        }
    }
}
