using System.Buffers.Binary;

namespace Tributary.Destinations.Functions;

/// <summary>A request that waits for another attempt of its source function.</summary>
/// <param name="DueAt">Milliseconds since 1970.</param>
/// <param name="Source">The number of the source.</param>
/// <param name="Id">Names the request; what its messages are called follows from it, so a second attempt repeats nothing.</param>
/// <param name="Attempts">Those that were made.</param>
/// <param name="FirstAt">When it came; milliseconds since 1970.</param>
/// <param name="Request">What <c>onRequest</c> gets, as JSON.</param>
internal sealed record KeptRequest(long DueAt, uint Source, Guid Id, int Attempts, long FirstAt, byte[] Request)
{
    /// <summary>The first byte of its keys in the table of deliveries.</summary>
    public const byte Kind = 6;

    private const int KeyBytes = 1 + 8 + 4 + 16;
    private const int HeadBytes = 1 + 8;

    public byte[] Key()
    {
        var key = new byte[KeyBytes];
        key[0] = Kind;
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(1), DueAt);
        BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(9), Source);
        Id.TryWriteBytes(key.AsSpan(13), bigEndian: true, out _);
        return key;
    }

    public byte[] Value()
    {
        var value = new byte[HeadBytes + Request.Length];
        value[0] = (byte)Attempts;
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(1), FirstAt);
        Request.CopyTo(value.AsSpan(HeadBytes));
        return value;
    }

    public static KeptRequest Read(byte[] key, byte[] value) => new(
        BinaryPrimitives.ReadInt64BigEndian(key.AsSpan(1)),
        BinaryPrimitives.ReadUInt32BigEndian(key.AsSpan(9)),
        new Guid(key.AsSpan(13, 16), bigEndian: true),
        value[0],
        BinaryPrimitives.ReadInt64BigEndian(value.AsSpan(1)),
        value[HeadBytes..]);

    /// <summary>The key before which all are due by <paramref name="now"/>.</summary>
    public static byte[] DueBy(long now)
    {
        var key = new byte[9];
        key[0] = Kind;
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(1), now + 1);
        return key;
    }
}
