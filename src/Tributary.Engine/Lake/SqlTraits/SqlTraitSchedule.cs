using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake.SqlTraits;

/// <summary>
/// When a SQL trait has its turn: at its creation and then once in every interval counted from there, so that turns do not drift. Of turns that were missed, only the last
/// one is made up for. Pure.
/// </summary>
internal static class SqlTraitSchedule
{
    /// <summary>Shortest interval.</summary>
    public static readonly TimeSpan IntervalMin = TimeSpan.FromHours(1);

    /// <summary>Longest interval.</summary>
    public static readonly TimeSpan IntervalMax = TimeSpan.FromDays(30);

    /// <summary>Whether it is to run now. A last run in the future means that the clock was set back.</summary>
    public static bool IsDue(SqlTrait trait, SqlTraitState state, bool isAsked, DateTimeOffset now) => trait.Enabled
        && (isAsked || state.IsRunning || state.LastVersion != trait.Version
            || state.LastStartedAt < TurnAt(trait, now.ToUnixTimeMilliseconds()) || state.LastStartedAt > now.ToUnixTimeMilliseconds());

    /// <summary>The first turn after a time.</summary>
    public static DateTimeOffset Next(SqlTrait trait, DateTimeOffset now) =>
        DateTimeOffset.FromUnixTimeMilliseconds(TurnAt(trait, now.ToUnixTimeMilliseconds())) + trait.Interval;

    // The last turn that has come; a clock that was set back leaves it at the creation.
    private static long TurnAt(SqlTrait trait, long now)
    {
        var interval = (long)trait.Interval.TotalMilliseconds;
        return trait.CreatedAt + (Math.Max(0, now - trait.CreatedAt) / interval * interval);
    }
}
