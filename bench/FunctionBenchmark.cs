using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tributary.Destinations.Functions;
using Tributary.Destinations.Node;
using Tributary.Model;

namespace Tributary.Benchmarks;

/// <summary>How many events a second does one function take, in its process, when it changes each and gives it back? It makes no requests.</summary>
internal static class FunctionBenchmark
{
    private const int InFlight = 4;
    private const string Code = "async function onTrack(event, settings) { event.properties.seen = settings.mark; return event }";

    /// <param name="events">How many.</param>
    /// <param name="batchSize">Events of a call, 1 to 400.</param>
    /// <param name="script">The program of the workers.</param>
    public static async Task RunAsync(int events, int batchSize, string script)
    {
        using var http = new HttpClient();
        await using var runtime = new FunctionRuntime(
            NodeRuntime.Find(null, Environment.GetEnvironmentVariable("PATH")), Path.GetFullPath(script), _ => http, TimeProvider.System, NullLogger<NodePool>.Instance);
        var message = $$"""{"type":"track","event":"Order Completed","messageId":"m","userId":"ada","properties":{"text":"{{new string('x', 500)}}"},"timestamp":"2026-01-02T03:04:05.000Z"}""";
        var payload = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat(message, batchSize))}]");
        var call = new FunctionCall(new FunctionCode("bench", "1", Code), FunctionUse.Insert, payload, batchSize, new() { ["mark"] = "yes" });
        await RunAsync(runtime, call, Math.Min(events, 20_000));
        var before = Reading.Now();
        var node = NodeTime(runtime);
        await RunAsync(runtime, call, events);
        var spent = Reading.Now().Since(before);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"functions batch={batchSize} events={events} of {message.Length} B: {events / spent.Seconds:N0} events/s, {spent.CpuSeconds * 1e6 / events:F1} us CPU/event here, {(NodeTime(runtime) - node).TotalMicroseconds / events:F1} us in Node.js"));
    }

    private static Task RunAsync(FunctionRuntime runtime, FunctionCall call, int events)
    {
        var left = events / call.Count;
        return Task.WhenAll(Enumerable.Range(0, InFlight).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var result = await runtime.CallAsync(call, new WireTrace(), CancellationToken.None);
                if (result.Results[^1].Verdict != FunctionVerdict.Done) throw new InvalidOperationException(result.Results[^1].Message);
            }
        }));
    }

    private static TimeSpan NodeTime(FunctionRuntime runtime)
    {
        using var process = Process.GetProcessById(runtime.ProcessIds[0]);
        return process.TotalProcessorTime;
    }
}
