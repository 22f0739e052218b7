using Microsoft.Extensions.Logging;
using Tributary.Model;

namespace Tributary.Engine.Lake;

public sealed partial class LakeLoader
{
    [LoggerMessage(
        4001, LogLevel.Error,
        "The lake is at offset {Position} of the event log, but retention has dropped everything before {First}. "
        + "What lies between is missing from the lake.")]
    private static partial void LogRecordsMissing(ILogger logger, LogOffset position, LogOffset first);

    [LoggerMessage(
        4002, LogLevel.Warning,
        "The lake is at offset {Position}, beyond the end {End} of the event log. "
        + "It waits until the log has come that far; delete the lake's folder to rebuild it.")]
    private static partial void LogAheadOfLog(ILogger logger, LogOffset position, LogOffset end);

    [LoggerMessage(4003, LogLevel.Warning, "Loading into the lake failed and will be tried again in {Pause}.")]
    private static partial void LogLoadFailed(ILogger logger, Exception failure, TimeSpan pause);

    [LoggerMessage(4004, LogLevel.Warning, "{Refused} Its values are not in the lake; the event log has them.")]
    private static partial void LogRefused(ILogger logger, string refused);

    [LoggerMessage(4005, LogLevel.Debug, "Wrote a checkpoint of about {Mebibytes} MiB in {Milliseconds} ms.")]
    private static partial void LogCheckpoint(ILogger logger, long mebibytes, double milliseconds);

    [LoggerMessage(4006, LogLevel.Warning, "DuckDB gave up on the lake; it is opened again as of its last checkpoint and what follows is loaded again.")]
    private static partial void LogReopening(ILogger logger);
}
