using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Audiences;

/// <summary>What a marketer says of audiences and computed traits, each as a story.</summary>
public sealed class AudienceStoriesTests
{
    [Fact]
    public void Who_bought_for_a_hundred_within_a_week_is_in_and_leaves_on_time()
    {
        using var shop = new Shop().Audience("buyers", "event('Shoes Bought').where(property('price') >= 100).within(7 days).count() >= 1");
        shop.At(1).Does("ada", "Shoes Bought", """{"price":120}""").Does("bob", "Shoes Bought", """{"price":80}""");
        Assert.True(shop.IsIn("buyers", "ada"));
        Assert.False(shop.IsIn("buyers", "bob"));
        Assert.True(shop.At(8).IsIn("buyers", "ada"));
        shop.River.TickAt(shop.River.Now + 1);
        Assert.False(shop.IsIn("buyers", "ada"));
        Assert.Equal(["track Audience Entered buyers=true user:ada", "track Audience Exited buyers=false user:ada"], shop.SaidInShort());
    }

    [Fact]
    public void A_late_event_counts_as_of_its_own_time()
    {
        using var shop = new Shop().Audience("buyers", "event('Shoes Bought').within(7 days).count() >= 2");
        shop.At(20).Does("ada", "Shoes Bought", day: 19).Does("ada", "Shoes Bought", day: 12);
        Assert.False(shop.IsIn("buyers", "ada"));
        shop.Does("ada", "Shoes Bought", day: 14);
        Assert.True(shop.IsIn("buyers", "ada"));
        Assert.True(shop.At(21).IsIn("buyers", "ada"));
        Assert.False(shop.At(21.1).IsIn("buyers", "ada"));
    }

    [Fact]
    public void Missing_and_other_are_not_the_same()
    {
        using var shop = new Shop()
            .Audience("differs", "trait('plan') != 'pro'")
            .Audience("not_equal", "NOT (trait('plan') = 'pro')")
            .Audience("absent", "trait('plan').absent()");
        shop.Does("ada", "Seen");
        Assert.False(shop.IsIn("differs", "ada"));
        Assert.True(shop.IsIn("not_equal", "ada"));
        Assert.True(shop.IsIn("absent", "ada"));
        shop.Is("ada", """{"plan":"free"}""");
        Assert.True(shop.IsIn("differs", "ada"));
        Assert.True(shop.IsIn("not_equal", "ada"));
        Assert.False(shop.IsIn("absent", "ada"));
    }

    [Fact]
    public void A_cart_is_abandoned_when_the_newest_addition_was_not_ordered()
    {
        using var shop = new Shop().Audience("abandoned", "event('Product Added').where(NOT (event('Order Completed').within(parent: 1 days).count() >= 1)).count() >= 1");
        shop.At(1).Does("ada", "Product Added");
        Assert.True(shop.IsIn("abandoned", "ada"));
        shop.Does("ada", "Order Completed", day: 1 + (1 / 24d));
        Assert.False(shop.IsIn("abandoned", "ada"));
        shop.Does("ada", "Product Added", day: 1 + (2 / 24d));
        Assert.True(shop.IsIn("abandoned", "ada"));
    }

    [Fact]
    public void A_funnel_compares_with_its_parent()
    {
        using var shop = new Shop().Audience("returned", "event('Bought').where(event('Returned').where(property('sku') = property(parent: 'sku')).within(parent: 5 days).count() >= 1).within(30 days).count() >= 1");
        shop.At(1).Does("ada", "Bought", """{"sku":"a"}""").At(2).Does("ada", "Returned", """{"sku":"b"}""");
        Assert.False(shop.IsIn("returned", "ada"));
        shop.Does("ada", "Returned", """{"sku":"a"}""");
        Assert.True(shop.IsIn("returned", "ada"));
        Assert.False(shop.At(31.5).IsIn("returned", "ada"));
    }

