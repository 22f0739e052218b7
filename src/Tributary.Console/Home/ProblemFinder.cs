using Tributary.Console.Destinations;
using Tributary.Console.Live;
using Tributary.Console.Shared;
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
internal sealed class ProblemFinder(Func<WorkspaceSnapshot> workspace, SourceBoard board, DestinationBoard destinations, TimeProvider clock)
{
    private const int ProblemsMax = 12;

    // A source that sent every hour of a day and then none is silent; one that sends now and then is not.
    private const int HoursOfHabit = 6;

    /// <summary>The problems of this moment, the gravest first.</summary>
    public IReadOnlyList<Problem> Find(PulseReading reading)
    {
        var now = workspace();
        return
        [
            .. destinations.List(reading).SelectMany(Destination).Concat(now.Sources.SelectMany(source => Source(source, reading)))
                .OrderByDescending(problem => problem.IsGrave).ThenByDescending(problem => problem.At ?? DateTimeOffset.MaxValue).Take(ProblemsMax),
        ];
    }

    private static IEnumerable<Problem> Destination(DestinationRow row)
    {
        var (name, path) = (row.Destination.Name, $"/destinations/{row.Destination.Id}");
        var waiting = Words.Plural(row.Balance.Pending, "event waits", "events wait");
        switch (row.Condition)
        {
            case DestinationCondition.Blocked:
                yield return new($"{name} cannot send", $"{row.Health?.Fault} {waiting}.", true, path, null);
                break;
            case DestinationCondition.Down:
                yield return new($"{name} does not answer", $"{waiting}; one at a time is tried. Check its address, and whether it is up.", true, path, null);
                break;
            case DestinationCondition.Unmapped:
                yield return new($"{name} gets nothing", "No mapping is enabled. Enable one, or add a preset.", false, $"{path}/mappings", null);
                break;
            case DestinationCondition.Paused:
                yield return new($"{name} is paused", $"{waiting}. Resume it when it is ready.", false, path, null);
                break;
            case DestinationCondition.Disabled when row.Balance.Pending > 0:
                yield return new($"{name} is disabled", "Events are not passed on to it.", false, path, null);
                break;
            case DestinationCondition.Disabled or DestinationCondition.Failing or DestinationCondition.Delivering or DestinationCondition.Idle:
                break;
        }

        // What failed longer ago has been seen; the page of the destination keeps it.
        if (row.Failed > 0 && row.Day.Reasons.FirstOrDefault(reason => reason.Kind == ReasonKind.Failed) is { } worst)
        {
            yield return new(
                $"{name}: {Words.Plural(row.Failed, "event")} could not be delivered",
                $"In 24 hours; most often: {ReasonWords.Title(worst.Reason)}. {ReasonWords.Remedy(worst.Reason) ?? "Look at a sample, repair the cause, then send them again."}", true,
                $"{path}?reason={Uri.EscapeDataString(worst.Reason)}", worst.Last);
        }
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
