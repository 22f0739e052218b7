using Microsoft.Extensions.Logging;

namespace Tributary.Engine.Lake.SqlTraits;

internal sealed partial class SqlTraitRunner
{
    [LoggerMessage(4301, LogLevel.Information, "Run {Run} of the SQL trait {Id} ended {Status}: {Rows} rows, {Changed} changed, {Gone} gone.")]
    private static partial void LogEnded(ILogger logger, long run, string id, SqlTraitRunStatus status, long rows, long changed, long gone);

    [LoggerMessage(4302, LogLevel.Warning, "Run {Run} of the SQL trait {Id} failed and will be tried again at its next turn: {Error}")]
    private static partial void LogFailed(ILogger logger, long run, string id, string? error);

    [LoggerMessage(4303, LogLevel.Warning, "Run {Run} of the SQL trait {Id} was interrupted; a new one goes on.")]
    private static partial void LogInterrupted(ILogger logger, long run, string id);

    [LoggerMessage(4304, LogLevel.Error, "The state of the SQL trait {Id} cannot be read or written. It will be tried again in {Pause}.")]
    private static partial void LogStateFailed(ILogger logger, Exception failure, string id, TimeSpan pause);

    [LoggerMessage(4305, LogLevel.Error, "Run {Run} of the SQL trait {Id} met a fault of ours.")]
    private static partial void LogBroken(ILogger logger, Exception failure, long run, string id);
}
