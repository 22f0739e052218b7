using System.Text;
using CsCheck;
using Tributary.Engine.Identity;
using Tributary.Engine.Traits;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Audiences;

/// <summary>
/// Of people with many events only what a new one can change is looked at again. Whatever comes in whatever order, the answer is the one that asking everything gives.
/// </summary>
public sealed class FunnelLawsTests
{
    private const long Start = 1_767_225_600_000;

    // Most things that people do, they look at.
    private static readonly string[] Names = ["View", "View", "View", "Add", "Search", "Order"];

    private static readonly string[] Queries =
    [
        "event('View').where(event('View').where(property('product') = property(parent: 'product')).within(parent: 3 days).count() >= 1).within(7 days).count() >= 1",
        "event('Add').where(NOT event('Order').within(parent: 1 days).count() >= 1).between(1 hours, 7 days).count() >= 1",
        "event('Search').where(event('View').within(parent: 1 hours).count() = 0).within(1 days).count() >= 1",
        "event('Add').where(property('product') = 'p1').where(event('Order').where(property('product') = property(parent: 'product')).between(parent: 1 hours, 2 days).count() >= 2).count() > 0",
        "event('View').where(event('Add').where(property('product') = property(parent: 'product')).within(parent: 2 days).count() >= 1 AND event('Order').within(parent: 1 days).count() = 0).within(30 days).count() >= 1",
        "event('Order').count() >= 3 AND event('Search').where(event('Search').within(parent: 2 hours).count() >= 3).within(7 days).count() >= 1",
        "event('View').where(event('Add').within(parent: 1 hours).count() >= 1 OR property('product') = 'p7').within(2 days).count() >= 1 AND NOT event('Order').within(1 days).count() >= 1",
        "event('Order').within(2 days).count() >= 2",
        "NOT event('Order').within(2 days).count() >= 2 AND event('View').within(1 days).count() < 5",
        "event('View').where(event('Order').within(parent: 1 hours).count() = 0).within(1 days).count() >= 1",
    ];

    [Fact]
    public void Looking_at_what_is_new_says_what_looking_at_everything_says()
    {
        var step = Gen.Select(Gen.Int[0, Names.Length - 1].Select(at => Names[at]), Gen.Int[0, 30], Gen.Int[0, 20], Gen.Int[0, 40]);
        Gen.Select(step.Array[20, 150], Gen.Int[1, 600], Gen.Bool).Sample((steps, minutes, isSplit) =>
        {
            var person = new Person(isSplit);
            foreach (var (name, product, late, wait) in steps)
            {
                person.Now += wait * minutes * 6_000L;
                person.Tick();
                person.Agree("after a tick");
                person.Do(name, $"p{product % (minutes > 300 ? 30 : 8)}", person.Now - (late > 17 ? late * 3_600_000L : late * 1_000L));
                person.Agree($"after {name}");
            }
        }, iter: 300);
    }

    [Fact]
    public void What_is_remembered_makes_no_difference()
    {
        var step = Gen.Select(Gen.Int[0, Names.Length - 1].Select(at => Names[at]), Gen.Int[0, 4], Gen.Int[0, 20], Gen.Int[0, 40]);
        Gen.Select(step.Array[50, 250], Gen.Int[1, 100], Gen.Int[1, 9]).Sample((steps, minutes, each) =>
        {
            // One of the two is read from the store again and again, as profiles are that leave the cache.
            var (remembers, forgets) = (new Person(isSplit: false), new Person(isSplit: false));
            for (var at = 0; at < steps.Length; at++)
            {
                var (name, product, late, wait) = steps[at];
                if (at % each == 0) forgets.Forget();
                foreach (var person in new[] { remembers, forgets })
                {
                    person.Now += wait * minutes * 6_000L;
                    person.Tick();
                    person.Do(name, $"p{product}", person.Now - (late > 17 ? late * 3_600_000L : late * 1_000L));
                }

                Assert.Equal(forgets.Told(), remembers.Told());
            }
        }, iter: 300);
    }

    /// <summary>One profile, and the definitions as the river asks them.</summary>
    private sealed class Person
    {
        private readonly Profile _profile = new(default, 1, ProfileCollection.Users, Start);
        private readonly ProfileComputer _computer = new(_ => [], _ => []);
        private readonly ProfileComputer _other = new(_ => [], _ => []);
        private readonly ComputationSet _set;
        private readonly bool _isSplit;
        private int _events;

        public Person(bool isSplit)
        {
            _isSplit = isSplit;
            for (var i = 0; i < 2; i++) _profile.Nodes.Add(new Node((ulong)i + 1, "user_id", IdentifierKey.Of(1, new Identifier(ProfileCollection.Users, "user_id", $"u{i}")), _profile.Id, Start, 1, "m"));
            var live = new List<LiveComputation>();
            var streams = SharedStreams.None;
            foreach (var query in Queries)
            {
                Assert.True(QueryParser.TryParse(query, DefinitionScope.Users, DefinitionKind.Audience, out var definition, out var fault), $"{query}: {fault}");
                var number = (uint)live.Count + 1;
                var compiled = CompiledDefinition.Of(number, 1, definition);
                streams = streams.With(compiled, isComplete: true);
                foreach (var plan in compiled.Streams) plan.Number = streams.Find(plan.Signature)!.Number;
                live.Add(new LiveComputation(
                    new Computation { Id = $"aud_{number}", Number = number, Version = 1, SpaceId = "spa", Kind = Computation.Audience, Key = $"k{number}", Name = "n", Type = "USERS", Query = query }, compiled, null));
            }

            _set = new ComputationSet(live);
            _computer.Begin(_set, Now);
            _computer.AskAll();
            _computer.Compute(_profile);
        }

        public long Now { get; set; } = Start;

        public void Do(string name, string product, long at)
        {
            var bytes = Encoding.UTF8.GetBytes(name);
            var parts = new EventParts(
                bytes, new Instant(at, Now, (ulong)_events++), "src", Encoding.UTF8.GetBytes($"{{\"product\":\"{product}\"}}"), default, default);
            _computer.Begin(_set, Now);
            var node = _profile.Nodes[_isSplit ? _events % 2 : 0];
            _set.StreamsOf(bytes)!.Fold(parts, _profile, node.Fragment, Now, null, _computer);
            _computer.Compute(_profile);
        }

        public void Forget() => _profile.Remembered = null;

        public string Told() => string.Join('\n', (_profile.Results ?? ResultTable.None).Select(result => $"{result.Key} {result.Value.IsMember} {result.Value.ChangedAt} {result.Value.DueAt}"));

        // As the clock of the river does: asks what is due.
        public void Tick()
        {
            _computer.Begin(_set, Now);
            foreach (var (number, result) in _profile.Results ?? ResultTable.None)
                if (result.DueAt <= Now) _computer.Asked.Add(_set.Find(number)!);
            _computer.Compute(_profile);
        }

        public void Agree(string when)
        {
            _other.Begin(_set, Now);
            foreach (var live in _set.All)
            {
                var isMember = _profile.Results is { } results && results.TryGetValue(live.Computation.Number, out var result) && result.IsMember;
                Assert.True(isMember == (_other.Answer(_profile, live).Json is [(byte)'t', ..]), $"{when}: {live.Computation.Query} is kept as {isMember}");
            }
        }
    }
}
