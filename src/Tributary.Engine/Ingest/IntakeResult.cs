using Microsoft.AspNetCore.Http;
using Tributary.Engine.Log;

namespace Tributary.Engine.Ingest;

/// <summary>What a request is answered with. A refusal means that nothing of it was taken.</summary>
/// <param name="Status">200, 400, 429 or 503: others make some client retry for ever or drop what it should keep (spec/connections.md §1.6,
/// §12).</param>
/// <param name="Message">What was wrong and where; null of a 200.</param>
/// <param name="RetryAfter">Of a 429: how long to wait.</param>
/// <param name="Appended">Of a 200: where the records lie in the received log.</param>
/// <param name="Tally">Of a 200: what became of the messages.</param>
internal readonly record struct IntakeResult(int Status, string? Message, TimeSpan RetryAfter, LogAppended Appended, Tally Tally)
{
    public bool IsTaken => Status == StatusCodes.Status200OK;

    public static IntakeResult Taken(LogAppended appended, Tally tally) => new(StatusCodes.Status200OK, null, default, appended, tally);

    /// <summary>The sender must change something.</summary>
    public static IntakeResult Invalid(string message) => new(StatusCodes.Status400BadRequest, message, default, default, default);

    /// <summary>The sender must wait.</summary>
    public static IntakeResult TooFast(string message, TimeSpan retryAfter) =>
        new(StatusCodes.Status429TooManyRequests, message, retryAfter, default, default);

    /// <summary>An operator must act; the sender may try again.</summary>
    public static IntakeResult Unavailable(string message) =>
        new(StatusCodes.Status503ServiceUnavailable, message, default, default, default);
}
