using System.Text;
using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Processing;

/// <summary>A message that was not accepted: discarded at the door, or quarantined because a stage could not cope with it.</summary>
/// <param name="Offset">Where in the received log its payload lies.</param>
/// <param name="Source">The source's number.</param>
/// <param name="ReceivedAt">Milliseconds since 1970.</param>
/// <param name="Code">Why: a discard code, or of a quarantined record the exception's type.</param>
/// <param name="Detail">More words, of a quarantined record.</param>
/// <param name="MessageId">Its message id; empty when it had none.</param>
internal sealed record Rejection(LogOffset Offset, uint Source, long ReceivedAt, string Code, string Detail, string MessageId);

/// <summary>
/// Writes and lists rejections. A failure keeps its payload: it stays in the received log, the row points there. Row:
/// <c>receivedAt code detail messageId</c>, as in <see cref="ProfileCodec"/>; a second row without value finds it by message id.
/// </summary>
internal static class Rejections
{
    private const int DetailLengthMax = 500;

    public static void Discard(StepContext context, in ReceivedRecord record, LogOffset offset, DiscardReason reason)
    {
        var discarded = context.Counters[record.Source].Discarded;
        discarded[reason] = discarded.GetValueOrDefault(reason) + 1;
        context.Series.Add(
            record.Source, record.ReceivedAt, SourceMetric.Discarded, record.Type, reason, EventLabels.ReadRaw(record.Payload.Span, record.Type));
        Put(context.Draft, Table.Discards, record, offset, reason.Code(), "");
    }

    public static void Quarantine(StepContext context, in ReceivedRecord record, LogOffset offset, Exception failure)
    {
        if (record.Kind is ReceivedKind.Event or ReceivedKind.Discard)
        {
            var counts = context.Counters[record.Source];
            counts.Received++;
            counts.Quarantined++;
            context.Series.Add(
                record.Source, record.ReceivedAt, SourceMetric.Quarantined, record.Type, default, EventLabels.ReadRaw(record.Payload.Span, record.Type));
        }

        Put(context.Draft, Table.Quarantine, record, offset, failure.GetType().Name, failure.Message);
    }

    /// <summary>Rejections of a source, newest first.</summary>
    public static IEnumerable<Rejection> List(IStateStore store, Table table, uint source) =>
        store.Scan(table, StateKeys.Rejected(source, 0), StateKeys.Rejected(source, long.MaxValue), backwards: true).Select(row => Read(row.Key, row.Value));

    /// <summary>One rejection; null when there is none.</summary>
    public static Rejection? Get(IStateStore store, Table table, uint source, LogOffset offset)
    {
        var key = StateKeys.Rejected(source, offset.Value);
        return store.Get(table, key) is { } row ? Read(key, row) : null;
    }

    /// <summary>Rejections with a message id.</summary>
    public static IEnumerable<Rejection> Find(IStateStore store, Table table, string messageId)
    {
        var hash = DedupRing.HashOf(Encoding.UTF8.GetBytes(messageId));
        foreach (var (_, value) in store.Scan(table, StateKeys.RejectedById(hash, 0), StateKeys.RejectedById(hash, long.MaxValue)))
        {
            if (store.Get(table, value) is { } row && Read(value, row) is { } rejection && rejection.MessageId == messageId) yield return rejection;
        }
    }

    private static void Put(IStateDraft draft, Table table, in ReceivedRecord record, LogOffset offset, string code, string detail)
    {
        var isMessage = record.Kind is ReceivedKind.Event or ReceivedKind.Discard;
        var messageId = isMessage ? record.MessageId : default;
        var writer = new ByteWriter();
        writer.WriteSigned(record.ReceivedAt);
        writer.WriteString(code);
        writer.WriteString(detail.Length > DetailLengthMax ? detail[..DetailLengthMax] : detail);
        writer.WriteBlob(messageId.Span);
        var key = StateKeys.Rejected(isMessage ? record.Source : 0, offset.Value);
        draft.Put(table, key, writer.Written);
        if (!messageId.IsEmpty) draft.Put(table, StateKeys.RejectedById(DedupRing.HashOf(messageId.Span), offset.Value), key);
    }

    private static Rejection Read(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value);
        return new Rejection(
            new LogOffset(System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(key[5..])),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(key[1..]),
            reader.ReadSigned(), reader.ReadString(), reader.ReadString(), reader.ReadString());
    }
}
