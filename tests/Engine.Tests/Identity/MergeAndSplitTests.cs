using System.Text;
using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Profiles;
using Tributary.Engine.Storage;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Identity;

public sealed class MergeAndSplitTests
{
    [Fact]
    public void A_split_gives_each_side_its_own_events_traits_and_id_back()
    {
        using var river = new River()
            .Identify(user: "u1", traits: """{"plan":"free","city":"Rome"}""", timestamp: 10, messageId: "one")
            .Identify(anonymous: "a1", traits: """{"plan":"pro"}""", timestamp: 20, messageId: "two");
        var (first, second) = (river.Find("user_id:u1")!.Id, river.Find("anonymous_id:a1")!.Id);
        river.Track(user: "u1", anonymous: "a1", messageId: "join");
        Assert.Equal("""{"city":"Rome","plan":"pro"}""", river.Traits("user_id:u1"));

        var result = river.Split("user_id:u1", "anonymous_id:a1");

        Assert.Equal([first.ToString(), second.ToString()], result.Profiles);
        Assert.Equal("""{"city":"Rome","plan":"free"}""", river.Traits("user_id:u1"));
        Assert.Equal("""{"plan":"pro"}""", river.Traits("anonymous_id:a1"));
        Assert.Equal(2, ProfileView.EventCount(river.Find("user_id:u1")!));
        Assert.Equal(1, ProfileView.EventCount(river.Find("anonymous_id:a1")!));
    }

    [Fact]
    public void A_split_leaves_a_veto_so_that_the_same_evidence_does_not_join_them_again()
    {
        using var river = new River().Track(user: "u1", anonymous: "a1");
        river.Split("user_id:u1", "anonymous_id:a1");

        river.Track(user: "u1", anonymous: "a1", messageId: "again").Track(anonymous: "a1", messageId: "after");

        Assert.NotEqual(river.Find("user_id:u1")!.Id, river.Find("anonymous_id:a1")!.Id);
        Assert.Equal(river.Find("user_id:u1")!.Id, river.EventOf("again").Profile);
        Assert.Equal(river.Find("anonymous_id:a1")!.Id, river.EventOf("after").Profile);
        Assert.Equal(ViolationKind.Vetoed, river.Violations()[^1].Kind);
    }

    [Fact]
    public void A_veto_holds_against_a_detour_over_a_third_identifier()
    {
        using var river = new River().Track(user: "u1", anonymous: "a1");
        river.Split("user_id:u1", "anonymous_id:a1");

        river.Identify(anonymous: "a1", traits: """{"email":"e@x"}""").Identify(user: "u1", traits: """{"email":"e@x"}""");

        Assert.NotEqual(river.Find("user_id:u1")!.Id, river.Find("anonymous_id:a1")!.Id);
    }

    [Fact]
    public void A_merge_by_hand_outweighs_the_veto()
    {
        using var river = new River().Track(user: "u1", anonymous: "a1");
        river.Split("user_id:u1", "anonymous_id:a1");

        Assert.Null(river.Merge("user_id:u1", "anonymous_id:a1").Error);
        river.Track(user: "u1", anonymous: "a1");

        Assert.Equal(river.Find("user_id:u1")!.Id, river.Find("anonymous_id:a1")!.Id);
    }

    [Fact]
    public void Cutting_the_middle_of_a_chain_leaves_three_profiles()
    {
        using var river = new River()
            .Track(user: "u1", anonymous: "a1").Identify(anonymous: "a1", traits: """{"email":"e@x"}""");

        var result = river.Split("user_id:u1", "anonymous_id:a1");

        Assert.Equal(3, result.Profiles.Length);
        Assert.Equal(3, result.Profiles.Distinct().Count());
        Assert.Equal("email:e@x", river.Identifiers("email:e@x"));
    }

