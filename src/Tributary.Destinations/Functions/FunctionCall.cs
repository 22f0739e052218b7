using System.Text.Json.Nodes;

namespace Tributary.Destinations.Functions;

/// <summary>The code of one version of a function. It never changes under its version.</summary>
/// <param name="FunctionId">The function; what it remembers between calls is kept for it, and for nobody else.</param>
/// <param name="Version">Tells one text from another, e.g. <c>7</c>, or a hash for code that is not saved.</param>
/// <param name="Text">JavaScript.</param>
public sealed record FunctionCode(string FunctionId, string Version, string Text);

/// <summary>What a function is called for; decides what is kept of what its handlers return.</summary>
public enum FunctionUse : byte
{
    /// <summary>Its <c>onRequest</c> with one request.</summary>
    Source = 0,

    /// <summary>Its handlers with events; of what they return only the statuses of <c>onBatch</c> count.</summary>
    Destination = 1,

    /// <summary>Its handlers with events; they return the events as they go on.</summary>
    Insert = 2,
}

/// <summary>What to call.</summary>
/// <param name="Code">Of which function.</param>
/// <param name="Use">For what. Each event goes to the handler of its type, or all of them to <c>onBatch</c> at once when the function has one.</param>
/// <param name="Payload">JSON: a list of events; for a source <c>{"body":…,"headers":{…},"url":…}</c>.</param>
/// <param name="Count">How many events it has; 1 for a request. At most <see cref="EventsMax"/>.</param>
/// <param name="Settings">The instance's settings with secrets in the clear.</param>
public sealed record FunctionCall(FunctionCode Code, FunctionUse Use, ReadOnlyMemory<byte> Payload, int Count, JsonObject Settings)
{
    /// <summary>Most events of one call, as Segment's batches (spec/connections.md §6.3).</summary>
    public const int EventsMax = 400;

    /// <summary>How long one event, one batch of <c>onBatch</c> or one request may take, as in Segment (spec/connections.md §6.1).</summary>
    public static readonly TimeSpan TimeoutDefault = TimeSpan.FromSeconds(5);

    /// <summary>See <see cref="TimeoutDefault"/>. No further events are begun when four fifths of it have passed for the call as a whole.</summary>
    public TimeSpan Timeout { get; init; } = TimeoutDefault;

    /// <summary>Requests of the function are answered <c>200 {}</c> and not sent.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Runs with nothing beside it: it was there when a process was lost.</summary>
    public bool IsAlone { get; init; }
}

/// <summary>How a function, or one event in it, came out. Classes and their meaning: spec/connections.md §6.1. The numbers are those of the worker.</summary>
public enum FunctionVerdict : byte
{
    Done = 0,

    /// <summary><c>EventNotSupported</c>, or there is no handler for the type.</summary>
    NotSupported = 1,

    /// <summary><c>InvalidEventPayload</c> or <c>ValidationError</c>.</summary>
    Rejected = 2,

    /// <summary><c>RetryError</c>, or it took too long, or its process was lost.</summary>
    Retry = 3,

    /// <summary><c>DropEvent</c>.</summary>
    Dropped = 4,

    /// <summary>Any other error: a bug of the function.</summary>
    Failed = 5,

    /// <summary>Nothing was run: there is no Node.js, or the code cannot be read.</summary>
    Unavailable = 6,

    /// <summary>The events before it took all the time of the call.</summary>
    NotBegun = 7,
}

/// <summary>What became of one event, or of the request.</summary>
/// <param name="Verdict">How it came out.</param>
/// <param name="Message">The error's message; null when there is none. Written by people's code, so it may say anything.</param>
/// <param name="Value">What the handler returned, as JSON; empty when it returned nothing.</param>
/// <param name="Status">Of <c>onBatch</c>: the status that it gave this event; 0 when it gave none.</param>
/// <param name="ErrorName">The name of the error's class; <see cref="Timeout"/> or <see cref="Lost"/> when it was no error of the code.</param>
public readonly record struct FunctionEventResult(FunctionVerdict Verdict, string? Message = null, ReadOnlyMemory<byte> Value = default, int Status = 0, string? ErrorName = null)
{
    public const string Timeout = "Timeout";

    public const string Lost = "ProcessLost";
}

/// <summary>What a call gave.</summary>
/// <param name="Results">One for each event, in their order; one for a request.</param>
/// <param name="Messages">What a source function sent through <c>Segment.*</c>, in order: <c>{"type":"track",…}</c>.</param>
/// <param name="Logs">What it wrote to the console, at most 4 KiB.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="After">Of <see cref="FunctionVerdict.Unavailable"/>: when it may be worth another try; null when nothing is known.</param>
public sealed record FunctionResult(
    IReadOnlyList<FunctionEventResult> Results, IReadOnlyList<JsonObject> Messages, IReadOnlyList<string> Logs, TimeSpan Duration, TimeSpan? After = null)
{
    public static FunctionResult All(int count, FunctionEventResult result, TimeSpan duration, TimeSpan? after = null) => new([.. Enumerable.Repeat(result, count)], [], [], duration, after);
}
