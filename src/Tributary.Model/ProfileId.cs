using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Tributary.Model;

/// <summary>
/// Names a profile: 20 bytes, written as <c>use_</c> and 27 base-62 characters as Segment's clients expect. Derived from the log position of the
/// event that made the profile, so a replay gives the same id. Sorts by age within one space.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ProfileId : IComparable<ProfileId>
{
    /// <summary>Length of the binary form in bytes.</summary>
    public const int Size = 20;

    /// <summary>Length of the written form in characters.</summary>
    public const int TextLength = 31;

    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly ulong _high;
    private readonly ulong _middle;
    private readonly uint _low;

    private ProfileId(ulong high, ulong middle, uint low)
    {
        _high = high;
        _middle = middle;
        _low = low;
    }

    /// <summary>True for the value that names no profile.</summary>
    public bool IsNone => _high == 0 && _middle == 0 && _low == 0;

    /// <summary>The number of the space that the profile was made in.</summary>
    public ushort Space => (ushort)(_low >> 8);

    /// <summary>
    /// Makes the id of the profile that the record at <paramref name="offset"/> creates. <paramref name="ordinal"/> tells apart several profiles made
    /// by one record (a user and an account; the sides of a split).
    /// </summary>
    public static ProfileId Derive(ushort space, long offset, ushort ordinal)
    {
        // The age comes first so that ids sort by it; the mix (splitmix64) makes ids of neighbours look unrelated, as clients expect of opaque ids.
        var hash = unchecked(((ulong)offset * 0x9E37_79B9_7F4A_7C15) ^ ((ulong)space << 40) ^ ((ulong)ordinal << 32) ^ 0x7472_6962);
        hash = unchecked((hash ^ (hash >> 30)) * 0xBF58_476D_1CE4_E5B9);
        hash = unchecked((hash ^ (hash >> 27)) * 0x94D0_49BB_1331_11EB);
        hash ^= hash >> 31;
        // The space lies between the two bytes of the ordinal, whose upper one only a split into hundreds of sides uses.
        return new ProfileId((ulong)offset + 1, hash, ((uint)(ordinal >> 8) << 24) | ((uint)space << 8) | (byte)ordinal);
    }

    /// <summary>Reads the binary form.</summary>
    public static ProfileId Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt64BigEndian(source),
        BinaryPrimitives.ReadUInt64BigEndian(source[8..]),
        BinaryPrimitives.ReadUInt32BigEndian(source[16..]));

    /// <summary>Writes the binary form, whose byte order is the sort order.</summary>
    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64BigEndian(target, _high);
        BinaryPrimitives.WriteUInt64BigEndian(target[8..], _middle);
        BinaryPrimitives.WriteUInt32BigEndian(target[16..], _low);
    }

    /// <summary>Reads the written form, <c>use_</c> and 27 characters; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ProfileId id)
    {
        id = default;
        if (text is not { Length: TextLength } || !text.StartsWith("use_", StringComparison.Ordinal)) return false;
        UInt128 high = 0;
        ulong carryHigh = 0;
        foreach (var character in text.AsSpan(4))
        {
            var digit = Alphabet.IndexOf(character, StringComparison.Ordinal);
            if (digit < 0) return false;
            // 160 bits as 128 low bits in `high` and the rest above: multiply by 62 and add.
            var low = (UInt128)(ulong)high * 62 + (uint)digit;
            var upper = (high >> 64) * 62 + (low >> 64);
            high = ((UInt128)(ulong)upper << 64) | (ulong)low;
            var top = (UInt128)carryHigh * 62 + (ulong)(upper >> 64);
            if (top > uint.MaxValue) return false;
            carryHigh = (ulong)top;
        }

        Span<byte> bytes = stackalloc byte[Size];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)carryHigh);
        BinaryPrimitives.WriteUInt128BigEndian(bytes[4..], high);
        id = Read(bytes);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(ProfileId other)
    {
        var order = _high.CompareTo(other._high);
        if (order == 0) order = _middle.CompareTo(other._middle);
        return order != 0 ? order : _low.CompareTo(other._low);
    }

    public static bool operator <(ProfileId left, ProfileId right) => left.CompareTo(right) < 0;

    public static bool operator >(ProfileId left, ProfileId right) => left.CompareTo(right) > 0;

    public static bool operator <=(ProfileId left, ProfileId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ProfileId left, ProfileId right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => string.Create(TextLength, this, static (text, id) =>
    {
        Span<byte> bytes = stackalloc byte[Size];
        id.Write(bytes);
        "use_".CopyTo(text);
        var top = (ulong)BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var low = BinaryPrimitives.ReadUInt128BigEndian(bytes[4..]);
        for (var at = TextLength - 1; at >= 4; at--)
        {
            // Long division of the 160-bit number by 62, most significant limb first.
            var rest = top % 62;
            top /= 62;
            var upper = ((UInt128)rest << 64) | (ulong)(low >> 64);
            var lower = ((UInt128)(ulong)(upper % 62) << 64) | (ulong)low;
            low = ((UInt128)(ulong)(upper / 62) << 64) | (ulong)(lower / 62);
            text[at] = Alphabet[(int)(ulong)(lower % 62)];
        }
    });
}
