using System.Text;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Traits.Language;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Audiences;

/// <summary>What the comparison with a full computation brought to light, told as stories.</summary>
public sealed class FoundByLawsTests
{
    [Fact]
    public void Who_joins_an_account_that_is_in_an_audience_already_is_a_member_through_it()
    {
        using var river = Asking(("big", "ACCOUNTS", "trait('plan') = 'pro'"), ("works_at_big", "USERS", "trait('big') = true"));
        river.Group("u1", "g1", """{"plan":"pro"}""").Track(user: "u2").At(1).At(2).Run();
        Assert.Equal("true", Result(river, "user_id:u1", 2));
        Assert.Equal("", Result(river, "user_id:u2", 2));

        river.Group("u2", "g1");

        Assert.Equal("true", Result(river, "user_id:u2", 2));
    }

    [Fact]
    public void Somebody_without_an_account_is_in_no_audience_of_accounts()
    {
        using var river = Asking(("no_plan", "ACCOUNTS", "trait('plan').absent()"), ("outside", "USERS", "NOT trait('no_plan') = true"));

        river.Track(user: "u1");

        Assert.Equal("true", Result(river, "user_id:u1", 2));
    }

    [Fact]
    public void A_count_of_nothing_is_zero_to_what_reads_it_and_is_told_to_nobody()
    {
        using var river = Asking(("orders", "USERS", "event('Bought').count()"), ("few", "USERS", "trait('orders') < 1"));

        river.Track(user: "u1");
        Assert.Equal(("", "true"), (Result(river, "user_id:u1", 1), Result(river, "user_id:u1", 2)));
        river.Send(EventType.Track, """
            "userId":"u1","event":"Bought"
            """);

        Assert.Equal(("1", "false"), (Result(river, "user_id:u1", 1), Result(river, "user_id:u1", 2)));
    }

    [Fact]
    public void What_reads_an_audience_that_holds_for_nothing_is_asked_of_who_was_never_in()
    {
        using var river = Asking(("quiet", "USERS", "event('Seen').count() = 0"), ("copy", "USERS", "trait('quiet')"));

        river.Track(user: "u1");

        Assert.Equal("false", Result(river, "user_id:u1", 2));
    }

    [Fact]
    public void What_a_trait_is_for_nothing_it_is_only_for_those_whom_it_counts()
    {
        using var shop = new Shop();
        shop.Trait("orders", "event('Bought').count()").Change("orders", orders => orders with { FilterByExternalIds = ["email"] });
        shop.Audience("unknown", "trait('orders').absent()").Trait("copy", "trait('orders')").Audience("none", "trait('copy') = 0").Pass();

        shop.Does("u1", "Seen").Is("u2", """{"email":"u2@example.com"}""");

        Assert.True(shop.IsIn("unknown", "u1"));
        Assert.False(shop.IsIn("none", "u1"));
        Assert.False(shop.IsIn("unknown", "u2"));
        Assert.True(shop.IsIn("none", "u2"));

        shop.Is("u1", """{"email":"u1@example.com"}""");

        Assert.False(shop.IsIn("unknown", "u1"));
        Assert.True(shop.IsIn("none", "u1"));
    }

    [Theory]
    [InlineData("trait('plan').none_of(trait('tags.$'))", false)]
    [InlineData("trait('plan').one_of(trait('tags.$'))", true)]
    [InlineData("trait('plan').omits(trait('tags.$'))", false)]
    [InlineData("trait('city').none_of(trait('tags.$'))", true)]
    public void None_of_a_list_means_not_one_of_its_entries(string query, bool isIn)
    {
        using var river = Asking(("a", "USERS", query));

        river.Identify(user: "u1", traits: """{"plan":"pro","city":"x","tags":["free","pro"]}""");

        Assert.Equal(isIn ? "true" : "", Result(river, "user_id:u1", 1));
    }

    [Fact]
    public void What_a_pass_finds_of_people_their_accounts_hear_although_they_were_asked_before_them()
    {
        using var shop = new Shop();
        shop.River.Group(null, "g1").Group("u1", "g1").Identify(user: "u1", traits: """{"plan":"pro"}""").Run();
        shop.Audience("pros", "trait('plan') = 'pro'").Audience("with_pros", "ANY trait('pros') = true", "ACCOUNTS").Pass();
        Assert.True(shop.IsIn("pros", "u1"));

        shop.At(1);

        Assert.Equal("true", shop.Result("with_pros", "g1", ProfileCollection.Accounts));
    }

    [Fact]
    public void What_an_account_makes_of_its_people_it_hears_of_itself()
    {
        using var river = Asking(("big", "ACCOUNTS", "trait('plan') = 'pro'"), ("works_at_big", "USERS", "trait('big') = true"), ("with_people_of_big", "ACCOUNTS", "ANY trait('works_at_big') = true"));

        river.Group("u1", "g1", """{"plan":"pro"}""").At(1).At(2).At(3).Run();

        Assert.Equal("true", Result(river, "user_id:u1", 2));
        Assert.Equal("true", Encoding.UTF8.GetString(river.Find("group_id:g1", ProfileCollection.Accounts)!.Results![3].Json ?? []));
    }

    private static River Asking(params (string Key, string Type, string Query)[] definitions)
    {
        var river = new River();
        river.Revise([.. definitions.Select((definition, i) => ResourceKind.Put(new Computation
        {
            Id = definition.Key,
            Number = (uint)i + 1,
            Version = 1,
            SpaceId = "spa_default",
            Kind = QueryParser.TryParse(definition.Query, DefinitionScope.Users, DefinitionKind.Trait, out _, out _) ? Computation.Trait : Computation.Audience,
            Key = definition.Key,
            Name = definition.Key,
            Type = definition.Type,
            Query = definition.Query,
        }))]);
        return river.Run();
    }

    private static string Result(River river, string identifier, uint number) =>
        river.Find(identifier)!.Results?.GetValueOrDefault(number).Json is { } json ? Encoding.UTF8.GetString(json) : "";
}
