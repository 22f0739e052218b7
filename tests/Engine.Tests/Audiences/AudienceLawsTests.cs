using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using CsCheck;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Traits.Language;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Engine.Tests.Audiences;

/// <summary>
/// Whatever is asked and whatever happens, the results that are kept up to date event by event are those that everything computed anew from all events would give.
/// </summary>
public sealed class AudienceLawsTests
{
    private const int DefinitionsPerStory = 12;
    private const int Stories = 200;

    [Fact]
    public void Results_are_what_a_full_computation_gives() =>
        Story.Any(DefinitionsPerStory).Sample(story =>
        {
            if (Play(story) is { } wrong) Assert.Fail(wrong);
        }, iter: Stories, print: story => story.ToString());

    // What is first found wrong, as a text; null when nothing is.
    private static string? Play(Story story)
    {
        using var river = new River();
        river.Revise([.. story.Computations().Select(ResourceKind.Put)]).Run();
        var world = new NaiveWorld(river, story);
        for (var i = 0; i < story.Steps.Count; i++)
        {
            story.Steps[i].Take(river);
            if (world.Compare(onlyPeople: true) is { } wrong) return $"After step {i + 1}, {story.Steps[i]}: {wrong}";
            if (!story.Steps[i].MovesTime) continue;
            // What people do is asked of their accounts at the next tick, and what accounts are of their people at the one after that.
            for (var settle = 0; settle < world.Levels; settle++) river.TickAt(river.Now + 1);
            river.Run();
            if (world.Compare(onlyPeople: false) is { } late) return $"After the ticks of step {i + 1}, {story.Steps[i]}: {late}";
        }

        return null;
    }
}

/// <summary>What happens, and what is asked meanwhile.</summary>
/// <param name="Definitions">Keys are <c>c0</c>, <c>c1</c> …; each reads earlier ones at most.</param>
/// <param name="Numbers">The numbers of the computations, which have nothing to do with their order.</param>
/// <param name="Steps">One after the other.</param>
internal sealed record Story(IReadOnlyList<Definition> Definitions, IReadOnlyList<uint> Numbers, IReadOnlyList<Step> Steps)
{
    /// <summary>The types of identifiers of which a person needs one to count, for each definition; empty where everybody counts.</summary>
    public IReadOnlyList<ImmutableArray<string>> Filters { get; init; } = [.. Definitions.Select(_ => ImmutableArray<string>.Empty)];

    public static Gen<Story> Any(int definitions)
    {
        var all = Gen.Const<IReadOnlyList<Definition>>([]);
        string[] keys = [.. Enumerable.Range(0, definitions).Select(i => $"c{i}")];
        for (var i = 0; i < definitions; i++)
        {
            var scope = i % 3 == 2 ? DefinitionScope.Accounts : DefinitionScope.Users;
            all = Gen.Select<IReadOnlyList<Definition>, Definition, IReadOnlyList<Definition>>(all, new Generated(scope, keys[..i]).Definition, (before, next) => [.. before, next]);
        }

        var numbers = Gen.Shuffle(Enumerable.Range(1, definitions).Select(i => (uint)i).ToArray());
        return Gen.Select(all, numbers, Step.Any.List[5, 30], (made, order, steps) => new Story(made, order, steps));
    }

    /// <summary>The definitions as they are saved.</summary>
    public IEnumerable<Computation> Computations() => Definitions.Select((definition, i) => new Computation
    {
        Id = $"c{i}",
        Number = Numbers[i],
        Version = 1,
        SpaceId = "spa_default",
        Kind = definition.Kind == DefinitionKind.Audience ? Computation.Audience : Computation.Trait,
        Key = $"c{i}",
        Name = $"c{i}",
        Type = DefinitionJson.TypeOf(definition.Scope),
        Query = definition.ToString(),
        FilterByExternalIds = Filters[i],
    });

    public override string ToString()
    {
        var text = new StringBuilder("\n");
        for (var i = 0; i < Definitions.Count; i++) text.Append(CultureInfo.InvariantCulture, $"  c{i} ({Definitions[i].Scope}, number {Numbers[i]}{string.Concat(Filters[i].Select(type => ", " + type))}): {Definitions[i]}\n");
        for (var i = 0; i < Steps.Count; i++) text.Append(CultureInfo.InvariantCulture, $"  step {i + 1}: {Steps[i]}\n");
        return text.ToString();
    }
}

/// <summary>
/// A time near another. It lies on a grid of half hours, on which windows, pauses and dates have their ends, or a moment beside it: so ends are met all the time.
/// </summary>
internal readonly record struct Moment(int HalfHours, long Milliseconds)
{
    private const long HalfHour = 1_800_000;

    /// <summary>The time, seen from <paramref name="now"/>.</summary>
    public long From(long now) => Nearest(now, HalfHour) + (HalfHours * HalfHour) + Milliseconds;

    /// <summary>The nearest time on a grid.</summary>
    public static long Nearest(long time, long step) => (time + (step / 2)) / step * step;
}

