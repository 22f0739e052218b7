using System.Text.Json;

namespace Tributary.Destinations.Node;

/// <summary>One piece of work for a worker.</summary>
/// <param name="Operation">Its name in the protocol, e.g. <c>perform</c>.</param>
/// <param name="WriteBody">Writes one JSON value: what the operation needs.</param>
/// <param name="Deadline">How long it may take; then it is told to stop, and after a grace its worker is ended.</param>
/// <param name="Serve">Answers what the worker asks for on behalf of this job.</param>
/// <param name="Configuration">What the job refers to and a worker needs to hear only once.</param>
public sealed record NodeJob(string Operation, Action<Utf8JsonWriter> WriteBody, TimeSpan Deadline, NodeAskHandler Serve, NodeConfiguration? Configuration = null);

/// <summary>Something that many jobs refer to by key, e.g. the settings and the mapping of a subscription. It never changes under its key.</summary>
/// <param name="Key">Up to 200 characters.</param>
/// <param name="WriteValue">Writes one JSON value.</param>
public sealed record NodeConfiguration(string Key, Action<Utf8JsonWriter> WriteValue);

/// <summary>What a worker asks the host for, or tells it.</summary>
/// <param name="Kind">E.g. <c>fetch</c> or <c>log</c>.</param>
/// <param name="Body">Its content; an undefined element when there is none.</param>
public readonly record struct NodeAsk(string Kind, JsonElement Body);

/// <summary>Answers a request of a worker. Expected failure belongs into the answer; an exception is a bug, which the worker sees as <c>host_failed</c>.</summary>
/// <param name="ask">The request.</param>
/// <param name="cancellationToken">Fires when the worker no longer wants the answer, or its job is over.</param>
/// <returns>One JSON value in UTF-8.</returns>
public delegate ValueTask<ReadOnlyMemory<byte>> NodeAskHandler(NodeAsk ask, CancellationToken cancellationToken);

/// <summary>How a job ended.</summary>
public enum NodeVerdict : byte
{
    /// <summary>The worker answered.</summary>
    Answered = 0,

    /// <summary>The worker says that the job failed.</summary>
    Failed = 1,

    /// <summary>The worker ended while it had the job, by this job's doing or another's.</summary>
    Lost = 2,

    /// <summary>The job went over its deadline and was stopped; its worker lives.</summary>
    Late = 3,

    /// <summary>There is no worker now; the job was not begun.</summary>
    Unavailable = 4,
}

/// <summary>The result of a job.</summary>
/// <param name="Verdict">How it ended.</param>
/// <param name="Value">What the worker said when it answered or failed; else undefined.</param>
/// <param name="Reason">Why there is no answer, in a sentence; null when there is one.</param>
/// <param name="After">Of <see cref="NodeVerdict.Unavailable"/>: when a worker may be there again.</param>
public readonly record struct NodeReply(NodeVerdict Verdict, JsonElement Value, string? Reason = null, TimeSpan? After = null)
{
    public static NodeReply Answered(JsonElement value) => new(NodeVerdict.Answered, value);

    public static NodeReply Failed(JsonElement error) => new(NodeVerdict.Failed, error);

    public static NodeReply Lost(string reason) => new(NodeVerdict.Lost, default, reason);

    public static NodeReply Late { get; } = new(NodeVerdict.Late, default, "The worker did not finish in time.");

    public static NodeReply Unavailable(string reason, TimeSpan? after = null) => new(NodeVerdict.Unavailable, default, reason, after);

    public override string ToString() => Reason is null ? $"{Verdict}" : $"{Verdict}: {Reason}";
}
