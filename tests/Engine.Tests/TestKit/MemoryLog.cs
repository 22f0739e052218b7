using Tributary.Engine.Log;
using Tributary.Model;

namespace Tributary.Engine.Tests.TestKit;

/// <summary>A log in memory: durable as long as the test runs.</summary>
public sealed class MemoryLog : IEventLog
{
    private readonly Lock _gate = new();
    private byte[] _bytes = new byte[64 << 10];
    private int _length;
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>When set, appends answer as if the queue before the disk were full.</summary>
    public bool IsBusy { get; set; }

    /// <summary>When set, appends fail as a broken disk does.</summary>
    public bool IsBroken { get; set; }

    public LogOffset First => LogOffset.Zero;

    public LogOffset End
    {
        get
        {
            lock (_gate) return new LogOffset(_length);
        }
    }

    public ValueTask<LogAppended> AppendAsync(LogRecords records)
    {
        if (IsBroken) throw new IOException("No space left on device");
        if (IsBusy) return ValueTask.FromResult(LogAppended.Busy);
        lock (_gate)
        {
            var first = new LogOffset(_length);
            var end = _length + records.Frames.Length;
            if (end > _bytes.Length) Array.Resize(ref _bytes, Math.Max(end, _bytes.Length * 2));
            records.Frames.CopyTo(_bytes.AsSpan(_length));
            _length = end;
            _grown.TrySetResult();
            _grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return ValueTask.FromResult(new LogAppended(first, new LogOffset(_length)));
        }
    }

    public bool Read(LogOffset from, LogBatch batch)
    {
        lock (_gate)
        {
            var rest = _bytes.AsSpan((int)from.Value, _length - (int)from.Value);
            if (rest.IsEmpty) return false;
            if (batch.Buffer.Length < rest.Length) batch.Buffer = new byte[rest.Length];
            rest.CopyTo(batch.Buffer);
            batch.Filled(from, rest.Length);
            return true;
        }
    }

    public async ValueTask WaitAsync(LogOffset offset, CancellationToken cancellationToken)
    {
        while (End <= offset)
        {
            Task grown;
            lock (_gate) grown = _grown.Task;
            if (End > offset) return;
            await grown.WaitAsync(cancellationToken);
        }
    }

    public void Dispose()
    {
    }
}
