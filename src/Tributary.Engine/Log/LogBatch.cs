using System.Buffers.Binary;
using Tributary.Model;

namespace Tributary.Engine.Log;

/// <summary>Whole records read from a log, in a buffer that is used again for the next read.</summary>
public sealed class LogBatch
{
    /// <summary>A batch that reads about <paramref name="bytesMax"/> bytes at a time; it grows when one record is larger.</summary>
    public LogBatch(int bytesMax = 1 << 20) => Buffer = new byte[bytesMax];

    /// <summary>Offset of the first record.</summary>
    public LogOffset First { get; private set; }

    /// <summary>Offset after the last record: where the next read begins.</summary>
    public LogOffset Next { get; private set; }

    /// <summary>The buffer that a log reads into.</summary>
    internal byte[] Buffer { get; set; }

    /// <summary>The frames that were read, with their checksums.</summary>
    internal ReadOnlySpan<byte> Frames => Buffer.AsSpan(0, _length);

    private int _length;

    /// <summary>Called by the log: the buffer holds these many bytes of whole, checked frames.</summary>
    internal void Filled(LogOffset first, int length)
    {
        First = first;
        Next = new LogOffset(first.Value + length);
        _length = length;
    }

    /// <summary>Leaves out what lies at or behind a record boundary.</summary>
    internal void CutAt(LogOffset end)
    {
        if (Next > end) Filled(First, (int)(end.Value - First.Value));
    }

    public Enumerator GetEnumerator() => new(this);

    /// <summary>Walks the records; group headers of the log itself are skipped.</summary>
    public struct Enumerator(LogBatch batch)
    {
        private int _at = 0;
        private LogRecord _current;

        public readonly LogRecord Current => _current;

        public bool MoveNext()
        {
            while (_at < batch._length)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(batch.Buffer.AsSpan(_at));
                var start = _at;
                // A negative length marks a frame that belongs to the log (a group header or the filler at a segment's end).
                if (length < 0)
                {
                    _at += LogFrame.Size(-length);
                    continue;
                }

                _at += LogFrame.Size(length);
                _current = new LogRecord(
                    new LogOffset(batch.First.Value + start), new LogOffset(batch.First.Value + _at), batch.Buffer.AsMemory(start + LogFrame.HeaderSize, length));
                return true;
            }

            return false;
        }
    }
}

/// <summary>One record of a log. The payload is valid until the batch it came from is read into again.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Next">Where the next one begins.</param>
/// <param name="Payload">Its bytes.</param>
public readonly record struct LogRecord(LogOffset Offset, LogOffset Next, ReadOnlyMemory<byte> Payload);
