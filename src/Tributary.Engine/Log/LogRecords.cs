using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace Tributary.Engine.Log;

/// <summary>
/// Builds framed records for one append, so that they can be written as they are: per record its length, its checksum and its bytes, padded to
/// <see cref="LogFrame.Alignment"/>. Reusable: <see cref="Clear"/> keeps the buffer.
/// </summary>
public sealed class LogRecords : IBufferWriter<byte>
{
    private byte[] _buffer;
    private int _length;
    private int _recordStart = -1;

    public LogRecords(int capacity = 4096) => _buffer = new byte[capacity];

    /// <summary>How many records are complete.</summary>
    public int Count { get; private set; }

    /// <summary>The framed bytes so far.</summary>
    public ReadOnlySpan<byte> Frames => _buffer.AsSpan(0, _length);

    /// <summary>Forgets all records and keeps the buffer, unless it has grown beyond <paramref name="keepBytesMax"/>.</summary>
    public void Clear(int keepBytesMax = 1 << 20)
    {
        if (_buffer.Length > keepBytesMax) _buffer = new byte[4096];
        _length = 0;
        _recordStart = -1;
        Count = 0;
    }

    /// <summary>Starts a record; what is written from here to <see cref="EndRecord"/> is its payload.</summary>
    public void BeginRecord()
    {
        Invariant.Holds(_recordStart < 0);
        Reserve(LogFrame.HeaderSize);
        _recordStart = _length;
        _length += LogFrame.HeaderSize;
    }

    /// <summary>Completes the record begun last.</summary>
    public void EndRecord()
    {
        Invariant.Holds(_recordStart >= 0);
        var payload = _length - _recordStart - LogFrame.HeaderSize;
        Invariant.Holds(payload is > 0 and <= LogFrame.PayloadMax);
        var header = _buffer.AsSpan(_recordStart);
        BinaryPrimitives.WriteInt32LittleEndian(header, payload);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], FrameCheck.OfPayload(_buffer.AsSpan(_recordStart + LogFrame.HeaderSize, payload)));
        var padded = LogFrame.Padded(payload) - payload;
        Reserve(padded);
        _buffer.AsSpan(_length, padded).Clear();
        _length += padded;
        _recordStart = -1;
        Count++;
    }

    /// <summary>Drops the record begun last, e.g. because its source turned out to be malformed.</summary>
    public void AbandonRecord()
    {
        Invariant.Holds(_recordStart >= 0);
        _length = _recordStart;
        _recordStart = -1;
    }

    /// <summary>Adds one record in one go.</summary>
    public void Add(ReadOnlySpan<byte> payload)
    {
        BeginRecord();
        Write(payload);
        EndRecord();
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    public void WriteByte(byte value)
    {
        Reserve(1);
        _buffer[_length++] = value;
    }

    public void WriteUInt16(ushort value)
    {
        Reserve(2);
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(_length), value);
        _length += 2;
    }

    public void WriteUInt32(uint value)
    {
        Reserve(4);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(_length), value);
        _length += 4;
    }

    public void WriteInt64(long value)
    {
        Reserve(8);
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(_length), value);
        _length += 8;
    }

    /// <inheritdoc/>
    public void Advance(int count) => _length += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 256));
        return _buffer.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 256));
        return _buffer.AsSpan(_length);
    }

    private void Reserve(int bytes)
    {
        if (_buffer.Length - _length >= bytes) return;
        Array.Resize(ref _buffer, (int)BitOperations.RoundUpToPowerOf2((uint)(_length + bytes)));
    }
}

/// <summary>The framing of a record on disk: <c>length:i32 crc:u32 payload padding</c>, little-endian.</summary>
public static class LogFrame
{
    /// <summary>Bytes before the payload.</summary>
    public const int HeaderSize = 8;

    /// <summary>Frames begin at multiples of this.</summary>
    public const int Alignment = 8;

    /// <summary>Longest payload, in bytes. Far above the largest event (34 KiB), so that revisions and commands fit.</summary>
    public const int PayloadMax = 4 << 20;

    /// <summary>A payload's size with its padding.</summary>
    public static int Padded(int payload) => (payload + Alignment - 1) & -Alignment;

    /// <summary>A whole frame's size.</summary>
    public static int Size(int payload) => HeaderSize + Padded(payload);
}

/// <summary>CRC-32C with the processor's instruction.</summary>
internal static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> bytes, uint seed)
    {
        var crc = seed;
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return crc;
    }
}
