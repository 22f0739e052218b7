using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Tributary.Engine.Audiences;
using Tributary.Engine.Lake.Evaluating;
using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Profiles;
using Tributary.Engine.Traits.Language;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Console.Audiences;

/// <summary>One line of the list of audiences and computed traits.</summary>
/// <param name="Computation">The audience or trait.</param>
/// <param name="Status">How far it is, in Segment's words.</param>
/// <param name="Size">Of an audience: how many are in.</param>
/// <param name="Share">While it gathers its past: how much of it, 0 to 1; null otherwise.</param>
/// <param name="Days">Sizes at the end of the last 14 days, the oldest first.</param>
public sealed record ComputationRow(Computation Computation, string Status, long Size, double? Share, long[] Days);

/// <summary>Somebody who is in.</summary>
/// <param name="Id">The profile.</param>
/// <param name="Since">Since when.</param>
/// <param name="Identifiers">Its identifiers, <c>type:value</c>, unmasked.</param>
public sealed record AudienceMember(string Id, DateTimeOffset Since, IReadOnlyList<string> Identifiers);

/// <summary>What reading a query came to.</summary>
/// <param name="Canonical">The query as it is printed; null when it cannot be read.</param>
/// <param name="Error">What is wrong; null when nothing is.</param>
/// <param name="Position">Where, counted in characters from 0.</param>
/// <param name="Length">How many characters are meant.</param>
/// <param name="Suggestion">What was probably meant; null when nobody knows.</param>
public sealed record QueryCheck(string? Canonical, string? Error, int Position, int Length, string? Suggestion);

/// <summary>What a definition that is not saved would select.</summary>
/// <param name="Count">How many.</param>
/// <param name="Margin">It is right up to so many either way, nineteen times of twenty; 0 when it is exact.</param>
/// <param name="Sample">Some of them: id and identifiers, unmasked.</param>
/// <param name="Error">Why there is no answer; null when there is one.</param>
public sealed record PreviewShown(long Count, long Margin, IReadOnlyList<AudienceMember> Sample, string? Error);

/// <summary>Reads what pages show of audiences and computed traits. Everything is as of the last commit, sizes of the past a few seconds older at most; previews ask the lake.</summary>
public sealed class AudienceBoard
{
    /// <summary>Most members of one page.</summary>
    public const int PageSize = 50;

    // For so long all pages together read the sizes of the past once; there are at most as many audiences as two spaces have.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
    private const int KeptMax = 5_000;
    private const long Day = 86_400_000;
    private readonly ConcurrentDictionary<(uint Computation, int Steps, long Step), (DateTimeOffset At, DateTimeOffset[] Starts, long[] Values)> _sizes = [];
    private readonly Func<WorkspaceSnapshot> _workspace;
    private readonly ComputationQueries _queries;
    private readonly ProfileQueries _profiles;
    private readonly AudiencePreview _previews;
    private readonly ComputationExplainer _explainer;
    private readonly TimeProvider _clock;

    internal AudienceBoard(Func<WorkspaceSnapshot> workspace, ComputationQueries queries, ProfileQueries profiles, AudiencePreview previews, ComputationExplainer explainer, TimeProvider clock) =>
        (_workspace, _queries, _profiles, _previews, _explainer, _clock) = (workspace, queries, profiles, previews, explainer, clock);

    /// <summary>All that are there, by age.</summary>
    public IReadOnlyList<ComputationRow> List() => [.. _workspace().Computations.Where(computation => !computation.Deleted).Select(Row)];

    /// <summary>One of them by id or key; null when it is not there.</summary>
    public ComputationRow? Find(string id) => _workspace().Computations.FirstOrDefault(computation => !computation.Deleted && (computation.Id == id || computation.Key == id)) is { } found ? Row(found) : null;

