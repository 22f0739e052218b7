using System.Collections.Concurrent;
using System.Text;
using Npgsql;
using Tributary.Destinations.Http;
using Tributary.Destinations.Warehouse;
using Tributary.Model;

namespace Tributary.Destinations.Postgres;

/// <summary>
/// Loads events into PostgreSQL, each exactly once: an event that comes again meets its own <c>id</c> and changes nothing, and <c>users</c> and <c>accounts</c>
/// only move forward in time. Rule: spec/connections.md §7.
/// </summary>
internal sealed class PostgresSender(PostgresModel model, EgressRules rules, TimeProvider clock) : IDestinationSender
{
    // Connections at once. More would not load faster, and a server has a hundred for everybody.
    private const int SessionsMax = 4;

    // Events of one call that are found out one by one; if there are more, the rest comes again without those.
    private const int RefusedMax = 50;

    private static readonly TimeSpan SessionAgeMax = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim _slots = new(SessionsMax);
    private readonly ConcurrentBag<PostgresSession> _idle = [];
    private volatile bool _isDisposed;

    public int BatchMax => 5_000;

    public int BatchBytesMax => 8 << 20;

    public TimeSpan BatchAge => TimeSpan.FromSeconds(5);

    // The time of an event decides, not that of its arrival.
    public bool KeepsOrder => false;

    public async ValueTask<DeliveryOutcomes> SendAsync(IReadOnlyList<Delivery> batch, WireTrace trace, CancellationToken cancellationToken)
    {
        var outcomes = new DeliveryOutcome[batch.Count];
        var (events, places) = Read(batch, outcomes);
        if (events.Count == 0) return DeliveryOutcomes.Each(outcomes);
        await _slots.WaitAsync(cancellationToken);
        var attempt = new Attempt(events, clock.GetUtcNow());
        try
        {
            // A server that says nothing at all is not noticed by the driver at once. What it still does then ends by itself, and commits nothing.
            await RunAsync(attempt, cancellationToken).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            trace.Add(new WireExchange("COPY", model.Address, [], default, 0, [], default, "no answer in time"));
            throw;
        }

        if (attempt.Failure is not null || trace.KeepsSuccess) trace.Add(Exchange(attempt, attempt.Failure));
        for (var i = 0; i < places.Count; i++) outcomes[places[i]] = attempt.Outcomes[i];
        return DeliveryOutcomes.Each(outcomes);
    }

    public void Dispose()
    {
        _isDisposed = true;
        Drain();
    }

    private void Drain()
    {
        while (_idle.TryTake(out var session)) _ = session.DisposeAsync().AsTask();
    }

    /// <summary>Reads what can be read and refuses the rest. Yields the events and their places in the batch.</summary>
    internal static (List<PlacedEvent> Events, List<int> Places) Read(IReadOnlyList<Delivery> batch, DeliveryOutcome[] outcomes)
    {
        var (events, places) = (new List<PlacedEvent>(batch.Count), new List<int>(batch.Count));
        for (var i = 0; i < batch.Count; i++)
        {
            if (!DeliveredEvent.TryRead(batch[i], out var read))
            {
                outcomes[i] = DeliveryOutcome.Refused("unreadable", "The message is no JSON object with messageId and receivedAt.");
                continue;
            }

            events.Add(new PlacedEvent(read, batch[i].EventOffset.Value));
            places.Add(i);
        }

        return (events, places);
    }

    private async Task RunAsync(Attempt attempt, CancellationToken cancellationToken)
    {
        var isWhole = false;
        try
        {
            await LoadAsync(attempt, cancellationToken);
            isWhole = attempt.Failure is null;
        }
        finally
        {
            // Only a session that never failed is known to know the truth.
            if (attempt.Session is { } session && isWhole) _idle.Add(session);
            else if (attempt.Session is not null) await attempt.Session.DisposeAsync();
            if (_isDisposed) Drain();
            _slots.Release();
        }
    }

