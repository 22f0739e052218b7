using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;

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
        Span<byte> ascii = stackalloc byte[TextLength];
        return text is { Length: TextLength } && Ascii.FromUtf16(text, ascii, out _) == OperationStatus.Done && TryParse(ascii, out id);
    }

    /// <inheritdoc cref="TryParse(string?, out ProfileId)"/>
    public static bool TryParse(ReadOnlySpan<byte> text, out ProfileId id)
    {
        id = default;
        if (text.Length != TextLength || !text.StartsWith("use_"u8)) return false;
        // Ten digits fit into 64 bits: seven, ten and ten of them.
        const ulong TenDigits = 839_299_365_868_340_224;
        if (Digits(text[4..11]) is not { } first || Digits(text[11..21]) is not { } second || Digits(text[21..]) is not { } third) return false;
        var upper = ((UInt128)first * TenDigits) + second;
        var low = ((UInt128)(ulong)upper * TenDigits) + third;
        var high = ((upper >> 64) * TenDigits) + (low >> 64);
        if (high >> 96 != 0) return false;
        id = new ProfileId((ulong)(high >> 32), ((ulong)high << 32) | (ulong)(low >> 32 & uint.MaxValue), (uint)low);
        return true;
    }

    private static ulong? Digits(ReadOnlySpan<byte> text)
    {
        var number = 0UL;
        foreach (var letter in text)
        {
            var digit = letter switch
            {
                >= (byte)'0' and <= (byte)'9' => letter - '0',
                >= (byte)'A' and <= (byte)'Z' => letter - 'A' + 10,
                >= (byte)'a' and <= (byte)'z' => letter - 'a' + 36,
                _ => -1,
            };
            if (digit < 0) return null;
            number = (number * 62) + (uint)digit;
        }

        return number;
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
