using Microsoft.Extensions.Logging;
using Tributary.Model;

namespace Tributary.Engine.Processing;

public sealed partial class Processor
{
    [LoggerMessage(2001, LogLevel.Error, "Storage failed while committing; trying again in {Pause}.")]
    private partial void LogStorageFailed(Exception failure, TimeSpan pause);

    [LoggerMessage(2002, LogLevel.Error, "The record at {Offset} made a stage throw and goes into quarantine; the river goes on.")]
    private partial void LogQuarantined(Exception failure, LogOffset offset);
}
