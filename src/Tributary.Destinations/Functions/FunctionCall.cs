using System.Text.Json.Nodes;

namespace Tributary.Destinations.Functions;

/// <summary>The code of one version of a function. It never changes under its version.</summary>
/// <param name="FunctionId">The function; what it remembers between calls is kept for it, and for nobody else.</param>
/// <param name="Version">Tells one text from another, e.g. <c>7</c>, or a hash for code that is not saved.</param>
/// <param name="Text">JavaScript.</param>
public sealed record FunctionCode(string FunctionId, string Version, string Text);

/// <summary>What to call.</summary>
/// <param name="Code">Of which function.</param>
/// <param name="Handler">
/// <c>onRequest</c>, <c>onTrack</c> … <c>onAlias</c>, <c>onDelete</c> or <c>onBatch</c>. With <see cref="AnyHandler"/> each event goes to the handler of its type,
/// and all of them to <c>onBatch</c> at once when the function has one.
/// </param>
/// <param name="Payload">JSON: a list of events, or for <c>onRequest</c> <c>{"body":…,"headers":{…},"url":…}</c>.</param>
/// <param name="Settings">The instance's settings with secrets in the clear.</param>
/// <param name="Timeout">How long the call may take; the spec's default is five seconds.</param>
/// <param name="IsDryRun">Requests of the function are answered <c>200 {}</c> and not sent.</param>
public sealed record FunctionCall(FunctionCode Code, string Handler, ReadOnlyMemory<byte> Payload, JsonObject Settings, TimeSpan Timeout, bool IsDryRun = false)
{
    /// <summary>See <see cref="Handler"/>.</summary>
    public const string AnyHandler = "*";

    public static readonly TimeSpan TimeoutDefault = TimeSpan.FromSeconds(5);
}

/// <summary>How a function, or one event in it, came out. Classes and their meaning: spec/connections.md §6.1.</summary>
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
}

/// <summary>What became of one event, or of the request.</summary>
/// <param name="Verdict">How it came out.</param>
/// <param name="Message">The error's message; null when there is none. Written by people's code, so it may say anything.</param>
/// <param name="Value">What the handler returned, as JSON; empty when it returned nothing.</param>
/// <param name="Status">Of <c>onBatch</c>: the status that it gave this event; 0 when it gave none.</param>
/// <param name="ErrorName">The name of the error's class.</param>
public readonly record struct FunctionEventResult(FunctionVerdict Verdict, string? Message, ReadOnlyMemory<byte> Value, int Status = 0, string? ErrorName = null);

/// <summary>What a call gave.</summary>
/// <param name="Results">One for each event, in their order; one for a request.</param>
/// <param name="Messages">What a source function sent through <c>Segment.*</c>, in order: <c>{"type":"track",…}</c>, or <c>{"type":"set","collection","id","properties"}</c>.</param>
/// <param name="Logs">What it wrote to the console, at most 4 KiB.</param>
/// <param name="Duration">How long it took.</param>
public sealed record FunctionResult(IReadOnlyList<FunctionEventResult> Results, IReadOnlyList<JsonObject> Messages, IReadOnlyList<string> Logs, TimeSpan Duration);
