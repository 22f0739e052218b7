using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Tributary.Engine.Log;
using Tributary.Model;

namespace Tributary.Engine.Ingest;

/// <summary>
/// Turns what one request brought into records of the received log: per message an event with the normalised message, or a discard with its
/// code.
/// Hot path: nothing is built on the heap for a message that keeps the rules and brings its own message id. Keep one per request; not
/// thread-safe.
/// </summary>
/// <remarks>
/// The normalised message is one JSON object: first <c>type, messageId, timestamp, userId, anonymousId, groupId, previousId</c>, then what
/// was sent, byte for byte,
/// then what the server adds. Of a name that occurs twice the last counts. Rules: spec/connections.md §2 and §3.
/// </remarks>
internal sealed class MessageNormalizer
{
    /// <summary>
    /// Largest message, in bytes as sent, with what its envelope adds to it. 34 KiB: the documented 32 KiB and some slack, because SDKs
    /// count differently
    /// (spec/connections.md §1.4).
    /// </summary>
    public const int MessageBytesMax = 34 << 10;

    /// <summary>Deepest nesting of a message, in levels.</summary>
    public const int DepthMax = 64;

    /// <summary>
    /// Most bytes of records that one request may become. A body has at most 4 MiB; only an envelope's context that is copied into
    /// thousands of items gets
    /// beyond this. What no longer fits is discarded as too large.
    /// </summary>
    public const int RecordBytesMax = 8 << 20;

    private readonly ArrayBufferWriter<byte> _context = new();
    private readonly ArrayBufferWriter<byte> _integrations = new();
    private readonly byte[] _messageId = new byte[MessageView.MessageIdLengthMax * 6];
    private readonly byte[] _receivedAtText = new byte[IsoTime.Length];

    // Of the request at hand.
    private SourceFacts _source = null!;

    /// <summary>
    /// Adds one record for every item of the scan, and one for the batch itself when it is empty or nothing of it was accepted.
    /// </summary>
    public Tally Write(RequestScan scan, in Arrival arrival, LogRecords records)
    {
        IsoTime.Format(arrival.ReceivedAt, _receivedAtText);
        _source = SourceFacts.Of(arrival.Source);
        var accepted = 0;
        for (var index = 0; index < scan.Items.Count; index++)
        {
            if (TryWriteItem(scan, index, arrival, records)) accepted++;
        }

        var isDisabledBatch = !arrival.Source.Enabled && scan.Items.Count > 0;
        if (accepted > 0 || scan.Shape == BodyShape.Message || isDisabledBatch) return new Tally(accepted, scan.Items.Count - accepted);
        return new Tally(0, scan.Items.Count + AddBatchDiscard(scan, arrival, records));
    }

    private static int AddBatchDiscard(RequestScan scan, in Arrival arrival, LogRecords records)
    {
        var isEmpty = scan.Items.Count == 0;
        var summary = string.Create(CultureInfo.InvariantCulture, $"{{\"items\":{scan.Items.Count}}}");
        var payload = isEmpty ? scan.Body : Encoding.UTF8.GetBytes(summary);
        var reason = isEmpty ? DiscardReason.EmptyBatch : DiscardReason.EmptyBatchResult;
        ReceivedRecord.AddDiscard(records, default, reason, arrival.Source.Number, arrival.ReceivedAt, [], payload);
        return 1;
    }

    private bool TryWriteItem(RequestScan scan, int index, in Arrival arrival, LogRecords records)
    {
        ref readonly var item = ref scan[index];
        Span<Member> latest = stackalloc Member[MessageFields.Count];
        latest.Clear();
        var message = new MessageView(scan.Body, scan.MembersOf(item), latest);
        var type = TypeOf(message, arrival);
        var context = default(ReadOnlySpan<byte>);
        var facts = item.Context;
        var reason = BrokenByShape(scan, item, index, arrival, type, records);
        if (reason is null)
        {
            context = ContextOf(scan, message[MessageField.Context], ref facts);
            reason = MessageRules.FirstBroken(message, type, facts, arrival.TraitsIdentify);
        }

        var messageId = MessageIdOf(message, arrival, make: reason is null);
        if (reason is { } broken)
        {
            ReceivedRecord.AddDiscard(records, type, broken, arrival.Source.Number, arrival.ReceivedAt, messageId,
                scan.Body[item.Start..item.End]);
            return false;
        }

        WriteEvent(scan, item, message, type, context, facts, messageId, arrival, records);
        return true;
    }

