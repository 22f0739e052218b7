using Tributary.Engine.Delivery.Filters;
using Tributary.Engine.Delivery.Fql;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>Tells which events a replay is about: the same for those who only count and for the one who sends.</summary>
internal sealed class ReplayScan(IStateStore store, uint destination, uint source, ReplayRow replay)
{
    private readonly FilterStatement? _filter = replay.Filter is null ? null : FilterStatement.Compile(replay.Filter).Statement;
    private readonly EventDocument _document = new();
    private readonly LogOffset _beginning = DeliveryCounts.Beginning(store, destination)?.Offset ?? default;
    private readonly DeliveryCounts _counts = DeliveryCounts.Read(store, destination) ?? new DeliveryCounts();

    /// <summary>Whether a record of the event log is to be sent again.</summary>
    /// <param name="record">The record.</param>
    /// <param name="row">What is kept about it.</param>
    /// <param name="wasDelivered">Nothing is kept about it because it was delivered.</param>
    public bool Judge(in LogRecord record, out ExceptionRow? row, out bool wasDelivered)
    {
        (row, wasDelivered) = (null, false);
        var decided = DecidedRecord.View(record.Payload);
        if (decided.Kind != DecidedKind.Event || decided.Source != source || decided.ReceivedAt < replay.From || decided.ReceivedAt >= replay.To) return false;
        row = DeliveryRows.FindException(store, destination, record.Offset);
        // What is under way arrives anyway, and of what retention took there is nothing left.
        if (row is { State: ExceptionState.Retrying } or { State: ExceptionState.Failed, Reason: DestinationWorker.Dropped }) return false;
        wasDelivered = row is null && record.Offset >= _beginning && record.Offset.Value >= _counts.ExceptionsFrom && record.Offset.Value < _counts.Cursor;
        if (replay.Reason is { } reason && reason != ReasonOf(row, wasDelivered)) return false;
        return replay.Filter is null || (_document.TryRead(decided.Payload) && _filter?.Ask(_document).Matches == true);
    }

    private static string? ReasonOf(ExceptionRow? row, bool wasDelivered) => row switch
    {
        { State: ExceptionState.Replayed } => DeliverySamples.Delivered,
        not null => row.Reason,
        null => wasDelivered ? DeliverySamples.Delivered : null,
    };
}
