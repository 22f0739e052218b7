using Microsoft.Extensions.Logging;

namespace Tributary.Engine.Ingest;

internal sealed partial class EventIntake
{
    [LoggerMessage(1001, LogLevel.Error, "The received log cannot be written; tracking calls are answered 503 until it is opened again.")]
    private static partial void LogAppendFailed(ILogger logger, Exception failure);
}
