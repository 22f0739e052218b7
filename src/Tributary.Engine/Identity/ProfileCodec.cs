using System.Buffers.Binary;
using System.Text;
using Tributary.Model;

namespace Tributary.Engine.Identity;

/// <summary>
/// A profile as bytes. Variable-length integers are LEB128 (signed ones zig-zag), strings and blobs are length and bytes, a stamp is an index into the
/// profile's stamp table, because an identify writes many traits at once. Layout, version 1:
/// <code>
/// version:u8 id:20 space:u16 collection:u8 createdAt
/// stamps: count { timestamp receivedAt−timestamp source messageId }*
/// nodes:  count { number keyTail part:20|0 createdAt source firstMessageId vetoes:count{blob}*
///                 events [first last] traits:count{ name 0|(1 blob) stamp }* accounts:count{ blob stamp }* }*
/// links:  count { indexA indexB timestamp messageId offset source type count }*
/// </code>
/// </summary>
internal static class ProfileCodec
{
    private const byte Version = 1;

    public static void Encode(Profile profile, ByteWriter writer)
    {
        var stamps = new StampTable();
        foreach (var node in profile.Nodes) stamps.Collect(node.Fragment);
        writer.WriteByte(Version);
        profile.Id.Write(writer.Reserve(ProfileId.Size));
        writer.WriteUInt16(profile.Space);
        writer.WriteByte((byte)profile.Collection);
        writer.WriteSigned(profile.CreatedAt);
        stamps.Encode(writer);
        writer.WriteUnsigned((ulong)profile.Nodes.Count);
        foreach (var node in profile.Nodes) EncodeNode(node, profile, stamps, writer);
        writer.WriteUnsigned((ulong)profile.Links.Count);
        foreach (var link in profile.Links)
        {
            writer.WriteUnsigned((ulong)profile.Nodes.IndexOf(link.A));
            writer.WriteUnsigned((ulong)profile.Nodes.IndexOf(link.B));
            writer.WriteSigned(link.Evidence.Timestamp);
            writer.WriteString(link.Evidence.MessageId);
            writer.WriteUnsigned((ulong)link.Evidence.Offset.Value);
            writer.WriteUnsigned(link.Evidence.Source);
            writer.WriteByte((byte)link.Evidence.Type);
            writer.WriteUnsigned((ulong)link.Count);
        }
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="InvalidDataException">A newer binary wrote it.</exception>
    public static Profile Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        if (reader.ReadByte() != Version) throw new InvalidDataException("A profile was written by a newer version of Tributary.");
        var id = ProfileId.Read(reader.Take(ProfileId.Size));
        var space = BinaryPrimitives.ReadUInt16LittleEndian(reader.Take(2));
        var collection = (ProfileCollection)reader.ReadByte();
        var profile = new Profile(id, space, collection, reader.ReadSigned()) { EncodedSize = bytes.Length };
        var stamps = new Stamp[reader.ReadCount()];
        for (var i = 0; i < stamps.Length; i++)
        {
            var timestamp = reader.ReadSigned();
            stamps[i] = new Stamp(timestamp, timestamp + reader.ReadSigned(), (uint)reader.ReadUnsigned(), reader.ReadString());
        }

        for (var left = reader.ReadCount(); left > 0; left--) profile.Nodes.Add(DecodeNode(ref reader, profile, stamps));
        for (var left = reader.ReadCount(); left > 0; left--)
        {
            var a = profile.Nodes[reader.ReadCount()];
            var b = profile.Nodes[reader.ReadCount()];
            var evidence = new LinkEvidence(
                reader.ReadSigned(), reader.ReadString(), new LogOffset((long)reader.ReadUnsigned()), (uint)reader.ReadUnsigned(), (EventType)reader.ReadByte());
            profile.Links.Add(Link.Restore(a, b, evidence, (long)reader.ReadUnsigned()));
        }

        return profile;
    }

    private static void EncodeNode(Node node, Profile profile, StampTable stamps, ByteWriter writer)
    {
        var fragment = node.Fragment;
        writer.WriteUnsigned(node.Number);
        writer.WriteBlob(node.Key.AsSpan(IdentifierKey.HeadSize));
        writer.WriteByte(node.Part == profile.Id ? (byte)0 : (byte)1);
        if (node.Part != profile.Id) node.Part.Write(writer.Reserve(ProfileId.Size));
        writer.WriteSigned(node.CreatedAt);
        writer.WriteUnsigned(node.Source);
        writer.WriteString(node.FirstMessageId);
        writer.WriteUnsigned((ulong)(node.Vetoes?.Count ?? 0));
        foreach (var veto in node.Vetoes ?? []) writer.WriteBlob(veto);
        writer.WriteUnsigned((ulong)fragment.EventCount);
        if (fragment.EventCount > 0)
        {
            writer.WriteUnsigned(stamps.IndexOf(fragment.First!));
            writer.WriteUnsigned(stamps.IndexOf(fragment.Last!));
        }

        // Sorted, so that the bytes depend on the state and not on the order in which it came about.
        writer.WriteUnsigned((ulong)fragment.Traits.Count);
        foreach (var (name, trait) in Ordered(fragment.Traits))
        {
            writer.WriteString(name);
            writer.WriteByte(trait.Json is null ? (byte)0 : (byte)1);
            if (trait.Json is not null) writer.WriteBlob(trait.Json);
            writer.WriteUnsigned(stamps.IndexOf(trait.Stamp));
        }

        writer.WriteUnsigned((ulong)(fragment.Accounts?.Count ?? 0));
        if (fragment.Accounts is null) return;
        foreach (var (key, stamp) in fragment.Accounts.OrderBy(pair => pair.Key, ByteOrder.Instance))
        {
            writer.WriteBlob(key);
            writer.WriteUnsigned(stamps.IndexOf(stamp));
        }
    }