    /// <summary>One of them as the list shows it.</summary>
    public ComputationRow Row(Computation computation)
    {
        var space = SpaceOf(computation);
        var state = _queries.StateOf(space, computation);
        double? share = state is { IsFilling: true } ? state.FillTo == 0 ? 1 : state.FilledTo / (double)state.FillTo : null;
        return new ComputationRow(
            computation, ComputationJson.Status(computation, state, _queries.PassOf(space)), state?.Size ?? 0, share, computation.IsAudience ? Sizes(computation, 14, Day).Values : []);
    }

    /// <summary>How large an audience was at the end of each of the last steps.</summary>
    /// <param name="computation">The audience.</param>
    /// <param name="steps">How many.</param>
    /// <param name="step">How long each is, in milliseconds.</param>
    public (DateTimeOffset[] Starts, long[] Values) Sizes(Computation computation, int steps, long step)
    {
        var now = _clock.GetUtcNow();
        var key = (computation.Number, steps, step);
        if (_sizes.TryGetValue(key, out var known) && now - known.At < Fresh) return (known.Starts, known.Values);
        if (_sizes.Count > KeptMax) _sizes.Clear();
        var (starts, values) = ReadSizes(computation, steps, step);
        _sizes[key] = (now, starts, values);
        return (starts, values);
    }

    private (DateTimeOffset[] Starts, long[] Values) ReadSizes(Computation computation, int steps, long step)
    {
        var end = (_clock.GetUtcNow().ToUnixTimeMilliseconds() / step * step) + step;
        var (starts, values) = (new DateTimeOffset[steps], new long[steps]);
        var first = end - (steps * step);
        // The size at the beginning is the last one that was noted before it.
        var last = 0L;
        var at = 0;
        foreach (var size in _queries.Sizes(SpaceOf(computation), computation, 0, end))
        {
            for (; at < steps && first + ((at + 1) * step) <= size.Hour; at++) values[at] = last;
            last = size.Count;
        }

        for (; at < steps; at++) values[at] = last;
        for (var i = 0; i < steps; i++) starts[i] = DateTimeOffset.FromUnixTimeMilliseconds(first + (i * step));
        return (starts, values);
    }

    /// <summary>Members behind one, by age of the profile; one more than a page when there is another page.</summary>
    /// <param name="computation">The audience.</param>
    /// <param name="after">The last one of the page before; null for the first page.</param>
    public IReadOnlyList<AudienceMember> Members(Computation computation, string? after)
    {
        var space = SpaceOf(computation);
        ProfileId from = default;
        if (after is not null && !ProfileId.TryParse(after, out from)) return [];
        return [.. _queries.Members(space, computation, from).Take(PageSize + 1).Select(member => Shown(space, member.Profile, member.Since))];
    }

    /// <summary>Reads a query.</summary>
    public static QueryCheck Check(string query, string kind, string type) => QueryParser.TryParse(query, ScopeOf(type), KindOf(kind), out var definition, out var fault)
        ? new QueryCheck(definition.ToString(), null, 0, 0, null)
        : new QueryCheck(null, fault.Message, fault.Position, Math.Max(1, fault.Length), fault.Suggestion);

    /// <summary>What a query would select, as of now. The lake may be a moment behind.</summary>
    /// <param name="query">The query.</param>
    /// <param name="kind"><see cref="Computation.Audience"/> or <see cref="Computation.Trait"/>.</param>
    /// <param name="type"><c>USERS</c> or <c>ACCOUNTS</c>.</param>
    /// <param name="spaceId">In which space.</param>
    /// <param name="filterByExternalIds">A person counts only with an identifier of one of these types; empty for everybody.</param>
    /// <param name="cancellationToken">Stops the query at once.</param>
    public async Task<PreviewShown> PreviewAsync(
        string query, string kind, string type, string spaceId, IReadOnlyList<string> filterByExternalIds, CancellationToken cancellationToken) =>
        (await AskAsync(query, kind, type, spaceId, async (definition, workspace, space) => await _previews.RunAsync(definition, workspace, space, filterByExternalIds, cancellationToken), cancellationToken))!;

