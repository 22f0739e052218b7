namespace Tributary.Engine.Log;

/// <summary>Finds out after a start where a log ends. Cuts what was never promised to anyone, and refuses to start over damage.</summary>
internal static class SegmentRecovery
{
    private const int ReadAtATime = 4 << 20;

    /// <summary>Opens the segments of a folder in order.</summary>
    public static List<Segment> OpenAll(string folder)
    {
        File.Delete(Path.Combine(folder, "recycled"));
        var segments = new List<Segment>();
        foreach (var path in Directory.EnumerateFiles(folder, "*.log").Order(StringComparer.Ordinal))
        {
            if (Segment.Open(path) is { } segment) segments.Add(segment);
            // Made just before a crash and never written to.
            else File.Delete(path);
        }

        for (var i = 0; i + 1 < segments.Count; i++)
        {
            var needed = segments[i].PositionOf(segments[i + 1].Base);
            if (RandomAccess.GetLength(segments[i].File) < needed)
                throw new LogDamagedException(segments[i].Path, needed, $"the file ends before the next segment ({segments[i + 1]}) begins.");
        }

        return segments;
    }

    /// <summary>
    /// The offset after the last whole frame of the newest segment. Frames behind it belong to a group that no one was told of, unless a group mark
    /// follows, which proves that what lies before it had been durable.
    /// </summary>
    /// <exception cref="LogDamagedException">A mark follows a frame whose checksum does not hold.</exception>
    public static long FindEnd(Segment segment)
    {
        var offset = segment.Base;
        var buffer = new byte[ReadAtATime];
        while (true)
        {
            var bytes = buffer.AsSpan(0, SegmentReader.ReadFully(segment, buffer, segment.PositionOf(offset)));
            var whole = 0;
            var size = 0;
            var verdict = FrameVerdict.Whole;
            while (whole < bytes.Length && (verdict = FrameCheck.Judge(bytes[whole..], offset + whole, out size)) == FrameVerdict.Whole) whole += size;
            offset += whole;
            if (bytes.Length == 0) return offset;
            if (verdict == FrameVerdict.Incomplete && bytes.Length == buffer.Length)
            {
                if (whole == 0) buffer = new byte[size];
                continue;
            }

            if (verdict == FrameVerdict.Whole && bytes.Length == buffer.Length) continue;
            ProveTorn(segment, offset);
            return offset;
        }
    }

    /// <summary>Drops what lies behind <paramref name="end"/>, because the state store never committed it.</summary>
    /// <exception cref="LogDamagedException">The log ends before <paramref name="end"/>.</exception>
    public static long CutAt(List<Segment> segments, long end)
    {
        while (segments.Count > 1 && segments[^1].Base >= end)
        {
            segments[^1].Dispose();
            File.Delete(segments[^1].Path);
            segments.RemoveAt(segments.Count - 1);
        }

        var last = segments[^1];
        if (last.Base > end || RandomAccess.GetLength(last.File) < last.PositionOf(end))
            throw new LogDamagedException(last.Path, last.PositionOf(end), $"the state store knows a log that goes on to {end}.");
        return end;
    }

    private static void ProveTorn(Segment segment, long offset)
    {
        var buffer = new byte[ReadAtATime];
        for (var at = offset; ;)
        {
            var bytes = buffer.AsSpan(0, SegmentReader.ReadFully(segment, buffer, segment.PositionOf(at)));
            if (FrameCheck.FindMark(bytes, at) is >= 0 and var found)
            {
                throw new LogDamagedException(
                    segment.Path, segment.PositionOf(offset), $"a checksum does not hold, but durable records follow at byte {segment.PositionOf(at + found)}.");
            }

            if (bytes.Length < buffer.Length) return;
            // Overlap by one mark, which may straddle two reads; frames are aligned, so the step stays so.
            at += bytes.Length - FrameCheck.MarkSize;
        }
    }
}
