using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Tributary.Destinations.Actions;
using Tributary.Destinations.Node;
using Tributary.Model;

namespace Tributary.Benchmarks;

/// <summary>
/// How many events a second go through one worker of Segment's destinations, from the raw event to an answer: mapping, the frames, the package, and the request
/// back through the host? The answer is given where the network would be, so that no receiver shares the cores.
/// </summary>
internal static class ActionsBenchmark
{
    private const int InFlight = 64;

    public static async Task RunAsync(int events)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Tributary.slnx"))) folder = folder.Parent;
        var script = Path.Combine(folder.FullName, "workers", "build");
        var link = Path.Combine(AppContext.BaseDirectory, "workers");
        if (!Directory.Exists(link)) Directory.CreateSymbolicLink(link, script);
        var catalogue = ActionsCatalogue.Load(AppContext.BaseDirectory, null);
        await using var pool = new NodePool(
            NodeRuntime.Find(null, Environment.GetEnvironmentVariable("PATH")), new NodePoolOptions("actions", catalogue.Script) { WorkersMax = 1 }, TimeProvider.System, NullLogger<NodePool>.Instance);
        using var http = new HttpClient(new Answer());
        var host = new ActionsHost(pool, catalogue, _ => http, TimeProvider.System);
        await MeasureAsync(host, catalogue, pool, "actions-webhook", "send", """{"url":"http://127.0.0.1/","method":"POST","data":{"@path":"$."},"enable_batching":false}""", "{}", events, 1);
        await MeasureAsync(host, catalogue, pool, "actions-webhook", "send", """{"url":"http://127.0.0.1/","method":"POST","data":{"@path":"$."},"enable_batching":true,"batch_size":100}""", "{}", events * 10, 100);
        var amplitude = JsonNode.Parse(catalogue.Find("actions-amplitude")!.Kind.Presets.First(preset => preset.Action == "logEventV2").Mapping.GetRawText())!.AsObject();
        await MeasureAsync(host, catalogue, pool, "actions-amplitude", "logEventV2", amplitude.ToJsonString(), """{"apiKey":"k","secretKey":"s","endpoint":"north_america"}""", events / 2, 1);
    }

    private static async Task MeasureAsync(
        ActionsHost host, ActionsCatalogue catalogue, NodePool pool, string slug, string action, string mapping, string settings, int events, int batch)
    {
        var opened = host.Driver(catalogue.Find(slug)!).Open(new SenderRequest(
            slug, JsonNode.Parse(settings)!.AsObject(), new SenderSubscription("sub", action, JsonNode.Parse(mapping)!.AsObject())));
        using var sender = opened.Sender ?? throw new InvalidOperationException(opened.Fault);
        var payload = Encoding.UTF8.GetBytes(LanguagesBenchmark.Event());
        await SendAsync(sender, payload, Math.Min(events, 2_000), batch);
        var worker = System.Diagnostics.Process.GetProcessById(pool.ProcessIds[0]);
        var nodeBefore = worker.TotalProcessorTime;
        var before = Reading.Now();
        await SendAsync(sender, payload, events, batch);
        var spent = Reading.Now().Since(before);
        worker.Refresh();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{slug} batch={batch} events={events}: {events / spent.Seconds:N0} events/s, {spent.CpuSeconds * 1e6 / events:F1} us CPU/event here, {(worker.TotalProcessorTime - nodeBefore).TotalMicroseconds / events:F1} us in the worker, worker {worker.WorkingSet64 >> 20} MiB"));
    }

    private static async Task SendAsync(IDestinationSender sender, byte[] payload, int events, int batch)
    {
        var left = events / batch;
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var outcomes = await sender.SendAsync([.. Enumerable.Range(0, batch).Select(at => new Delivery(new LogOffset(at), EventType.Track, 1, payload))], new WireTrace(), CancellationToken.None);
                if (outcomes[0].Verdict != DeliveryVerdict.Delivered) throw new InvalidOperationException($"{outcomes[0]} {outcomes[0].Detail}");
            }
        })));
    }

    private sealed class Answer : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request, Content = new ByteArrayContent("{}"u8.ToArray()) { Headers = { { "Content-Type", "application/json" } } } });
    }
}
