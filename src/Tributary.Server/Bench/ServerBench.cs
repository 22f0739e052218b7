using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Tributary.Server.Bench;

/// <summary>One measured question.</summary>
/// <param name="Question">What was measured.</param>
/// <param name="PerSecond">Events or requests a second.</param>
/// <param name="P50">Median latency in milliseconds; null where latency is not the question.</param>
/// <param name="P99">99th percentile in milliseconds.</param>
/// <param name="ServerCpuMicroseconds">The server's CPU time per event or request; null when the server's process is not known.</param>
/// <param name="Note">What else belongs to the figure.</param>
internal sealed record BenchResult(string Question, double PerSecond, double? P50, double? P99, double? ServerCpuMicroseconds, string Note);

/// <summary>Loads a running server over HTTP and measures from outside, as a client sees it.</summary>
/// <param name="server">Its address.</param>
/// <param name="writeKey">A source's write key.</param>
/// <param name="token">A token for the Profile API.</param>
/// <param name="processId">The server's process, for its CPU time; null when it runs elsewhere.</param>
/// <param name="people">How many people the events are of.</param>
/// <param name="duration">How long each question is measured, after a quarter of it to warm up.</param>
internal sealed class ServerBench(Uri server, string writeKey, string token, int? processId, int people, TimeSpan duration)
{
    private const int BatchSize = 100;

    /// <summary>Single events, each acknowledged after its flush.</summary>
    public Task<BenchResult> SinglesAsync(int connections, CancellationToken cancellationToken) =>
        LoadAsync($"single events, {connections} connections", connections, 1, requests => requests.Single(), cancellationToken);

    /// <summary>Batches of 100 events.</summary>
    public Task<BenchResult> BatchesAsync(int connections, CancellationToken cancellationToken) =>
        LoadAsync($"batches of {BatchSize}, {connections} connections", connections, BatchSize, requests => requests.Batch(), cancellationToken);

