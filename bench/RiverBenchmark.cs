using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Tributary.Engine.Lake;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Benchmarks;

/// <summary>
/// How many events a second go through the river in process: received log (durable) → deduplication → identity → profiles → event log and state
/// (durable)? Writer and processor run side by side, as in the server.
/// </summary>
internal static class RiverBenchmark
{
    /// <param name="events">How many events to send.</param>
    /// <param name="people">Out of how many people.</param>
    /// <param name="skew">0 for uniform access, 0.99 for zipf.</param>
    /// <param name="folder">Where the data goes; the caller removes it.</param>
    /// <param name="withLake">Load the lake at the same time, and count until it has everything.</param>
    public static async Task RunAsync(long events, int people, double skew, string folder, bool withLake)
    {
        Directory.CreateDirectory(folder);
        using var received = SegmentLog.Open(Path.Combine(folder, "received"), new SegmentLogOptions(), TimeProvider.System);
        using var decided = SegmentLog.Open(Path.Combine(folder, "decided"), new SegmentLogOptions { KnowsItsEnd = false }, TimeProvider.System);
        using var store = RocksStateStore.Open(Path.Combine(folder, "state"));
        var progress = new ProcessingProgress();
        var processor = new Processor(received, decided, store, progress, new ProcessingOptions(), TimeProvider.System, NullLogger<Processor>.Instance);
        await PrepareAsync(received);
        using var stopping = new CancellationTokenSource();
        var running = Task.Factory.StartNew(() => processor.RunAsync(stopping.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();

        using var lake = withLake ? OpenLake(folder, decided) : null;
        var loading = lake is null ? Task.CompletedTask : Task.Run(() => lake.Loader.RunAsync(stopping.Token));

        // Warm up: make every person once, so that the measured part meets known people.
        var population = new Population(people, skew, seed: 1);
        await SendAsync(received, progress, population, people, isEverybodyOnce: true);
        await progress.WaitAsync(received.End, CancellationToken.None);
        if (lake is not null) await lake.CatchUpAsync(decided.End);
        var before = Reading.Now();
        await SendAsync(received, progress, population, events, isEverybodyOnce: false);
        await progress.WaitAsync(received.End, CancellationToken.None);
        if (lake is not null) await lake.CatchUpAsync(decided.End);
        var spent = Reading.Now().Since(before);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"river{(withLake ? " with lake" : "")} people={people} skew={skew} events={events}: {events / spent.Seconds:N0} events/s, {spent.CpuSeconds * 1e6 / events:F1} us CPU/event, {spent.AllocatedBytes / (double)events:F0} B allocated/event, working set {Environment.WorkingSet >> 20} MiB, gen2 {GC.CollectionCount(2)}"));
        await stopping.CancelAsync();
        await running;
        await loading;
    }

    private static OpenedLake OpenLake(string folder, SegmentLog decided)
    {
        var options = new LakeOptions { Folder = Path.Combine(folder, "lake") };
        var database = LakeDatabase.Open(options.Folder, options);
        var source = new Source { Id = "website", Number = 1, Slug = "website", Name = "Website", MetadataId = "javascript", SpaceId = "spa_default", WriteKeys = ["k"] };
        var workspace = WorkspaceSnapshot.Of(1, [new ResourceChange("source", source.Id, JsonSerializer.SerializeToNode(source, WorkspaceSnapshot.Json)!.AsObject())]);
        var loader = new LakeLoader(
            new DecidedLog(decided), () => workspace, database, Microsoft.Extensions.Options.Options.Create(options), TimeProvider.System, NullLogger<LakeLoader>.Instance);
        return new OpenedLake(database, loader);
    }

    private sealed record OpenedLake(LakeDatabase Database, LakeLoader Loader) : IDisposable
    {
        public async Task CatchUpAsync(LogOffset end)
        {
            while (Loader.Position < end) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        public void Dispose() => Database.Dispose();
    }

    private static async Task PrepareAsync(SegmentLog received)
    {
        var records = new LogRecords();
        var space = new Space { Id = "spa_default", Number = 1, Slug = "default", Name = "Default" };
        var source = new Source { Id = "website", Number = 1, Slug = "website", Name = "Website", MetadataId = "javascript", SpaceId = "spa_default", WriteKeys = ["k"] };
        var revision = new WorkspaceRevision(1, "bench", 0, [
            new ResourceChange("space", space.Id, JsonSerializer.SerializeToNode(space, WorkspaceSnapshot.Json)!.AsObject()),
            new ResourceChange("source", source.Id, JsonSerializer.SerializeToNode(source, WorkspaceSnapshot.Json)!.AsObject())]);
        ReceivedRecord.AddJson(records, ReceivedKind.Revision, 0, JsonSerializer.SerializeToUtf8Bytes(revision, WorkspaceSnapshot.Json));
        ReceivedRecord.AddTick(records, 1_767_225_600_000);
        await received.AppendAsync(records);
    }

