using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Tributary.Model;

namespace Tributary.Engine.Identity;

/// <summary>
/// A profile as bytes. Variable-length integers are LEB128 (signed ones zig-zag), strings and blobs are length and bytes. Message ids stand once, in a
/// table, because one event makes identifiers, links and stamps at once; so do stamps, because one identify writes many traits. Layout, version 2;
/// version 1 has neither folds nor results:
/// <code>
/// version:u8 id:20 space:u16 collection:u8 createdAt
/// messages: count { text }*
/// stamps:   count { timestamp receivedAt−timestamp source message }*
/// nodes:    count { number keyTail part:0|(1 id:20) createdAt source firstMessage vetoes:count{blob}*
///                   events [first last] traits:count{ name 0|(1 blob) stamp }* accounts:count{ blob stamp }*
///                   folds:count{ stream code:u8 blob }* }*
/// links:    count { nodeA nodeB timestamp message offset source type:u8 count }*
/// results:  count { computation version 0|(1 blob) changedAt dueAt+1 (0: never) }* timerAt+1 (0: none)
/// </code>
/// </summary>
internal static class ProfileCodec
{
    /// <summary>The version that is written.</summary>
    public const byte Version = 2;

    /// <summary>A profile by itself.</summary>
    public static byte[] Encode(Profile profile)
    {
        var writer = new ByteWriter();
        new ProfileEncoder().Encode(profile, writer);
        return writer.Written.ToArray();
    }

    /// <summary>Reads what <see cref="ProfileEncoder"/> wrote.</summary>
    /// <exception cref="InvalidDataException">A newer binary wrote it.</exception>
    public static Profile Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var version = reader.ReadByte();
        if (version is 0 or > Version) throw new InvalidDataException("A profile was written by a newer version of Tributary.");
        var id = ProfileId.Read(reader.Take(ProfileId.Size));
        var space = BinaryPrimitives.ReadUInt16LittleEndian(reader.Take(2));
        var collection = (ProfileCollection)reader.ReadByte();
        var profile = new Profile(id, space, collection, reader.ReadSigned()) { EncodedSize = bytes.Length };
        var messages = new string[reader.ReadCount()];
        for (var i = 0; i < messages.Length; i++) messages[i] = reader.ReadString();
        var stamps = new Stamp[reader.ReadCount()];
        for (var i = 0; i < stamps.Length; i++)
        {
            var timestamp = reader.ReadSigned();
            stamps[i] = new Stamp(timestamp, timestamp + reader.ReadSigned(), (uint)reader.ReadUnsigned(), messages[reader.ReadCount()]);
        }

        for (var left = reader.ReadCount(); left > 0; left--) profile.Nodes.Add(DecodeNode(ref reader, profile, messages, stamps, version));
        for (var left = reader.ReadCount(); left > 0; left--)
        {
            var a = profile.Nodes[reader.ReadCount()];
            var b = profile.Nodes[reader.ReadCount()];
            var evidence = new LinkEvidence(
                reader.ReadSigned(), messages[reader.ReadCount()], new LogOffset((long)reader.ReadUnsigned()), (uint)reader.ReadUnsigned(), (EventType)reader.ReadByte());
            profile.Links.Add(Link.Restore(a, b, evidence, (long)reader.ReadUnsigned()));
        }

