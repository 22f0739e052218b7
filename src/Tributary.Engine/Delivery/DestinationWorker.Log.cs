using Microsoft.Extensions.Logging;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

internal sealed partial class DestinationWorker
{
    [LoggerMessage(3001, LogLevel.Error, "Storage failed while delivering to {Destination}; trying again in {Pause}.")]
    private static partial void LogStorageFailed(ILogger logger, Exception failure, string destination, TimeSpan pause);

    [LoggerMessage(3002, LogLevel.Error, "Destination {Destination} counted {Counted} events that wait for a retry, and {Found} are there. The number found holds from now on.")]
    private static partial void LogCountsDiffer(ILogger logger, string destination, long counted, long found);

    [LoggerMessage(3003, LogLevel.Error, "Destination {Destination} cannot be used and its events wait: {Fault}")]
    private static partial void LogMisconfigured(ILogger logger, string destination, string fault);

    [LoggerMessage(3004, LogLevel.Error, "Destination {Destination} never received {Lost} events: retention dropped them before.")]
    private static partial void LogLost(ILogger logger, string destination, long lost);

    [LoggerMessage(3005, LogLevel.Error, "An event for destination {Destination} cannot be read at {Offset} of the event log; trying again.")]
    private static partial void LogUnreadable(ILogger logger, Exception failure, string destination, LogOffset offset);

    [LoggerMessage(3006, LogLevel.Error, "The sender of destination {Destination} failed with an exception; its events are tried again.")]
    private static partial void LogSenderFailed(ILogger logger, Exception failure, string destination);

    [LoggerMessage(3007, LogLevel.Error, "Destination {Destination} rejects our credentials ({Reason}); its events fail until its settings are changed.")]
    private static partial void LogCredentialsRejected(ILogger logger, string destination, string reason);

    [LoggerMessage(3008, LogLevel.Warning, "Destination {Destination} is down ({Reason}); one event at a time is tried until one arrives.")]
    private static partial void LogDown(ILogger logger, string destination, string reason);

    [LoggerMessage(3009, LogLevel.Information, "Destination {Destination} is up again.")]
    private static partial void LogUp(ILogger logger, string destination);

    [LoggerMessage(3010, LogLevel.Debug, "Delivery to {Destination} stopped within {Milliseconds} ms.")]
    private static partial void LogStopped(ILogger logger, string destination, double milliseconds);
}
