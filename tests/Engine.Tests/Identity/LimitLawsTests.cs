using CsCheck;
using Tributary.Engine.Identity;
using Tributary.Engine.Profiles;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Identity;

public sealed class LimitLawsTests
{
    private static readonly LimitWindow[] Windows = Enum.GetValues<LimitWindow>();

    private static readonly Gen<Sent> AnEvent = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 60], (user, anonymous, email, ios, hours) =>
        new Sent(user < 3 ? $"u{user}" : null, anonymous < 4 ? $"a{anonymous}" : null, email < 3 ? $"e{email}" : null, ios < 2 ? $"i{ios}" : null, hours));

    private static readonly Gen<IdentitySettings> SomeRules = Gen.Select(Gen.Int[1, 3].Array[4], Gen.Int[0, 5].Array[4], Gen.Bool, Gen.Int[1, 4].Array[4], (limits, windows, clears, priorities) =>
        IdentitySettings.Default with
        {
            Demotion = clears ? DemotionRule.LowestThatClears : DemotionRule.LowestOnEvent,
            Identifiers = [.. IdentitySettings.Default.Identifiers.Select(rule =>
                Array.IndexOf(["user_id", "anonymous_id", "email", "ios.id"], rule.Type) is >= 0 and var at
                    ? rule with { Limit = limits[at], Window = Windows[windows[at]], Priority = priorities[at] }
                    : rule)],
        });

    [Fact]
    public void No_history_of_events_brings_a_profile_over_a_limit_within_its_window() =>
        Gen.Select(SomeRules, AnEvent.Array[1, 25]).Sample((settings, events) =>
        {
            using var river = new River(settings);
            var rules = new IdentityRules(settings);
            var hours = 0.0;
            foreach (var sent in events)
            {
                river.At((hours += sent.Hours) / 24);
                var now = river.Now;
                river.Send(EventType.Identify, sent.Json(0));
                river.Run();
                foreach (var type in river.Profiles().SelectMany(profile => profile.Nodes.GroupBy(node => node.Type)))
                {
                    var rule = rules.Find(type.Key);
                    var counted = type.Count(node => rule.WindowMs is not { } window || node.CreatedAt > now - window);
                    Assert.True(counted <= rule.Limit, $"{string.Join(' ', type)}: {counted} of {type.Key} within {rule.WindowMs}, the limit is {rule.Limit}.");
                }
            }
        }, iter: 40);

    [Fact]
    public void Sending_everything_again_in_any_order_changes_nothing_but_the_count_of_repeats() =>
        Gen.Select(SomeRules, AnEvent.Array[1, 15], Gen.Int[0, 1_000_000]).Sample((settings, events, seed) =>
        {
            using var river = new River(settings);
            for (var i = 0; i < events.Length; i++) river.Send(EventType.Identify, events[i].Json(0), $"m{i}");
            var before = Picture(river);

            var order = Enumerable.Range(0, events.Length).ToArray();
            new Random(seed).Shuffle(order);
            foreach (var i in order) river.Send(EventType.Identify, events[i].Json(0), $"m{i}");

            Assert.Equal(before, Picture(river));
            Assert.Equal((events.Length, events.Length), (river.Counts().Accepted, river.Counts().Duplicate));
        }, iter: 30);

    [Fact]
    public void Which_identifier_gives_way_does_not_depend_on_the_order_of_members_in_the_event() =>
        Gen.Select(SomeRules, AnEvent.Array[1, 15], Gen.Int[1, 1_000_000]).Sample((settings, events, seed) =>
        {
            using var one = new River(settings);
            using var other = new River(settings);
            for (var i = 0; i < events.Length; i++)
            {
                one.Send(EventType.Identify, events[i].Json(0), $"m{i}");
                other.Send(EventType.Identify, events[i].Json(seed + i), $"m{i}");
            }

            Assert.Equal(Picture(one), Picture(other));
            Assert.Equal(Violations(one), Violations(other));
        }, iter: 30);

    [Fact]
    public void A_profile_takes_a_thousand_identifiers_and_the_events_beyond_without_their_new_ones()
    {
        using var river = new River(River.Rules(("anonymous_id", 10_000, LimitWindow.Ever)));
        for (var i = 0; i < IdentityResolver.MappingsMax + 20; i++) river.Track(user: "u1", anonymous: $"a{i}");

        var profile = Assert.Single(river.Run().Profiles());

        Assert.Equal(IdentityResolver.MappingsMax, profile.Nodes.Count);
        Assert.Equal(IdentityResolver.MappingsMax + 20, ProfileView.EventCount(profile));
        Assert.Equal(21, river.Violations().Count(violation => violation.Kind == ViolationKind.MappingLimitExceeded));
    }

    [Fact]
    public void A_profile_takes_a_hundred_merges_and_further_profiles_stay_themselves()
    {
        using var river = new River(River.Rules(("anonymous_id", 10_000, LimitWindow.Ever)));
        river.Track(user: "u1");
        for (var i = 0; i < IdentityResolver.MergesMax + 5; i++) river.Track(anonymous: $"a{i}").Track(user: "u1", anonymous: $"a{i}");

        Assert.Equal(IdentityResolver.MergesMax, river.Find("user_id:u1")!.MergeCount);
        Assert.Equal(1 + 5, river.Profiles().Count());
        Assert.Equal(5, river.Violations().Count(violation => violation.Kind == ViolationKind.MergeLimitExceeded));
    }

    private static List<string> Picture(River river) => [.. river.Run().Profiles()
        .Select(profile => $"{profile.Id} {string.Join(' ', profile.Nodes.Select(node => node.ToString()).Order(StringComparer.Ordinal))} {ProfileView.EventCount(profile)} {profile.Links.Sum(link => link.Count)}")
        .Order(StringComparer.Ordinal)];

    private static List<string> Violations(River river) => river.Violations().ConvertAll(violation => $"{violation.MessageId} {violation.Kind} {violation.Type} {violation.Demoted}");

    private sealed record Sent(string? User, string? Anonymous, string? Email, string? Ios, int Hours)
    {
        /// <summary>The members of an identify, in an order by seed.</summary>
        public string Json(int seed)
        {
            List<string> members = [$"\"traits\":{{{(Email is null ? "" : $"\"email\":\"{Email}\"")}}}"];
            if (User is not null) members.Add($"\"userId\":\"{User}\"");
            if (Anonymous is not null) members.Add($"\"anonymousId\":\"{Anonymous}\"");
            if (Ios is not null) members.Add($"\"context\":{{\"device\":{{\"type\":\"ios\",\"id\":\"{Ios}\"}}}}");
            var ordered = members.ToArray();
            if (seed > 0) new Random(seed).Shuffle(ordered);
            return string.Join(',', ordered);
        }
    }
}
