using Tributary.Engine.Identity;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>
/// Keeps the account of one destination: events that were read and are not settled, in log order; exact counts; and the draft that makes both durable
/// together. An event is counted when everything before it can be forgotten, so a crash never counts one twice.
/// </summary>
internal sealed class DeliveryBook(IStateStore store, uint destination, DeliveryCounts counts, DeliveryOptions options) : IDisposable
{
    private readonly Queue<DeliveryEntry> _window = new();
    private readonly ByteWriter _writer = new();
    private IStateDraft _draft = store.Begin();
    private DeliveryEntry? _newest;
    private DeliveryEntry? _run;

    public DeliveryCounts Counts { get; } = counts;

    /// <summary>Events (runs count once) between the cursor and what was read.</summary>
    public int WindowCount => _window.Count;

    /// <summary>Outcomes that the next commit will make durable.</summary>
    public int Uncommitted { get; private set; }

    /// <summary>Takes up an event that was read; later ones lie behind it in the log.</summary>
    public void Append(DeliveryEntry entry)
    {
        _window.Enqueue(entry);
        _newest = entry;
    }

    /// <summary>Takes up an event that the destination does not get.</summary>
    public void AppendFiltered(LogOffset offset, string reason)
    {
        if (_newest is { State: EntryState.Filtered } run && run.Reason == reason)
        {
            run.Last = offset;
            run.Count++;
            return;
        }

        Append(new DeliveryEntry(offset, default) { State = EntryState.Filtered, Reason = reason });
    }

    public void Delivered(DeliveryEntry entry)
    {
        entry.State = EntryState.Delivered;
        if (entry.RowDue is null) return;
        DeleteWaiting(entry);
        _draft.Delete(Table.Deliveries, DeliveryRows.ExceptionKey(destination, entry.Offset.Value));
        Counts.Exceptions--;
        Counts.Delivered++;
    }

    public void Failed(DeliveryEntry entry, string reason, string detail)
    {
        (entry.State, entry.Reason, entry.Detail) = (EntryState.Failed, reason, detail);
        if (entry.RowDue is null) return;
        DeleteWaiting(entry);
        PutException(entry, ExceptionState.Failed, entry.Offset.Value, isNew: false);
        DeliveryCounts.Add(Counts.Failed, reason, 1);
    }

    public void Filtered(DeliveryEntry entry, string reason)
    {
        (entry.State, entry.Reason) = (EntryState.Filtered, reason);
        if (entry.RowDue is null) return;
        DeleteWaiting(entry);
        PutException(entry, ExceptionState.Filtered, entry.Offset.Value, isNew: false);
        DeliveryCounts.Add(Counts.Filtered, reason, 1);
    }

    /// <summary>The event was tried again in vain, and waits for its new due time.</summary>
    public void Postponed(DeliveryEntry entry)
    {
        entry.State = EntryState.Waiting;
        if (entry.RowDue is not { } due) return;
        _draft.Delete(Table.Deliveries, DeliveryRows.WaitingKey(destination, due, entry.Offset.Value));
        PutWaiting(entry, isNew: false);
        Uncommitted++;
    }

    /// <summary>Counts what is settled, or safe in a row of its own, from the cursor on; stops at the first event that is neither.</summary>
    public void Drain()
    {
        while (_window.TryPeek(out var entry) && entry.State is not (EntryState.Queued or EntryState.InFlight))
        {
            _window.Dequeue();
            Counts.Seen += entry.Count;
            Uncommitted++;
            if (entry.State != EntryState.Filtered) EndRun();
            switch (entry.State)
            {
                case EntryState.Delivered:
                    Counts.Delivered++;
                    break;
                case EntryState.Failed:
                    DeliveryCounts.Add(Counts.Failed, entry.Reason, entry.Count);
                    PutException(entry, ExceptionState.Failed, entry.Last.Value, isNew: true);
                    break;
                case EntryState.Waiting:
                    Counts.Waiting++;
                    PutWaiting(entry, isNew: true);
                    break;
                case EntryState.Filtered:
                    DeliveryCounts.Add(Counts.Filtered, entry.Reason, entry.Count);
                    ContinueRun(entry);
                    break;
            }
        }

        if (_window.Count == 0) _newest = null;
    }

