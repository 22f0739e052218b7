using System.ComponentModel.DataAnnotations;

namespace Tributary.Engine.Processing;

/// <summary>How Processing trades latency for throughput.</summary>
public sealed class ProcessingOptions
{
    /// <summary>Longest time between two commits while there is work, in milliseconds. When the log is read to its end, a commit comes at once.</summary>
    /// <value>100: only a saturated server comes to it, and hot profiles are then written ten times a second.</value>
    [Range(1, 10_000)]
    public int CommitEveryMs { get; set; } = 100;

    /// <summary>Shortest time between two commits, in milliseconds, unless size demands one.</summary>
    /// <value>5: a lone event is committed at once; a thin stream costs at most 200 commits a second.</value>
    [Range(0, 10_000)]
    public int CommitRestMs { get; set; } = 5;

    /// <summary>Most bytes of decisions between two commits.</summary>
    /// <value>16 MiB, some 20,000 events: a commit stays in memory and is written in one go.</value>
    [Range(64 << 10, 256 << 20)]
    public int CommitBytesMax { get; set; } = 16 << 20;

    /// <summary>Bytes of decoded profiles that are kept in memory.</summary>
    /// <value>512 MiB: some 150,000 profiles of 500 bytes stay hot.</value>
    [Range(1L << 20, 1L << 40)]
    public long ProfileCacheBytes { get; set; } = 512L << 20;

    /// <summary>For how many days a message id is remembered: found again as a passport, and dropped as a repeat for the last one or two.</summary>
    /// <value>400: more than a year of passports.</value>
    [Range(2, 36_500)]
    public int MessageIdDays { get; set; } = 400;

    /// <summary>Bytes of the filter that tells new message ids from known ones without asking the store; one a day, two in use.</summary>
    /// <value>32 MiB: 13 bits an id at 20 million ids a day, about one needless question in a hundred.</value>
    [Range(1 << 10, 1 << 30)]
    public int MessageIdFilterBytes { get; set; } = 32 << 20;
}
