using System.Buffers.Binary;

namespace Tributary.Engine.Log;

/// <summary>What a piece of a segment turned out to be.</summary>
internal enum FrameVerdict
{
    /// <summary>A whole frame whose checksum holds.</summary>
    Whole,

    /// <summary>The frame goes on behind the bytes at hand.</summary>
    Incomplete,

    /// <summary>No frame of this log at this offset.</summary>
    Bad,
}

/// <summary>
/// Checksums and group marks. The stored checksum is CRC-32C over the payload, seeded with the length and mixed with the frame's log offset, so that a
/// frame is only valid where it was written. A mark is a frame with negative length that precedes every flushed group; since one group is in flight at
/// a time, a mark proves that everything before it was durable.
/// </summary>
internal static class FrameCheck
{
    /// <summary>Size of a mark with its frame.</summary>
    public static readonly int MarkSize = LogFrame.Size(MarkMagic.Length);

    private static ReadOnlySpan<byte> MarkMagic => "TRIBGRP1"u8;

    /// <summary>The part of the checksum that does not depend on the offset.</summary>
    public static uint OfPayload(ReadOnlySpan<byte> payload) => Crc32C.Of(payload, ~(uint)payload.Length);

    /// <summary>The part that does.</summary>
    public static uint OfOffset(long offset) => unchecked((uint)((ulong)(offset >> 3) * 0x9E37_79B1_85EB_CA87 >> 32));

    public static void WriteMark(Span<byte> target, long offset)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target, -MarkMagic.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], OfPayload(MarkMagic) ^ OfOffset(offset));
        MarkMagic.CopyTo(target[LogFrame.HeaderSize..]);
    }

    /// <summary>Judges the frame at the start of <paramref name="bytes"/>, which lie at <paramref name="offset"/>.</summary>
    /// <param name="bytes">What was read; may end inside the frame.</param>
    /// <param name="offset">Log offset of the first byte.</param>
    /// <param name="size">The frame's whole size when it is whole or incomplete.</param>
    public static FrameVerdict Judge(ReadOnlySpan<byte> bytes, long offset, out int size)
    {
        size = LogFrame.HeaderSize;
        if (bytes.Length < LogFrame.HeaderSize) return FrameVerdict.Incomplete;
        var signed = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (signed is 0 or int.MinValue || Math.Abs(signed) > LogFrame.PayloadMax) return FrameVerdict.Bad;
        var length = Math.Abs(signed);
        size = LogFrame.Size(length);
        if (bytes.Length < size) return FrameVerdict.Incomplete;
        var payload = bytes.Slice(LogFrame.HeaderSize, length);
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (stored != (OfPayload(payload) ^ OfOffset(offset))) return FrameVerdict.Bad;
        return signed > 0 || payload.SequenceEqual(MarkMagic) ? FrameVerdict.Whole : FrameVerdict.Bad;
    }

    /// <summary>Finds the next valid mark in <paramref name="bytes"/>; -1 when there is none.</summary>
    public static int FindMark(ReadOnlySpan<byte> bytes, long offset)
    {
        var at = 0;
        while (true)
        {
            var found = bytes[at..].IndexOf(MarkMagic);
            if (found < 0) return -1;
            var start = at + found - LogFrame.HeaderSize;
            if (start >= 0 && Judge(bytes[start..], offset + start, out _) == FrameVerdict.Whole) return start;
            at += found + 1;
        }
    }
}