    /// <summary>Counts events that retention took away before they were read.</summary>
    public void Lost(LogOffset from, LogOffset to, long count)
    {
        Invariant.Holds(_window.Count == 0);
        EndRun();
        Counts.Seen += count;
        DeliveryCounts.Add(Counts.Failed, DestinationWorker.Dropped, count);
        PutException(new DeliveryEntry(from, default) { Reason = DestinationWorker.Dropped }, ExceptionState.Failed, to.Value - 1, isNew: true);
        Uncommitted++;
    }

    /// <summary>Where the cursor stands when everything before <paramref name="head"/> was read.</summary>
    public LogOffset Cursor(LogOffset head) => _window.TryPeek(out var first) ? first.Offset : head;

    /// <summary>Makes everything up to here durable. After a failure the same may be tried again.</summary>
    /// <param name="head">Everything before was read.</param>
    /// <exception cref="IOException">The store refused; nothing was written.</exception>
    public void Commit(LogOffset head)
    {
        EndRun();
        if (Counts.Exceptions > options.ExceptionsMax + (options.ExceptionsMax / 10)) Prune();
        Counts.Cursor = Cursor(head).Value;
        _writer.Clear();
        Counts.Encode(_writer);
        _draft.Put(Table.Cursors, DeliveryCounts.KeyOf(destination), _writer.Written);
        _draft.Commit();
        _draft.Dispose();
        _draft = store.Begin();
        Uncommitted = 0;
    }

    public void Dispose() => _draft.Dispose();

    private void DeleteWaiting(DeliveryEntry entry)
    {
        _draft.Delete(Table.Deliveries, DeliveryRows.WaitingKey(destination, entry.RowDue!.Value, entry.Offset.Value));
        entry.RowDue = null;
        Counts.Waiting--;
        Uncommitted++;
    }

    private void PutWaiting(DeliveryEntry entry, bool isNew)
    {
        entry.RowDue = entry.DueAt;
        DeliveryRows.Put(_draft, _writer, destination, new WaitingRow(
            entry.Offset, entry.DueAt, entry.Attempts, entry.FirstAttemptAt, entry.Profile, entry.Reason, entry.Detail));
        PutException(entry, ExceptionState.Retrying, entry.DueAt, isNew);
    }

    private void PutException(DeliveryEntry entry, ExceptionState state, long last, bool isNew)
    {
        // What the waiting row says is not said twice.
        var isRetrying = state == ExceptionState.Retrying;
        DeliveryRows.Put(_draft, _writer, destination, new ExceptionRow(
            entry.Offset.Value, state, last, entry.Attempts, isRetrying ? "" : entry.Reason, isRetrying ? "" : entry.Detail));
        if (isNew) Counts.Exceptions++;
    }

    // Runs that touch become one row, as far as one commit reaches.
    private void ContinueRun(DeliveryEntry entry)
    {
        if (_run is { } run && run.Reason == entry.Reason)
        {
            run.Last = entry.Last;
            return;
        }

        EndRun();
        _run = entry;
    }

    private void EndRun()
    {
        if (_run is { } run) PutException(run, ExceptionState.Filtered, run.Last.Value, isNew: true);
        _run = null;
    }

    private void Prune()
    {
        var surplus = Counts.Exceptions - options.ExceptionsMax;
        foreach (var row in DeliveryRows.Exceptions(store, destination).Where(row => row.State != ExceptionState.Retrying).Take((int)surplus).ToList())
        {
            _draft.Delete(Table.Deliveries, DeliveryRows.ExceptionKey(destination, row.First));
            Counts.Exceptions--;
            Counts.ExceptionsFrom = Math.Max(Counts.ExceptionsFrom, row.Last + 1);
        }
    }
}
