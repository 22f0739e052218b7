using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Tributary.Engine.Delivery;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Benchmarks;

/// <summary>
/// How many events a second does one destination look at when it wants none of them? Every destination reads every event of its source, so this is what a
/// destination costs at least.
/// </summary>
internal static class ScanBenchmark
{
    private const string Slug = "scanned";

    /// <param name="events">How many events wait in the log.</param>
    /// <param name="withActions">Three triggers that match nothing; otherwise a filter that drops everything.</param>
    /// <param name="folder">Where; removed afterwards.</param>
    public static async Task RunAsync(int events, bool withActions, string folder)
    {
        Directory.CreateDirectory(folder);
        using var received = SegmentLog.Open(Path.Combine(folder, "received"), new SegmentLogOptions(), TimeProvider.System);
        using var decided = SegmentLog.Open(Path.Combine(folder, "decided"), new SegmentLogOptions { KnowsItsEnd = false }, TimeProvider.System);
        using var store = RocksStateStore.Open(Path.Combine(folder, "state"));
        var destination = new Destination { Id = "scan", Number = 1, Name = "Scan", MetadataId = Slug, SourceId = DeliveryBenchmark.SourceId };
        await DeliveryBenchmark.FillAsync(received, events, destination, withActions ? Triggers(destination.Id) : Filter(destination.Id));
        new Processor(received, decided, store, new ProcessingProgress(), new ProcessingOptions(), TimeProvider.System, NullLogger<Processor>.Instance).RunToEnd();

        var workspace = RevisionStep.Load(store);
        var kind = new DestinationKind(Slug, "Scan", "Wants nothing.", [], _ => []);
        var setup = new DeliverySetup(new DestinationCatalog([kind]), [new DestinationDriver(Slug, _ => SenderOpened.With(new UnusedSender()), withActions)]);
        using var worker = new DestinationWorker(
            workspace.Destinations[0], () => workspace, setup, decided, store, new DeliveryOptions(), TimeProvider.System, NullLogger.Instance);
        using var stopping = new CancellationTokenSource();
        var before = Reading.Now();
        var running = Task.Run(() => worker.RunAsync(stopping.Token));
        while ((DeliveryCounts.Read(store, 1)?.Seen ?? 0) < events) await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        var spent = Reading.Now().Since(before);
        var filtered = DeliveryCounts.Read(store, 1)!.Filtered;
        await stopping.CancelAsync();
        await running;
        if (filtered.Values.Sum() != events) throw new InvalidOperationException($"Not everything was filtered: {string.Join(", ", filtered)}.");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"scan {string.Join(", ", filtered.Keys)} events={events}: {events / spent.Seconds:N0} events/s, {events / spent.CpuSeconds:N0} events/s a core, {spent.AllocatedBytes / (double)events:F0} B allocated/event"));
    }

    private static ResourceChange[] Filter(string destination)
    {
        var filter = new DestinationFilter
        {
            Id = "filter",
            DestinationId = destination,
            Title = "All",
            If = "event = 'Product Viewed' or type = 'identify'",
            Enabled = true,
            Actions = [new JsonObject { ["type"] = "DROP" }],
        };
        return [DeliveryBenchmark.Put("filter", filter.Id, filter)];
    }

    private static ResourceChange[] Triggers(string destination) =>
    [
        .. new[] { "type = \"track\" and event = \"Order Completed\"", "type = \"page\"", "type = \"identify\" and traits.visits > 10" }.Select((trigger, at) =>
            DeliveryBenchmark.Put("subscription", $"sub{at}", new Subscription
            {
                Id = $"sub{at}", Number = (uint)at + 1, DestinationId = destination, Name = $"{at}", Action = "act", Enabled = true, Trigger = trigger,
            })),
    ];

    private sealed class UnusedSender : IDestinationSender
    {
        public int BatchMax => 1;

        public ValueTask<DeliveryOutcomes> SendAsync(IReadOnlyList<Delivery> batch, WireTrace trace, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("An event that is not wanted was sent.");

        public void Dispose()
        {
            // It holds nothing.
        }
    }
}
