using System.Text;
using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Identity;

/// <summary>The worked examples E1–E14 of the identity specification, told as stories.</summary>
public sealed class WorkedExamplesTests
{
    [Fact]
    public void E1_An_anonymous_visitor_becomes_known()
    {
        using var river = new River().Page(anonymous: "a1").Track(user: "u1", anonymous: "a1").Track(anonymous: "a1").Identify(user: "u1", traits: """{"email":"j@x.io"}""");

        var profile = river.Find("anonymous_id:a1")!;

        Assert.Equal(profile.Id, river.Find("user_id:u1")!.Id);
        Assert.Equal(profile.Id, river.Find("email:j@x.io")!.Id);
        Assert.Equal(3, profile.Nodes.Count);
        Assert.Equal("""{"email":"j@x.io"}""", river.Traits("user_id:u1"));
        Assert.Single(river.Profiles());
    }

    [Fact]
    public void E2_Two_anonymous_profiles_are_joined_by_an_email()
    {
        using var river = new River()
            .Page(anonymous: "a1", messageId: "evt1").Identify(anonymous: "a1", traits: """{"email":"e@x"}""", messageId: "evt2")
            .Page(anonymous: "b1", messageId: "evt3").Identify(anonymous: "b1", traits: """{"email":"e@x"}""", messageId: "evt4");

        Assert.Equal("anonymous_id:a1 anonymous_id:b1 email:e@x", river.Identifiers("email:e@x"));
        var first = river.EventOf("evt1").Profile;
        var second = river.EventOf("evt3").Profile;
        Assert.Equal(first, river.Find("anonymous_id:b1")!.Id);
        Assert.Equal(second, river.EventOf("evt4").Profile);
        Assert.Equal(
            [(first, first, "page", "evt1"), (second, second, "page", "evt3"), (second, first, "identify", "evt4")],
            river.Decisions().Where(record => record.Kind == DecidedKind.Graph).Select(record => (record.Profile, record.Canonical, record.Type.Name(), Text(record.MessageId))));
        Assert.Equal(
            [("anonymous_id:a1", first, "evt1"), ("email:e@x", first, "evt2"), ("anonymous_id:b1", second, "evt3")],
            river.Decisions().Where(record => record.Kind == DecidedKind.Mapping).Select(record => (record.MappingIdentifier.ToString(), record.Profile, Text(record.MessageId))));
    }

    [Fact]
    public void E3_A_user_id_conflict_through_an_email_demotes_the_email()
    {
        using var river = new River().Identify(user: "abc123", traits: """{"email":"jane@x"}""").Identify(user: "abc456", traits: """{"email":"jane@x"}""");

        Assert.Equal("email:jane@x user_id:abc123", river.Identifiers("email:jane@x"));
        Assert.Equal("user_id:abc456", river.Identifiers("user_id:abc456"));
        Assert.Equal("""{"email":"jane@x"}""", river.Traits("user_id:abc456"));
        var violation = Assert.Single(river.Violations());
        Assert.Equal((ViolationKind.ValueLimitExceeded, "user_id"), (violation.Kind, violation.Type));
        Assert.Equal("email:jane@x", violation.Demoted!.Value.ToString());
    }

    [Fact]
    public void E4_A_device_that_was_not_reset_stays_with_its_first_owner()
    {
        using var river = new River().Track(user: "u1", anonymous: "a1").Track(anonymous: "a1").Track(user: "u2", anonymous: "a1", messageId: "shared").Track(anonymous: "a1", messageId: "after");

        Assert.Equal("user_id:u2", river.Identifiers("user_id:u2"));
        Assert.Equal("anonymous_id:a1 user_id:u1", river.Identifiers("user_id:u1"));
        Assert.Equal(river.Find("user_id:u2")!.Id, river.EventOf("shared").Profile);
        Assert.Equal(river.Find("user_id:u1")!.Id, river.EventOf("after").Profile);
    }

    [Fact]
    public void E5_Blocked_values_identify_nobody()
    {
        var rules = IdentitySettings.Default with
        {
            Identifiers = [.. IdentitySettings.Default.Identifiers.Select(rule => rule.Type == "anonymous_id" ? rule with { Blocked = [new BlockedValue { Pattern = "^[0-]*$" }] } : rule)],
        };
        using var river = new River(rules)
            .Track(anonymous: "00000000-0000-0000-0000-000000000000", messageId: "nobody")
            .Track(user: "u9", anonymous: "0000", messageId: "somebody");

        Assert.True(river.EventOf("nobody").Profile.IsNone);
        Assert.Equal("user_id:u9", river.Identifiers("user_id:u9"));
        Assert.Equal(river.Find("user_id:u9")!.Id, river.EventOf("somebody").Profile);
        Assert.Single(river.Profiles());
        Assert.Equal(
            [ViolationKind.ValueBlocked, ViolationKind.NoMatchingIdentifiers, ViolationKind.ValueBlocked], river.Violations().Select(violation => violation.Kind));
        Assert.Equal(2, river.Counts().Accepted);
    }

