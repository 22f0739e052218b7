using Tributary.Model;

namespace Tributary.Engine.Log;

/// <summary>Reads whole, checked frames of a segment.</summary>
internal static class SegmentReader
{
    /// <summary>Fills the batch with whole frames from <paramref name="from"/> on, at least one, growing its buffer for a frame that is larger.</summary>
    /// <exception cref="LogDamagedException">A checksum does not hold or the file ends too early.</exception>
    public static void Fill(Segment segment, long from, long readable, LogBatch batch)
    {
        while (true)
        {
            var wanted = (int)Math.Min(batch.Buffer.Length, readable);
            var bytes = batch.Buffer.AsSpan(0, wanted);
            if (ReadFully(segment, bytes, segment.PositionOf(from)) < wanted)
                throw new LogDamagedException(segment.Path, segment.PositionOf(from), "the file ends before the log does.");
            var whole = 0;
            var size = 0;
            while (whole < wanted)
            {
                var verdict = FrameCheck.Judge(bytes[whole..], from + whole, out size);
                if (verdict == FrameVerdict.Bad) throw new LogDamagedException(segment.Path, segment.PositionOf(from + whole), "a checksum does not hold.");
                if (verdict == FrameVerdict.Incomplete) break;
                whole += size;
            }

            if (whole > 0)
            {
                batch.Filled(new LogOffset(from), whole);
                return;
            }

            if (size > readable) throw new LogDamagedException(segment.Path, segment.PositionOf(from), "a record goes on behind the end of the log.");
            batch.Buffer = new byte[Math.Max(size, batch.Buffer.Length)];
        }
    }

    /// <summary>Reads until the buffer is full or the file ends.</summary>
    public static int ReadFully(Segment segment, Span<byte> bytes, long position)
    {
        var total = 0;
        while (total < bytes.Length)
        {
            var read = RandomAccess.Read(segment.File, bytes[total..], position + total);
            if (read == 0) break;
            total += read;
        }

        return total;
    }
}