    [Fact]
    public void Traits_are_counted_summed_and_listed()
    {
        using var shop = new Shop()
            .Trait("orders", "event('Order').count()")
            .Trait("total", "event('Order').sum(property('total'))")
            .Trait("mean", "event('Order').avg(property('total'))")
            .Trait("most", "event('Order').max(property('total'))")
            .Trait("first", "event('Order').first(property('sku'))")
            .Trait("last", "event('Order').last(property('sku'))")
            .Trait("often", "event('Order').mode(property('sku'), 2)")
            .Trait("skus", "event('Order').unique(property('sku'))")
            .Trait("variety", "event('Order').unique(property('sku')).count()");
        shop.At(3).Does("ada", "Order", """{"total":10.1,"sku":"b"}""");
        Assert.Equal("null", shop.Result("often", "ada") ?? "null");
        shop.Does("ada", "Order", """{"total":20.2,"sku":"a"}""", day: 1).Does("ada", "Order", """{"total":"30.3","sku":"a"}""", day: 2);
        Assert.Equal("3", shop.Result("orders", "ada"));
        Assert.Equal("60.6", shop.Result("total", "ada"));
        Assert.Equal("20.2", shop.Result("mean", "ada"));
        Assert.Equal("30.3", shop.Result("most", "ada"));
        Assert.Equal("\"a\"", shop.Result("first", "ada"));
        Assert.Equal("\"b\"", shop.Result("last", "ada"));
        Assert.Equal("\"a\"", shop.Result("often", "ada"));
        Assert.Equal("""["a","b"]""", shop.Result("skus", "ada"));
        Assert.Equal("2", shop.Result("variety", "ada"));
    }

    [Fact]
    public void A_session_ends_by_itself()
    {
        using var shop = new Shop().Trait("views", "event('Viewed').expires_after(30 minutes).count()");
        shop.At(1).Does("ada", "Viewed").Does("ada", "Viewed", day: 1 + (20 / 1440d));
        Assert.Equal("2", shop.Result("views", "ada"));
        Assert.Equal("2", shop.At(1 + (50 / 1440d)).Result("views", "ada"));
        Assert.Equal("0", shop.At(1 + (51 / 1440d)).Result("views", "ada"));
    }

    [Fact]
    public void Audiences_read_traits_that_read_events()
    {
        using var shop = new Shop()
            .Audience("vips", "trait('spent') > 100 AND trait('open_ticket') = true")
            .Trait("spent", "event('Order').within(30 days).sum(property('total'))")
            .Audience("open_ticket", "event('Ticket Opened').count() > event('Ticket Closed').count()");
        shop.At(1).Does("ada", "Order", """{"total":150}""");
        Assert.False(shop.IsIn("vips", "ada"));
        shop.Does("ada", "Ticket Opened");
        Assert.True(shop.IsIn("vips", "ada"));
        shop.Does("ada", "Ticket Closed");
        Assert.False(shop.IsIn("vips", "ada"));
        shop.At(2).Does("ada", "Ticket Opened");
        Assert.True(shop.IsIn("vips", "ada"));
        Assert.False(shop.At(31.01).IsIn("vips", "ada"));
    }

    [Fact]
    public void A_date_that_comes_near_brings_people_in_and_out()
    {
        using var shop = new Shop().Audience("renewals", "trait('renews_at').within_next(7 days)");
        shop.At(1).Is("ada", """{"renews_at":"2026-01-20T00:00:00Z"}""");
        Assert.False(shop.IsIn("renewals", "ada"));
        Assert.True(shop.At(12).IsIn("renewals", "ada"));
        Assert.False(shop.At(19.5).IsIn("renewals", "ada"));
    }

    [Fact]
    public void Somebody_who_turns_out_to_be_known_takes_the_past_along_and_a_split_gives_it_back()
    {
        using var shop = new Shop().Audience("readers", "event('Read').count() >= 2");
        shop.River.Send(EventType.Track, "\"event\":\"Read\",\"anonymousId\":\"a1\"");
        shop.Does("ada", "Read");
        Assert.False(shop.IsIn("readers", "ada"));
        shop.River.Identify(user: "ada", anonymous: "a1");
        Assert.True(shop.IsIn("readers", "ada"));
        Assert.Single(shop.Members("readers"));
        shop.River.Split("user_id:ada", "anonymous_id:a1");
        Assert.False(shop.IsIn("readers", "ada"));
        Assert.Equal("false", shop.Result("readers", "anonymous_id:a1"));
        Assert.Empty(shop.Members("readers"));
        Assert.Equal(0, shop.State("readers").Size);
    }

