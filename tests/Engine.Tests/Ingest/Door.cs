using System.Text;
using System.Text.Json.Nodes;
using Tributary.Engine.Ingest;
using Tributary.Engine.Log;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Tests.Ingest;

/// <summary>The door of the river for tests: a body goes in, records come out.</summary>
internal sealed class Door
{
    /// <summary>2026-01-01T00:00:10Z.</summary>
    public const long Now = 1_767_225_610_000;

    private readonly RequestScan _scan = new();
    private readonly MessageNormalizer _normalizer = new();
    private readonly LogRecords _records = new();

    public Source Source { get; init; } = Server;

    public string PeerAddress { get; init; } = "";

    public static Source Server { get; } = Make("http-api");

    public static Source Website { get; } = Make("javascript");

    /// <summary>What one body became.</summary>
    public sealed record Entry(ReceivedKind Kind, EventType Type, DiscardReason Reason, string MessageId, long Timestamp, string Payload)
    {
        public JsonNode this[string name] => JsonNode.Parse(Payload)![name]!;
    }

    public static Source Make(string metadataId, bool enabled = true) => new()
    {
        Id = "src1",
        Number = 7,
        Slug = "shop",
        Name = "Shop",
        MetadataId = metadataId,
        SpaceId = "spa_1",
        WriteKeys = ["wk"],
        Enabled = enabled,
    };

    /// <summary>The one entry of a message on a route of its type.</summary>
    public Entry Message(EventType type, string json) => Assert1(Take(Encoding.UTF8.GetBytes(json), type));

    public Entry Track(string json) => Message(EventType.Track, json);

    public IReadOnlyList<Entry> Batch(string json) => Take(Encoding.UTF8.GetBytes(json), default);

    public ScanFault Fault(byte[] body, BodyShape shape) => _scan.Read(body, shape);

    public IReadOnlyList<Entry> Take(byte[] body, EventType routeType)
    {
        var fault = _scan.Read(body, routeType == default ? BodyShape.Envelope : BodyShape.Message);
        if (fault.IsFault) throw new InvalidDataException(fault.Message);
        _records.Clear();
        var tally = _normalizer.Write(_scan, new Arrival
        {
            Source = Source,
            WriteKey = "wk"u8.ToArray(),
            ReceivedAt = Now,
            RouteType = routeType,
            PeerAddress = Encoding.ASCII.GetBytes(PeerAddress),
        }, _records);
        var entries = Read(_records);
        Xunit.Assert.Equal(tally, new Tally(entries.Count(e => e.Kind == ReceivedKind.Event), entries.Count(e => e.Kind == ReceivedKind.Discard)));
        return entries;
    }

    public static List<Entry> Read(LogRecords records)
    {
        var batch = new LogBatch(Math.Max(records.Frames.Length, 1));
        records.Frames.CopyTo(batch.Buffer);
        batch.Filled(LogOffset.Zero, records.Frames.Length);
        var entries = new List<Entry>();
        foreach (var record in batch)
        {
            var view = ReceivedRecord.View(record.Payload);
            entries.Add(new Entry(
                view.Kind, view.Type, view.Kind == ReceivedKind.Discard ? view.Reason : default,
                Encoding.UTF8.GetString(view.MessageId.Span), view.Timestamp, Encoding.UTF8.GetString(view.Payload.Span)));
        }

        return entries;
    }

    private static Entry Assert1(IReadOnlyList<Entry> entries) => Xunit.Assert.Single(entries);
}