    private async Task LoadAsync(Attempt attempt, CancellationToken cancellationToken)
    {
        try
        {
            if (await OpenAsync(attempt, cancellationToken) is { } refused)
            {
                attempt.Fail(0, attempt.Events.Count, refused);
                return;
            }

            await LoadAsync(attempt, 0, attempt.Events.Count, cancellationToken);
        }
        catch (NpgsqlException failure)
        {
            attempt.Fail(0, attempt.Events.Count, PostgresFailure.Judge(failure));
        }
    }

    // Halves a range that the server does not take until the event is found that it does not take.
    private static async Task LoadAsync(Attempt attempt, int from, int to, CancellationToken cancellationToken)
    {
        try
        {
            await attempt.Session!.LoadAsync(attempt.Events, from, to, attempt.StartedAt, attempt.Load, cancellationToken);
        }
        catch (NpgsqlException failure) when (to - from > 1 && attempt.Refused < RefusedMax && PostgresFailure.IsOfData(failure))
        {
            var middle = from + ((to - from) / 2);
            await LoadAsync(attempt, from, middle, cancellationToken);
            if (attempt.Session!.IsBroken) attempt.Fail(middle, to, DeliveryOutcome.RetryLater("network", detail: "The connection was lost."));
            else await LoadAsync(attempt, middle, to, cancellationToken);
        }
        catch (PostgresException failure) when (PostgresFailure.IsOfData(failure))
        {
            attempt.Fail(from, to, to - from == 1 ? PostgresFailure.Judge(failure) : DeliveryOutcome.RetryLater("many_refused", TimeSpan.Zero, failure.MessageText));
        }
        catch (NpgsqlException failure)
        {
            attempt.Fail(from, to, PostgresFailure.Judge(failure));
        }
    }

    private async Task<DeliveryOutcome?> OpenAsync(Attempt attempt, CancellationToken cancellationToken)
    {
        while (_idle.TryTake(out var idle))
        {
            if (clock.GetElapsedTime(idle.OpenedAt) < SessionAgeMax)
            {
                attempt.Session = idle;
                return null;
            }

            await idle.DisposeAsync();
        }

        var resolved = await PermittedAddresses.ResolveAsync(rules, model.Host, everyOne: false, cancellationToken);
        if (resolved.Fault is { } fault) return resolved.IsRefused ? DeliveryOutcome.Refused("egress_refused", fault) : DeliveryOutcome.RetryLater("name_not_resolved", detail: fault);
        for (var i = 0; ; i++)
        {
            try
            {
                attempt.Session = await PostgresSession.OpenAsync(model, resolved.Addresses[i], clock.GetTimestamp(), cancellationToken);
                return null;
            }
            catch (NpgsqlException failure) when (failure is not PostgresException && i + 1 < resolved.Addresses.Length)
            {
                // The next address may answer; the last one's failure is the one that is told.
            }
        }
    }

    private WireExchange Exchange(Attempt attempt, string? fault) => new(
        "COPY", model.Address, [], Encoding.UTF8.GetBytes(attempt.Load.Sql), fault is null ? 200 : 0, [], fault is null ? Encoding.UTF8.GetBytes(attempt.Load.ToJson()) : default, fault);

    /// <summary>One call on its way.</summary>
    private sealed class Attempt(List<PlacedEvent> events, DateTimeOffset startedAt)
    {
        public List<PlacedEvent> Events => events;

        public DateTimeOffset StartedAt => startedAt;

        public DeliveryOutcome[] Outcomes { get; } = new DeliveryOutcome[events.Count];

        public PostgresLoad Load { get; } = new();

        public PostgresSession? Session { get; set; }

        public string? Failure { get; private set; }

        public int Refused { get; private set; }

        public void Fail(int from, int to, DeliveryOutcome outcome)
        {
            Array.Fill(Outcomes, outcome, from, to - from);
            Failure ??= $"{outcome.Reason}: {outcome.Detail}";
            if (outcome.NeedsOperator) Refused++;
        }
    }
}