    [Fact]
    public void Retired_ids_resolve_for_ever_through_merges_and_splits()
    {
        using var river = new River().Track(anonymous: "a1").Track(anonymous: "b1").Track(anonymous: "c1");
        var (a, b, c) = (river.Find("anonymous_id:a1")!.Id, river.Find("anonymous_id:b1")!.Id, river.Find("anonymous_id:c1")!.Id);
        var queries = new ProfileQueries(river.Store, new DecidedLog(river.Decided));
        river.Merge("anonymous_id:b1", "anonymous_id:c1");
        Assert.Equal(b, queries.Resolve(1, c)!.Id);
        river.Merge("anonymous_id:a1", "anonymous_id:c1");
        Assert.Equal([a, a, a], new[] { a, b, c }.Select(id => queries.Resolve(1, id)!.Id));

        river.Split("anonymous_id:a1", "anonymous_id:c1");

        Assert.Equal([a, a, c], new[] { a, b, c }.Select(id => queries.Resolve(1, id)!.Id));
    }

    [Theory]
    [InlineData("user_id:nobody", "anonymous_id:a1", "profile")]
    [InlineData("user_id:u1", "anonymous_id:elsewhere", "identifiers[0]")]
    [InlineData("user_id:u1", "nonsense", "identifiers[0]")]
    public void A_split_of_what_is_not_there_is_refused(string profile, string identifier, string field)
    {
        using var river = new River().Track(user: "u1", anonymous: "a1");

        Assert.Equal(field, river.Split(profile, identifier).Field);
        Assert.Equal("anonymous_id:a1 user_id:u1", river.Identifiers("user_id:u1"));
    }

    [Fact]
    public void A_record_that_makes_a_stage_throw_is_quarantined_alone()
    {
        using var river = new River();
        river.Processor.Probe = record =>
        {
            if (record.Kind == ReceivedKind.Event && record.MessageId.Span.SequenceEqual("poison"u8)) throw new InvalidOperationException("boom");
        };

        river.Track(user: "u1", messageId: "before").Track(user: "u1", messageId: "poison").Track(user: "u1", messageId: "after").Run();

        Assert.Equal((3, 2, 1), (river.Counts().Received, river.Counts().Accepted, river.Counts().Quarantined));
        Assert.Equal(2, ProfileView.EventCount(river.Find("user_id:u1")!));
        var rejection = Assert.Single(Rejections.Find(river.Store, Table.Quarantine, "poison"));
        Assert.Equal(("InvalidOperationException", "boom"), (rejection.Code, rejection.Detail));

        // After the cause is mended, the payload that was kept goes through the river again.
        river.Processor.Probe = null;
        var queries = new EventQueries(river.Store, new ReceivedLog(river.Received), new DecidedLog(river.Decided));
        var records = new LogRecords();
        records.Add(queries.ReadReceived(rejection.Offset)!.Value.Span);
        river.Received.AppendAsync(records).AsTask().GetAwaiter().GetResult();
        Assert.Equal(3, ProfileView.EventCount(river.Find("user_id:u1")!));
        Assert.Equal((4, 3, 1), (river.Counts().Received, river.Counts().Accepted, river.Counts().Quarantined));
    }

    [Fact]
    public void A_repeat_within_a_day_is_dropped_per_source_and_counted()
    {
        using var river = new River().Track(user: "u1", messageId: "m").Track(user: "u1", messageId: "m").At(0.99).Track(user: "u1", messageId: "m");
        river.Send(EventType.Track, """ "event":"x","userId":"u1" """, "m", source: River.HelpDesk).Run();

        Assert.Equal((3, 1, 2), (river.Counts().Received, river.Counts().Accepted, river.Counts().Duplicate));
        Assert.Equal(1, river.Counts(River.HelpDesk).Accepted);
        var queries = new EventQueries(river.Store, new ReceivedLog(river.Received), new DecidedLog(river.Decided));
        Assert.Equal([(River.Website, 2L), (River.HelpDesk, 0L)], queries.FindAccepted("m").Select(found => (found.Record.Source, found.Repeats)));
    }

