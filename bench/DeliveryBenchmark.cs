using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Tributary.Destinations.Http;
using Tributary.Destinations.Webhook;
using Tributary.Engine.Delivery;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;

namespace Tributary.Benchmarks;

/// <summary>
/// How many events a second does one webhook get, from the event log over HTTP to a receiver on this machine, with cursor and counts committed? The receiver
/// shares the cores: it reads each request and answers 200.
/// </summary>
internal static class DeliveryBenchmark
{
    internal const string SourceId = "website";

    /// <param name="events">How many events wait in the log.</param>
    /// <param name="batchSize">Events of a request; 1 sends them singly.</param>
    /// <param name="folder">Where; removed afterwards.</param>
    public static async Task RunAsync(int events, int batchSize, string folder)
    {
        Directory.CreateDirectory(folder);
        using var received = SegmentLog.Open(Path.Combine(folder, "received"), new SegmentLogOptions(), TimeProvider.System);
        using var decided = SegmentLog.Open(Path.Combine(folder, "decided"), new SegmentLogOptions { KnowsItsEnd = false }, TimeProvider.System);
        using var store = RocksStateStore.Open(Path.Combine(folder, "state"));
        using var receiver = new QuietReceiver();
        var settings = new JsonObject { ["url"] = receiver.Address, ["batchSize"] = batchSize };
        await FillAsync(received, events, new Destination { Id = "hook", Number = 1, Name = "Hook", MetadataId = WebhookKind.Slug, SourceId = SourceId, Settings = settings }, []);
        new Processor(received, decided, store, new ProcessingProgress(), new ProcessingOptions(), TimeProvider.System, NullLogger<Processor>.Instance).RunToEnd();

        var workspace = RevisionStep.Load(store);
        using var http = new OutboundHttp(EgressRules.Parse("127.0.0.0/8"));
        var setup = new DeliverySetup(new DestinationCatalog([WebhookKind.Value]), [WebhookKind.Driver(http, TimeProvider.System)]);
        using var worker = new DestinationWorker(
            workspace.Destinations[0], () => workspace, setup, decided, store, new DeliveryOptions(), TimeProvider.System, NullLogger.Instance);
        using var stopping = new CancellationTokenSource();
        var before = Reading.Now();
        var running = Task.Run(() => worker.RunAsync(stopping.Token));
        var flow = new FlowQueries(() => workspace, store);
        while (flow.Count(workspace).Destinations[0] is { Pending: > 0 } or { Received: 0 }) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        var spent = Reading.Now().Since(before);
        if (DeliveryCounts.Read(store, 1)!.Delivered != events) Console.WriteLine(flow.Read());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"webhook batch={batchSize} events={events}: {events / spent.Seconds:N0} events/s, {receiver.Requests} requests, {spent.CpuSeconds * 1e6 / events:F1} us CPU/event with the receiver, {spent.AllocatedBytes / (double)events:F0} B allocated/event, working set {Environment.WorkingSet >> 20} MiB"));
        await stopping.CancelAsync();
        await running;
    }

    internal static async Task FillAsync(SegmentLog received, int events, Destination destination, ResourceChange[] more)
    {
        var records = new LogRecords(1 << 20);
        var space = new Space { Id = "spa_default", Number = 1, Slug = "default", Name = "Default" };
        var source = new Source { Id = SourceId, Number = 1, Slug = "website", Name = "Website", MetadataId = "javascript", SpaceId = "spa_default", WriteKeys = ["k"] };
        var revision = new WorkspaceRevision(1, "bench", 0, [Put("space", space.Id, space), Put("source", source.Id, source), Put("destination", destination.Id, destination), .. more]);
        ReceivedRecord.AddJson(records, ReceivedKind.Revision, 0, JsonSerializer.SerializeToUtf8Bytes(revision, WorkspaceSnapshot.Json));
        ReceivedRecord.AddTick(records, 1_767_225_600_000);
        await received.AppendAsync(records);
        var population = new Population(Math.Max(1, events / 10), 0.99, seed: 1);
        for (var sent = 0; sent < events;)
        {
            records.Clear();
            for (var i = 0; i < 500 && sent < events; i++, sent++) population.AddEvent(records, population.Next());
            await received.AppendAsync(records);
        }
    }

    internal static ResourceChange Put<T>(string kind, string id, T resource) => new(kind, id, JsonSerializer.SerializeToNode(resource, WorkspaceSnapshot.Json)!.AsObject());
}
