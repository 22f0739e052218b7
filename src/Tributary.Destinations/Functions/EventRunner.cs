using System.Buffers;
using System.Text.Json.Nodes;
using Tributary.Model;

namespace Tributary.Destinations.Functions;

/// <summary>
/// Runs the events of a batch through a function. An event that was there when the process was lost goes alone, so that it is known who did it; after three times
/// it is given up (see <see cref="Actions.WorkerDeaths"/>).
/// </summary>
/// <param name="runtime">Where functions run.</param>
/// <param name="owner">The destination or instance for which deaths are counted.</param>
/// <param name="code">The version.</param>
/// <param name="use">As what.</param>
/// <param name="settings">The instance's settings in the clear.</param>
/// <param name="isDryRun">Its requests are not sent.</param>
internal sealed class EventRunner(FunctionRuntime runtime, string owner, FunctionCode code, FunctionUse use, JsonObject settings, bool isDryRun)
{
    /// <summary>Calls the function for all of them, in their order.</summary>
    /// <returns>A result for each, or the outcome that is already decided.</returns>
    public async ValueTask<(FunctionEventResult Result, DeliveryOutcome? Decided, TimeSpan? After)[]> RunAsync(IReadOnlyList<Delivery> batch, WireTrace trace, CancellationToken cancellationToken)
    {
        var results = new (FunctionEventResult, DeliveryOutcome?, TimeSpan?)[batch.Count];
        for (var start = 0; start < batch.Count;)
        {
            var isAlone = runtime.Deaths.IsSuspect(owner, batch[start].EventOffset);
            var end = start + 1;
            while (!isAlone && end < batch.Count && end - start < FunctionCall.EventsMax && !runtime.Deaths.IsSuspect(owner, batch[end].EventOffset)) end++;
            var call = new FunctionCall(code, use, Join(batch, start, end), end - start, settings) { IsAlone = isAlone, IsDryRun = isDryRun };
            var result = await runtime.CallAsync(call, trace, cancellationToken);
            for (var i = start; i < end; i++)
            {
                var one = result.Results[i - start];
                var isLost = one is { Verdict: FunctionVerdict.Retry, ErrorName: FunctionEventResult.Lost };
                if (isAlone && !isLost && one.Verdict != FunctionVerdict.Unavailable) runtime.Deaths.Clear(owner, batch[i].EventOffset);
                results[i] = (one, isLost ? runtime.Deaths.Count(owner, batch[i].EventOffset, one.Message) : null, result.After);
            }

            start = end;
        }

        return results;
    }

    private static ReadOnlyMemory<byte> Join(IReadOnlyList<Delivery> batch, int start, int end)
    {
        var length = 2;
        for (var i = start; i < end; i++) length += batch[i].Payload.Length + 1;
        var json = new ArrayBufferWriter<byte>(length);
        json.Write("["u8);
        for (var i = start; i < end; i++)
        {
            if (i > start) json.Write(","u8);
            json.Write(batch[i].Payload.Span);
        }

        json.Write("]"u8);
        return json.WrittenMemory;
    }
}