    [Fact]
    public void E6_A_limit_with_a_window_frees_its_places_as_time_passes()
    {
        using var river = new River(River.Rules(("anonymous_id", 5, LimitWindow.Weekly)));
        for (var day = 1; day <= 5; day++) river.At(day).Track(user: "u1", anonymous: $"a{day}");
        river.At(6).Track(user: "u1", anonymous: "a6", messageId: "sixth");

        Assert.Null(river.Find("anonymous_id:a6"));
        Assert.Equal(river.Find("user_id:u1")!.Id, river.EventOf("sixth").Profile);
        Assert.Equal(ViolationKind.ValueTimeLimitExceeded, Assert.Single(river.Violations()).Kind);

        river.Track(anonymous: "a6");
        Assert.NotEqual(river.Find("user_id:u1")!.Id, river.Find("anonymous_id:a6")!.Id);

        river.At(9.5).Track(user: "u1", anonymous: "a7");
        Assert.Equal(river.Find("user_id:u1")!.Id, river.Find("anonymous_id:a7")!.Id);

        river.Track(user: "u1", anonymous: "a6");
        Assert.Equal(river.Find("user_id:u1")!.Id, river.Find("anonymous_id:a6")!.Id);
        Assert.Single(river.Profiles());
    }

    [Fact]
    public void E7_Three_profiles_merge_into_the_oldest_and_an_older_one_takes_them_all()
    {
        using var river = new River()
            .Track(anonymous: "q", messageId: "q")
            .Track(anonymous: "a1", messageId: "p1").Identify(traits: """{"email":"e@x"}""", messageId: "p2")
            .Track(extra: """ "context":{"integrations":{"Google Analytics":{"clientId":"g"}}} """, messageId: "p3")
            .Identify(user: "u1", anonymous: "a1", traits: """{"email":"e@x"}""", messageId: "some");
        river.Send(EventType.Identify, """ "userId":"u1","anonymousId":"a1","traits":{"email":"e@x"},"context":{"integrations":{"Google Analytics":{"clientId":"g"}}} """, "all");

        var (p1, p2, p3, q) = (river.EventOf("p1").Profile, river.EventOf("p2").Profile, river.EventOf("p3").Profile, river.EventOf("q").Profile);
        Assert.Equal(p1, river.Find("ga_client_id:g")!.Id);
        Assert.Equal("anonymous_id:a1 email:e@x ga_client_id:g user_id:u1", river.Identifiers("user_id:u1"));

        river.Track(user: "u1", anonymous: "q", messageId: "older");

        Assert.Equal(q, river.Find("user_id:u1")!.Id);
        Assert.Equal(
            [(p1, q), (p2, q), (p3, q)],
            river.Decisions().Where(record => record.Kind == DecidedKind.Graph && Text(record.MessageId) == "older").Select(record => (record.Profile, record.Canonical)));
    }

    [Fact]
    public void E8_A_limit_broken_by_the_union_keeps_two_profiles_apart()
    {
        using var river = new River(River.Rules(("email", 3, LimitWindow.Ever)))
            .Identify(user: "u1", traits: """{"email":"e1"}""").Identify(user: "u1", traits: """{"email":"e2"}""")
            .Identify(anonymous: "a1", traits: """{"email":"e3"}""").Identify(anonymous: "a1", traits: """{"email":"e4"}""")
            .Track(user: "u1", anonymous: "a1", messageId: "both");

        Assert.Equal("email:e1 email:e2 user_id:u1", river.Identifiers("user_id:u1"));
        Assert.Equal("anonymous_id:a1 email:e3 email:e4", river.Identifiers("anonymous_id:a1"));
        Assert.Equal(river.Find("user_id:u1")!.Id, river.EventOf("both").Profile);
        Assert.Equal("email", Assert.Single(river.Violations()).Type);
    }

    [Fact]
    public void E9_Demotion_cascades_from_the_weakest_up()
    {
        using var river = new River(River.Rules(("email", 1, LimitWindow.Ever)))
            .Identify(user: "u1", traits: """{"email":"e1"}""").Identify(user: "u1", anonymous: "a7", traits: """{"email":"e2"}""");

        Assert.Equal("email:e1 user_id:u1", river.Identifiers("user_id:u1"));
        Assert.Null(river.Find("anonymous_id:a7"));
        Assert.Null(river.Find("email:e2"));
        Assert.Equal("""{"email":"e2"}""", river.Traits("user_id:u1"));
        Assert.Equal(["anonymous_id:a7", "email:e2"], river.Violations().Select(violation => violation.Demoted.ToString()));
    }

