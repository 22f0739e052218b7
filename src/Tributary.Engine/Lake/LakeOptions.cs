using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tributary.Engine.Lake;

/// <summary>Settings of the lake, section <c>Lake</c>.</summary>
public sealed class LakeOptions
{
    /// <summary>The folder that <c>lake.duckdb</c> lies in.</summary>
    /// <value><c>lake</c> within the data folder; the host sets it.</value>
    [Required]
    public string Folder { get; set; } = Path.Combine("data", "lake");

    /// <summary>Most events loaded in one transaction.</summary>
    /// <value>50,000: larger batches outgrow the buffers that are kept (about 1.5 kB an event) and were slower.</value>
    [Range(1, 1_000_000)]
    public int BatchEventsMax { get; set; } = 50_000;

    /// <summary>Most bytes of values loaded in one transaction, in bytes.</summary>
    /// <value>128 MiB, so that large events make smaller batches.</value>
    [Range(1 << 20, 1L << 32)]
    public long BatchBytesMax { get; set; } = 128L << 20;

    /// <summary>How long the loader gathers after the first new event before it loads, in milliseconds.</summary>
    /// <value>150: queries are at most about a fifth of a second behind, and a trickle does not make a transaction per event.</value>
    [Range(0, 60_000)]
    public int GatherMs { get; set; } = 150;

    /// <summary>Bytes of values loaded after which they are compressed into the file. Until then they are in memory, and are loaded again after a crash.</summary>
    /// <value>512 MiB, about 600,000 events: each checkpoint compresses partly filled row groups again, so half as much costs about a fifth more per event.</value>
    [Range(1 << 20, 1L << 36)]
    public long CheckpointBytes { get; set; } = 512L << 20;

    /// <summary>Longest time that loaded events wait for a checkpoint, in seconds.</summary>
    /// <value>300.</value>
    [Range(1, 86_400)]
    public int CheckpointSeconds { get; set; } = 300;

    /// <summary>Most columns of one table; further keys are dropped and counted.</summary>
    /// <value>1,600, the limit of Segment's warehouses on PostgreSQL and Redshift.</value>
    [Range(50, 10_000)]
    public int ColumnsMax { get; set; } = 1_600;

    /// <summary>Most tables of event names per source; events of further names are in <c>tracks</c> only, and counted.</summary>
    /// <value>5,000.</value>
    [Range(1, 20_000)]
    public int TablesMax { get; set; } = 5_000;

    /// <summary>Memory of DuckDB in bytes, shared by loading and queries; beyond it data goes to temporary files, then queries fail.</summary>
    /// <value>2 GiB: events that wait for a checkpoint take up to half of it.</value>
    [Range(256L << 20, 1L << 42)]
    public long MemoryBytesMax { get; set; } = 2L << 30;

    /// <summary>Threads of DuckDB per statement, the calling one included. Queries and the loader run beside each other in any case.</summary>
    /// <value>1: with two, a checkpoint takes up to twice the CPU time and slows the rest of the river; raise it on machines with cores to spare.</value>
    [Range(1, 256)]
    public int ThreadsMax { get; set; } = 1;

    /// <summary>Queries that run at once; further ones wait.</summary>
    /// <value>4.</value>
    [Range(1, 64)]
    public int QueriesMax { get; set; } = 4;
}

[OptionsValidator]
internal sealed partial class LakeOptionsValidator : IValidateOptions<LakeOptions>;
