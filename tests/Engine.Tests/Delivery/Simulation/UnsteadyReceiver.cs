using System.Text.Json.Nodes;
using Tributary.Model;

namespace Tributary.Engine.Tests.Delivery.Simulation;

/// <summary>What one destination of a world saw, and how it behaves.</summary>
/// <param name="random">The seed's.</param>
/// <param name="clock">The steady clock.</param>
internal sealed class UnsteadyReceiver(Random random, TimeProvider clock)
{
    private readonly HashSet<int> _usersInFlight = [];

    /// <summary>How likely each kind of trouble is; null when it takes everything.</summary>
    public double? Trouble { get; set; }

    /// <summary>Takes nothing at all.</summary>
    public bool IsDown { get; set; }

    public Func<long, SimulatedEvent> EventAt { get; init; } = null!;

    /// <summary>Whether events of a user may be in two requests at once.</summary>
    public Func<int, bool> MayMix { get; init; } = null!;

    /// <summary>Deliveries that were taken: event and lane, in order; of each the first time only.</summary>
    public List<(SimulatedEvent Event, uint Lane)> Taken { get; } = [];

    public HashSet<(long Offset, uint Lane)> TakenOnce { get; } = [];

    /// <summary>Every event that was sent here, taken or not, with whether the message still had its secret.</summary>
    public HashSet<(long Offset, bool HasSecret)> Seen { get; } = [];

    /// <summary>Reasons by event that were answered and end a delivery.</summary>
    public HashSet<(long Offset, string Reason)> Refusals { get; } = [];

    /// <summary>Users whose order the destination itself broke, by taking a later event of a request and not an earlier one.</summary>
    public HashSet<int> Mixed { get; } = [];

    /// <summary>What a sender must never see.</summary>
    public List<string> Faults { get; } = [];

    public int Attempts { get; private set; }

    /// <summary>The process that sent has ended.</summary>
    public void HangUp() => _usersInFlight.Clear();

    public IDestinationSender Open(uint lane, int batchMax, TimeSpan age) => new Sender(this, lane, batchMax, age);

    private async ValueTask<DeliveryOutcomes> SendAsync(uint lane, IReadOnlyList<Model.Delivery> batch, CancellationToken cancellationToken)
    {
        Attempts++;
        var events = batch.Select(delivery => Look(delivery)).ToList();
        var users = events.Select(each => each.User).Where(user => !MayMix(user)).Distinct().ToList();
        foreach (var user in users.Where(user => !_usersInFlight.Add(user))) Faults.Add($"Two requests carry events of u{user} at once.");
        try
        {
            if (IsDown) return DeliveryOutcomes.All(Later());
            if (Trouble is not { } chance || random.NextDouble() >= chance) return Take(lane, events);
            switch (random.Next(9))
            {
                case 0:
                    throw new InvalidOperationException("A bug of a sender");
                case 1:
                    await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellationToken);
                    return default;
                case 2:
                    await Task.Delay(TimeSpan.FromMilliseconds(random.Next(3_000)), clock, cancellationToken);
                    return Take(lane, events);
                case 3:
                    // It has them, and says that it has not.
                    Take(lane, events);
                    return DeliveryOutcomes.All(Later());
                case 4:
                    return DeliveryOutcomes.Each(new DeliveryOutcome[batch.Count + random.Next(2) * 2 - 1]);
                case 5:
                    return DeliveryOutcomes.All(Later());
                default:
                    return Partly(lane, events);
            }
        }
        finally
        {
            users.ForEach(user => _usersInFlight.Remove(user));
        }
    }

    private SimulatedEvent Look(in Model.Delivery delivery)
    {
        var seen = EventAt(delivery.EventOffset.Value);
        var message = JsonNode.Parse(delivery.Payload.Span)!;
        if (message["messageId"]!.GetValue<string>() != seen.Id) Faults.Add($"{seen.Id} was sent with the message of {message["messageId"]}.");
        if (message["type"]!.GetValue<string>() != (seen.IsPage ? "page" : "track") || (delivery.Type == EventType.Page) != seen.IsPage) Faults.Add($"{seen.Id} was sent with type {delivery.Type}.");
        Seen.Add((seen.Offset, message["properties"]?["secret"] is not null));
        return seen;
    }

    private DeliveryOutcomes Take(uint lane, List<SimulatedEvent> events)
    {
        events.ForEach(each => Take(lane, each));
        return DeliveryOutcomes.All(DeliveryOutcome.Delivered);
    }

    private DeliveryOutcome Take(uint lane, SimulatedEvent seen)
    {
        if (TakenOnce.Add((seen.Offset, lane))) Taken.Add((seen, lane));
        return DeliveryOutcome.Delivered;
    }

    private DeliveryOutcomes Partly(uint lane, List<SimulatedEvent> events)
    {
        var waiting = new HashSet<int>();
        var outcomes = new DeliveryOutcome[events.Count];
        for (var i = 0; i < outcomes.Length; i++)
        {
            outcomes[i] = random.Next(5) switch
            {
                0 => Later(),
                1 => Refuse(events[i], DeliveryOutcome.Refused(random.Next(2) == 0 ? "http_400" : "http_422", "no")),
                2 when random.Next(3) == 0 => Refuse(events[i], DeliveryOutcome.CredentialsRejected("http_401")),
                3 when random.Next(2) == 0 => Refuse(events[i], DeliveryOutcome.Filtered("dropped_by_function")),
                _ => Take(lane, events[i]),
            };
            if (outcomes[i].Verdict == DeliveryVerdict.RetryLater) waiting.Add(events[i].User);
            else if (waiting.Contains(events[i].User)) Mixed.Add(events[i].User);
        }

        return DeliveryOutcomes.Each(outcomes);
    }

    private DeliveryOutcome Refuse(SimulatedEvent seen, DeliveryOutcome outcome)
    {
        Refusals.Add((seen.Offset, outcome.Reason!));
        return outcome;
    }

    private DeliveryOutcome Later() => random.Next(4) switch
    {
        0 => DeliveryOutcome.RetryLater("http_429", TimeSpan.FromSeconds(random.Next(3) == 0 ? random.Next(1_000) : random.Next(5))),
        1 => DeliveryOutcome.RetryLater("http_429"),
        2 => DeliveryOutcome.RetryLater("connection_failed"),
        _ => DeliveryOutcome.RetryLater("http_503", detail: "busy"),
    };

    private sealed class Sender(UnsteadyReceiver receiver, uint lane, int batchMax, TimeSpan age) : IDestinationSender
    {
        private bool _isDisposed;

        public int BatchMax => batchMax;

        public TimeSpan BatchAge => age;

        public async ValueTask<DeliveryOutcomes> SendAsync(IReadOnlyList<Model.Delivery> batch, WireTrace trace, CancellationToken cancellationToken)
        {
            if (_isDisposed) receiver.Faults.Add("A sender was used after its end.");
            if (batch.Count > batchMax) receiver.Faults.Add($"A batch had {batch.Count} events instead of at most {batchMax}.");
            return await receiver.SendAsync(lane, batch, cancellationToken);
        }

        public void Dispose() => _isDisposed = true;
    }
}
