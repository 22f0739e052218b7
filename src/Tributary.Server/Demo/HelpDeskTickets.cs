using System.Globalization;
using System.Text.Json.Nodes;

namespace Tributary.Server.Demo;

/// <summary>
/// What the relay of a help desk sends for each change of a ticket: the desk's own id of the requester as <c>anonymousId</c> (the tracking API wants one), and
/// beside it whatever the desk knows, an email or only the number that somebody called from. It does not know the website's <c>userId</c>.
/// </summary>
internal static class HelpDeskTickets
{
    private static readonly string[] Subjects = ["Where is my parcel?", "The paddle is too long", "Invoice wanted", "How do I patch a canoe?", "Return of a dry bag"];

    /// <summary>The tickets of one person within the demo's weeks, oldest first.</summary>
    public static IEnumerable<JsonObject> History(DemoPerson person, DateTimeOffset now)
    {
        var random = new Random(person.Seed ^ 0x544B54);
        for (var ticket = 0; ticket < person.TicketsByEmail + person.TicketsByPhone; ticket++)
        {
            var opened = now - (DemoTime.Span * (0.05 + (0.9 * random.NextDouble())));
            var isByPhone = ticket >= person.TicketsByEmail;
            var number = (person.Number * 10) + ticket;
            var subject = Subjects[random.Next(Subjects.Length)];
            yield return Message(person, random, "Ticket Created", number, subject, isByPhone, opened);
            if (random.Next(4) > 0) yield return Message(person, random, "Ticket Solved", number, subject, isByPhone, opened + TimeSpan.FromMinutes(random.Next(20, 2_000)));
        }
    }

    /// <summary>A ticket that is opened now, by email.</summary>
    public static JsonObject Live(DemoPerson person, Random random, int number, DateTimeOffset now) =>
        Message(person, random, "Ticket Created", number, Subjects[random.Next(Subjects.Length)], isByPhone: false, now);

    private static JsonObject Message(DemoPerson person, Random random, string name, int number, string subject, bool isByPhone, DateTimeOffset at) => new()
    {
        ["event"] = name,
        ["anonymousId"] = person.RequesterId,
        ["messageId"] = DemoPeople.Uuid(random),
        ["timestamp"] = DemoTime.Iso(at),
        ["properties"] = new JsonObject
        {
            ["ticket_id"] = string.Create(CultureInfo.InvariantCulture, $"T-{100_000 + number}"),
            ["subject"] = subject,
            ["channel"] = isByPhone ? "phone" : "email",
            ["priority"] = person.Plan == "pro" ? "high" : "normal",
        },
        ["context"] = isByPhone
            ? new JsonObject
            {
                ["externalIds"] = new JsonArray(new JsonObject { ["id"] = person.Phone, ["type"] = "phone", ["collection"] = "users", ["encoding"] = "none" }),
            }
            : new JsonObject { ["traits"] = new JsonObject { ["email"] = person.Email } },
    };
}