        if (version >= 2) DecodeResults(ref reader, profile);
        return profile;
    }

    private static void DecodeResults(ref ByteReader reader, Profile profile)
    {
        for (var left = reader.ReadCount(); left > 0; left--)
        {
            var computation = (uint)reader.ReadUnsigned();
            var version = (uint)reader.ReadUnsigned();
            var json = reader.ReadByte() == 0 ? null : ComputedResult.JsonOf(reader.ReadBlob());
            var changedAt = reader.ReadSigned();
            (profile.Results ??= new ResultTable())[computation] = new ComputedResult(version, json, changedAt, ReadTime(ref reader));
        }

        profile.TimerAt = ReadTime(ref reader);
    }

    // Times that may be "never" are one more than they are.
    private static long ReadTime(ref ByteReader reader) => reader.ReadUnsigned() is var time and > 0 ? (long)time - 1 : long.MaxValue;

    private static Node DecodeNode(ref ByteReader reader, Profile profile, string[] messages, Stamp[] stamps, byte version)
    {
        var number = reader.ReadUnsigned();
        var tail = reader.ReadBlob();
        var key = new byte[IdentifierKey.HeadSize + tail.Length];
        IdentifierKey.WriteHead(key, profile.Space, profile.Collection);
        tail.CopyTo(key.AsSpan(IdentifierKey.HeadSize));
        var part = reader.ReadByte() == 0 ? profile.Id : ProfileId.Read(reader.Take(ProfileId.Size));
        var node = new Node(number, Names.Intern(IdentifierKey.TypeOf(key)), key, part, reader.ReadSigned(), (uint)reader.ReadUnsigned(), messages[reader.ReadCount()]);
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

        var folds = version >= 2 ? reader.ReadCount() : 0;
        if (folds > 0) fragment.Folds = new FoldTable(folds);
        for (; folds > 0; folds--)
        {
            var stream = (uint)reader.ReadUnsigned();
            fragment.Folds!.Insert(fragment.Folds.Count, stream, new UnreadFold(reader.ReadByte(), reader.ReadBlob().ToArray()));
        }

        return node;
    }
}

/// <summary>Builds a value for the store; reused.</summary>
internal sealed class ByteWriter
{
    private byte[] _buffer = new byte[4096];
    private int _length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>Begins anew.</summary>
    /// <param name="keep">Lets a buffer go that is larger than this.</param>
    public void Clear(int keep = int.MaxValue)
    {
        _length = 0;
        if (_buffer.Length > keep) _buffer = new byte[4096];
    }

    public Span<byte> Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes) Grow(bytes);
        _length += bytes;
        return _buffer.AsSpan(_length - bytes, bytes);
    }

    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    public void WriteByte(byte value) => Reserve(1)[0] = value;

    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Reserve(2), value);

    public void WriteUnsigned(ulong value)
    {
        const int Longest = 10;
        if (_buffer.Length - _length < Longest) Grow(Longest);
        var at = _length;
        for (; value >= 0x80; value >>= 7) _buffer[at++] = (byte)(value | 0x80);
        _buffer[at++] = (byte)value;
        _length = at;
    }

    public void WriteSigned(long value) => WriteUnsigned((ulong)((value << 1) ^ (value >> 63)));

    public void WriteBlob(ReadOnlySpan<byte> bytes)
    {
        WriteUnsigned((ulong)bytes.Length);
        Write(bytes);
    }

    public void WriteString(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        WriteUnsigned((ulong)length);
        Encoding.UTF8.GetBytes(text, Reserve(length));
    }

    /// <summary>Begins a blob whose length shows once it is written.</summary>
    /// <returns>What <see cref="EndBlob"/> ends.</returns>
    public int BeginBlob()
    {
        Reserve(1);
        return _length;
    }

    /// <summary>Puts the length before what was written since <see cref="BeginBlob"/>; the bytes are those of <see cref="WriteBlob"/>.</summary>
    public void EndBlob(int from)
    {
        var length = _length - from;
        if (length < 0x80)
        {
            _buffer[from - 1] = (byte)length;
            return;
        }

        // The length takes more than the byte that was left for it, so what was written makes room.
        var more = ((BitOperations.Log2((uint)length) + 7) / 7) - 1;
        Reserve(more);
        _buffer.AsSpan(from, length).CopyTo(_buffer.AsSpan(from + more));
        _length = from - 1;
        WriteUnsigned((ulong)length);
        _length += length;
    }

    private void Grow(int bytes) => Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + bytes));
}

/// <summary>Reads what <see cref="ByteWriter"/> wrote.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>How many bytes are left.</summary>
    public readonly int Left => _rest.Length;

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
