using System.Text;
using Tributary.Model;

namespace Tributary.Destinations.Kafka;

/// <summary>Shows the messages that would be sent, and connects to nothing.</summary>
internal sealed class KafkaDryRun(KafkaModel model) : IDestinationSender
{
    public int BatchMax => 100;

    public ValueTask<DeliveryOutcomes> SendAsync(IReadOnlyList<Delivery> batch, WireTrace trace, CancellationToken cancellationToken)
    {
        var outcomes = new DeliveryOutcome[batch.Count];
        for (var i = 0; i < batch.Count; i++)
        {
            if (KafkaMessage.Of(batch[i], model.Key) is not { } message)
            {
                outcomes[i] = DeliveryOutcome.Refused("unreadable", "The message is no JSON object.");
                continue;
            }

            var headers = message.Headers.Select(header => KeyValuePair.Create(header.Key, Encoding.UTF8.GetString(header.GetValueBytes()))).ToList();
            if (message.Key is { } key) headers.Insert(0, KeyValuePair.Create("key", Encoding.UTF8.GetString(key)));
            trace.Add(new WireExchange("PRODUCE", model.Address, headers, message.Value, 200, [], "{}"u8.ToArray()));
        }

        return ValueTask.FromResult(DeliveryOutcomes.Each(outcomes));
    }

    public void Dispose()
    {
        // It holds nothing.
    }
}
