using System.Diagnostics;
using System.Diagnostics.Metrics;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>What Delivery tells Prometheus. Tags are bounded by the number of destinations and of reasons.</summary>
internal sealed class DeliveryMetrics
{
    private readonly Counter<long> _attempts;

    public DeliveryMetrics(IMeterFactory meters) =>
        _attempts = meters.Create("Tributary.Delivery").CreateCounter<long>("tributary.delivery.attempt", "{event}", "Attempts to deliver an event, by outcome.");

    public void Attempted(string destination, in DeliveryOutcome outcome) => _attempts.Add(1, new TagList
    {
        { "tributary.destination", destination },
        { "tributary.outcome", outcome.Verdict switch
        {
            DeliveryVerdict.Delivered => "delivered",
            DeliveryVerdict.RetryLater => "retry_later",
            DeliveryVerdict.Refused => "refused",
            DeliveryVerdict.CredentialsRejected => "credentials_rejected",
            DeliveryVerdict.Filtered => "filtered",
        } },
    });
}
