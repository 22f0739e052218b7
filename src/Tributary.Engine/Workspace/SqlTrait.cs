namespace Tributary.Engine.Workspace;

/// <summary>A query of the lake that is run on a schedule; its rows become traits of people or accounts.</summary>
public sealed record SqlTrait
{
    /// <summary>How often one is run unless somebody says otherwise: twice a day, as Segment's.</summary>
    public static readonly TimeSpan IntervalPreset = TimeSpan.FromHours(12);

    /// <summary><c>sql_…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Stands for it in state; counts up from 1, never used again.</summary>
    public required uint Number { get; init; }

    /// <summary>Rises with each change of the query; a new one is run at once.</summary>
    public required uint Version { get; init; }

    public required string SpaceId { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    public bool Enabled { get; init; } = true;

    /// <summary>One reading statement in the lake's SQL. Which column it has for the id says whether it is about people or accounts.</summary>
    public required string Query { get; init; }

    /// <summary>From the beginning of one run to that of the next, counted from its creation.</summary>
    public TimeSpan Interval { get; init; } = IntervalPreset;

    /// <summary>Milliseconds since 1970.</summary>
    public long CreatedAt { get; init; }

    public string CreatedBy { get; init; } = "";

    /// <summary>Milliseconds since 1970.</summary>
    public long UpdatedAt { get; init; }

    public string UpdatedBy { get; init; } = "";
}
