using Microsoft.Extensions.Logging;

namespace Tributary.Console.Shared;

/// <summary>What pages tell the log.</summary>
internal static partial class FailureLog
{
    [LoggerMessage(5002, LogLevel.Error, "A page of the console failed; the person sees the number {FailureId}.")]
    public static partial void PageFailed(ILogger logger, Exception failure, string failureId);
}
