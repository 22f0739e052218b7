using Tributary.Engine.Identity;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>
/// Keeps the account of one destination: events that were read and are not settled, in log order; exact counts; and the draft that makes both durable
/// together. An event is counted when everything before it can be forgotten, so a crash never counts one twice.
/// </summary>
internal sealed class DeliveryBook(IStateStore store, uint destination, DeliveryCounts counts, DeliverySeries series, DeliveryOptions options) : IDisposable
{
    /// <summary>Most reasons that one destination counts by name; a destination may make up ever new ones.</summary>
    public const int ReasonsMax = 200;

    /// <summary>What the reasons beyond are counted as; the detail says which it was.</summary>
    public const string Other = "other";

    private readonly Queue<DeliveryEntry> _window = new();
    private readonly ByteWriter _writer = new();
    private readonly HashSet<string> _reasons = [.. counts.Filtered.Keys, .. counts.Failed.Keys];
    private IStateDraft _draft = store.Begin();
    private DeliveryEntry? _newest;
    private DeliveryEntry? _run;
    private bool _hasReplayed;
    private bool _hasPruned;

    public DeliveryCounts Counts { get; } = counts;

    /// <summary>Events (runs count once) between the cursor and what was read.</summary>
    public int WindowCount => _window.Count;

    /// <summary>Outcomes that the next commit will make durable.</summary>
    public int Uncommitted { get; private set; }

    /// <summary>What the next commit writes, for rows that must become durable together with the account.</summary>
    public IStateDraft Draft => _draft;

    /// <summary>Takes up an event that was read; later ones lie behind it in the log.</summary>
    public void Append(DeliveryEntry entry)
    {
        _window.Enqueue(entry);
        _newest = entry;
    }

    /// <summary>Takes up an event that the destination does not get.</summary>
    public void AppendFiltered(LogOffset offset, string reason)
    {
        if (_newest is { Parts: [], Result: EntryState.Filtered } run && run.Reason == reason)
        {
            run.Last = offset;
            run.Count++;
            return;
        }

        Append(new DeliveryEntry(offset, default) { Result = EntryState.Filtered, Reason = reason });
    }

    public void Delivered(DeliveryPart part) => Settle(part, EntryState.Delivered, "", "");

    public void Filtered(DeliveryPart part, string reason, string detail) => Settle(part, EntryState.Filtered, reason, detail);

    public void Failed(DeliveryPart part, string reason, string detail) => Settle(part, EntryState.Failed, reason, detail);

    /// <summary>The delivery was tried again in vain, and waits for its new due time.</summary>
    public void Postponed(DeliveryPart part)
    {
        part.State = EntryState.Waiting;
        if (part.RowDue is not { } due) return;
        _draft.Delete(Table.Deliveries, DeliveryRows.WaitingKey(destination, due, part.Entry.Offset.Value, part.Lane));
        PutWaiting(part);
        PutRetrying(part.Entry);
        Uncommitted++;
    }

