using Tributary.Engine.Log;
using Tributary.Model;

namespace Tributary.Engine.Tests.Lake;

/// <summary>An event log in memory, for tests of what reads it.</summary>
internal sealed class MemoryLog(long firstOffset = 0) : IEventLog
{
    private byte[] _bytes = [];
    private int _length;
    private TaskCompletionSource _appended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LogOffset First { get; private set; } = new(firstOffset);

    public LogOffset End => new(firstOffset + _length);

    public void Append(LogRecords records)
    {
        if (_bytes.Length < _length + records.Frames.Length) Array.Resize(ref _bytes, (_length + records.Frames.Length) * 2);
        records.Frames.CopyTo(_bytes.AsSpan(_length));
        _length += records.Frames.Length;
        var appended = _appended;
        _appended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        appended.TrySetResult();
    }

    /// <summary>Drops everything before an offset, as retention does.</summary>
    public void Drop(LogOffset before) => First = before;

    public ValueTask<LogAppended> AppendAsync(LogRecords records)
    {
        var first = End;
        Append(records);
        return ValueTask.FromResult(new LogAppended(first, End));
    }

    public bool Read(LogOffset from, LogBatch batch)
    {
        if (from < First) throw new LogOffsetGoneException(from, First);
        var at = (int)(from.Value - firstOffset);
        var end = at;
        while (end < _length)
        {
            var size = LogFrame.Size(BitConverter.ToInt32(_bytes, end));
            if (end > at && end + size - at > batch.Buffer.Length) break;
            end += size;
        }

        if (end == at) return false;
        if (batch.Buffer.Length < end - at) batch.Buffer = new byte[end - at];
        _bytes.AsSpan(at, end - at).CopyTo(batch.Buffer);
        batch.Filled(from, end - at);
        return true;
    }

    public async ValueTask WaitAsync(LogOffset offset, CancellationToken cancellationToken)
    {
        while (true)
        {
            var appended = _appended.Task;
            if (End > offset) return;
            await appended.WaitAsync(cancellationToken);
        }
    }

    public void Dispose()
    {
    }
}