    [Fact]
    public void A_simulation_shows_what_other_rules_would_join_and_part()
    {
        using var river = new River().Identify(user: "u1", traits: """{"email":"e@x"}""").Identify(user: "u2", traits: """{"email":"e@x"}""").Track(user: "u3", anonymous: "a3").Run();
        using var simulation = new IdentitySimulation(new ReceivedLog(river.Received), river.Store, new ProcessingOptions(), TimeProvider.System);
        var space = new Space { Id = "spa_default", Number = 1, Slug = "default", Name = "Default" };

        var shares = new List<double>();
        var looser = simulation.Run(space, River.Rules(("user_id", 5, LimitWindow.Ever)), shares.Add, CancellationToken.None);
        var without = simulation.Run(space, IdentitySettings.Default with { Identifiers = [.. IdentitySettings.Default.Identifiers.Where(rule => rule.Type != "anonymous_id")] }, null, CancellationToken.None);

        Assert.Equal((3, 2), (looser["before"]!["profiles"]!.GetValue<long>(), looser["after"]!["profiles"]!.GetValue<long>()));
        Assert.Equal(1, looser["mergesThatWouldAppear"]!["count"]!.GetValue<long>());
        Assert.Equal(0, looser["mergesThatWouldVanish"]!["count"]!.GetValue<long>());
        Assert.Equal(0, without["mergesThatWouldAppear"]!["count"]!.GetValue<long>());
        Assert.Equal(3, river.Profiles().Count());
        Assert.Equal(1, shares[^1]);
        Assert.Equal(shares.Order(), shares);
    }

    [Fact]
    public void Cutting_a_hub_off_hundreds_of_identifiers_gives_each_of_them_an_id_of_its_own()
    {
        using var river = new River(River.Rules(("anonymous_id", 1000, LimitWindow.Ever)));
        for (var i = 0; i < 300; i++) river.Identify(anonymous: $"a{i}", traits: """{"email":"hub@example.com"}""");
        Assert.Equal(301, river.Find("email:hub@example.com")!.Nodes.Count);

        Assert.Null(river.Split("email:hub@example.com", "email:hub@example.com").Error);

        Assert.Equal(301, river.Profiles().Select(profile => profile.Id).Distinct().Count());
        for (var i = 0; i < 300; i++) Assert.Equal($"anonymous_id:a{i}", river.Identifiers($"anonymous_id:a{i}"));
    }

    [Fact]
    public void An_identifier_that_stays_while_its_first_id_goes_elsewhere_is_said_to_stay()
    {
        using var river = new River();
        river.Track(user: "u1").Track(anonymous: "a1").Track(anonymous: "a2");
        // Both anonymous ids become one profile under the id of a1, then u1's.
        river.Merge("anonymous_id:a1", "anonymous_id:a2");
        river.Merge("user_id:u1", "anonymous_id:a1");
        river.Identify(anonymous: "a1", traits: """{"email":"ada@example.com"}""").Identify(user: "u1", traits: """{"email":"ada@example.com"}""");

        Assert.Null(river.Split("anonymous_id:a1", "anonymous_id:a1").Error);

        var owners = new Dictionary<string, ProfileId>();
        var canonical = new Dictionary<ProfileId, ProfileId>();
        foreach (var record in river.Decisions())
        {
            if (record.Kind == DecidedKind.Graph) canonical[record.Profile] = record.Canonical;
            if (record.Kind == DecidedKind.Mapping && !record.MappingRemoved) owners[$"{record.MappingIdentifier.Type}:{record.MappingIdentifier.Value}"] = record.Profile;
        }

        foreach (var (name, owner) in owners) Assert.Equal(river.Find(name)!.Id, canonical[owner]);
    }

    [Fact]
    public void A_merge_that_leaves_no_trait_says_so()
    {
        using var river = new River()
            .Identify(user: "u1", traits: """{"plan":"free"}""", timestamp: 10)
            .Identify(anonymous: "a1", traits: """{"plan":null}""", timestamp: 20)
            .Track(user: "u1", anonymous: "a1", messageId: "join");

        var told = river.Decisions().Last(record => record.Kind == DecidedKind.Traits);

        Assert.Equal("{}", river.Traits("user_id:u1"));
        Assert.Equal(("join", true, "{}"), (Encoding.UTF8.GetString(told.MessageId.Span), told.TraitsReplaced, Encoding.UTF8.GetString(told.Payload.Span)));
    }
}
