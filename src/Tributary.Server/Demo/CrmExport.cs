using System.Globalization;
using System.Text;

namespace Tributary.Server.Demo;

/// <summary>The CRM's weekly export: one row a customer, known by email and phone. It has never heard of the website's ids.</summary>
internal static class CrmExport
{
    /// <summary>The file, ready for <c>POST /v1/import</c>.</summary>
    public static byte[] Write(IEnumerable<DemoPerson> people, DateTimeOffset now)
    {
        var csv = new StringBuilder("email,phone,first_name,last_name,city,plan,account_manager,timestamp\n");
        foreach (var person in people.Where(person => person.IsInCrm))
        {
            var changed = now - (DemoTime.Span * new Random(person.Seed ^ 0x43524D).NextDouble());
            var manager = person.Number % 3 == 0 ? "\"Reed, Tom\"" : "\"Shore, Eva\"";
            csv.Append(CultureInfo.InvariantCulture, $"{person.Email},{person.Phone},{person.FirstName},{person.LastName},")
                .Append(CultureInfo.InvariantCulture, $"{person.City},{person.Plan},{manager},{DemoTime.Iso(changed)}\n");
        }

        return Encoding.UTF8.GetBytes(csv.ToString());
    }
}