    private static Node DecodeNode(ref ByteReader reader, Profile profile, Stamp[] stamps)
    {
        var number = reader.ReadUnsigned();
        var tail = reader.ReadBlob();
        var key = new byte[IdentifierKey.HeadSize + tail.Length];
        IdentifierKey.WriteHead(key, profile.Space, profile.Collection);
        tail.CopyTo(key.AsSpan(IdentifierKey.HeadSize));
        var part = reader.ReadByte() == 0 ? profile.Id : ProfileId.Read(reader.Take(ProfileId.Size));
        var node = new Node(number, Names.Intern(IdentifierKey.TypeOf(key)), key, part, reader.ReadSigned(), (uint)reader.ReadUnsigned(), reader.ReadString());
        var vetoes = reader.ReadCount();
        if (vetoes > 0) node.Vetoes = new List<byte[]>(vetoes);
        for (; vetoes > 0; vetoes--) node.Vetoes!.Add(reader.ReadBlob().ToArray());
        var fragment = node.Fragment;
        fragment.EventCount = (long)reader.ReadUnsigned();
        if (fragment.EventCount > 0)
        {
            fragment.First = stamps[reader.ReadCount()];
            fragment.Last = stamps[reader.ReadCount()];
        }

        for (var left = reader.ReadCount(); left > 0; left--)
        {
            var name = Names.Intern(reader.ReadBlob());
            var json = reader.ReadByte() == 0 ? null : reader.ReadBlob().ToArray();
            fragment.Set(name, json, stamps[reader.ReadCount()]);
        }

        for (var left = reader.ReadCount(); left > 0; left--)
        {
            var account = reader.ReadBlob().ToArray();
            fragment.Join(account, stamps[reader.ReadCount()]);
        }

        return node;
    }

    private static IEnumerable<KeyValuePair<string, Trait>> Ordered(Dictionary<string, Trait> traits) =>
        traits.Count < 2 ? traits : traits.OrderBy(pair => pair.Key, StringComparer.Ordinal);

    /// <summary>Numbers the stamps of a profile in a fixed order.</summary>
    private sealed class StampTable
    {
        private readonly Dictionary<Stamp, int> _indexes = new(StampIdentity.Instance);
        private readonly List<Stamp> _stamps = [];

        public void Collect(Fragment fragment)
        {
            if (fragment.First is not null) Add(fragment.First);
            if (fragment.Last is not null) Add(fragment.Last);
            foreach (var (_, trait) in Ordered(fragment.Traits)) Add(trait.Stamp);
            foreach (var (_, stamp) in (fragment.Accounts ?? []).OrderBy(pair => pair.Key, ByteOrder.Instance)) Add(stamp);
        }

        public ulong IndexOf(Stamp stamp) => (ulong)_indexes[stamp];

        public void Encode(ByteWriter writer)
        {
            writer.WriteUnsigned((ulong)_stamps.Count);
            foreach (var stamp in _stamps)
            {
                writer.WriteSigned(stamp.Timestamp);
                writer.WriteSigned(stamp.ReceivedAt - stamp.Timestamp);
                writer.WriteUnsigned(stamp.Source);
                writer.WriteString(stamp.MessageId);
            }
        }

        private void Add(Stamp stamp)
        {
            if (_indexes.TryAdd(stamp, _stamps.Count)) _stamps.Add(stamp);
        }
    }

    /// <summary>Two stamps are one when they name the same event.</summary>
    private sealed class StampIdentity : IEqualityComparer<Stamp>
    {
        public static StampIdentity Instance { get; } = new();

        public bool Equals(Stamp? x, Stamp? y) => ReferenceEquals(x, y) || (x!.CompareTo(y) == 0 && x.Source == y!.Source);

        public int GetHashCode(Stamp obj) => HashCode.Combine(obj.Timestamp, obj.MessageId.Length);
    }

    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static ByteOrder Instance { get; } = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}

/// <summary>Builds a value for the store; reused.</summary>
internal sealed class ByteWriter
{
    private byte[] _buffer = new byte[4096];
    private int _length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public void Clear() => _length = 0;

    public Span<byte> Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + bytes));
        _length += bytes;
        return _buffer.AsSpan(_length - bytes, bytes);
    }

    public void WriteByte(byte value) => Reserve(1)[0] = value;

    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Reserve(2), value);

    public void WriteUnsigned(ulong value)
    {
        for (; value >= 0x80; value >>= 7) WriteByte((byte)(value | 0x80));
        WriteByte((byte)value);
    }

    public void WriteSigned(long value) => WriteUnsigned((ulong)((value << 1) ^ (value >> 63)));

    public void WriteBlob(ReadOnlySpan<byte> bytes)
    {
        WriteUnsigned((ulong)bytes.Length);
        bytes.CopyTo(Reserve(bytes.Length));
    }

    public void WriteString(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        WriteUnsigned((ulong)length);
        Encoding.UTF8.GetBytes(text, Reserve(length));
    }
}

/// <summary>Reads what <see cref="ByteWriter"/> wrote.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public ReadOnlySpan<byte> Take(int count)
    {
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    public byte ReadByte() => Take(1)[0];

    public ulong ReadUnsigned()
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = ReadByte();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
    }

    public long ReadSigned()
    {
        var value = ReadUnsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public int ReadCount() => checked((int)ReadUnsigned());

    public ReadOnlySpan<byte> ReadBlob() => Take(ReadCount());

    public string ReadString() => Encoding.UTF8.GetString(ReadBlob());
}
