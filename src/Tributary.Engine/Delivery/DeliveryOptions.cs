using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tributary.Engine.Delivery;

/// <summary>How patient Delivery is, and how much it holds; section <c>Delivery</c>. All limits are per destination, so that none can slow another.</summary>
public sealed class DeliveryOptions
{
    /// <summary>Requests to one destination at the same time.</summary>
    /// <value>10: about 1,000 a second at 10 ms each, and no burden for a small receiver.</value>
    [Range(1, 1_000)]
    public int InFlightMax { get; set; } = 10;

    /// <summary>Longest time of one attempt, in milliseconds, from the connection to the last byte that is read.</summary>
    /// <value>10,000, as Segment's action destinations (spec/connections.md §5.2).</value>
    [Range(10, 600_000)]
    public int AttemptMsMax { get; set; } = 10_000;

    /// <summary>As <see cref="AttemptMsMax"/>, for destinations with actions: one action may make several requests, each of up to ten seconds.</summary>
    /// <value>30,000.</value>
    [Range(10, 600_000)]
    public int ActionMsMax { get; set; } = 30_000;

    /// <summary>For how long an event is tried again after its first attempt, in seconds. An attempt that fails later is the last.</summary>
    /// <value>14,400 (4 hours), as Segment. Events that were never attempted do not age.</value>
    [Range(0, 31_536_000)]
    public int RetrySeconds { get; set; } = 14_400;

    /// <summary>Pause before the second attempt, in milliseconds; it doubles each time. A random part of up to a half is taken off.</summary>
    /// <value>1,000.</value>
    [Range(1, 3_600_000)]
    public int BackoffMsMin { get; set; } = 1_000;

    /// <summary>Longest pause between two attempts, in milliseconds, unless the destination asks for more.</summary>
    /// <value>600,000 (10 minutes): some thirty attempts within four hours.</value>
    [Range(1, 86_400_000)]
    public int BackoffMsMax { get; set; } = 600_000;

    /// <summary>Longest pause between outcomes and their commit, in milliseconds. After a crash these are delivered once more.</summary>
    /// <value>100.</value>
    [Range(0, 10_000)]
    public int CommitEveryMs { get; set; } = 100;

    /// <summary>Most outcomes between two commits.</summary>
    /// <value>500.</value>
    [Range(1, 100_000)]
    public int OutcomesPerCommitMax { get; set; } = 500;

    /// <summary>Events that wait for a retry, above which no new ones are read. They then wait in the event log, at no cost.</summary>
    /// <value>10,000: about 5 MB of memory and of rows.</value>
    [Range(1, 1_000_000)]
    public int WaitingMax { get; set; } = 10_000;

    /// <summary>The newest attempts that decide whether a destination counts as down: from then on one event at a time is tried.</summary>
    /// <value>20: twice the default of <see cref="InFlightMax"/>, so that one bad moment is not enough.</value>
    [Range(1, 10_000)]
    public int FailuresToPause { get; set; } = 20;

    /// <summary>The share of those attempts that must have been in vain, 0 to 1.</summary>
    /// <value>0.9: one that answers now and then gets probes only, and one that mostly works is left at its pace.</value>
    [Range(0.01, 1)]
    public double FailureShareToPause { get; set; } = 0.9;

    /// <summary>Longest pause between two probes of a destination that is down, in milliseconds.</summary>
    /// <value>60,000.</value>
    [Range(1, 3_600_000)]
    public int ProbeMsMax { get; set; } = 60_000;

    /// <summary>Bytes of events held in memory between the log and the destination.</summary>
    /// <value>16 MiB.</value>
    [Range(64 << 10, 1 << 30)]
    public int HeldBytesMax { get; set; } = 16 << 20;

    /// <summary>Outcomes other than delivered that are kept for the passport. Beyond, the oldest are forgotten there; the counts stay exact.</summary>
    /// <value>100,000: about 10 MB of rows. A run of events filtered for one reason takes one.</value>
    [Range(100, 100_000_000)]
    public int ExceptionsMax { get; set; } = 100_000;

    /// <summary>How long the engine waits at its end for requests in flight before it breaks them off, in milliseconds.</summary>
    /// <value>3,000.</value>
    [Range(0, 60_000)]
    public int StopMsMax { get; set; } = 3_000;

    /// <summary>The newest events that <c>GET /api/events</c> lists and searches.</summary>
    /// <value>10,000.</value>
    [Range(100, 1_000_000)]
    public int RecentMax { get; set; } = 10_000;
}

[OptionsValidator]
internal sealed partial class DeliveryOptionsValidator : IValidateOptions<DeliveryOptions>;
