namespace Tributary.Engine.Workspace;

/// <summary>A query of the lake that somebody keeps for everybody.</summary>
public sealed record SavedQuery
{
    /// <summary>Opaque, URL-safe, never used again.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>One reading statement in the lake's SQL, as it was written; it may be wrong.</summary>
    public required string Sql { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public long CreatedAt { get; init; }

    public string CreatedBy { get; init; } = "";

    /// <summary>Milliseconds since 1970.</summary>
    public long UpdatedAt { get; init; }

    public string UpdatedBy { get; init; } = "";
}
