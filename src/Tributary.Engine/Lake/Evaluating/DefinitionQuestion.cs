using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Storage;
using Tributary.Engine.Traits;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake.Evaluating;

/// <summary>What the name of a trait stands for when it is the key of an audience or computed trait.</summary>
/// <param name="IsAudience">A membership; otherwise a value.</param>
/// <param name="IsOfAccounts">Of accounts; otherwise of people.</param>
internal sealed record ComputedKey(bool IsAudience, bool IsOfAccounts)
{
    /// <summary>Of a trait: its value, as JSON, for whoever counts and has none that is kept; null for no value.</summary>
    public byte[]? ForNothing { get; init; }

    /// <summary>A person counts only with an identifier of one of these types; empty for everybody.</summary>
    public IReadOnlyList<string> FilterByExternalIds { get; init; } = [];
}

/// <summary>Of whom a definition is asked, and when.</summary>
/// <param name="Space">The space's number.</param>
/// <param name="Now">The time of the question; milliseconds since 1970.</param>
internal sealed record DefinitionQuestion(ushort Space, long Now)
{
    /// <summary>The keys of the space's audiences and computed traits; a trait of such a name is what they have come to.</summary>
    public IReadOnlyDictionary<string, ComputedKey> Keys { get; init; } = new Dictionary<string, ComputedKey>();

    /// <summary>A person counts only with an identifier of one of these types; empty for everybody.</summary>
    public IReadOnlyList<string> FilterByExternalIds { get; init; } = [];

    /// <summary>
    /// Of so many profiles that the definition is about one is asked, by a hash of its id; 1 for all. What it says of these is what it says of them among all.
    /// </summary>
    public int OneOf { get; init; } = 1;

    /// <summary>Of the events before <see cref="Beginning"/> only those since this time count; milliseconds since 1970.</summary>
    public long Since { get; init; } = long.MinValue;

    /// <summary>From this offset of the event log on every event counts, whenever it happened.</summary>
    public long Beginning { get; init; }

    /// <summary>The keys of a space, as the definitions that answer now give them.</summary>
    public static Dictionary<string, ComputedKey> KeysOf(IStateStore store, WorkspaceSnapshot workspace, Space space)
    {
        var states = new ComputationStates(store);
        states.Load(workspace);
        return KeysOf(states.SetOf(space.Number));
    }

    /// <summary>The keys of computations.</summary>
    public static Dictionary<string, ComputedKey> KeysOf(ComputationSet set) => set.Known.ToDictionary(
        live => live.Computation.Key,
        live => new ComputedKey(live.Computation.IsAudience, live.Computation.IsOfAccounts) { ForNothing = live.ForNothing, FilterByExternalIds = live.Computation.FilterByExternalIds },
        StringComparer.Ordinal);
}

/// <summary>A definition as SQL.</summary>
/// <param name="Sql">
/// One SELECT of <c>profile</c>, a row for each profile of the space that the definition is about, and <c>answer</c>: of an audience true or false, of a trait its
/// value in the form of <see cref="EncodedValues"/>.
/// </param>
/// <param name="IsAudience">Which of the two.</param>
/// <param name="IsList">The value is a list of different values.</param>
internal sealed record CompiledSql(string Sql, bool IsAudience, bool IsList);
