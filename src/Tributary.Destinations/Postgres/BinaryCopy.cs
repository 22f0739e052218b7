using System.Buffers.Binary;

namespace Tributary.Destinations.Postgres;

/// <summary>Writes rows in PostgreSQL's binary COPY format to a stream, with 64 KiB held.</summary>
/// <remarks>https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format". Numbers are big-endian, times microseconds since 2000-01-01 UTC.</remarks>
internal sealed class BinaryCopy(Stream stream)
{
    private const int FlushBytes = 64 << 10;
    private const long MicrosecondsTo2000 = 946_684_800_000_000;
    private byte[] _buffer = new byte[FlushBytes + 4_096];
    private int _length;

    /// <summary>Bytes written so far, those held included.</summary>
    public long Bytes { get; private set; }

    public void Begin() => Raw([.. "PGCOPY\n"u8, 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0]);

    public void BeginRow(int fields) => BinaryPrimitives.WriteInt16BigEndian(Take(2), (short)fields);

    public void Null() => BinaryPrimitives.WriteInt32BigEndian(Take(4), -1);

    public void Int64(long value)
    {
        var field = Take(12);
        BinaryPrimitives.WriteInt32BigEndian(field, 8);
        BinaryPrimitives.WriteInt64BigEndian(field[4..], value);
    }

    public void Double(double value) => Int64(BitConverter.DoubleToInt64Bits(value));

    /// <summary>A point in time, in microseconds since 1970.</summary>
    public void Time(long value) => Int64(value - MicrosecondsTo2000);

    public void Boolean(bool value)
    {
        var field = Take(5);
        BinaryPrimitives.WriteInt32BigEndian(field, 1);
        field[4] = value ? (byte)1 : (byte)0;
    }

    /// <summary>A text in UTF-8. PostgreSQL cannot hold the character zero in a text; U+FFFD stands for it.</summary>
    public void Text(ReadOnlySpan<byte> text)
    {
        var zeros = text.Count((byte)0);
        BinaryPrimitives.WriteInt32BigEndian(Take(4), text.Length + (2 * zeros));
        for (; zeros > 0; zeros--)
        {
            var at = text.IndexOf((byte)0);
            Raw(text[..at]);
            Raw([0xEF, 0xBF, 0xBD]);
            text = text[(at + 1)..];
        }

        Raw(text);
    }

    /// <summary>JSON for a column of <c>jsonb</c>.</summary>
    public void Json(ReadOnlySpan<byte> json)
    {
        var field = Take(5);
        BinaryPrimitives.WriteInt32BigEndian(field, json.Length + 1);
        field[4] = 1;
        Raw(json);
    }

    /// <summary>Passes on what is held when it is much.</summary>
    public ValueTask DrainAsync(CancellationToken cancellationToken) => _length < FlushBytes ? ValueTask.CompletedTask : FlushAsync(cancellationToken);

    /// <summary>Writes the end mark and passes everything on.</summary>
    public ValueTask EndAsync(CancellationToken cancellationToken)
    {
        BinaryPrimitives.WriteInt16BigEndian(Take(2), -1);
        return FlushAsync(cancellationToken);
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_buffer.AsMemory(0, _length), cancellationToken);
        _length = 0;
    }

    private void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    private Span<byte> Take(int count)
    {
        if (_buffer.Length - _length < count) Array.Resize(ref _buffer, Math.Max(_length + count, _buffer.Length * 2));
        var span = _buffer.AsSpan(_length, count);
        _length += count;
        Bytes += count;
        return span;
    }
}
