using System.Text;
using Tributary.Destinations.Http;
using Tributary.Model;

namespace Tributary.Destinations.Kafka;

/// <summary>
/// Produces events to a topic with an idempotent producer and <c>acks=all</c>; the report of each message is its outcome. An event whose report did not come in time
/// is sent again as a new message, so readers drop repeats by the header <c>messageId</c>.
/// </summary>
internal sealed class KafkaSender(KafkaModel model, EgressRules rules, TimeProvider clock) : IDestinationSender
{
    // How long a check of the brokers holds: a cluster moves seldom.
    private static readonly TimeSpan CheckEvery = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _gate = new(1);
    private KafkaLine? _line;
    private volatile bool _isDisposed;

    public int BatchMax => 2_000;

    public int BatchBytesMax => 4 << 20;

    public async ValueTask<DeliveryOutcomes> SendAsync(IReadOnlyList<Delivery> batch, WireTrace trace, CancellationToken cancellationToken)
    {
        var (line, failure) = await LineAsync(cancellationToken);
        if (line is null)
        {
            trace.Add(Exchange(batch, failure));
            return DeliveryOutcomes.All(failure);
        }

        var outcomes = new DeliveryOutcome[batch.Count];
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = batch.Count;
        for (var i = 0; i < batch.Count; i++)
        {
            var index = i;
            if (KafkaMessage.Of(batch[i], model.Key) is { } message) line.Send(message, Report);
            else Report(DeliveryOutcome.Refused("unreadable", "The message is no JSON object."));

            void Report(DeliveryOutcome outcome)
            {
                outcomes[index] = outcome;
                if (Interlocked.Decrement(ref left) == 0) done.SetResult();
            }
        }

        try
        {
            await done.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            trace.Add(Exchange(batch, DeliveryOutcome.RetryLater("timeout", detail: "no report in time")));
            throw;
        }

        var failed = Array.Find(outcomes, outcome => outcome.Verdict != DeliveryVerdict.Delivered);
        if (failed.Reason is not null || trace.KeepsSuccess) trace.Add(Exchange(batch, failed));
        return DeliveryOutcomes.Each(outcomes);
    }

    public void Dispose()
    {
        _isDisposed = true;
        // Whoever holds the gate connects, which can take seconds, and ends what it opened when it comes back.
        if (!_gate.Wait(0)) return;
        Drop();
        _gate.Release();
    }

    private async Task<(KafkaLine? Line, DeliveryOutcome Failure)> LineAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_line is { IsFatal: true }) Drop();
            if (_line is { } line && clock.GetElapsedTime(line.CheckedAt) < CheckEvery) return (line, default);
            if (_isDisposed) return (null, DeliveryOutcome.RetryLater("stopped"));
            // Not broken off: it ends by itself within seconds, and what it opened must be closed.
            DeliveryOutcome failure;
            if (_line is null) (_line, failure) = await Task.Run(() => KafkaLine.Open(model, rules, clock, cancellationToken), CancellationToken.None);
            else failure = await Task.Run(() => _line.Check(rules, clock, cancellationToken), CancellationToken.None) ?? default;
            if (failure.Reason is null) return (_line, default);
            Drop();
            return (null, failure);
        }
        finally
        {
            _gate.Release();
            if (_isDisposed) Dispose();
        }
    }

    private void Drop()
    {
        _line?.Dispose();
        _line = null;
    }

    private WireExchange Exchange(IReadOnlyList<Delivery> batch, DeliveryOutcome outcome) => new(
        "PRODUCE", model.Address, [new("messages", batch.Count.ToString(System.Globalization.CultureInfo.InvariantCulture))], batch[0].Payload.ToArray(),
        outcome.Reason is null ? 200 : 0, [], outcome.Reason is null ? Encoding.UTF8.GetBytes("{}") : default, outcome.Reason is null ? null : $"{outcome.Reason}: {outcome.Detail}");
}
