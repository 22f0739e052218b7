using System.Text;
using Tributary.Engine.Identity;
using Tributary.Engine.Processing;
using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Storage;
using Tributary.Engine.Traits;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Lake.Evaluating;

/// <summary>A profile of which the lake says something else than its result.</summary>
/// <param name="Profile">The profile.</param>
/// <param name="Live">Its result, as JSON; null for none, of an audience <c>false</c>.</param>
/// <param name="Lake">What the lake says.</param>
/// <param name="IsOverLimit">The profile has more events or values of a stream than are kept, so that both are right by what they have; to build anew mends nothing.</param>
internal sealed record AudienceDifference(ProfileId Profile, string? Live, string? Lake, bool IsOverLimit);

/// <summary>What came of a comparison.</summary>
/// <param name="Position">Both sides are as of this offset of the event log; null when nothing was compared.</param>
/// <param name="Profiles">How many profiles were compared.</param>
/// <param name="Count">How many differ and should not.</param>
/// <param name="OverLimit">How many more differ because they have more events or values of a stream than are kept.</param>
/// <param name="Differences">Some of them, the oldest first.</param>
/// <param name="Refusal">Why nothing was compared, as a sentence; null when it was.</param>
internal sealed record AudienceVerification(LogOffset? Position, long Profiles, long Count, long OverLimit, IReadOnlyList<AudienceDifference> Differences, string? Refusal);

/// <summary>
/// Compares the results that the river keeps up to date with what the lake computes from all events, as of one offset of the event log. When events come without
/// a pause there is no such moment; then it says so rather than guess.
/// </summary>
internal sealed class AudienceVerifier(LakeEvaluator evaluator, IStateStore store, TimeProvider clock)
{
    /// <summary>Most differences that are listed.</summary>
    public const int DifferencesMax = 100;

    private const int AttemptsMax = 20;
    private static readonly TimeSpan PauseForLake = TimeSpan.FromMilliseconds(250);

    /// <summary>Compares one computation.</summary>
    /// <param name="computation">An audience or computed trait.</param>
    /// <param name="workspace">The workspace that it is in.</param>
    /// <param name="cancellationToken">Takes effect at once.</param>
    public async Task<AudienceVerification> VerifyAsync(Computation computation, WorkspaceSnapshot workspace, CancellationToken cancellationToken)
    {
        if (workspace.FindSpace(computation.SpaceId) is not { } space) return Refused("Its space is gone.");
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            if (ReadState(space.Number, computation.Number) is not { Answering: not 0 } state) return Refused("No definition of it answers yet.");
            if (state.IsFilling) return Refused("A newer version of it is being filled from the history. Try again when it is live.");
            if (state.NeedsPass || store.Get(Table.Computations, StateKeys.Computation(space.Number, 0)) is not null) return Refused("A pass over all profiles is not through yet.");
            var scope = computation.IsOfAccounts ? DefinitionScope.Accounts : DefinitionScope.Users;
            if (!QueryParser.TryParse(state.AnsweringQuery!, scope, computation.IsAudience ? DefinitionKind.Audience : DefinitionKind.Trait, out var definition, out var fault))
                return Refused($"Its definition cannot be read: {fault}");
            var before = ProcessingPosition.Read(store);
            var states = new ComputationStates(store);
            states.Load(workspace);
            if (states.SetOf(space.Number).Find(computation.Number) is not { Answering: { } answering } live) return Refused("No definition of it answers yet.");
            var question = new DefinitionQuestion(space.Number, before.Now)
            {
                Keys = DefinitionQuestion.KeysOf(states.SetOf(space.Number)),
                FilterByExternalIds = computation.FilterByExternalIds,
                Since = state.FillSince,
                Beginning = state.BeganAt,
            };
            var lake = await evaluator.AnswersAsync(definition, question, cancellationToken);
            if (lake.Position == before.Decided)
            {
                var found = Compare(space.Number, live, answering, lake, cancellationToken);
                // What changed meanwhile, by events or by time alone, stands in the event log.
                if (ProcessingPosition.Read(store).Decided == before.Decided) return found;
            }

            await Task.Delay(PauseForLake, clock, cancellationToken);
        }

        return Refused("Events come without a pause, so that the river and the lake were never at the same place. Try again when it is calmer.");
    }

    private AudienceVerification Compare(ushort space, LiveComputation live, CompiledDefinition definition, LakeAnswers lake, CancellationToken cancellationToken)
    {
        var computation = live.Computation;
        var collection = computation.IsOfAccounts ? ProfileCollection.Accounts : ProfileCollection.Users;
        var forNothing = computation.IsAudience ? "false" : TextOf(live.ForNothing);
        var overfull = computation.IsOfAccounts ? AccountsOf(Profiles(space, cancellationToken).Where(profile => IsOverfull(profile, definition))) : null;
        var differences = new List<AudienceDifference>();
        var (profiles, count, overLimit) = (0L, 0L, 0L);
        var seen = 0L;
        foreach (var profile in Profiles(space, cancellationToken))
        {
            if (profile.Collection != collection) continue;
            profiles++;
            // What is the same for everybody of whom nothing is known is not kept.
            var nothing = computation.IsAudience || ProfileComputer.IsCounted(profile, computation) ? forNothing : null;
            var kept = profile.Results is { } results && results.TryGetValue(computation.Number, out var result) && result.Json is { } json ? TextOf(json) : nothing;
            var isKnown = lake.Answers.TryGetValue(profile.Id, out var answer);
            if (isKnown) seen++;
            var other = isKnown ? TextOf(answer) : nothing;
            if (kept != other) Note(profile.Id, kept, other, overfull is null ? IsOverfull(profile, definition) : profile.Nodes.Exists(node => overfull.Contains(node.Key)));
        }

        // Profiles that only the lake has.
        if (seen < lake.Answers.Count)
        {
            foreach (var (id, answer) in lake.Answers)
                if (!store.Contains(Table.Profiles, StateKeys.Profile(space, id))) Note(id, null, TextOf(answer) ?? "null", isOverLimit: false);
        }

        return new AudienceVerification(lake.Position, profiles, count, overLimit, differences, null);

        void Note(ProfileId id, string? kept, string? other, bool isOverLimit)
        {
            if (isOverLimit) overLimit++;
            else count++;
            if (differences.Count < DifferencesMax) differences.Add(new AudienceDifference(id, kept, other, isOverLimit));
        }
    }

    private IEnumerable<Profile> Profiles(ushort space, CancellationToken cancellationToken)
    {
        foreach (var (_, bytes) in store.Scan(Table.Profiles, StateKeys.Profile(space, default), StateKeys.Profile((ushort)(space + 1), default)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return ProfileCodec.Decode(bytes);
        }
    }

    private static bool IsOverfull(Profile profile, CompiledDefinition definition) =>
        profile.Nodes.Exists(node => definition.Streams.Any(plan => Fold.Find(node.Fragment, plan.Number) is { IsFull: true }));

    // The identifiers of the accounts that people belong to.
    private static HashSet<byte[]> AccountsOf(IEnumerable<Profile> people) =>
        people.SelectMany(person => person.Nodes).SelectMany(node => node.Fragment.Accounts?.Keys.AsEnumerable() ?? []).ToHashSet(BytesComparer.Instance);

    private static string? TextOf(byte[]? json) => json is null ? null : Encoding.UTF8.GetString(json);

    private ComputationState? ReadState(ushort space, uint number) =>
        store.Get(Table.Computations, StateKeys.Computation(space, number)) is { } json ? ComputationState.Parse(json) : null;

    private static AudienceVerification Refused(string why) => new(null, 0, 0, 0, [], why);
}
