using Tributary.Console.Live;
using Tributary.Console.Shared;
using Tributary.Console.Shell;
using Tributary.Console.Sources;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Home;

/// <summary>Something that a person should look at.</summary>
/// <param name="Title">What is wrong, as a sentence.</param>
/// <param name="Remedy">The next step.</param>
/// <param name="IsGrave">Something is being lost or refused now; else it only looks wrong.</param>
/// <param name="Path">Where to do it; null when there is no such page.</param>
/// <param name="At">When it was last so; null when it is so now.</param>
public sealed record Problem(string Title, string Remedy, bool IsGrave, string? Path, DateTimeOffset? At);

/// <summary>Looks through the counters for what is wrong.</summary>
public sealed class ProblemFinder(Func<WorkspaceSnapshot> workspace, SourceBoard board, TimeProvider clock)
{
    /// <summary>Most problems that are listed.</summary>
    public const int ProblemsMax = 12;

    // A source that sent every hour of a day and then none is silent; one that sends now and then is not.
    private const int HoursOfHabit = 6;

    /// <summary>The problems of this moment, the gravest first.</summary>
    public IReadOnlyList<Problem> Find(PulseReading reading)
    {
        var now = workspace();
        return
        [
            .. reading.Destinations.SelectMany(Destination).Concat(now.Sources.SelectMany(source => Source(source, reading)))
                .OrderByDescending(problem => problem.IsGrave).ThenByDescending(problem => problem.At ?? DateTimeOffset.MaxValue).Take(ProblemsMax),
        ];
    }

    private static IEnumerable<Problem> Destination(DestinationBalance balance)
    {
        var path = ConsolePages.Has("/destinations") ? $"/destinations/{balance.Destination.Id}" : null;
        var failed = balance.Failed.Values.Sum();
        if (failed > 0)
        {
            var worst = balance.Failed.MaxBy(pair => pair.Value);
            yield return new($"{balance.Destination.Name}: {Words.Plural(failed, "event")} could not be delivered", $"Most often {worst.Key}. Look at a sample, repair it, and replay them.", true, path, null);
        }

        if (balance.Destination.Paused)
            yield return new($"{balance.Destination.Name} is paused", $"{Words.Plural(balance.Pending, "event waits", "events wait")}. Resume it when it is ready.", false, path, null);
        else if (!balance.Destination.Enabled && balance.Pending > 0)
            yield return new($"{balance.Destination.Name} is disabled", "Events are not passed on to it.", false, path, null);
    }

    private IEnumerable<Problem> Source(Source source, PulseReading reading)
    {
        var row = board.Row(source);
        var path = $"/sources/{source.Id}";
        if (reading.Sources.GetValueOrDefault(source.Number)?.Quarantined is > 0 and var quarantined)
            yield return new($"{source.Name}: {Words.Plural(quarantined, "message")} in quarantine", "They made a stage fail. Their payload is kept and can be replayed.", true, path, null);
        if (row.Refused > 0)
        {
            yield return new(
                $"{source.Name}: {Words.Plural(row.Refused, "message")} refused in 24 hours", "They broke a rule at the door. The debugger shows each with its reason.", row.Refused * 20 > row.Accepted, path,
                row.LastSeen);
        }

        var habit = row.Hours.Take(row.Hours.Length - 1).Count(hour => hour > 0);
        if (source.Enabled && habit >= HoursOfHabit && row.LastSeen is { } last && clock.GetUtcNow() - last > TimeSpan.FromHours(2))
            yield return new($"{source.Name} has fallen silent", "It used to send every hour. Check the sender and its write key.", false, path, last);
    }
}