/// <summary>Something that happens. Log time moves by those that say so alone.</summary>
internal abstract record Step
{
    private static readonly string?[] Users = ["u1", "u2", "u3", null];
    private static readonly string?[] Visitors = ["a1", "a2", null];
    private static readonly string[] Groups = ["g1", "g1", "g2"];

    private static readonly string[] Properties =
    [
        "{}", """{"price":1}""", """{"price":"2"}""", """{"price":3,"sku":"a"}""", """{"price":0.1,"sku":"b"}""", """{"price":true,"sku":"A"}""", """{"price":null,"sku":"x1"}""", """{"price":"b"}""",
        """{"when":"2026-01-03T12:00:00Z","sku":2}""", """{"when":"2026-01-02","price":10}""", """{"when":"2026-01-03 10:00","sku":"2.0"}""",
        """{"items":[{"id":1},{"id":"a"},{"no":1},{"id":"1"}],"sku":"a"}""", """{"items":[{"id":"b"}],"price":99.5}""", """{"items":[],"maker":{"name":"pro"}}""",
        """{"maker":{"name":"free"},"vat.rate":0.1}""", """{"vat.rate":2,"page_name":"pro","maker":"a"}""",
    ];

    private static readonly string[] Contexts = ["{}", """{"locale":"pro"}""", """{"page":{"path":"a"}}""", """{"tags":["a","b",2]}""", """{"locale":"a","tags":["x1"]}"""];

    private static readonly string[] Traits =
    [
        """{"plan":"pro"}""", """{"plan":"free","score":2}""", """{"plan":null}""", """{"score":"10"}""", """{"score":null,"plan":"a"}""", """{"since":"2026-01-02"}""",
        """{"since":"2026-01-03T12:00:00Z","score":1}""", """{"tags":["a","b"]}""", """{"tags":["x1","pro",2]}""", """{"tags":null}""", """{"address":{"city":"a"},"plan":true}""",
        """{"address":{"city":2}}""", """{"c0":true,"c1":"pro","c2":true}""",
    ];

    private static readonly int[] HalfHours = [0, 0, 0, 0, -1, -1, -2, -4, -24, -48, -96, -144, -240, 1, 2, 24, 48];
    private static readonly int[] Advances = [0, 1, 1, 1, 1, 2, 2, 4, 24, 48, 96, 144];
    private static readonly long[] Besides = [0, 0, 0, 1, -1, 90_000];

    private static Gen<Moment> When => Gen.Select(Pick(HalfHours), Pick(Besides), (halfHours, milliseconds) => new Moment(halfHours, milliseconds));

    private static Gen<(string? User, string? Visitor)> Somebody => Gen.Select(Pick(Users), Pick(Visitors), (user, visitor) => user is null && visitor is null ? ("u1", null) : (user, visitor));

    private static Gen<Track> Tracking => Gen.Select(
        Somebody, Pick("Bought", "Bought", "Bought", "Returned", "Returned", "Page Viewed", "Other"), Pick(Properties), Pick(Contexts), When, Pick(River.Website, River.Website, River.HelpDesk), (who, name, properties, context, when, source) =>
            new Track(who.User, who.Visitor, name, properties, context, when, source));

    public static Gen<Step> Any { get; } = Gen.Int[0, 99].SelectMany(dice => dice switch
    {
        < 35 => Tracking.Select(track => (Step)track),
        < 40 => Gen.Select(Somebody, Gen.Bool, Pick("pro", "a", ""), Pick(Properties), When, (who, isScreen, name, properties, when) => (Step)new Page(who.User, who.Visitor, isScreen, name, properties, when)),
        < 51 => Gen.Select(Somebody, Pick(Traits), When, (who, traits, when) => (Step)new Identify(who.User, who.Visitor, traits, when)),
        < 66 => Gen.Select(Somebody, Pick(Groups), Pick(["{}", .. Traits]), When, (who, group, traits, when) => (Step)new Group(who.User, who.Visitor, group, traits, when)),
        < 75 => Gen.Select(Tracking, Pick(Generated.Lengths), Pick(0L, 1L, 1L), (track, length, milliseconds) => (Step)new Pause(track with { When = track.When with { HalfHours = 0 } }, length, milliseconds)),
        < 85 => Gen.Select(Pick(Advances), Pick(0L, 0L, 1L, 1L, -1L, 90_000L, 90_001L), (halfHours, milliseconds) => (Step)new Tick(new Moment(halfHours, milliseconds))),
        < 90 => Gen.Select(Pick(1, 1, 2, 4), Pick(0L, 0L, 1L, 1L, -1L), (halves, milliseconds) => (Step)new Noon(halves, milliseconds)),
        < 93 => Gen.Select(Pick("user_id:u1", "user_id:u2", "anonymous_id:a1"), Pick("user_id:u2", "user_id:u3", "anonymous_id:a2"), (one, other) => (Step)new Merge(one, other)),
        < 96 => Pick("user_id:u1", "user_id:u2", "user_id:u3", "anonymous_id:a1", "anonymous_id:a2").Select(identifier => (Step)new Split(identifier)),
        < 98 => Gen.Select(Somebody, Gen.Int[0, 20], (who, which) => (Step)new Again(who.User, who.Visitor, which)),
        _ => Gen.Const((Step)new Restart()),
    });

