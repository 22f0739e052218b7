using System.Collections.Immutable;
using CsCheck;
using Tributary.Engine.Lake.Evaluating;
using Tributary.Engine.Tests.Lake;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Engine.Tests.Audiences;

/// <summary>
/// Whatever is asked and whatever happens, the river, the lake and a full computation say the same of everybody. It makes no difference whether a definition was
/// there from the beginning, came later or was changed.
/// </summary>
public sealed class ThreeEvaluatorsTests
{
    private const int Stories = 16;

    [Fact]
    public Task The_river_the_lake_and_a_full_computation_say_the_same() =>
        PastStory.Any.SampleAsync(async story =>
        {
            if (await PlayAsync(story) is { } wrong) Assert.Fail(wrong);
        }, iter: Stories, print: story => story.ToString());

    // What is first found wrong, as a text; null when nothing is.
    private static async Task<string?> PlayAsync(PastStory story)
    {
        using var world = new PastWorld();
        var river = world.River;
        var evaluator = new LakeEvaluator(world.Database, TimeProvider.System);
        var before = new NaiveWorld(river, story.Before);
        await world.Save(story.Before.Computations()).GatherAsync();
        foreach (var step in story.Before.Steps) step.Take(river);
        if (await CompareAsync("Before", story.Before, before, onlyPeople: true) is { } early) return early;
        if (await SettledAsync("Before", story.Before, before) is { } settled) return settled;

        // While the past is gathered, life goes on.
        world.Save(story.Saved());
        foreach (var step in story.Meanwhile) step.Take(river);
        await world.GatherAsync();
        var after = new NaiveWorld(river, story.After);
        if (await CompareAsync("After the past was gathered", story.After, after, onlyPeople: true) is { } gathered) return gathered;
        if (await SettledAsync("After the past was gathered", story.After, after) is { } complete) return complete;
        foreach (var step in story.After.Steps)
        {
            step.Take(river);
            if (after.Compare(onlyPeople: true) is { } wrong) return $"After {step}: {wrong}";
        }

        return await CompareAsync("At the end", story.After, after, onlyPeople: true) ?? await SettledAsync("At the end", story.After, after);

        // What people do is asked of their accounts at the next tick, and what accounts are of their people at the one after that.
        async Task<string?> SettledAsync(string when, Story asked, NaiveWorld naive)
        {
            for (var settle = 0; settle < naive.Levels; settle++) river.TickAt(river.Now + 1);
            return await CompareAsync(when + ", settled", asked, naive, onlyPeople: false);
        }

        async Task<string?> CompareAsync(string when, Story asked, NaiveWorld naive, bool onlyPeople)
        {
            world.Settle();
            var keys = DefinitionQuestion.KeysOf(river.Store, world.Workspace, world.Workspace.FindSpace(1)!);
            var lake = new Dictionary<int, LakeAnswers>();
            for (var i = 0; i < asked.Definitions.Count; i++)
            {
                if (onlyPeople && !naive.IsOfPeopleAlone(i)) continue;
                var question = new DefinitionQuestion(1, river.Now) { Keys = keys, FilterByExternalIds = asked.Filters[i] };
                lake[i] = await evaluator.AnswersAsync(asked.Definitions[i], question, TestContext.Current.CancellationToken);
            }

            return naive.Compare(onlyPeople, lake) is { } wrong ? $"{when}: {wrong}" : null;
        }
    }
}

/// <summary>A story with some definitions from the beginning, of which some are changed, and others that come in the middle.</summary>
/// <param name="Before">The first definitions, and what happens.</param>
/// <param name="Meanwhile">What happens between the moment when the others are saved and the one when their past is there.</param>
/// <param name="After">All definitions as they are then, and what happens.</param>
internal sealed record PastStory(Story Before, IReadOnlyList<Step> Meanwhile, Story After)
{
    private const int Early = 9;
    private const int All = 21;

    private static readonly ImmutableArray<string>[] Filters = [[], [], ["user_id"], ["anonymous_id", "email"], ["user_id", "anonymous_id"]];

    public static Gen<PastStory> Any { get; } =
        Gen.Select(Story.Any(Early), Step.Any.List[0, 6], Story.Any(All), Gen.Int[0, Filters.Length - 1].Select(which => Filters[which]).Array[All], (early, meanwhile, all, filters) =>
        {
            var before = early with { Numbers = [.. all.Numbers.Take(Early)], Filters = filters[..Early] };
            // Of an audience a trait is never made, nor the other way round.
            var definitions = all.Definitions.Select((definition, i) => i < Early && (i % 2 == 0 || definition.Kind != early.Definitions[i].Kind) ? early.Definitions[i] : definition);
            return new PastStory(before, meanwhile, all with { Definitions = [.. definitions], Filters = filters });
        });

    /// <summary>What is saved in the middle: what is new, and what is another than before.</summary>
    public IEnumerable<Computation> Saved() => After.Computations()
        .Where((_, i) => i >= Early || After.Definitions[i] != Before.Definitions[i])
        .Select(computation => Before.Numbers.Contains(computation.Number) ? computation with { Version = 2 } : computation);

    public override string ToString() => $"{Before}\n  meanwhile: {string.Join("\n  meanwhile: ", Meanwhile)}\n{After}";
}