    /// <summary>Profiles by user id, drawn at random.</summary>
    public async Task<BenchResult> ProfileReadsAsync(int connections, CancellationToken cancellationToken)
    {
        var basic = Convert.ToBase64String(Encoding.ASCII.GetBytes(token + ":"));
        return await MeasureAsync($"profile reads, {connections} connections", connections, 1, connection =>
        {
            var random = new Random(connection);
            return () => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $"GET /v1/spaces/default/collections/users/profiles/user_id:user-{random.Next(people):D12}/traits HTTP/1.1\r\nHost: {server.Authority}\r\nAuthorization: Basic {basic}\r\n\r\n"));
        }, acceptsNotFound: true, cancellationToken);
    }

    /// <summary>How long after its acknowledgement an identify is in the Profile API, while batches come in at a given rate.</summary>
    public async Task<BenchResult> AckToVisibleAsync(int eventsPerSecond, CancellationToken cancellationToken)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var background = TrickleAsync(eventsPerSecond, done.Token);
        var latencies = new Latencies();
        using var connection = await RawConnection.OpenAsync(server, cancellationToken);
        var basic = Convert.ToBase64String(Encoding.ASCII.GetBytes(token + ":"));
        var write = Convert.ToBase64String(Encoding.ASCII.GetBytes(writeKey + ":"));
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; Stopwatch.GetElapsedTime(started) < duration; i++)
        {
            var user = string.Create(CultureInfo.InvariantCulture, $"fresh-{started}-{i}");
            var body = $"{{\"userId\":\"{user}\",\"traits\":{{\"n\":1}}}}";
            await connection.SendAsync(
                Encoding.ASCII.GetBytes($"POST /v1/identify HTTP/1.1\r\nHost: {server.Authority}\r\nAuthorization: Basic {write}\r\nContent-Length: {body.Length}\r\n\r\n{body}"), cancellationToken);
            var acknowledged = Stopwatch.GetTimestamp();
            var read = Encoding.ASCII.GetBytes($"GET /v1/spaces/default/collections/users/profiles/user_id:{user}/traits HTTP/1.1\r\nHost: {server.Authority}\r\nAuthorization: Basic {basic}\r\n\r\n");
            while (await connection.SendAsync(read, cancellationToken) != StatusCodes.Status200OK) { }
            latencies.Add(acknowledged);
        }

        await done.CancelAsync();
        await background;
        return new BenchResult(
            $"ack to visible at {eventsPerSecond} events/s", latencies.Count / duration.TotalSeconds, latencies.Percentile(0.5), latencies.Percentile(0.99), null, $"{latencies.Count} probes");
    }

    /// <summary>Waits until everything that was acknowledged is processed.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        using var connection = await RawConnection.OpenAsync(server, cancellationToken);
        var write = Convert.ToBase64String(Encoding.ASCII.GetBytes(writeKey + ":"));
        const string body = "{\"userId\":\"drain\",\"event\":\"Drained\"}";
        await connection.SendAsync(
            Encoding.ASCII.GetBytes($"POST /v1/track HTTP/1.1\r\nHost: {server.Authority}\r\nAuthorization: Basic {write}\r\nPrefer: wait=30\r\nContent-Length: {body.Length}\r\n\r\n{body}"), cancellationToken);
    }

    private async Task<BenchResult> LoadAsync(
        string question, int connections, int eventsEach, Func<BenchRequests, ReadOnlyMemory<byte>> next, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var result = await MeasureAsync(question, connections, eventsEach, connection =>
        {
            var requests = new BenchRequests(server.Authority, writeKey, people, BatchSize, connection + (Environment.TickCount & 0xFFFF));
            return () => next(requests);
        }, acceptsNotFound: false, cancellationToken);
        var loaded = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await DrainAsync(cancellationToken);
        var drained = Stopwatch.GetElapsedTime(started).TotalSeconds;
        // Everything acknowledged, the warm-up included, over the time until the last of it was processed.
        var through = result.PerSecond * loaded / drained;
        return result with { Note = string.Create(CultureInfo.InvariantCulture, $"{result.Note}through the river {through:N0}/s, drained {drained - loaded:F1} s later") };
    }

    private async Task<BenchResult> MeasureAsync(
        string question, int connections, int eventsEach, Func<int, Func<ReadOnlyMemory<byte>>> requests, bool acceptsNotFound, CancellationToken cancellationToken)
    {
        var latencies = new Latencies();
        long failures = 0;
        var started = Stopwatch.GetTimestamp();
        var warmUp = duration / 4;
        var cpuBefore = 0.0;
        var workers = Enumerable.Range(0, connections).Select(connection => Task.Run(async () =>
        {
            using var raw = await RawConnection.OpenAsync(server, cancellationToken);
            var next = requests(connection);
            while (true)
            {
                var elapsed = Stopwatch.GetElapsedTime(started);
                if (elapsed > warmUp + duration) return;
                var sent = Stopwatch.GetTimestamp();
                var status = await raw.SendAsync(next(), cancellationToken);
                if (elapsed < warmUp) continue;
                if (status == StatusCodes.Status200OK || (acceptsNotFound && status == StatusCodes.Status404NotFound)) latencies.Add(sent);
                else Interlocked.Increment(ref failures);
            }
        }, cancellationToken)).ToArray();
        await Task.Delay(warmUp, TimeProvider.System, cancellationToken);
        cpuBefore = ServerCpuSeconds();
        await Task.WhenAll(workers);
        var cpu = ServerCpuSeconds() - cpuBefore;
        var events = latencies.Count * eventsEach;
        return new BenchResult(
            question, events / duration.TotalSeconds, latencies.Percentile(0.5), latencies.Percentile(0.99), processId is null ? null : cpu * 1e6 / Math.Max(1, events),
            failures > 0 ? $"{failures} answers were not 200; " : "");
    }

    private async Task TrickleAsync(int eventsPerSecond, CancellationToken stopping)
    {
        var requests = new BenchRequests(server.Authority, writeKey, people, BatchSize, 999);
        using var connection = await RawConnection.OpenAsync(server, stopping);
        var started = Stopwatch.GetTimestamp();
        for (long sent = 0; !stopping.IsCancellationRequested; sent += BatchSize)
        {
            var ahead = (sent / (double)eventsPerSecond) - Stopwatch.GetElapsedTime(started).TotalSeconds;
            if (ahead > 0.001) await Task.Delay(TimeSpan.FromSeconds(ahead), TimeProvider.System, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!stopping.IsCancellationRequested) await connection.SendAsync(requests.Batch(), CancellationToken.None);
        }
    }

    private double ServerCpuSeconds() => processId is { } id ? Process.GetProcessById(id).TotalProcessorTime.TotalSeconds : 0;
}
