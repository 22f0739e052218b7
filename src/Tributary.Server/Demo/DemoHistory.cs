using Spectre.Console;
using Tributary.Server.Cli;

namespace Tributary.Server.Demo;

/// <summary>Sends the weeks that are past: website, CRM and help desk at the same time.</summary>
internal sealed class DemoHistory(DemoDoor door, IReadOnlyList<DemoPerson> people, DateTimeOffset now)
{
    // Enough to keep two cores busy, and no more than a small server has connections for.
    private const int VisitorsAtOnce = 24;
    private const int RelaysAtOnce = 4;

    /// <summary>Sends everything, showing how far it is; returns when all of it is in the profiles.</summary>
    public async Task SendAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        if (!terminal.Console.Profile.Capabilities.Interactive)
        {
            var lines = new PlainProgress(terminal.Out);
            await SendAsync(lines.Begin, cancellationToken);
            return;
        }

        await terminal.Console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn()).StartAsync(progress =>
            SendAsync(
                (name, count) =>
                {
                    var bar = progress.AddTask(name, maxValue: Math.Max(1, count));
                    return done => bar.Increment(done);
                },
                cancellationToken));
    }

    private async Task SendAsync(Func<string, int, Action<int>> begin, CancellationToken cancellationToken)
    {
        var crm = begin("CRM export (CSV)", people.Count(person => person.IsInCrm));
        var helpDesk = begin("Help desk tickets", people.Sum(person => person.TicketsByEmail + person.TicketsByPhone));
        var website = begin("Website visits", people.Sum(person => person.Visits));
        await Task.WhenAll(SendVisitsAsync(website, cancellationToken), ImportAsync(crm, cancellationToken), SendTicketsAsync(people.Skip(1), helpDesk, cancellationToken));
        // The person that is shown comes last, so that the answer to the last ticket says that everything before it is in the profiles.
        await SendTicketsAsync(people.Take(1), helpDesk, cancellationToken);
    }

    private Task SendVisitsAsync(Action<int> sent, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        people,
        new ParallelOptions { MaxDegreeOfParallelism = VisitorsAtOnce, CancellationToken = cancellationToken },
        async (person, stop) =>
        {
            foreach (var visit in new WebsiteVisits(person).History(now, DemoTime.Span))
            {
                await door.SendAsync(visit, stop);
                sent(1);
            }
        });

    private async Task ImportAsync(Action<int> sent, CancellationToken cancellationToken)
    {
        await door.ImportAsync(CrmExport.Write(people, now), cancellationToken);
        sent(people.Count(person => person.IsInCrm));
    }

    private Task SendTicketsAsync(IEnumerable<DemoPerson> requesters, Action<int> sent, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        requesters,
        new ParallelOptions { MaxDegreeOfParallelism = RelaysAtOnce, CancellationToken = cancellationToken },
        async (person, stop) =>
        {
            foreach (var message in HelpDeskTickets.History(person, now))
            {
                await door.RelayAsync(message, isAwaited: person.Number == 0, stop);
                if ((string)message["event"]! == "Ticket Created") sent(1);
            }
        });

    // For files and pipes: a line at each quarter.
    private sealed class PlainProgress(TextWriter output)
    {
        private readonly Lock _lock = new();

        public Action<int> Begin(string name, int count)
        {
            var done = 0;
            var said = 0;
            return more =>
            {
                lock (_lock)
                {
                    done += more;
                    var quarter = count == 0 ? 4 : (int)(4L * done / count);
                    if (quarter == said) return;
                    said = quarter;
                    output.WriteLine($"  {name}: {done} of {count}");
                }
            };
        }
    }
}
