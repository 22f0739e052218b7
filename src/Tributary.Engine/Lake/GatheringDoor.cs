using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Processing.Computing;

namespace Tributary.Engine.Lake;

/// <summary>Puts gathered work into the received log, so that it is done at one place in it and a replay does the same.</summary>
internal sealed class GatheringDoor(ReceivedLog received, ProcessingProgress progress, TimeProvider clock)
{
    // The queue before the disk is full of events: they go first.
    private static readonly TimeSpan PauseWhenBusy = TimeSpan.FromMilliseconds(100);

    // What a few records take; beside them nothing large is made anew ten times a second.
    private const int BufferKeep = 4 << 20;

    private readonly ByteWriter _writer = new();
    private readonly LogRecords _records = new();

    /// <summary>Appends records, one behind the other, and waits until they are processed. Whether they had any effect, only the state says.</summary>
    /// <exception cref="IOException">The log takes nothing more.</exception>
    public async Task SendAsync(IReadOnlyList<GatheredRecord> gathered, CancellationToken cancellationToken)
    {
        while (true)
        {
            _records.Clear(BufferKeep);
            foreach (var record in gathered)
            {
                _writer.Clear();
                record.Write(_writer);
                ReceivedRecord.AddGathered(_records, clock.GetUtcNow().ToUnixTimeMilliseconds(), _writer.Written);
            }

            var appended = await received.Log.AppendAsync(_records);
            if (!appended.IsBusy)
            {
                await progress.WaitAsync(appended.End, cancellationToken);
                return;
            }

            await Task.Delay(PauseWhenBusy, clock, cancellationToken);
        }
    }

    /// <summary>Waits until everything that the log holds now is processed.</summary>
    public ValueTask CatchUpAsync(CancellationToken cancellationToken) => progress.WaitAsync(received.Log.End, cancellationToken);
}