    private static async Task SendAsync(SegmentLog received, ProcessingProgress progress, Population population, long count, bool isEverybodyOnce)
    {
        var records = new LogRecords(1 << 20);
        for (long sent = 0; sent < count;)
        {
            records.Clear();
            for (var i = 0; i < 500 && sent < count; i++, sent++) population.AddEvent(records, isEverybodyOnce ? (int)sent : population.Next());
            await received.AppendAsync(records);
            // Stay at most 64 MiB ahead, as a bounded server would.
            while (received.End.Value - progress.Processed.Value > 64 << 20)
                await progress.WaitAsync(new LogOffset(received.End.Value - (48 << 20)), CancellationToken.None);
        }
    }
}

/// <summary>People and the events they send: 650 bytes each, nine tracks to one identify.</summary>
internal sealed class Population
{
    private readonly Random _random;
    private readonly double[]? _cumulative;
    private readonly int _people;

    /// <summary>What every message has besides: 450 bytes, the closing brace included.</summary>
    public static byte[] Filler { get; } = Encoding.UTF8.GetBytes(
        ",\"context\":{\"library\":{\"name\":\"analytics.js\",\"version\":\"next-1.84.1\"},\"page\":{\"path\":\"/shop/shoes/running\",\"referrer\":\"https://www.example.com/\",\"search\":\"?utm_source=mail\",\"title\":\"Running shoes\",\"url\":\"https://shop.example.com/shop/shoes/running\"},\"userAgent\":\"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\",\"locale\":\"en-US\"},\"integrations\":{}}");

    private long _message;

    public Population(int people, double skew, int seed)
    {
        _random = new Random(seed);
        _people = people;
        if (skew <= 0) return;
        _cumulative = new double[people];
        var sum = 0.0;
        for (var i = 0; i < people; i++) _cumulative[i] = sum += 1 / Math.Pow(i + 1, skew);
        for (var i = 0; i < people; i++) _cumulative[i] /= sum;
    }

    public int Next()
    {
        if (_cumulative is null) return _random.Next(_people);
        var at = Array.BinarySearch(_cumulative, _random.NextDouble());
        return Math.Min(at < 0 ? ~at : at, _people - 1);
    }

    public void AddEvent(LogRecords records, int person)
    {
        var number = _message++;
        var isIdentify = number % 10 == 0;
        var messageId = $"ajs-next-{number:D13}-7c1f2f6e-54a1-4e0c-9b5a-1f4f7f1d2a33";
        var head = isIdentify
            ? $"{{\"type\":\"identify\",\"messageId\":\"{messageId}\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"userId\":\"user-{person}\",\"anonymousId\":\"anon-{person}\",\"traits\":{{\"email\":\"p{person}@example.com\",\"plan\":\"pro\",\"visits\":{number % 7}}}"
            : $"{{\"type\":\"track\",\"messageId\":\"{messageId}\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"userId\":\"user-{person}\",\"anonymousId\":\"anon-{person}\",\"event\":\"Product Viewed\",\"properties\":{{\"product_id\":\"p-{number % 1000}\",\"price\":19.5}}";
        ReceivedRecord.BeginEvent(records, isIdentify ? EventType.Identify : EventType.Track, 1, 1_767_225_600_000 + number, 1_767_225_600_000 + number, Encoding.UTF8.GetBytes(messageId));
        records.Write(Encoding.UTF8.GetBytes(head));
        records.Write(Filler);
        records.EndRecord();
    }
}

/// <summary>Time, CPU and allocations at one moment.</summary>
internal readonly record struct Reading(double Seconds, double CpuSeconds, long AllocatedBytes, double PausedSeconds, int Collections)
{
    public static Reading Now() => new(
        Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency, Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds, GC.GetTotalAllocatedBytes(), GC.GetTotalPauseDuration().TotalSeconds, GC.CollectionCount(0));

    public Reading Since(Reading before) => new(Seconds - before.Seconds, CpuSeconds - before.CpuSeconds, AllocatedBytes - before.AllocatedBytes, PausedSeconds - before.PausedSeconds, Collections - before.Collections);
}