    [Fact]
    public void The_gentler_rule_keeps_an_identifier_whose_removal_does_not_help()
    {
        using var river = new River(River.Rules(("email", 1, LimitWindow.Ever)) with { Demotion = DemotionRule.LowestThatClears })
            .Identify(user: "u1", traits: """{"email":"e1"}""").Identify(user: "u1", anonymous: "a7", traits: """{"email":"e2"}""");

        Assert.Equal("anonymous_id:a7 email:e1 user_id:u1", river.Identifiers("user_id:u1"));
    }

    [Fact]
    public void E10_The_later_trait_wins_null_removes_and_empty_stays()
    {
        using var river = new River()
            .Identify(user: "u1", traits: """{"plan":"free"}""", timestamp: 10).Identify(user: "u1", traits: """{"city":"Rome"}""", timestamp: 12)
            .Identify(anonymous: "a1", traits: """{"plan":"pro"}""", timestamp: 11).Track(user: "u1", anonymous: "a1");

        Assert.Equal("""{"city":"Rome","plan":"pro"}""", river.Traits("user_id:u1"));
        river.Identify(user: "u1", traits: """{"city":null,"plan":""}""");
        Assert.Equal("""{"plan":""}""", river.Traits("user_id:u1"));
    }

    [Fact]
    public void E11_A_group_links_people_to_an_account_and_not_to_each_other()
    {
        using var river = new River().Group("u1", "g1", """{"industry":"x"}""").Group("u2", "g1");

        Assert.NotEqual(river.Find("user_id:u1")!.Id, river.Find("user_id:u2")!.Id);
        Assert.Equal("""{"industry":"x"}""", river.Traits("group_id:g1", ProfileCollection.Accounts));
        foreach (var user in new[] { "user_id:u1", "user_id:u2" })
        {
            var account = Assert.Single(river.Find(user)!.Nodes.Single().Fragment.Accounts!).Key;
            Assert.Equal("group_id:g1", IdentifierKey.Read(account).ToString());
            Assert.Equal("{}", river.Traits(user));
        }
    }

    [Fact]
    public void E12_A_custom_identifier_is_found_in_both_spellings_but_not_as_an_external_id()
    {
        var rules = IdentitySettings.Default with { Identifiers = [.. IdentitySettings.Default.Identifiers, new IdentifierRule { Type = "app_id", MatchKeys = ["app_id"], Priority = 12 }] };
        using var river = new River(rules)
            .Identify(user: "u1", traits: """{"appId":"z1"}""").Track(anonymous: "a1", extra: """ "properties":{"app_id":"z1"} """)
            .Track(anonymous: "a2", extra: """ "context":{"externalIds":[{"id":"z1","type":"appId","collection":"users","encoding":"none"}]} """);

        Assert.Equal("anonymous_id:a1 app_id:z1 user_id:u1", river.Identifiers("user_id:u1"));
        Assert.Equal("anonymous_id:a2 appId:z1", river.Identifiers("anonymous_id:a2"));
    }

    [Fact]
    public void E13_At_the_mapping_cap_an_event_still_finds_its_profile()
    {
        using var river = new River(River.Rules(("anonymous_id", 5000, LimitWindow.Ever)));
        for (var i = 0; i < 999; i++) river.Track(user: "u1", anonymous: $"a{i}");
        Assert.Equal(1000, river.Find("user_id:u1")!.Nodes.Count);

        river.Identify(user: "u1", traits: """{"email":"new@x"}""", messageId: "over");

        Assert.Null(river.Find("email:new@x"));
        Assert.Equal(river.Find("user_id:u1")!.Id, river.EventOf("over").Profile);
        Assert.Equal(ViolationKind.MappingLimitExceeded, Assert.Single(river.Violations()).Kind);
    }

    [Fact]
    public void E14_The_shop_walk_through()
    {
        const string ios = """ "context":{"device":{"type":"ios","id":"ios_abc123"}} """;
        const string android = """ "context":{"device":{"type":"android","id":"and_1a2b3c4d"}} """;
        using var river = new River()
            .Send(EventType.Track, $$""" "event":"Opened","anonymousId":"anon_123",{{ios}} """)
            .Send(EventType.Identify, $$""" "anonymousId":"anon_123","userId":"abc123def","traits":{"email":"jane.kim@x"},{{ios}} """)
            .Send(EventType.Identify, $$""" "anonymousId":"anon_456","userId":"abc123def",{{android}} """)
            .Send(EventType.Identify, $$""" "anonymousId":"anon_789","userId":"abc123def",{{android}} """);

        Assert.Equal(
            "android.id:and_1a2b3c4d anonymous_id:anon_123 anonymous_id:anon_456 anonymous_id:anon_789 email:jane.kim@x ios.id:ios_abc123 user_id:abc123def",
            river.Identifiers("user_id:abc123def"));
        Assert.Single(river.Profiles());
    }

    private static string Text(ReadOnlyMemory<byte> utf8) => Encoding.UTF8.GetString(utf8.Span);
}
