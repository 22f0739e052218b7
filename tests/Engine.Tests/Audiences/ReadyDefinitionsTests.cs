using Tributary.Engine.Audiences;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Audiences;

/// <summary>Each definition that is ready to be used, with somebody who is in and somebody who is nearly. The clock stands at day 400 when they are looked at.</summary>
public sealed class ReadyDefinitionsTests
{
    private const double Now = 400;

    // key, what "ada" does (who is in), what "bob" does (who is not): event@days ago{properties}; ...
    public static TheoryData<string, string, string> People => new()
    {
        { "cart_abandoned", "Product Added@2", "Product Added@2; Order Completed@1.5" },
        { "checkout_abandoned", "Checkout Started@1", "Checkout Started@1; Order Completed@0.9" },
        { "lapsed_customers", "Order Completed@100", "Order Completed@100; Order Completed@80" },
        { "first_time_buyers", "Order Completed@10", "Order Completed@10; Order Completed@300" },
        { "repeat_buyers", "Order Completed@10; Order Completed@20", "Order Completed@10; Order Completed@95" },
        { "big_spenders", """Order Completed@10{"total":300}; Order Completed@20{"total":200}""", """Order Completed@10{"total":300}; Order Completed@370{"total":300}""" },
        { "vip_with_open_ticket", """Order Completed@10{"total":1000}; Ticket Opened@1""", """Order Completed@10{"total":1000}; Ticket Opened@1; Ticket Closed@0.5""" },
        { "window_shoppers", "Product Viewed@1; Product Viewed@2; Product Viewed@3", "Product Viewed@1; Product Viewed@2; Product Viewed@3; Order Completed@20" },
        { "viewed_again", """Product Viewed@3{"product_id":"a"}; Product Viewed@1{"product_id":"a"}""", """Product Viewed@3{"product_id":"a"}; Product Viewed@1{"product_id":"b"}""" },
        { "searched_and_left", "Products Searched@0.5", "Products Searched@0.5; Product Viewed@0.49" },
        { "coupon_lovers", """Order Completed@10{"coupon":"X"}; Order Completed@20{"coupon":"Y"}""", """Order Completed@10{"coupon":"X"}; Order Completed@20{"total":5}""" },
        { "frequent_returners", "Order Refunded@10; Order Refunded@20", "Order Refunded@10; Order Refunded@91" },
        { "new_this_week", "Signed Up@3", "Signed Up@8" },
        { "at_risk", "Signed In@20; Signed In@21; Signed In@22; Signed In@23; Signed In@24", "Signed In@20; Signed In@21; Signed In@22; Signed In@23; Signed In@2" },
        { "idle_trials", "Trial Started@5; Signed In@5", "Trial Started@5; Signed In@2" },
        { "trial_ending", """identify{"trial_ends_at":"2027-02-07T00:00:00Z"}""", """identify{"trial_ends_at":"2027-02-07T00:00:00Z","plan":"paid"}""" },
        { "renewal_due", """identify{"renews_at":"2027-02-20"}""", """identify{"renews_at":"2027-04-20"}""" },
        { "hot_leads", "page Pricing@0.5; Demo Requested@3", "page Pricing@0.5; Demo Requested@8" },
    };

    [Theory]
    [MemberData(nameof(People))]
    public void Who_is_meant_is_in_and_who_is_nearly_is_not(string key, string ada, string bob)
    {
        using var shop = new Shop();
        var ready = ReadyDefinitions.All.Single(each => each.Key == key);
        shop.Audience(ready.Key, ready.Query, ready.Type);
        foreach (var (user, deeds) in new[] { ("ada", ada), ("bob", bob) }) Do(shop, user, deeds);
        shop.At(Now);
        Assert.True(shop.IsIn(key, "ada"));
        Assert.False(shop.IsIn(key, "bob"));
    }

    [Fact]
    public void Accounts_are_active_or_dormant_by_their_people()
    {
        using var shop = new Shop();
        foreach (var ready in ReadyDefinitions.All.Where(each => each.Type == "ACCOUNTS"))
        {
            if (ready.Kind == Computation.Audience) shop.Audience(ready.Key, ready.Query, ready.Type);
            else shop.Trait(ready.Key, ready.Query, ready.Type);
        }

        shop.River.Group("ada", "acme").Group("bob", "void");
        Do(shop, "ada", "Signed In@1; Signed In@2; Signed In@3");
        Do(shop, "bob", "Signed In@40");
        shop.At(Now);
        Assert.Equal("true", shop.Result("active_accounts", "acme", ProfileCollection.Accounts));
        Assert.NotEqual("true", shop.Result("active_accounts", "void", ProfileCollection.Accounts));
        Assert.NotEqual("true", shop.Result("dormant_accounts", "acme", ProfileCollection.Accounts));
        Assert.Equal("true", shop.Result("dormant_accounts", "void", ProfileCollection.Accounts));
        Assert.Equal("3", shop.Result("account_sign_ins", "acme", ProfileCollection.Accounts));
    }

    [Fact]
    public void Traits_of_buyers_are_what_they_did()
    {
        using var shop = new Shop();
        foreach (var ready in ReadyDefinitions.All.Where(each => each is { Kind: Computation.Trait, Type: "USERS" })) shop.Trait(ready.Key, ready.Query);
        Do(shop, "ada", """Order Completed@10{"total":10}; Order Completed@40{"total":30}; Product Viewed@3{"product_id":"a","category":"Shoes"}; Product Viewed@2{"product_id":"b","category":"Shoes"}; Product Viewed@1{"product_id":"c","category":"Hats"}""");
        shop.At(Now);
        Assert.Equal("40", shop.Result("lifetime_value", "ada"));
        Assert.Equal("20", shop.Result("average_order", "ada"));
        Assert.Equal("1", shop.Result("orders_30_days", "ada"));
        Assert.Equal("\"Shoes\"", shop.Result("favourite_category", "ada"));
        Assert.Equal("\"c\"", shop.Result("last_product_viewed", "ada"));
    }

    [Fact]
    public void Every_definition_that_is_offered_is_tried_here()
    {
        Assert.Equal(20, ReadyDefinitions.All.Count(ready => ready.Kind == Computation.Audience));
        Assert.Equal(ReadyDefinitions.All.Where(ready => ready is { Kind: Computation.Audience, Type: "USERS" }).Select(ready => ready.Key).Order(), People.Select(row => row.Data.Item1).Order());
    }

    private static void Do(Shop shop, string user, string deeds)
    {
        shop.At(Now - 0.01);
        foreach (var deed in deeds.Split("; "))
        {
            var brace = deed.IndexOf('{', StringComparison.Ordinal);
            var properties = brace < 0 ? null : deed[brace..];
            var what = brace < 0 ? deed : deed[..brace];
            if (what == "identify")
            {
                shop.Is(user, properties!);
                continue;
            }

            var at = what.IndexOf('@', StringComparison.Ordinal);
            var day = Now - double.Parse(what[(at + 1)..], System.Globalization.CultureInfo.InvariantCulture);
            if (what.StartsWith("page ", StringComparison.Ordinal)) shop.Views(user, what[5..at], day);
            else shop.Does(user, what[..at], properties, day);
        }
    }
}
