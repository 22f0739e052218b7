using Microsoft.Extensions.Logging;

namespace Tributary.Engine.Lake;

internal sealed partial class ComputationGatherer
{
    [LoggerMessage(4101, LogLevel.Information, "Computation {Number} of space {Space} has all events of the past; every profile is asked next.")]
    private static partial void LogFilled(ILogger logger, uint number, ushort space);

    [LoggerMessage(4102, LogLevel.Warning, "Gathering the past failed and will be tried again in {Pause}.")]
    private static partial void LogFailed(ILogger logger, Exception failure, TimeSpan pause);

    [LoggerMessage(
        4103, LogLevel.Error,
        "The event at offset {Offset} of the event log cannot be folded for computation {Number} of space {Space} and is left out. The quarantine has it.")]
    private static partial void LogLeftOut(ILogger logger, long offset, uint number, ushort space);

    [LoggerMessage(4104, LogLevel.Warning, "Gathered work of space {Space} had no effect; what it was meant for is looked at again in {Pause}.")]
    private static partial void LogStands(ILogger logger, ushort space, TimeSpan pause);
}
