using System.Diagnostics.CodeAnalysis;

namespace Tributary.Model;

/// <summary>What became of a delivery, by who must act next.</summary>
public enum DeliveryVerdict : byte
{
    /// <summary>The destination has it; nobody.</summary>
    Delivered = 0,

    /// <summary>We: the same again, later.</summary>
    RetryLater = 1,

    /// <summary>Whoever sends or configures: the destination will never take this event as it is.</summary>
    Refused = 2,

    /// <summary>The operator: the destination does not know us, or no longer.</summary>
    CredentialsRejected = 3,

    /// <summary>Nobody: what stands between the event and the destination, e.g. an insert function, has decided that it does not get it.</summary>
    Filtered = 4,
}

/// <summary>The result of one attempt to deliver one event. A value, because a destination that says no is nothing exceptional.</summary>
public readonly record struct DeliveryOutcome
{
    /// <summary>Longest <see cref="Detail"/> kept, in characters.</summary>
    public const int DetailLengthMax = 300;

    private DeliveryOutcome(DeliveryVerdict verdict, string? reason, TimeSpan? after, string? detail) =>
        (Verdict, Reason, After, Detail) = (verdict, reason, after, detail is { Length: > DetailLengthMax } ? detail[..DetailLengthMax] : detail);

    public DeliveryVerdict Verdict { get; }

    /// <summary>A stable code in snake case, e.g. <c>http_503</c> or <c>timeout</c>; counted under this name. Null when delivered.</summary>
    public string? Reason { get; }

    /// <summary>Of <see cref="DeliveryVerdict.RetryLater"/>: how long the destination asked us to wait; null when it did not say.</summary>
    public TimeSpan? After { get; }

    /// <summary>What the destination said, for people who look for the cause; may be cut.</summary>
    public string? Detail { get; }

    /// <summary>True when trying again cannot help.</summary>
    [MemberNotNullWhen(true, nameof(Reason))]
    public bool NeedsOperator => Verdict is DeliveryVerdict.Refused or DeliveryVerdict.CredentialsRejected;

    public static DeliveryOutcome Delivered => default;

    public static DeliveryOutcome RetryLater(string reason, TimeSpan? after = null, string? detail = null) => new(DeliveryVerdict.RetryLater, reason, after, detail);

    public static DeliveryOutcome Refused(string reason, string? detail = null) => new(DeliveryVerdict.Refused, reason, null, detail);

    public static DeliveryOutcome CredentialsRejected(string reason, string? detail = null) => new(DeliveryVerdict.CredentialsRejected, reason, null, detail);

    public static DeliveryOutcome Filtered(string reason, string? detail = null) => new(DeliveryVerdict.Filtered, reason, null, detail);

    /// <summary>The same with other words.</summary>
    public DeliveryOutcome WithDetail(string detail) => new(Verdict, Reason, After, detail);

    public override string ToString() => Reason is null ? $"{Verdict}" : $"{Verdict} ({Reason})";
}

/// <summary>The outcomes of a batch: one for all, or one for each when the destination tells them apart.</summary>
public readonly struct DeliveryOutcomes
{
    private readonly DeliveryOutcome _all;
    private readonly DeliveryOutcome[]? _each;

    private DeliveryOutcomes(DeliveryOutcome all, DeliveryOutcome[]? each) => (_all, _each) = (all, each);

    /// <summary>The outcome of the delivery at a place of the batch.</summary>
    public DeliveryOutcome this[int index] => _each is null ? _all : _each[index];

    /// <summary>Whether there is one for each delivery of a batch, no more and no less.</summary>
    public bool Fit(int count) => _each is null || _each.Length == count;

    /// <summary>The same outcome for every delivery.</summary>
    public static DeliveryOutcomes All(DeliveryOutcome outcome) => new(outcome, null);

    /// <summary>An outcome for each, in the order of the batch and as many.</summary>
    public static DeliveryOutcomes Each(DeliveryOutcome[] outcomes) => new(default, outcomes);
}
