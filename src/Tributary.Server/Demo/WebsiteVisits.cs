using System.Globalization;
using System.Text.Json.Nodes;

namespace Tributary.Server.Demo;

/// <summary>What somebody does at one visit, as the messages that analytics.js puts on the wire.</summary>
/// <param name="Device">The browser that sends them.</param>
/// <param name="Messages">In order; without <c>writeKey</c> and <c>sentAt</c>, which belong to the request.</param>
internal sealed record WebsiteVisit(DemoDevice Device, IReadOnlyList<JsonObject> Messages);

/// <summary>
/// Walks people through the shop: pages, and the events of Segment's e-commerce specification (https://segment.com/docs/connections/spec/ecommerce/v2/).
/// </summary>
/// <param name="person">Who walks.</param>
internal sealed class WebsiteVisits(DemoPerson person)
{
    private const string Shop = "https://shop.riverbank.example";

    private static readonly (string Id, string Name, string Category, decimal Price)[] Products =
    [
        ("cn-01", "Cedar Canoe", "Boats", 1490.00m), ("ky-02", "Day Kayak", "Boats", 890.00m),
        ("sp-03", "Stand-up Board", "Boats", 459.00m), ("pd-04", "Ash Paddle", "Paddles", 79.50m),
        ("pd-05", "Carbon Paddle", "Paddles", 219.00m), ("vs-06", "Life Vest", "Safety", 64.90m),
        ("rp-07", "Throw Rope", "Safety", 32.00m), ("bg-08", "Dry Bag 30 l", "Camping", 38.50m),
        ("tn-09", "River Tent", "Camping", 329.00m), ("st-10", "Driftwood Stove", "Camping", 89.00m),
        ("ck-11", "Camp Kettle", "Camping", 27.50m), ("mp-12", "River Map", "Books", 14.90m),
    ];

    private static readonly (string Source, string Medium, string Name)[] Campaigns =
        [("newsletter", "email", "spring-flood"), ("paddle-blog", "referral", "guide"), ("search", "cpc", "canoe-sale")];

    // The last thing that somebody read is what the next page names as its referrer.
    private string _referrer = "";

    /// <summary>All visits of the demo's weeks.</summary>
    /// <param name="now">When the demo started; every visit is over by then.</param>
    /// <param name="span">How far back the first visit may lie.</param>
    public IEnumerable<WebsiteVisit> History(DateTimeOffset now, TimeSpan span)
    {
        var random = new Random(person.Seed);
        var times = Enumerable.Range(0, person.Visits).Select(_ => now - (span * (0.01 + (0.98 * random.NextDouble())))).Order().ToList();
        var loggedIn = new HashSet<DemoDevice>();
        for (var visit = 0; visit < times.Count; visit++)
        {
            // The first visits come from the first device, so that the account is what joins the second to it.
            var device = person.Devices[Math.Min(visit * person.Devices.Count / Math.Max(1, times.Count), person.Devices.Count - 1)];
            if (visit == times.Count - 1) device = person.Devices[0];
            yield return Visit(random, device, times[visit], visit, loggedIn);
        }
    }

    /// <summary>One more visit by somebody who has an account.</summary>
    public WebsiteVisit Again(Random random, DateTimeOffset start)
    {
        var device = person.Devices[random.Next(person.Devices.Count)];
        return Visit(random, device, start, person.RegistersAt + 1, [device]);
    }

