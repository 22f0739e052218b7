using System.Text.Json.Nodes;

namespace Tributary.Server.Demo;

/// <summary>What goes on in the shop while the server runs: some visitors at a time, and now and then a ticket.</summary>
internal sealed class DemoLive(DemoDoor door, IReadOnlyList<DemoPerson> people, TimeProvider clock)
{
    private const int VisitorsAtOnce = 4;
    private const int TicketEvery = 50;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Sends about five events a second until it is stopped.</summary>
    /// <exception cref="HttpRequestException">The server has gone.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        // Not from the shop's seed: a second run on the same data must not repeat the first one's message ids.
        var random = new Random(unchecked((int)clock.GetUtcNow().ToUnixTimeMilliseconds()));
        var known = people.Where(person => person.RegistersAt < person.Visits).ToList();
        var visits = new Queue<JsonObject>[VisitorsAtOnce];
        for (var sent = 1; known.Count > 0; sent++)
        {
            var now = clock.GetUtcNow();
            if (sent % TicketEvery == 0)
            {
                await door.RelayAsync(HelpDeskTickets.Live(known[random.Next(known.Count)], random, sent, now), isAwaited: false, stopping);
            }
            else
            {
                ref var visit = ref visits[random.Next(VisitorsAtOnce)];
                if (visit is not { Count: > 0 }) visit = new Queue<JsonObject>(new WebsiteVisits(known[random.Next(known.Count)]).Again(random, now).Messages);
                var message = visit.Dequeue();
                message["timestamp"] = DemoTime.Iso(now);
                await door.SendAsync(message, stopping);
            }

            await Task.Delay(Pause, clock, stopping);
        }
    }
}