    [Fact]
    public void An_account_is_in_when_one_or_all_or_none_of_its_people_are()
    {
        using var shop = new Shop()
            .Audience("any", "ANY event('Used').count() >= 3", "ACCOUNTS")
            .Audience("all", "ALL event('Used').count() >= 3", "ACCOUNTS")
            .Audience("all_not", "ALL NOT event('Used').count() >= 3", "ACCOUNTS")
            .Audience("plain", "event('Used').count() >= 3 AND trait('plan') = 'pro'", "ACCOUNTS")
            .Trait("uses", "event('Used').count()", "ACCOUNTS");
        shop.River.Group("u1", "acme", """{"plan":"pro"}""").Group("u2", "acme");
        for (var i = 0; i < 3; i++) shop.Does("u1", "Used");
        shop.At(1);
        Assert.Equal("true", shop.Result("any", "acme", ProfileCollection.Accounts));
        Assert.NotEqual("true", shop.Result("all", "acme", ProfileCollection.Accounts));
        Assert.NotEqual("true", shop.Result("all_not", "acme", ProfileCollection.Accounts));
        Assert.Equal("true", shop.Result("plain", "acme", ProfileCollection.Accounts));
        Assert.Equal("3", shop.Result("uses", "acme", ProfileCollection.Accounts));
        for (var i = 0; i < 3; i++) shop.Does("u2", "Used");
        shop.At(2);
        Assert.Equal("true", shop.Result("all", "acme", ProfileCollection.Accounts));
        Assert.Equal("6", shop.Result("uses", "acme", ProfileCollection.Accounts));
    }

    [Fact]
    public void A_person_knows_whether_an_account_of_theirs_is_in()
    {
        using var shop = new Shop()
            .Audience("big", "event('Used').count() >= 2", "ACCOUNTS")
            .Audience("of_big", "trait('big') = true");
        shop.River.Group("u1", "acme").Group("u2", "acme");
        shop.Does("u1", "Used").Does("u1", "Used").At(1);
        Assert.True(shop.IsIn("of_big", "u2"));
    }

