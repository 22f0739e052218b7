using System.Text.Json;
using System.Text.Json.Serialization;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Traits;

/// <summary>How far one audience or computed trait is.</summary>
internal sealed record ComputationState
{
    /// <summary>The number of the computation.</summary>
    public required uint Number { get; init; }

    /// <summary>The version whose definition answers; 0 while none is complete.</summary>
    public uint Answering { get; init; }

    /// <summary>The definition of that version: the workspace knows only the newest one.</summary>
    public string? AnsweringQuery { get; init; }

    /// <summary>Its past was cut off by options, so that it shares nothing with other definitions.</summary>
    public bool IsAnsweringApart { get; init; }

    /// <summary>The version that events of the past are being gathered for; 0 when there is none.</summary>
    public uint Filling { get; init; }

    /// <summary>Where in the event log the newer version began to see events: those before come from the lake.</summary>
    public long FillTo { get; init; }

    /// <summary>Up to where in the event log the past is folded.</summary>
    public long FilledTo { get; init; }

    /// <summary>Where in the event log the newest version was defined; null for where it began to see events.</summary>
    public long? Beginning { get; init; }

    /// <summary>Of the events before <see cref="BeganAt"/> only those since this time count; milliseconds since 1970.</summary>
    public long FillSince { get; init; } = long.MinValue;

    /// <summary>How many events of the past were folded.</summary>
    public long Gathered { get; init; }

    /// <summary>Every profile must be asked once.</summary>
    public bool NeedsPass { get; init; }

    /// <summary>Connections that must hear of everybody who is in.</summary>
    public IReadOnlyList<string> Resend { get; init; } = [];

    /// <summary>How many profiles are in.</summary>
    public long Size { get; init; }

    /// <summary>Rows that had no room.</summary>
    public long Overflow { get; init; }

    /// <summary>Something was sent under its key, which shows again when it is deleted.</summary>
    public bool HidesSent { get; init; }

    /// <summary>It was deleted, and what it hid is yet to be told.</summary>
    public bool IsReleased { get; init; }

    /// <summary>The state once the newest definition of a computation answers.</summary>
    public ComputationState AnsweredBy(Computation computation) => this with
    {
        Answering = computation.Version,
        AnsweringQuery = computation.Query,
        IsAnsweringApart = IsApart(computation),
        Filling = 0,
        NeedsPass = true,
    };

    /// <summary>Whether a computation's newest definition shares nothing with others: options cut off its past, or what it shared turned out to be wrong.</summary>
    public static bool IsApart(Computation computation) => !computation.IncludeHistoricalData || computation.BackfillDays is not null || IsRebuilt(computation);

    /// <summary>Whether the newest version is the one before, built anew.</summary>
    public static bool IsRebuilt(Computation computation) => computation.Rebuilt == computation.Version;

    [JsonIgnore]
    public bool IsFilling => Filling != 0;

    /// <summary>Every event from here on counts, whenever it happened.</summary>
    [JsonIgnore]
    public long BeganAt => Beginning ?? FillTo;

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, WorkspaceSnapshot.Json);

    public static ComputationState Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<ComputationState>(json, WorkspaceSnapshot.Json) ?? throw new InvalidDataException("The state of a computation is null.");
}

/// <summary>A pass over all profiles of a space that is under way.</summary>
internal sealed record PassState
{
    /// <summary>Those that are asked of each profile, with the version they had when the pass began.</summary>
    public required IReadOnlyList<PassItem> Items { get; init; }

    /// <summary>The last profile that is done, as text; null before the first.</summary>
    public string? After { get; init; }

    /// <summary>How many are done.</summary>
    public long Done { get; init; }

    [JsonIgnore]
    public ProfileId AfterId => After is not null && ProfileId.TryParse(After, out var id) ? id : default;

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, WorkspaceSnapshot.Json);

    public static PassState Parse(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<PassState>(json, WorkspaceSnapshot.Json) ?? throw new InvalidDataException("A pass is null.");
}

/// <summary>What a pass asks of each profile.</summary>
/// <param name="Number">The computation.</param>
/// <param name="Version">The version of its definition.</param>
/// <param name="Resend">Connections that hear of everybody who is in.</param>
internal sealed record PassItem(uint Number, uint Version, IReadOnlyList<string> Resend);