    private WebsiteVisit Visit(Random random, DemoDevice device, DateTimeOffset start, int number, HashSet<DemoDevice> loggedIn)
    {
        var messages = new List<JsonObject>();
        var at = start;
        var user = number > person.RegistersAt && loggedIn.Contains(device) ? person.UserId : null;
        var campaign = number == 0 && random.Next(2) == 0 ? Campaigns[random.Next(Campaigns.Length)] : default;
        _referrer = campaign.Source is null ? "" : $"https://{campaign.Source}.example/";
        Page("Home", "/", campaign.Source is null ? "" : $"?utm_source={campaign.Source}&utm_medium={campaign.Medium}&utm_campaign={campaign.Name}");
        if (number == person.RegistersAt || (number > person.RegistersAt && user is null))
        {
            user = person.UserId;
            loggedIn.Add(device);
            var traits = new JsonObject { ["email"] = person.Email, ["name"] = $"{person.FirstName} {person.LastName}", ["newsletter"] = person.Seed % 2 == 0 };
            Add("identify", null, "/account", "Account", traits);
            Track(number == person.RegistersAt ? "Signed Up" : "Signed In", "/account", "Account", new JsonObject { ["method"] = "email" });
        }

        var basket = new List<(string Id, string Name, string Category, decimal Price)>();
        for (var views = random.Next(1, 5); views > 0; views--) View(Products[random.Next(Products.Length)]);
        if (basket.Count > 0) CheckOut();
        return new WebsiteVisit(device, messages);

        void View((string Id, string Name, string Category, decimal Price) product)
        {
            var path = $"/products/{product.Id}";
            Page(product.Name, path, "");
            Track("Product Viewed", path, product.Name, Describe(product));
            if (random.Next(4) > 0) return;
            basket.Add(product);
            var added = Describe(product);
            added["quantity"] = 1;
            Track("Product Added", path, product.Name, added);
        }

        void CheckOut()
        {
            Track("Checkout Started", "/checkout", "Checkout", Order());
            // Orders need an account, and one basket in three is left behind.
            if (user is null || random.Next(3) == 0) return;
            Track("Order Completed", "/checkout/thanks", "Thank you", Order());
        }

        JsonObject Order() => new()
        {
            ["order_id"] = string.Create(CultureInfo.InvariantCulture, $"order-{person.Number}-{number}"),
            ["total"] = basket.Sum(product => product.Price),
            ["currency"] = "EUR",
            ["products"] = new JsonArray([.. basket.Select(product => (JsonNode)Describe(product))]),
        };

        void Page(string title, string path, string search)
        {
            Add("page", title, path, title, new JsonObject { ["path"] = path, ["referrer"] = _referrer, ["search"] = search, ["title"] = title, ["url"] = Shop + path + search });
            _referrer = Shop + path;
        }

        void Track(string name, string path, string title, JsonObject properties) => Add("track", name, path, title, properties);

        void Add(string type, string? name, string path, string title, JsonObject body)
        {
            at += TimeSpan.FromSeconds(random.Next(2, 90));
            var message = new JsonObject
            {
                ["timestamp"] = DemoTime.Iso(at),
                ["integrations"] = new JsonObject(),
                ["type"] = type,
                [type == "identify" ? "traits" : "properties"] = body,
                ["context"] = Context(device, campaign, path, title),
                ["messageId"] = string.Create(CultureInfo.InvariantCulture, $"ajs-next-{at.ToUnixTimeMilliseconds()}-{DemoPeople.Uuid(random)}"),
                ["anonymousId"] = device.AnonymousId,
                ["userId"] = user,
            };
            if (name is not null) message[type == "page" ? "name" : "event"] = name;
            messages.Add(message);
        }
    }

    private static JsonObject Describe((string Id, string Name, string Category, decimal Price) product) =>
        new() { ["product_id"] = product.Id, ["name"] = product.Name, ["category"] = product.Category, ["price"] = product.Price, ["currency"] = "EUR" };

    private JsonObject Context(DemoDevice device, (string Source, string Medium, string Name) campaign, string path, string title)
    {
        var context = new JsonObject
        {
            ["page"] = new JsonObject { ["path"] = path, ["referrer"] = _referrer, ["search"] = "", ["title"] = title, ["url"] = Shop + path },
            ["userAgent"] = device.UserAgent,
            ["locale"] = "en-GB",
            ["library"] = new JsonObject { ["name"] = "analytics.js", ["version"] = "npm:next-1.84.1" },
            ["timezone"] = "Europe/Dublin",
        };
        if (campaign.Source is not null) context["campaign"] = new JsonObject { ["source"] = campaign.Source, ["medium"] = campaign.Medium, ["name"] = campaign.Name };
        return context;
    }
}
