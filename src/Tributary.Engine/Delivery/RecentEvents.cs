using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>Where a recent event lies in the event log.</summary>
internal readonly record struct RecentEvent(LogOffset Offset, uint Source, EventType Type);

/// <summary>
/// Remembers where the newest events lie, by following the event log: frames have different lengths, so that the log cannot be read backwards. Searching
/// further back is the lake's.
/// </summary>
/// <remarks>
/// So that a restart knows the same events, the offset of the oldest one is kept as a row of <see cref="Table.Cursors"/>, renewed now and then; the next start
/// reads the log from there.
/// </remarks>
internal sealed partial class RecentEvents(DecidedLog decided, IStateStore store, DeliveryOptions options, TimeProvider clock, ILogger<RecentEvents> logger)
{
    /// <summary>The key of the checkpoint among the cursors; destinations count from 1.</summary>
    public const uint CheckpointNumber = 0;

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();

    // Guarded by _gate: a ring of which _count, as many as were ever added, tells where the next one goes.
    private readonly RecentEvent[] _ring = new RecentEvent[options.RecentMax];
    private long _count;

    /// <summary>Events before <paramref name="before"/>, the newest first, at most as many as are remembered.</summary>
    public IReadOnlyList<RecentEvent> List(LogOffset before, Func<RecentEvent, bool> isWanted)
    {
        var found = new List<RecentEvent>();
        lock (_gate)
        {
            for (var at = _count - 1; at >= Math.Max(0, _count - _ring.Length); at--)
            {
                var recent = _ring[at % _ring.Length];
                if (recent.Offset < before && isWanted(recent)) found.Add(recent);
            }
        }

        return found;
    }

    /// <summary>Follows the log until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var batch = new LogBatch(256 << 10);
        var next = Checkpoint();
        var unsaved = 0;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (next < decided.Log.First) next = decided.Log.First;
                if (!decided.Log.Read(next, batch))
                {
                    await decided.Log.WaitAsync(next, stopping);
                    continue;
                }

                unsaved += Add(batch);
                next = batch.Next;
                if (unsaved < _ring.Length) continue;
                Save();
                unsaved = 0;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (IOException failure) when (failure is not LogDamagedException)
            {
                if (failure is not LogOffsetGoneException) LogFailed(failure, PauseAfterFailure);
                await Task.Delay(PauseAfterFailure, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private int Add(LogBatch batch)
    {
        var added = 0;
        lock (_gate)
        {
            foreach (var record in batch)
            {
                var view = DecidedRecord.View(record.Payload);
                if (view.Kind != DecidedKind.Event) continue;
                _ring[_count++ % _ring.Length] = new RecentEvent(record.Offset, view.Source, view.Type);
                added++;
            }
        }

        return added;
    }

    private LogOffset Checkpoint() =>
        store.Get(Table.Cursors, DeliveryCounts.KeyOf(CheckpointNumber)) is { } bytes ? new LogOffset(BinaryPrimitives.ReadInt64LittleEndian(bytes)) : decided.Log.First;

    private void Save()
    {
        long oldest;
        lock (_gate) oldest = _ring[_count % _ring.Length].Offset.Value;
        using var draft = store.Begin();
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(value, oldest);
        draft.Put(Table.Cursors, DeliveryCounts.KeyOf(CheckpointNumber), value);
        draft.Commit();
    }

    [LoggerMessage(3012, LogLevel.Warning, "The list of recent events cannot follow the event log; trying again in {Pause}.")]
    private partial void LogFailed(Exception failure, TimeSpan pause);
}
