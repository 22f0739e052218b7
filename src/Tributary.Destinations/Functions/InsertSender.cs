using Tributary.Model;

namespace Tributary.Destinations.Functions;

/// <summary>Puts an insert function in front of a sender: what it returns goes on, what it does not return ends here. The order is kept.</summary>
internal sealed class InsertSender(EventRunner runner, IDestinationSender inner) : IDestinationSender
{
    public const string FilteredReason = "filtered_at_insert_function";

    /// <inheritdoc/>
    public int BatchMax => Math.Min(inner.BatchMax, FunctionCall.EventsMax);

    /// <inheritdoc/>
    public int BatchBytesMax => inner.BatchBytesMax;

    /// <inheritdoc/>
    public TimeSpan BatchAge => inner.BatchAge;

    /// <inheritdoc/>
    public bool KeepsOrder => inner.KeepsOrder;

    /// <inheritdoc/>
    public async ValueTask<DeliveryOutcomes> SendAsync(IReadOnlyList<Delivery> batch, WireTrace trace, CancellationToken cancellationToken)
    {
        var results = await runner.RunAsync(batch, trace, cancellationToken);
        var outcomes = new DeliveryOutcome[batch.Count];
        var (left, places) = (new List<Delivery>(batch.Count), new List<int>(batch.Count));
        for (var i = 0; i < batch.Count; i++)
        {
            var (result, decided, after) = results[i];
            if (decided is { } known)
            {
                outcomes[i] = known;
            }
            else if (result.Verdict is FunctionVerdict.Dropped || (result.Verdict is FunctionVerdict.Done && !IsObject(result.Value)))
            {
                outcomes[i] = DeliveryOutcome.Filtered(FilteredReason, result.Message);
            }
            else if (result.Verdict is not FunctionVerdict.Done)
            {
                outcomes[i] = FunctionOutcomes.NotDone(result, after);
            }
            else
            {
                left.Add(batch[i] with { Payload = result.Value });
                places.Add(i);
            }
        }

        if (left.Count == 0) return DeliveryOutcomes.Each(outcomes);
        var sent = await inner.SendAsync(left, trace, cancellationToken);
        for (var i = 0; i < places.Count; i++) outcomes[places[i]] = sent[i];
        return DeliveryOutcomes.Each(outcomes);
    }

    public void Dispose() => inner.Dispose();

    private static bool IsObject(ReadOnlyMemory<byte> json) => json.Span is [(byte)'{', ..];
}
