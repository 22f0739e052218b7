using System.Collections.Concurrent;
using Tributary.Console.Live;
using Tributary.Engine.Delivery;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>Reads what pages show of destinations. What takes more than a row of the store is read at most every few seconds, for all pages together.</summary>
internal sealed class DestinationBoard(
    Func<WorkspaceSnapshot> workspace, DestinationCatalog catalog, DeliveryEngine engine, DeliverySetup setup, IStateStore store, TimeProvider clock)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    // A workspace has tens of destinations, and a page looks at a few spans of each.
    private const int KeptMax = 2_000;

    private const int SamplesMax = 1_000;
    private const int HoursOfFailing = 2;

    private readonly ConcurrentDictionary<(uint Destination, string Window), (DateTimeOffset At, DeliveryHistory History)> _histories = [];
    private readonly ConcurrentDictionary<uint, (DateTimeOffset At, IReadOnlyList<DeliverySample> Samples)> _samples = [];

    /// <summary>All destinations, by age.</summary>
    public IReadOnlyList<DestinationRow> List(PulseReading reading) => [.. workspace().Destinations.Select(destination => Row(destination, reading))];

    /// <summary>One destination as the list shows it.</summary>
    public DestinationRow Row(Destination destination, PulseReading reading)
    {
        var now = workspace();
        var balance = reading.Destinations.FirstOrDefault(each => each.Destination.Id == destination.Id)
            ?? new DestinationBalance(destination, 0, 0, 0, new Dictionary<string, long>(), new Dictionary<string, long>());
        var day = History(destination, TimeWindow.Day);
        var health = engine.HealthOf(destination.Number);
        return new DestinationRow(
            destination, KindName(destination.MetadataId), now.FindSource(destination.SourceId)?.Name ?? destination.SourceId, balance, day, health, Judge(now, destination, day, health));
    }

    /// <summary>What a kind of destination is called.</summary>
    public string KindName(string metadataId) => catalog.Find(metadataId) is { } kind ? FieldText.KindName(kind.Name) : metadataId;

    /// <summary>Whether events go through subscriptions.</summary>
    public bool HasActions(Destination destination) => setup.HasActions(destination.MetadataId);

    /// <summary>What became of deliveries over a span of time; a few seconds old at most.</summary>
    public DeliveryHistory History(Destination destination, TimeWindow window)
    {
        var now = clock.GetUtcNow();
        var key = (destination.Number, window.Id);
        if (_histories.TryGetValue(key, out var known) && now - known.At < Fresh) return known.History;
        if (_histories.Count > KeptMax) _histories.Clear();
        var history = Read(destination.Number, window, now);
        _histories[key] = (now, history);
        return history;
    }

    /// <summary>Attempts as they went over the wire, the newest first; a few seconds old at most.</summary>
    public IReadOnlyList<DeliverySample> Samples(Destination destination)
    {
        var now = clock.GetUtcNow();
        if (_samples.TryGetValue(destination.Number, out var known) && now - known.At < Fresh) return known.Samples;
        if (_samples.Count > KeptMax) _samples.Clear();
        IReadOnlyList<DeliverySample> samples = [.. DeliverySamples.Newest(store, destination.Number, null, SamplesMax).Select(head => DeliverySample.Read(head.Json))];
        _samples[destination.Number] = (now, samples);
        return samples;
    }

    private DestinationCondition Judge(WorkspaceSnapshot now, Destination destination, DeliveryHistory day, DestinationHealth? health) => destination switch
    {
        { Enabled: false } => DestinationCondition.Disabled,
        { Paused: true } => DestinationCondition.Paused,
        _ when health?.Fault is not null => DestinationCondition.Blocked,
        _ when health?.IsDown == true => DestinationCondition.Down,
        _ when HasActions(destination) && !now.SubscriptionsOf(destination.Id).Any(subscription => subscription.Enabled) => DestinationCondition.Unmapped,
        _ when day.Failed.TakeLast(HoursOfFailing).Sum() > 0 => DestinationCondition.Failing,
        _ when day.Delivered.Sum() > 0 => DestinationCondition.Delivering,
        _ => DestinationCondition.Idle,
    };

    private DeliveryHistory Read(uint destination, TimeWindow window, DateTimeOffset now)
    {
        var starts = window.Starts(now);
        var counts = new long[Enum.GetValues<SeriesMetric>().Length + 1][];
        for (var metric = 0; metric < counts.Length; metric++) counts[metric] = new long[window.Steps];
        var reasons = new Dictionary<(SeriesMetric Metric, string Reason), long[]>();
        foreach (var (at, key, count) in DeliverySeries.Read(
            store, destination, window.Step >= TimeSpan.FromHours(1), starts[0].ToUnixTimeMilliseconds(), now.ToUnixTimeMilliseconds() + 1))
        {
            var step = (int)((DateTimeOffset.FromUnixTimeMilliseconds(at) - starts[0]) / window.Step);
            if (step < 0 || step >= window.Steps) continue;
            counts[(int)key.Metric][step] += count;
            if (key.Metric == SeriesMetric.Delivered) continue;
            if (!reasons.TryGetValue((key.Metric, key.Detail), out var values)) reasons[(key.Metric, key.Detail)] = values = new long[window.Steps];
            values[step] += count;
        }

        return new DeliveryHistory(
            starts, counts[(int)SeriesMetric.Delivered], counts[(int)SeriesMetric.Filtered], counts[(int)SeriesMetric.Failed], counts[(int)SeriesMetric.Retried],
            [.. reasons.Select(pair => new ReasonHistory(
                KindOf(pair.Key.Metric), pair.Key.Reason, pair.Value, pair.Value.Sum(),
                starts[Array.FindIndex(pair.Value, value => value > 0)], starts[Array.FindLastIndex(pair.Value, value => value > 0)])).OrderByDescending(reason => reason.Total)]);
    }

    private static ReasonKind KindOf(SeriesMetric metric) => metric switch
    {
        SeriesMetric.Retried => ReasonKind.Retried,
        SeriesMetric.Filtered => ReasonKind.Filtered,
        SeriesMetric.Failed or SeriesMetric.Delivered => ReasonKind.Failed,
    };
}
