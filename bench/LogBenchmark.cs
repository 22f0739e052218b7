using System.Diagnostics;
using System.Globalization;
using Tributary.Engine.Log;

namespace Tributary.Benchmarks;

/// <summary>How many records a second become durable when many writers each wait for their own?</summary>
internal static class LogBenchmark
{
    private const int RecordBytes = 700;

    /// <param name="writers">How many wait at a time.</param>
    /// <param name="seconds">For how long.</param>
    /// <param name="folder">Where the data goes; the caller removes it.</param>
    public static async Task RunAsync(int writers, int seconds, string folder)
    {
        using var log = SegmentLog.Open(folder, new SegmentLogOptions(), TimeProvider.System);
        var latencies = new List<double>[writers];
        var before = Reading.Now();
        var end = Stopwatch.GetTimestamp() + (seconds * Stopwatch.Frequency);
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            var records = new LogRecords(1024);
            var payload = new byte[RecordBytes];
            var mine = latencies[writer] = new List<double>(100_000);
            while (Stopwatch.GetTimestamp() < end)
            {
                records.Clear();
                records.Add(payload);
                var start = Stopwatch.GetTimestamp();
                await log.AppendAsync(records);
                mine.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        })));
        var spent = Reading.Now().Since(before);
        var all = latencies.SelectMany(list => list).Order().ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"log writers={writers} record={RecordBytes} B: {all.Length / spent.Seconds:N0} records/s, p50 {all[all.Length / 2]:F2} ms, p99 {all[all.Length * 99 / 100]:F2} ms, {spent.CpuSeconds * 1e6 / all.Length:F1} us CPU/record"));
    }
}
