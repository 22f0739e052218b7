using Microsoft.Extensions.Logging;

namespace Tributary.Destinations.Node;

/// <summary>
/// What a worker prints. The last lines are kept for the sentence about its end; into the log goes a bounded number a minute, because people's code and partners'
/// code print whatever they like.
/// </summary>
internal sealed partial class NodeOutput(string worker, TimeProvider clock, ILogger logger)
{
    private const int LineLengthMax = 500;
    private const int LinesKept = 10;
    private const int LinesPerMinute = 20;

    private readonly Queue<string> _last = new();
    private long _minute;
    private int _logged;

    /// <summary>The last line that says something; empty when it printed nothing.</summary>
    public string Last
    {
        get
        {
            lock (_last) return _last.LastOrDefault(line => line.Contains("Error", StringComparison.Ordinal)) ?? _last.LastOrDefault() ?? "";
        }
    }

    /// <summary>Reads until the stream ends. A line of any length costs no more than its bound.</summary>
    public async Task ReadAsync(StreamReader stream)
    {
        var buffer = new char[4_096];
        var line = new char[LineLengthMax];
        var length = 0;
        try
        {
            while (await stream.ReadAsync(buffer) is var read and > 0)
            {
                foreach (var letter in buffer.AsSpan(0, read))
                {
                    if (letter == '\n')
                    {
                        Take(new string(line, 0, length));
                        length = 0;
                    }
                    else if (length < LineLengthMax)
                    {
                        line[length++] = char.IsControl(letter) ? ' ' : letter;
                    }
                }
            }

            Take(new string(line, 0, length));
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // The process is gone, and its pipe with it.
        }
    }

    private void Take(string text)
    {
        if (string.IsNullOrWhiteSpace(text)) return;
        bool isLogged;
        lock (_last)
        {
            _last.Enqueue(text);
            if (_last.Count > LinesKept) _last.Dequeue();
            var minute = clock.GetTimestamp() / (clock.TimestampFrequency * 60);
            if (minute != _minute) (_minute, _logged) = (minute, 0);
            isLogged = _logged++ < LinesPerMinute;
        }

        if (isLogged) LogPrinted(logger, worker, text);
    }

    [LoggerMessage(3101, LogLevel.Information, "Worker {Worker} prints: {Line}")]
    private static partial void LogPrinted(ILogger logger, string worker, string line);
}
