using DuckDB.NET.Data;
using Tributary.Engine.Storage;
using Tributary.Engine.Traits.Language;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Lake.Evaluating;

/// <summary>What an audience would be.</summary>
/// <param name="Count">How many profiles.</param>
/// <param name="Margin">The count is right up to so many either way, nineteen times of twenty; 0 when it is exact.</param>
/// <param name="Sample">Some of them, the oldest first.</param>
internal sealed record AudiencePreviewed(long Count, long Margin, IReadOnlyList<ProfileId> Sample);

/// <summary>A preview, or a sentence that says why there is none.</summary>
internal readonly record struct AudiencePreviewAnswer(AudiencePreviewed? Preview, string? Error);

/// <summary>
/// Shows what a definition that is not saved would select: asks the lake, which may be a moment behind, and keeps nothing. Time is limited here, memory by the
/// lake's own limit.
/// </summary>
internal sealed class AudiencePreview(LakeEvaluator evaluator, IStateStore store, TimeProvider clock) : IDisposable
{
    /// <summary>Most profiles that are named.</summary>
    public const int SampleMax = 100;

    /// <summary>Longest time, waiting for a turn included.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(60);

    /// <summary>Where there are more events than this, an estimate asks some of the profiles.</summary>
    public long EventsAtOnce { get; init; } = 400_000;

    // Each takes a core and up to the lake's memory, which the loader needs too.
    private readonly SemaphoreSlim _room = new(2);

    /// <summary>
    /// Says in a fraction of the time about how many it would be: asks one profile of as many as the lake is larger than what is read at once. Null when it is not,
    /// so that counting all takes no longer.
    /// </summary>
    /// <inheritdoc cref="RunAsync"/>
    public async Task<AudiencePreviewAnswer?> EstimateAsync(
        Definition definition, WorkspaceSnapshot workspace, Space space, IReadOnlyList<string> filterByExternalIds, CancellationToken cancellationToken)
    {
        var oneOf = (int)Math.Min(1_000, await evaluator.EventsAsync(cancellationToken) / EventsAtOnce);
        if (oneOf < 2) return null;
        var answer = await AskAsync(definition, workspace, space, filterByExternalIds, oneOf, cancellationToken);
        if (answer.Preview is not { } some) return answer;
        // Rare as they are, those who were met are a Poisson variable; of none it can be said that there are hardly more than three.
        var margin = some.Count == 0 ? 3.0 * oneOf : 1.96 * Math.Sqrt(some.Count) * oneOf;
        return new AudiencePreviewAnswer(new AudiencePreviewed(some.Count * oneOf, (long)Math.Ceiling(margin), some.Sample), null);
    }

    /// <summary>Counts who would be in, or of a trait who would have a value.</summary>
    /// <param name="definition">What was parsed and checked.</param>
    /// <param name="workspace">Says which traits are audiences.</param>
    /// <param name="space">The space.</param>
    /// <param name="filterByExternalIds">A person counts only with an identifier of one of these types; empty for everybody.</param>
    /// <param name="cancellationToken">Stops the query at once.</param>
    public Task<AudiencePreviewAnswer> RunAsync(
        Definition definition, WorkspaceSnapshot workspace, Space space, IReadOnlyList<string> filterByExternalIds, CancellationToken cancellationToken) =>
        AskAsync(definition, workspace, space, filterByExternalIds, 1, cancellationToken);

    private async Task<AudiencePreviewAnswer> AskAsync(
        Definition definition, WorkspaceSnapshot workspace, Space space, IReadOnlyList<string> filterByExternalIds, int oneOf, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(TimeMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        var entered = false;
        try
        {
            await _room.WaitAsync(either.Token);
            entered = true;
            // Windows end at log time, as they do for audiences that are kept up to date.
            var question = new DefinitionQuestion(space.Number, Processing.ProcessingPosition.Read(store).Now)
            {
                Keys = DefinitionQuestion.KeysOf(store, workspace, space),
                FilterByExternalIds = filterByExternalIds,
                OneOf = oneOf,
            };
            var (count, sample) = await evaluator.MatchesAsync(definition, question, SampleMax, either.Token);
            return new AudiencePreviewAnswer(new AudiencePreviewed(count, 0, sample), null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new AudiencePreviewAnswer(null, $"The preview took longer than {TimeMax.TotalSeconds} seconds and was stopped.");
        }
        catch (DuckDBException failure) when (failure.ErrorType == DuckDB.NET.Native.DuckDBErrorType.OutOfMemory)
        {
            return new AudiencePreviewAnswer(null, "The preview needs more memory than the lake has (Lake:MemoryBytesMax).");
        }
        finally
        {
            if (entered) _room.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _room.Dispose();
}