    /// <summary>Counts what is settled, or safe in rows of its own, from the cursor on; stops at the first event that is neither.</summary>
    public void Drain()
    {
        while (_window.TryPeek(out var entry) && !entry.IsMoving)
        {
            _window.Dequeue();
            entry.IsDrained = true;
            foreach (var part in entry.Parts) Chart(part);
            foreach (var lane in entry.InvalidLanes) series.Filtered(lane, DestinationPlan.InvalidMapping, 1);
            Counts.Seen += entry.Count;
            Uncommitted++;
            if (entry.Parts.Length > 0 || entry.Result != EntryState.Filtered) EndRun();
            if (entry.IsWaiting)
            {
                Counts.Waiting++;
                foreach (var part in entry.Parts.Where(part => part.State == EntryState.Waiting)) PutWaiting(part);
                PutRetrying(entry);
                Counts.Exceptions++;
            }
            else if (entry.Parts.Length == 0)
            {
                DeliveryCounts.Add(Counts.Filtered, entry.Reason, entry.Count);
                series.Filtered(0, entry.Reason, entry.Count);
                ContinueRun(entry);
            }
            else
            {
                Count(entry, 1);
                if (entry.Result == EntryState.Delivered) continue;
                PutSettled(entry);
                Counts.Exceptions++;
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
        series.Failed(0, DestinationWorker.Dropped, count);
        PutSettled(new DeliveryEntry(from, default) { Result = EntryState.Failed, Reason = DestinationWorker.Dropped, Last = new LogOffset(to.Value - 1) });
        Counts.Exceptions++;
        Uncommitted++;
    }

    /// <summary>
    /// Takes up an event once more that was settled, or that lies before the destination's beginning. Its earlier outcome is taken back, so that the law of
    /// conservation holds; an event that the destination never received counts as received now. What is uncommitted must have been committed before.
    /// </summary>
    /// <param name="entry">The event with the parts that are to be sent, all waiting and due; without parts, filtered for its reason.</param>
    /// <param name="row">What is kept about it, neither retrying nor a loss.</param>
    /// <param name="wasDelivered">Without a row: it was delivered, and not simply forgotten or never seen.</param>
    public void Replay(DeliveryEntry entry, ExceptionRow? row, bool wasDelivered)
    {
        (entry.IsReplay, entry.IsDrained, _hasReplayed) = (true, true, true);
        switch (row?.State)
        {
            case ExceptionState.Failed:
                DeliveryCounts.Add(Counts.Failed, row.Reason, -1);
                break;
            case ExceptionState.Filtered:
                DeliveryCounts.Add(Counts.Filtered, row.Reason, -1);
                CutRun(row, entry.Offset.Value);
                break;
            case ExceptionState.Replayed:
                Counts.Delivered--;
                break;
            case ExceptionState.Retrying:
                throw new InvalidOperationException("An event that is under way cannot be sent again.");
            case null when wasDelivered:
                Counts.Delivered--;
                break;
            case null:
                Counts.Replayed++;
                Counts.Seen++;
                break;
        }

        if (row is null || row.First != entry.Offset.Value) Counts.Exceptions++;
        if (entry.Parts.Length == 0)
        {
            DeliveryCounts.Add(Counts.Filtered, entry.Reason, 1);
            PutSettled(entry);
        }
        else
        {
            Counts.Waiting++;
            foreach (var part in entry.Parts) PutWaiting(part);
            PutRetrying(entry);
        }

        Uncommitted++;
    }

    /// <summary>Where the cursor stands when everything before <paramref name="head"/> was read.</summary>
    public LogOffset Cursor(LogOffset head) => _window.TryPeek(out var first) ? first.Offset : head;

    /// <summary>Makes everything up to here durable. After a failure the same may be tried again.</summary>
    /// <param name="head">Everything before was read.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    /// <exception cref="IOException">The store refused; nothing was written.</exception>
    public void Commit(LogOffset head, long now)
    {
        EndRun();
        // What is pruned is chosen from what is committed; an event that was just taken up again has another row there than in the draft.
        // Nor is it chosen twice, when a commit that has failed is tried again.
        if (!_hasReplayed && !_hasPruned && Counts.Exceptions > options.ExceptionsMax + (options.ExceptionsMax / 10)) Prune();
        series.Write(_draft, _writer, now);
        Counts.Cursor = Cursor(head).Value;
        _writer.Clear();
        Counts.Encode(_writer);
        _draft.Put(Table.Cursors, DeliveryCounts.KeyOf(destination), _writer.Written);
        _draft.Commit();
        _draft.Dispose();
        _draft = store.Begin();
        (Uncommitted, _hasReplayed, _hasPruned) = (0, false, false);
        series.Written();
    }

    public void Dispose() => _draft.Dispose();

    private void Settle(DeliveryPart part, EntryState state, string reason, string detail)
    {
        if (reason.Length > 0 && !_reasons.Contains(reason) && (_reasons.Count >= ReasonsMax || !_reasons.Add(reason))) (reason, detail) = (Other, $"{reason}: {detail}");
        var entry = part.Entry;
        (part.State, part.Reason, part.Detail) = (state, reason, detail);
        entry.Settle(state, reason, detail, part.Attempts);
        if (entry.IsDrained) Chart(part);
        if (part.RowDue is not { } due) return;
        _draft.Delete(Table.Deliveries, DeliveryRows.WaitingKey(destination, due, entry.Offset.Value, part.Lane));
        part.RowDue = null;
        Uncommitted++;
        if (Array.Exists(entry.Parts, other => other.RowDue is not null))
        {
            PutRetrying(entry);
            return;
        }

        Counts.Waiting--;
        Count(entry, 1);
        if (entry.Result != EntryState.Delivered || entry.IsReplay)
        {
            PutSettled(entry);
            return;
        }

        _draft.Delete(Table.Deliveries, DeliveryRows.ExceptionKey(destination, entry.Offset.Value));
        Counts.Exceptions--;
    }

    // Not before the event itself is counted: after a crash it is settled anew.
    private void Chart(DeliveryPart part)
    {
        if (part.State == EntryState.Delivered) series.Delivered(part.Lane, part.Attempts);
        else if (part.State == EntryState.Filtered) series.Filtered(part.Lane, part.Reason, 1);
        else if (part.State == EntryState.Failed) series.Failed(part.Lane, part.Reason, 1);
    }

    private void Count(DeliveryEntry entry, int sign)
    {
        if (entry.Result == EntryState.Delivered) Counts.Delivered += sign;
        else DeliveryCounts.Add(entry.Result == EntryState.Failed ? Counts.Failed : Counts.Filtered, entry.Reason, sign);
    }

    private void PutWaiting(DeliveryPart part)
    {
        part.RowDue = part.DueAt;
        DeliveryRows.Put(_draft, _writer, destination, new WaitingRow(
            part.Entry.Offset, part.Lane, part.DueAt, part.Attempts, part.FirstAttemptAt, part.Entry.Profile, part.Reason, part.Detail));
    }

    // What the waiting rows say is not said twice.
    private void PutRetrying(DeliveryEntry entry)
    {
        var first = entry.Parts.Where(part => part.RowDue is not null).MinBy(part => part.RowDue)!;
        DeliveryRows.Put(_draft, _writer, destination, new ExceptionRow(
            entry.Offset.Value, ExceptionState.Retrying, first.RowDue!.Value, entry.Attempts, entry.Reason, entry.Detail, entry.Result, first.Lane, entry.IsReplay)
        { Tries = entry.Tries });
    }

    private void PutSettled(DeliveryEntry entry)
    {
        var state = entry.Result switch
        {
            EntryState.Failed => ExceptionState.Failed,
            EntryState.Delivered => ExceptionState.Replayed,
            _ => ExceptionState.Filtered,
        };
        DeliveryRows.Put(_draft, _writer, destination, new ExceptionRow(
            entry.Offset.Value, state, entry.Last.Value, entry.Attempts, entry.Reason, entry.Detail, IsReplay: entry.IsReplay)
        { Tries = entry.Tries });
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
        if (_run is { } run)
        {
            PutSettled(run);
            Counts.Exceptions++;
        }

        _run = null;
    }

    // The event leaves the run; what is left of it on either side stays a run of its own.
    private void CutRun(ExceptionRow run, long at)
    {
        if (run.First < at) DeliveryRows.Put(_draft, _writer, destination, run with { Last = at - 1 });
        if (run.Last <= at) return;
        DeliveryRows.Put(_draft, _writer, destination, run with { First = at + 1 });
        Counts.Exceptions++;
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

        _hasPruned = true;
    }
}
