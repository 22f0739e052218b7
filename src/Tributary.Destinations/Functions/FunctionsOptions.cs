using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tributary.Destinations.Functions;

/// <summary>How patient source functions are, and how much is kept for them; section <c>Functions</c>. Rule of the pauses: spec/connections.md §6.2.</summary>
public sealed class FunctionsOptions
{
    /// <summary>Attempts at a request, the first included.</summary>
    /// <value>6, as Segment.</value>
    [Range(1, 100)]
    public int AttemptsMax { get; set; } = 6;

    /// <summary>Shortest first pause, in milliseconds; the pause is drawn between this and <see cref="PauseMsFirstMax"/> and doubles with each attempt.</summary>
    /// <value>60,000 (1 minute), as Segment.</value>
    [Range(1, 86_400_000)]
    public int PauseMsFirstMin { get; set; } = 60_000;

    /// <summary>Longest first pause, in milliseconds.</summary>
    /// <value>180,000 (3 minutes), as Segment.</value>
    [Range(1, 86_400_000)]
    public int PauseMsFirstMax { get; set; } = 180_000;

    /// <summary>Longest pause between attempts, in milliseconds.</summary>
    /// <value>1,200,000 (20 minutes), as Segment.</value>
    [Range(1, 86_400_000)]
    public int PauseMsMax { get; set; } = 1_200_000;

    /// <summary>Requests that wait for one source; further ones are answered 503.</summary>
    /// <value>1,000.</value>
    [Range(0, 1_000_000)]
    public int WaitingMax { get; set; } = 1_000;

    /// <summary>Bytes of all requests that wait; further ones are answered 503.</summary>
    /// <value>256 MiB, on disk.</value>
    [Range(0L, 1L << 40)]
    public long WaitingBytesMax { get; set; } = 256L << 20;

    /// <summary>Requests that run at the same time; further ones are answered 429.</summary>
    /// <value>64.</value>
    [Range(1, 10_000)]
    public int RunningMax { get; set; } = 64;
}

[OptionsValidator]
internal sealed partial class FunctionsOptionsValidator : IValidateOptions<FunctionsOptions>;