    private static EventType TypeOf(in MessageView message, in Arrival arrival)
    {
        if (arrival.RouteType != default) return arrival.RouteType;
        if (message[MessageField.Type].Kind != JsonTokenType.String) return default;
        return EventTypes.TryParse(message[MessageField.Type].Text(message.Body), out var type) && (type != EventType.Set || arrival.TakesObjects) ? type : default;
    }

    private static DiscardReason? BrokenByShape(
        RequestScan scan, in ScannedItem item, int index, in Arrival arrival, EventType type, LogRecords records)
    {
        if (!arrival.Source.Enabled) return DiscardReason.SourceDisabled;
        if (index >= RequestScan.ItemsMax) return DiscardReason.BatchTooLong;
        if (!item.IsObject) return DiscardReason.NotAnObject;
        var size = item.Length + (scan.Context.End - scan.Context.Start) + (scan.Integrations.End - scan.Integrations.Start);
        if (size > MessageBytesMax || records.Frames.Length > RecordBytesMax) return DiscardReason.MessageTooLarge;
        if (Math.Max(item.Depth, scan.DefaultsDepth) > DepthMax) return DiscardReason.NestedTooDeep;
        return type == default ? DiscardReason.TypeUnknown : null;
    }

    // The item's context over the envelope's; the facts are then those of the result.
    private ReadOnlySpan<byte> ContextOf(RequestScan scan, Member own, scoped ref ContextFacts facts)
    {
        if (scan.Context.Kind != JsonTokenType.StartObject) return own.Kind == JsonTokenType.StartObject ? own.Value(scan.Body) : [];
        if (own.Kind != JsonTokenType.StartObject)
        {
            facts = scan.ContextFacts;
            return scan.Context.Value(scan.Body);
        }

        _context.ResetWrittenCount();
        JsonMerge.Write(scan.Context.Value(scan.Body), own.Value(scan.Body), _context);
        var walk = new JsonWalk(_context.WrittenSpan.ToArray());
        walk.Read();
        facts = ContextFacts.Read(ref walk);
        return _context.WrittenSpan;
    }

    private ReadOnlySpan<byte> IntegrationsOf(RequestScan scan, Member member)
    {
        var own = member.Kind == JsonTokenType.StartObject ? member.Value(scan.Body) : [];
        if (scan.Integrations.Kind != JsonTokenType.StartObject) return own;
        if (own.IsEmpty) return scan.Integrations.Value(scan.Body);
        _integrations.ResetWrittenCount();
        JsonMerge.Write(scan.Integrations.Value(scan.Body), own, _integrations);
        return _integrations.WrittenSpan;
    }

    // Without an id of its own a message gets a random one, ordered by time, or the one that an import derived.
    private ReadOnlySpan<byte> MessageIdOf(in MessageView message, in Arrival arrival, bool make)
    {
        var id = message.IdText(MessageField.MessageId, _messageId);
        if (!make) return message.IsLongerThan(MessageField.MessageId, MessageView.MessageIdLengthMax) ? [] : id;
        if (!id.IsEmpty) return id;
        if (!arrival.FallbackMessageId.IsEmpty) return arrival.FallbackMessageId.Span;
        var drawn = Guid.CreateVersion7(DateTimeOffset.FromUnixTimeMilliseconds(arrival.ReceivedAt));
        drawn.TryFormat(_messageId, out var written);
        return _messageId.AsSpan(0, written);
    }

    private void WriteEvent(
        RequestScan scan, in ScannedItem item, in MessageView message, EventType type, ReadOnlySpan<byte> context, in ContextFacts facts,
        ReadOnlySpan<byte> messageId, in Arrival arrival, LogRecords records)
    {
        var times = MessageTimes.Of(message, scan, arrival.ReceivedAt);
        var integrations = IntegrationsOf(scan, message[MessageField.Integrations]);
        ReceivedRecord.BeginEvent(records, type, arrival.Source.Number, arrival.ReceivedAt, times.Timestamp, messageId);
        // 1,024 covers the names, times and quotes that the server adds.
        var room = item.Length + context.Length + integrations.Length + messageId.Length
            + arrival.WriteKey.Length + _source.Identity.Length + 1024;
        var writer = new MessageWriter(records.GetSpan(room), message);
        writer.Head(type, messageId, times.Timestamp);
        writer.Members();
        if (arrival.PeerAddress.IsEmpty || facts.HasIp || (!facts.IsDirect && !_source.IsClientSide)) writer.Object("context"u8, context);
        else writer.ContextWithAddress(context, arrival.PeerAddress.Span);
        writer.Object("integrations"u8, integrations);
        writer.Tail(times, _receivedAtText, _source, arrival.WriteKey.Span);
        writer.Others();
        records.Advance(writer.End());
        records.EndRecord();
    }
}