    [Fact]
    public void Every_identifier_hears_of_an_entry_once_per_destination()
    {
        using var shop = new Shop().Destination("d1", "Mail").Audience("buyers", "event('Order').count() >= 1", "USERS", "d1");
        shop.River.Identify(user: "ada", traits: """{"email":"ada@example.com"}""");
        shop.Does("ada", "Order");
        Assert.Equal(
            ["identify - buyers=true user:ada", "track Audience Entered buyers=true user:ada", "identify - buyers=true user:ada", "track Audience Entered buyers=true user:ada"], shop.SaidInShort());
        var said = shop.Said();
        Assert.Equal("ada@example.com", said[2]["traits"]!["email"]!.GetValue<string>());
        Assert.Equal("ada@example.com", said[3]["context"]!["traits"]!["email"]!.GetValue<string>());
        Assert.Equal("""{"All":false,"Mail":true}""", said[0]["integrations"]!.ToJsonString());
        Assert.Equal("aud_buyers", said[0]["context"]!["personas"]!["computation_id"]!.GetValue<string>());
        Assert.StartsWith("personas_", said[0]["messageId"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(4, said.Select(message => message["messageId"]!.GetValue<string>()).Distinct().Count());
        Assert.Equal(4, shop.River.Counts(9).Accepted);
    }

    [Fact]
    public void A_new_identifier_of_a_member_is_told_as_well()
    {
        using var shop = new Shop().Destination("d1", "Mail").Audience("buyers", "event('Order').count() >= 1", "USERS", "d1");
        shop.Does("ada", "Order");
        Assert.Equal(2, shop.Said().Count);
        shop.River.Identify(user: "ada", traits: """{"email":"ada@example.com"}""");
        Assert.Equal(4, shop.Said().Count);
        shop.Does("ada", "Order");
        Assert.Equal(4, shop.Said().Count);
    }

    [Fact]
    public void A_definition_about_traits_reaches_those_who_are_already_there()
    {
        using var shop = new Shop();
        shop.Is("ada", """{"plan":"pro"}""").Is("bob", """{"plan":"free"}""");
        shop.Audience("pros", "trait('plan') = 'pro'").Pass();
        Assert.True(shop.IsIn("pros", "ada"));
        Assert.False(shop.IsIn("pros", "bob"));
        Assert.Equal(1, shop.State("pros").Size);
    }

    [Fact]
    public void A_destination_that_is_connected_later_hears_of_everybody_who_is_in()
    {
        using var shop = new Shop().Destination("d1", "Mail").Audience("pros", "trait('plan') = 'pro'");
        shop.Is("ada", """{"plan":"pro"}""").Is("bob", """{"plan":"free"}""");
        Assert.Equal(["track Audience Entered pros=true user:ada"], shop.SaidInShort());
        shop.Change("pros", audience => audience with { Connections = [new ComputationConnection { Id = "con_1", DestinationId = "d1" }] }).Pass();
        Assert.Equal(["track Audience Entered pros=true user:ada", "identify - pros=true user:ada", "track Audience Entered pros=true user:ada"], shop.SaidInShort());
    }

    [Fact]
    public void The_old_definition_answers_until_the_new_one_has_its_past()
    {
        using var shop = new Shop().Audience("buyers", "event('Order').count() >= 1");
        shop.Does("ada", "Order").Does("bob", "Order").Does("bob", "Order");
        shop.River.Run();
        // Another condition on events, so that nobody has kept them yet.
        shop.Audience("buyers", "event('Order').where(property('test').absent()).count() >= 2");
        shop.Does("cid", "Order");
        Assert.True(shop.IsIn("buyers", "cid"));
        var state = shop.State("buyers");
        Assert.True(state.IsFilling);
        var events = new[] { "ada", "bob", "bob" }.Select((user, i) => new Tributary.Engine.Processing.Computing.PastEvent(
            Tributary.Engine.Identity.IdentifierKey.Of(1, new Identifier(ProfileCollection.Users, "user_id", user)), "Order"u8.ToArray(),
            new Tributary.Engine.Traits.Folding.Instant(shop.River.Now, shop.River.Now, (ulong)i), River.Website, [], [], [])).ToList();
        var gathered = new Tributary.Engine.Processing.Computing.GatheredRecord { Space = 1, Computation = 1, Version = state.Filling, From = 0, To = state.FillTo, Events = events };
        shop.Gather(gathered);
        shop.Gather(gathered);
        shop.Pass();
        Assert.False(shop.IsIn("buyers", "ada"));
        Assert.True(shop.IsIn("buyers", "bob"));
        Assert.False(shop.IsIn("buyers", "cid"));
        shop.Does("cid", "Order");
        Assert.True(shop.IsIn("buyers", "cid"));
        Assert.Equal(3, shop.State("buyers").Gathered);
    }

    [Fact]
    public void A_definition_over_events_that_another_one_keeps_answers_at_once()
    {
        using var shop = new Shop().Audience("buyers", "event('Order').within(30 days).count() >= 1");
        shop.Does("ada", "Order").Does("ada", "Order").Does("bob", "Order");
        shop.River.Run();
        shop.Audience("again", "event('Order').within(28 days).count() >= 2");
        Assert.False(shop.State("again").IsFilling);
        shop.Pass();
        Assert.True(shop.IsIn("again", "ada"));
        Assert.False(shop.IsIn("again", "bob"));
        Assert.Equal(1, shop.River.Find("user_id:ada")!.Nodes[0].Fragment.Folds!.Count);
    }

    [Fact]
    public void Who_reads_a_trait_is_asked_again_when_another_definition_makes_something_else_of_nothing()
    {
        using var shop = new Shop().Trait("usual", "event('Order').mode(property('sku'), 2)").Audience("above", "event('Returned').count() >= trait('usual')");
        shop.Does("ada", "Seen");
        Assert.False(shop.IsIn("above", "ada"));
        shop.Trait("usual", "event('Order').unique(property('sku')).count()");
        shop.Change("usual", trait => trait with { IncludeHistoricalData = false, Version = 90 }).Pass();
        Assert.True(shop.IsIn("above", "ada"));
    }

    [Fact]
    public void A_definition_whose_filler_is_deleted_is_filled_anew()
    {
        using var shop = new Shop();
        shop.Does("ada", "Order").Does("ada", "Order");
        shop.River.Run();
        shop.Audience("first", "event('Order').count() >= 1").Audience("second", "event('Order').count() >= 2");
        Assert.True(shop.State("second").IsFilling);
        var before = shop.State("second").FillTo;
        shop.Does("ada", "Order");
        shop.Change("first", audience => audience with { Deleted = true });
        Assert.True(shop.State("second").FillTo > before);
        var state = shop.State("second");
        var events = Enumerable.Range(0, 3).Select(i => new Tributary.Engine.Processing.Computing.PastEvent(
            Tributary.Engine.Identity.IdentifierKey.Of(1, new Identifier(ProfileCollection.Users, "user_id", "ada")), "Order"u8.ToArray(),
            new Tributary.Engine.Traits.Folding.Instant(shop.River.Now, shop.River.Now, (ulong)i), River.Website, [], [], [])).ToList();
        shop.Gather(new Tributary.Engine.Processing.Computing.GatheredRecord { Space = 1, Computation = 2, Version = state.Filling, From = 0, To = state.FillTo, Events = events });
        shop.Trait("number", "event('Order').count()").Pass();
        Assert.True(shop.IsIn("second", "ada"));
        Assert.Equal("3", shop.Result("number", "ada"));
    }

    [Fact]
    public void A_deleted_audience_leaves_no_members_and_no_state()
    {
        using var shop = new Shop().Audience("buyers", "event('Order').within(3 days).count() >= 1").Audience("others", "trait('x') = 1");
        shop.Does("ada", "Order");
        Assert.Single(shop.Members("buyers"));
        shop.Change("buyers", audience => audience with { Deleted = true });
        Assert.Empty(shop.Members("buyers"));
        Assert.Null(shop.River.Run().Store.Get(Tributary.Engine.Storage.Table.Computations, Tributary.Engine.Storage.StateKeys.Computation(1, 1)));
        shop.At(10).Does("ada", "Order");
        Assert.Single(shop.SaidInShort());
    }

    [Fact]
    public void Only_people_with_a_wanted_identifier_count()
    {
        using var shop = new Shop().Audience("known", "event('Order').count() >= 1");
        shop.Change("known", audience => audience with { FilterByExternalIds = ["user_id", "email"], Version = 90 }).Pass();
        shop.River.Send(EventType.Track, "\"event\":\"Order\",\"anonymousId\":\"a1\"");
        Assert.NotEqual("true", shop.Result("known", "anonymous_id:a1"));
        shop.River.Identify(user: "ada", anonymous: "a1");
        Assert.True(shop.IsIn("known", "ada"));
    }

    [Fact]
    public void Pages_are_events_with_a_name_of_their_own()
    {
        using var shop = new Shop().Audience("pricing", "event('Page Viewed').where(property('page_name') = 'Pricing').count() >= 1");
        shop.River.Send(EventType.Page, "\"name\":\"Home\",\"userId\":\"ada\"");
        Assert.False(shop.IsIn("pricing", "ada"));
        shop.River.Send(EventType.Page, "\"name\":\"Pricing\",\"userId\":\"ada\"");
        Assert.True(shop.IsIn("pricing", "ada"));
    }

    [Fact]
    public void Sources_can_be_left_out_and_arrays_looked_into()
    {
        using var shop = new Shop()
            .Audience("web", "event('Order').sources({exclude: 'helpdesk'}).count() >= 1")
            .Audience("shoes", "event('Order').where(property('products.$.sku') = 'shoe').count() >= 1")
            .Audience("flat", "event('Order').where(property('products').contains('shoe', 'hat')).count() >= 1");
        shop.Does("ada", "Order", """{"products":[{"sku":"sock"},{"sku":"shoe"}]}""", source: River.HelpDesk);
        Assert.False(shop.IsIn("web", "ada"));
        Assert.True(shop.IsIn("shoes", "ada"));
        Assert.True(shop.IsIn("flat", "ada"));
    }
}
