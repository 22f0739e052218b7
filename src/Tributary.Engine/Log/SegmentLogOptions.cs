namespace Tributary.Engine.Log;

/// <summary>How a segmented log lies on disk and how long it is kept.</summary>
public sealed record SegmentLogOptions
{
    /// <summary>Size of a segment in bytes.</summary>
    /// <value>128 MiB: a restart scans at most one, retention works in steps of one.</value>
    public long SegmentBytes { get; init; } = 128L << 20;

    /// <summary>Most bytes that may wait for the disk; an append beyond it is refused as busy.</summary>
    /// <value>64 MiB: about a second of a slow disk. Memory is bounded by twice this.</value>
    public int QueuedBytesMax { get; init; } = 64 << 20;

    /// <summary>Keep at most about this many bytes; null keeps everything.</summary>
    public long? RetainBytes { get; init; }

    /// <summary>Keep records at least this long; null keeps everything.</summary>
    public TimeSpan? RetainFor { get; init; }

    /// <summary>
    /// Who knows where the log ends after a crash. True: the log itself, which marks every group it flushes. False: the state store; the log is then cut
    /// back to the end given at opening, carries no marks, and its offsets depend on its records alone, so that a replay gives the same.
    /// </summary>
    public bool KnowsItsEnd { get; init; } = true;
}
