using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake.SqlTraits;

/// <summary>How far a run is, or how it ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SqlTraitRunStatus>))]
internal enum SqlTraitRunStatus
{
    Running,
    Succeeded,

    /// <summary>The query or what it returned was refused, or the log took nothing; what was sent stays.</summary>
    Failed,

    /// <summary>The SQL trait was changed, disabled or deleted meanwhile.</summary>
    Stopped,

    /// <summary>The server ended in the middle; the next run went on.</summary>
    Interrupted,
}

/// <summary>One run of a SQL trait. rows = changed + unchanged + what was discarded, and sent = changed + gone.</summary>
internal sealed record SqlTraitRunRecord
{
    /// <summary>Counts up from 1.</summary>
    public required long Number { get; init; }

    /// <summary>Whether somebody asked for it; else it was its turn.</summary>
    public bool IsAsked { get; init; }

    public SqlTraitRunStatus Status { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public long StartedAt { get; init; }

    /// <summary>The time of its events: when it began, but always after that of the run before it, whatever the clock does, so that its values win. Milliseconds since 1970.</summary>
    public long EventsAt { get; init; }

    /// <summary>Milliseconds since 1970; null while it runs.</summary>
    public long? FinishedAt { get; init; }

    /// <summary>Rows that the query returned.</summary>
    public long Rows { get; init; }

    /// <summary>Rows that are new or other than they were.</summary>
    public long Changed { get; init; }

    public long Unchanged { get; init; }

    /// <summary>Ids whose row is no longer there; their traits became null.</summary>
    public long Gone { get; init; }

    public long NullIds { get; init; }

    public long LongIds { get; init; }

    public long DuplicateIds { get; init; }

    public long LargeRecords { get; init; }

    /// <summary>Of a run that failed: a word for programs.</summary>
    public string? ErrorType { get; init; }

    /// <summary>Of a run that failed: a sentence for people.</summary>
    public string? Error { get; init; }

    /// <summary>Counts a row that is not sent.</summary>
    public SqlTraitRunRecord Discarding(SqlTraitDiscard reason, long rows = 1) => reason switch
    {
        SqlTraitDiscard.NullId => this with { Rows = Rows + rows, NullIds = NullIds + rows },
        SqlTraitDiscard.IdTooLong => this with { Rows = Rows + rows, LongIds = LongIds + rows },
        SqlTraitDiscard.DuplicateId => this with { Rows = Rows + rows, DuplicateIds = DuplicateIds + rows },
        SqlTraitDiscard.RecordTooLarge => this with { Rows = Rows + rows, LargeRecords = LargeRecords + rows },
    };

    /// <summary>As the API shows it.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["number"] = Number,
            ["trigger"] = IsAsked ? "MANUAL" : "SCHEDULED",
            ["status"] = Status.ToString().ToUpperInvariant(),
            ["startedAt"] = ApiJson.Time(StartedAt),
            ["finishedAt"] = FinishedAt is { } finished ? ApiJson.Time(finished) : null,
            ["rows"] = Rows,
            ["changed"] = Changed,
            ["unchanged"] = Unchanged,
            ["gone"] = Gone,
            ["discarded"] = Discarded(),
        };
        if (Error is not null) json["error"] = new JsonObject { ["type"] = ErrorType, ["message"] = Error };
        return json;
    }

    /// <summary>Rows that are not sent, by reason.</summary>
    public JsonObject Discarded() => new() { ["nullId"] = NullIds, ["idTooLong"] = LongIds, ["duplicateId"] = DuplicateIds, ["recordTooLarge"] = LargeRecords };
}