    /// <summary>Whether log time is another afterwards.</summary>
    public virtual bool MovesTime => false;

    /// <summary>Does it, and has it processed.</summary>
    public abstract void Take(River river);

    protected static void Send(River river, Model.EventType type, string? user, string? visitor, string members, Moment when, uint source = River.Website)
    {
        var identifiers = (user is null ? "" : $"\"userId\":\"{user}\",") + (visitor is null ? "" : $"\"anonymousId\":\"{visitor}\",");
        river.Send(type, identifiers + members, timestamp: when.From(river.Now), source: source).Run();
    }

    private static Gen<T> Pick<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);
}

internal sealed record Track(string? User, string? Visitor, string Name, string Properties, string Context, Moment When, uint Source) : Step
{
    public override void Take(River river) => Send(river, Model.EventType.Track, User, Visitor, $"\"event\":\"{Name}\",\"properties\":{Properties},\"context\":{Context}", When, Source);
}

internal sealed record Page(string? User, string? Visitor, bool IsScreen, string Name, string Properties, Moment When) : Step
{
    public override void Take(River river) =>
        Send(river, IsScreen ? Model.EventType.Screen : Model.EventType.Page, User, Visitor, $"\"name\":\"{Name}\",\"properties\":{Properties}", When);
}

internal sealed record Identify(string? User, string? Visitor, string Traits, Moment When) : Step
{
    public override void Take(River river) => Send(river, Model.EventType.Identify, User, Visitor, $"\"traits\":{Traits}", When);
}

internal sealed record Group(string? User, string? Visitor, string GroupId, string Traits, Moment When) : Step
{
    public override void Take(River river) => Send(river, Model.EventType.Group, User, Visitor, $"\"groupId\":\"{GroupId}\",\"traits\":{Traits}", When);
}

internal sealed record Tick(Moment To) : Step
{
    public override bool MovesTime => true;

    public override void Take(River river) => river.TickAt(Math.Max(river.Now + 1, To.From(river.Now))).Run();
}

/// <summary>Time goes on to a noon or midnight, as dates and long windows end there, or to a moment beside it.</summary>
internal sealed record Noon(int Halves, long Milliseconds) : Step
{
    private const long HalfDay = 43_200_000;

    public override bool MovesTime => true;

    public override void Take(River river) => river.TickAt(Math.Max(river.Now + 1, Moment.Nearest(river.Now, HalfDay) + (Halves * HalfDay) + Milliseconds)).Run();
}

/// <summary>Something happens, and then nothing until a window or pause of a length ends, or a moment beside that.</summary>
internal sealed record Pause(Track First, Duration Length, long Milliseconds) : Step
{
    public override bool MovesTime => true;

    public override void Take(River river)
    {
        var happened = First.When.From(river.Now);
        First.Take(river);
        river.TickAt(Math.Max(river.Now + 1, happened + Length.Milliseconds + Milliseconds)).Run();
    }
}

internal sealed record Merge(string One, string Other) : Step
{
    public override void Take(River river) => river.Merge(One, Other);
}

internal sealed record Split(string Identifier) : Step
{
    public override void Take(River river) => river.Split(Identifier, Identifier);
}

/// <summary>Another event under a message id that was there before, if it was.</summary>
internal sealed record Again(string? User, string? Visitor, int Which) : Step
{
    public override void Take(River river)
    {
        var identifiers = (User is null ? "" : $"\"userId\":\"{User}\",") + (Visitor is null ? "" : $"\"anonymousId\":\"{Visitor}\",");
        river.Send(Model.EventType.Track, identifiers + "\"event\":\"Bought\",\"properties\":{\"price\":1}", messageId: $"m{Which}").Run();
    }
}

/// <summary>Everything that is not on disk is forgotten.</summary>
internal sealed record Restart : Step
{
    public override void Take(River river) => river.Processor.Restart();
}
