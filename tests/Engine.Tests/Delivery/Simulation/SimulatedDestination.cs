using Tributary.Engine.Delivery;
using Tributary.Model;

namespace Tributary.Engine.Tests.Delivery.Simulation;

/// <summary>One destination of a world: its history of configurations, what it received, and the worker that runs now.</summary>
internal sealed class SimulatedDestination(string id, uint number, Situation first, UnsteadyReceiver receiver)
{
    private static readonly int[] BatchSizes = [1, 1, 3, 10];

    public string Id => id;

    public uint Number => number;

    public UnsteadyReceiver Receiver => receiver;

    /// <summary>All configurations, the newest last.</summary>
    public List<Situation> History { get; } = [first];

    public Situation Now => History[^1];

    /// <summary>By offset: between which configurations an event was read for good.</summary>
    public Dictionary<long, (int From, int? To)> Read { get; } = [];

    public bool HasReplayed { get; set; }

    public int Replays { get; set; }

    /// <summary>Null while it does not run.</summary>
    public DestinationWorker? Worker { get; set; }

    public CancellationTokenSource Stop { get; set; } = new();

    public Task Running { get; set; } = Task.CompletedTask;

    public DestinationDriver Driver(Random random) => new("test-" + id, Open(random), Now.HasActions);

    private Func<SenderRequest, SenderOpened> Open(Random random) => request =>
    {
        if (request.Settings.ContainsKey("broken")) return SenderOpened.Faulty("its settings are wrong.");
        // The number of a subscription is in its id.
        var lane = request.Subscription is { } subscription ? uint.Parse(subscription.Id.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture) : 0;
        return SenderOpened.With(receiver.Open(lane, BatchSizes[random.Next(BatchSizes.Length)], TimeSpan.FromMilliseconds(random.Next(3) == 0 ? random.Next(2_000) : 0)));
    };
}
