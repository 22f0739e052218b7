using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Audiences;

/// <summary>A definition that is ready to be used.</summary>
/// <param name="Key">What the audience or trait is called in traits.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Description">Who is in, or what the value is, in a sentence.</param>
/// <param name="Kind"><see cref="Computation.Audience"/> or <see cref="Computation.Trait"/>.</param>
/// <param name="Type"><c>USERS</c> or <c>ACCOUNTS</c>.</param>
/// <param name="Query">The definition.</param>
public sealed record ReadyDefinition(string Key, string Name, string Description, string Kind, string Type, string Query);

/// <summary>Audiences and computed traits over the events of Segment's e-commerce and B2B specifications, to begin with.</summary>
public static class ReadyDefinitions
{
    public static ImmutableArray<ReadyDefinition> All { get; } =
    [
        Audience("cart_abandoned", "Cart abandoned", "Added a product an hour to a week ago and ordered nothing within a day after it.",
            "event('Product Added').where(NOT event('Order Completed').within(parent: 1 days).count() >= 1).between(1 hours, 7 days).count() >= 1"),
        Audience("checkout_abandoned", "Checkout abandoned", "Began to check out an hour to three days ago and ordered nothing within a day after it.",
            "event('Checkout Started').where(NOT event('Order Completed').within(parent: 1 days).count() >= 1).between(1 hours, 3 days).count() >= 1"),
        Audience("lapsed_customers", "Lapsed customers", "Ordered before, but not within the last 90 days.",
            "event('Order Completed').count() >= 1 AND event('Order Completed').within(90 days).count() = 0"),
        Audience("first_time_buyers", "First-time buyers", "Ordered for the first time within the last 30 days.",
            "event('Order Completed').count() = 1 AND event('Order Completed').within(30 days).count() = 1"),
        Audience("repeat_buyers", "Repeat buyers", "Ordered at least twice within the last 90 days.",
            "event('Order Completed').within(90 days).count() >= 2"),
        Audience("big_spenders", "Big spenders", "Spent 500 or more within the last year.",
            "event('Order Completed').within(365 days).sum(property('total')) >= 500"),
        Audience("vip_with_open_ticket", "VIPs with an open ticket", "Spent 1,000 or more in all and has more tickets opened than closed.",
            "event('Order Completed').sum(property('total')) >= 1000 AND event('Ticket Opened').count() > event('Ticket Closed').count()"),
        Audience("window_shoppers", "Window shoppers", "Viewed three products or more within a week and ordered nothing within 30 days.",
            "event('Product Viewed').within(7 days).count() >= 3 AND event('Order Completed').within(30 days).count() = 0"),
        Audience("viewed_again", "Viewed the same product again", "Viewed a product within the last week that they had viewed up to three days before.",
            "event('Product Viewed').where(event('Product Viewed').where(property('product_id') = property(parent: 'product_id')).within(parent: 3 days).count() >= 1).within(7 days).count() >= 1"),
        Audience("searched_and_left", "Searched and left", "Searched within the last day and viewed no product within an hour after it.",
            "event('Products Searched').where(event('Product Viewed').within(parent: 1 hours).count() = 0).within(1 days).count() >= 1"),
        Audience("coupon_lovers", "Coupon lovers", "Used a coupon with two orders or more within half a year.",
            "event('Order Completed').where(property('coupon').exists()).within(182 days).count() >= 2"),
        Audience("frequent_returners", "Frequent returners", "Had two orders or more refunded within 90 days.",
            "event('Order Refunded').within(90 days).count() >= 2"),
        Audience("new_this_week", "New this week", "Signed up within the last seven days.",
            "event('Signed Up').within(7 days).count() >= 1"),
        Audience("at_risk", "At risk", "Signed in five times or more in the month before last fortnight, and never in it.",
            "event('Signed In').between(14 days, 44 days).count() >= 5 AND event('Signed In').within(14 days).count() = 0"),
        Audience("idle_trials", "Idle trials", "Began a trial within the last 14 days and did not sign in within three.",
            "event('Trial Started').within(14 days).count() >= 1 AND event('Signed In').within(3 days).count() = 0"),
        Audience("trial_ending", "Trial ending", "Their trial ends within three days and they have no paid plan.",
            "trait('trial_ends_at').within_next(3 days) AND NOT trait('plan').one_of('paid', 'pro', 'enterprise')"),
        Audience("renewal_due", "Renewal due", "Their contract is to be renewed within 30 days.",
            "trait('renews_at').within_next(30 days)"),
        Audience("hot_leads", "Hot leads", "Viewed the pricing page today and asked for a demo or began a trial within a week.",
            "event('Page Viewed').where(property('page_name') = 'Pricing').within(1 days).count() >= 1 AND (event('Demo Requested').within(7 days).count() >= 1 OR event('Trial Started').within(7 days).count() >= 1)"),
        Audience("active_accounts", "Active accounts", "Somebody of the account signed in three times or more within a week.",
            "ANY event('Signed In').within(7 days).count() >= 3", "ACCOUNTS"),
        Audience("dormant_accounts", "Dormant accounts", "Nobody of the account signed in within 30 days.",
            "ALL NOT event('Signed In').within(30 days).count() >= 1", "ACCOUNTS"),
        Trait("lifetime_value", "Lifetime value", "What all orders come to.", "event('Order Completed').sum(property('total'))"),
        Trait("average_order", "Average order", "What an order comes to on average.", "event('Order Completed').avg(property('total'))"),
        Trait("orders_30_days", "Orders in 30 days", "How many orders there were within the last 30 days.", "event('Order Completed').within(30 days).count()"),
        Trait("favourite_category", "Favourite category", "The category that products were viewed in most often, at least twice.", "event('Product Viewed').mode(property('category'), 2)"),
        Trait("last_product_viewed", "Last product viewed", "The product that was viewed last.", "event('Product Viewed').last(property('product_id'))"),
        Trait("account_sign_ins", "Sign-ins of an account", "How often its people signed in within the last 30 days.", "event('Signed In').within(30 days).count()", "ACCOUNTS"),
    ];

    /// <summary>Maps <c>GET /api/catalog/audiences</c>; the caller adds authentication.</summary>
    internal static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet("/api/catalog/audiences", () => ApiAnswer.Data(new JsonObject
    {
        ["audiences"] = new JsonArray([.. All.Select(ready => (JsonNode)new JsonObject
        {
            ["key"] = ready.Key,
            ["name"] = ready.Name,
            ["description"] = ready.Description,
            ["kind"] = ready.Kind,
            ["definition"] = new JsonObject { ["type"] = ready.Type, ["query"] = ready.Query },
        })]),
    })).WithName("listReadyDefinitions").WithTags("Audiences").WithSummary("Definitions that are ready to be used.");

    private static ReadyDefinition Audience(string key, string name, string description, string query, string type = "USERS") => new(key, name, description, Computation.Audience, type, query);

    private static ReadyDefinition Trait(string key, string name, string description, string query, string type = "USERS") => new(key, name, description, Computation.Trait, type, query);
}
