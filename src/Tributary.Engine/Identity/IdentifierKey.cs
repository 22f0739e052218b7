using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Tributary.Model;

namespace Tributary.Engine.Identity;

/// <summary>
/// The bytes that stand for an identifier in the store and in caches: <c>space:u16(big-endian) collection:u8 type 0 value</c>, UTF-8.
/// </summary>
internal static class IdentifierKey
{
    /// <summary>Bytes before the type.</summary>
    public const int HeadSize = 3;

    /// <summary>Makes the key of an identifier.</summary>
    public static byte[] Of(ushort space, Identifier identifier)
    {
        var key = new byte[HeadSize + Encoding.UTF8.GetByteCount(identifier.Type) + 1 + Encoding.UTF8.GetByteCount(identifier.Value)];
        var type = WriteHead(key, space, identifier.Collection) + Encoding.UTF8.GetBytes(identifier.Type, key.AsSpan(HeadSize));
        Encoding.UTF8.GetBytes(identifier.Value, key.AsSpan(type + 1));
        return key;
    }

    /// <summary>Writes space and collection; returns where the type begins.</summary>
    public static int WriteHead(Span<byte> key, ushort space, ProfileCollection collection)
    {
        BinaryPrimitives.WriteUInt16BigEndian(key, space);
        key[2] = (byte)collection;
        return HeadSize;
    }

    public static ushort SpaceOf(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt16BigEndian(key);

    public static ProfileCollection CollectionOf(ReadOnlySpan<byte> key) => (ProfileCollection)key[2];

    public static ReadOnlySpan<byte> TypeOf(ReadOnlySpan<byte> key) => key.Slice(HeadSize, key[HeadSize..].IndexOf((byte)0));

    public static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> key) => key[(HeadSize + TypeOf(key).Length + 1)..];

    /// <summary>The identifier that a key stands for.</summary>
    public static Identifier Read(ReadOnlySpan<byte> key) =>
        new(CollectionOf(key), Encoding.UTF8.GetString(TypeOf(key)), Encoding.UTF8.GetString(ValueOf(key)));

    /// <summary>Reads <c>type:value</c> as it stands in paths; the value may contain colons.</summary>
    public static bool TryParse(ProfileCollection collection, string text, [NotNullWhen(true)] out Identifier? identifier)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        identifier = colon > 0 && colon < text.Length - 1 && !text.AsSpan(0, colon).Contains('\0')
            ? new Identifier(collection, text[..colon], text[(colon + 1)..])
            : null;
        return identifier is not null;
    }
}

/// <summary>Compares byte arrays by content and can be asked with a span, so that a look-up makes no array.</summary>
internal sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static BytesComparer Instance { get; } = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        // Seeded by the process, so that nobody outside can choose keys that collide.
        var hash = new HashCode();
        hash.AddBytes(alternate);
        return hash.ToHashCode();
    }

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}

/// <summary>Orders byte arrays as the store orders keys.</summary>
internal sealed class ByteOrder : IComparer<byte[]>
{
    public static ByteOrder Instance { get; } = new();

    public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
}