    /// <summary>About how many that would be, in a fraction of the time; null when counting all takes no longer.</summary>
    /// <inheritdoc cref="PreviewAsync"/>
    public Task<PreviewShown?> EstimateAsync(
        string query, string kind, string type, string spaceId, IReadOnlyList<string> filterByExternalIds, CancellationToken cancellationToken) =>
        AskAsync(query, kind, type, spaceId, (definition, workspace, space) => _previews.EstimateAsync(definition, workspace, space, filterByExternalIds, cancellationToken), cancellationToken);

    private async Task<PreviewShown?> AskAsync(
        string query, string kind, string type, string spaceId, Func<Definition, WorkspaceSnapshot, Space, Task<AudiencePreviewAnswer?>> ask, CancellationToken cancellationToken)
    {
        if (!QueryParser.TryParse(query, ScopeOf(type), KindOf(kind), out var definition, out var fault)) return new PreviewShown(0, 0, [], fault.Message);
        var workspace = _workspace();
        if (workspace.FindSpace(spaceId) is not { } space) return new PreviewShown(0, 0, [], "The space is not there any more.");
        // The lake reads on the thread that asks, and that of a page must go on.
        if (await Task.Run(() => ask(definition, workspace, space), cancellationToken) is not var (preview, error)) return null;
        return preview is null ? new PreviewShown(0, 0, [], error) : new PreviewShown(preview.Count, preview.Margin, [.. preview.Sample.Take(10).Select(id => Shown(space, id, 0))], null);
    }

    /// <summary>Why somebody is in or not; null when there is no such profile, and an empty object while it does not answer yet.</summary>
    /// <param name="computation">The audience or trait.</param>
    /// <param name="profile">An id, or <c>type:value</c>.</param>
    public JsonObject? Explain(Computation computation, string profile)
    {
        var space = SpaceOf(computation);
        var found = _profiles.Find(space, computation.IsOfAccounts ? ProfileCollection.Accounts : ProfileCollection.Users, profile);
        return found is null ? null : _explainer.Explain(_workspace(), space, computation, found) ?? [];
    }

    /// <summary>The connections that are still to be told of everybody who is in.</summary>
    public IReadOnlySet<string> Telling(Computation computation)
    {
        var space = SpaceOf(computation);
        return (_queries.StateOf(space, computation)?.Resend ?? []).Concat(_queries.PassOf(space)?.Items.Where(item => item.Number == computation.Number).SelectMany(item => item.Resend) ?? []).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The definitions that read this one.</summary>
    public IReadOnlyList<Computation> Readers(Computation computation) =>
        [.. _workspace().Computations.Where(other => other.SpaceId == computation.SpaceId && !other.Deleted && ComputationForm.Reads(other).Contains(computation.Key))];

    /// <summary>The identifiers of which one lets a profile count in a new audience.</summary>
    public static IReadOnlyList<string> ExternalIds(string type) => ComputationForm.ExternalIds(type);

    /// <summary>Definitions that are ready to be used.</summary>
    public static IReadOnlyList<(string Key, string Name, string Description, string Kind, string Type, string Query)> Ready =>
        [.. ReadyDefinitions.All.Select(ready => (ready.Key, ready.Name, ready.Description, ready.Kind, ready.Type, ready.Query))];

    private static DefinitionScope ScopeOf(string type) => type == "ACCOUNTS" ? DefinitionScope.Accounts : DefinitionScope.Users;

    private static DefinitionKind KindOf(string kind) => kind == Computation.Trait ? DefinitionKind.Trait : DefinitionKind.Audience;

    private AudienceMember Shown(Space space, ProfileId id, long since) => new(
        id.ToString(), DateTimeOffset.FromUnixTimeMilliseconds(since), [.. _profiles.Resolve(space.Number, id)?.Nodes.Select(node => node.ToString()) ?? []]);

    private Space SpaceOf(Computation computation) => _workspace().FindSpace(computation.SpaceId)!;
}
