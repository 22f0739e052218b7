using Tributary.Model;

namespace Tributary.Engine.Log;

/// <summary>Those who read the event log at their own pace, so that retention drops nothing that one of them still needs.</summary>
public sealed class LogReaders
{
    private readonly Lock _gate = new();
    private readonly List<Func<LogOffset>> _positions = [];

    /// <summary>Adds a reader by the position that it has not read beyond.</summary>
    public void Add(Func<LogOffset> position)
    {
        lock (_gate) _positions.Add(position);
    }

    /// <summary>The position of the slowest reader; <paramref name="end"/> when there is none.</summary>
    public LogOffset Slowest(LogOffset end)
    {
        lock (_gate)
        {
            foreach (var position in _positions)
                if (position() is var at && at < end) end = at;
            return end;
        }
    }
}
