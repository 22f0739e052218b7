using System.Text;
using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Processing;

/// <summary>Finds what became of a message, by its id.</summary>
public sealed class EventQueries(IStateStore store, ReceivedLog received, DecidedLog decided)
{
    /// <summary>All accepted events with a message id: at most one per source and day or two.</summary>
    internal IEnumerable<(DecidedRecord Record, LogOffset Offset, long Repeats)> FindAccepted(string messageId)
    {
        var utf8 = Encoding.UTF8.GetBytes(messageId);
        var position = ProcessingPosition.Read(store);
        var first = store.Scan(Table.Dedup, [], [0xFF, 0xFF, 0xFF, 0xFF]).Select(row => row.Key).FirstOrDefault();
        if (first is null) yield break;
        var from = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(first);
        var batch = new LogBatch(8 << 10);
        foreach (var (_, offset, repeats) in DedupRing.FindAll(store, utf8, from, DedupRing.GenerationOf(position.Now)))
        {
            if (Read(decided.Log, new LogOffset(offset), batch) is not { } payload) continue;
            var record = DecidedRecord.View(payload);
            if (record.MessageId.Span.SequenceEqual(utf8)) yield return (record, new LogOffset(offset), repeats);
        }
    }

    /// <summary>Messages with this id that were discarded at the door or quarantined.</summary>
    internal IEnumerable<(Rejection Rejection, bool IsQuarantined)> FindRejected(string messageId) =>
        Rejections.Find(store, Table.Discards, messageId).Select(rejection => (rejection, false))
            .Concat(Rejections.Find(store, Table.Quarantine, messageId).Select(rejection => (rejection, true)));

    /// <summary>Rejections of a source, newest first.</summary>
    internal IEnumerable<Rejection> ListRejected(uint source, bool isQuarantined) => Rejections.List(store, isQuarantined ? Table.Quarantine : Table.Discards, source);

    /// <summary>One rejection of a source; null when there is none at the offset.</summary>
    internal Rejection? FindRejected(uint source, LogOffset offset, bool isQuarantined) =>
        Rejections.Get(store, isQuarantined ? Table.Quarantine : Table.Discards, source, offset);

    /// <summary>The payload of a rejected message; null when retention has dropped it.</summary>
    internal ReadOnlyMemory<byte>? ReadPayload(Rejection rejection) => ReadReceived(rejection.Offset) is { } bytes ? ReceivedRecord.View(bytes).Payload : null;

    /// <summary>A record of the received log, whole; null when retention has dropped it.</summary>
    internal ReadOnlyMemory<byte>? ReadReceived(LogOffset offset) => Read(received.Log, offset, new LogBatch(8 << 10));

    /// <summary>What went against a rule of identity at an event.</summary>
    internal IEnumerable<RecordedViolation> Violations(ushort space, LogOffset receivedOffset) =>
        store.Scan(Table.Violations, StateKeys.Violation(space, receivedOffset.Value, 0), StateKeys.Violation(space, receivedOffset.Value, byte.MaxValue))
            .Select(row => ViolationCodec.Decode(row.Value));

    /// <summary>
    /// What an event brought about, in the order of the decisions: the records behind it in the event log that have the same cause. Events of audiences and traits
    /// that it caused are among them.
    /// </summary>
    /// <param name="offset">Where the event lies in the event log.</param>
    /// <param name="max">Most records.</param>
    internal IReadOnlyList<DecidedRecord> Consequences(LogOffset offset, int max)
    {
        var found = new List<DecidedRecord>();
        var batch = new LogBatch(8 << 10);
        LogOffset? cause = null;
        for (var at = offset; TryRead(decided.Log, at, batch); at = batch.Next)
        {
            foreach (var each in batch)
            {
                var record = DecidedRecord.View(each.Payload);
                if (cause is { } known && (record.ReceivedOffset != known || found.Count == max)) return found;
                if (cause is null) cause = record.ReceivedOffset;
                else found.Add(DecidedRecord.View(each.Payload.ToArray()));
            }
        }

        return found;
    }

    /// <summary>The exact counts of a source.</summary>
    public SourceCounts Counts(uint source) => SourceCounters.Read(store, source);

    private static ReadOnlyMemory<byte>? Read(IEventLog log, LogOffset offset, LogBatch batch)
    {
        if (!TryRead(log, offset, batch)) return null;
        foreach (var record in batch) return record.Payload.ToArray();
        return null;
    }

    // False when nothing is there: not yet, or no longer.
    private static bool TryRead(IEventLog log, LogOffset offset, LogBatch batch)
    {
        try
        {
            return log.Read(offset, batch);
        }
        catch (LogOffsetGoneException)
        {
            return false;
        }
    }
}
