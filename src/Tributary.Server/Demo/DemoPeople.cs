using System.Globalization;

namespace Tributary.Server.Demo;

/// <summary>Invents the shop's people. The same seed invents the same people, each independent of how many there are.</summary>
internal static class DemoPeople
{
    private static readonly string[] FirstNames =
    [
        "Ada", "Amara", "Anton", "Bela", "Carla", "Chidi", "Dana", "Elif", "Emil", "Farid", "Frida", "Grace", "Hana", "Ines", "Ivo",
        "Jonas", "Kaito", "Lena", "Linh",
        "Luca", "Maja", "Marek", "Nadia", "Noor", "Olga", "Oskar", "Paula", "Priya", "Quinn", "Rosa", "Samir", "Sofia", "Tariq", "Tilda",
        "Uma", "Viktor", "Wanda", "Yara", "Yusuf", "Zoe",
    ];

    private static readonly string[] LastNames =
    [
        "Bach", "Bridge", "Brook", "Campos", "Delta", "Dvorak", "Fischer", "Ford", "Garcia", "Haddad", "Ito", "Jansen", "Kowalski", "Lake",
        "Lindgren", "Marsh", "Mendes", "Moreau",
        "Nguyen", "Novak", "Okafor", "Olsen", "Patel", "Petrov", "Pond", "Rivera", "Rossi", "Santos", "Silva", "Strand", "Tanaka",
        "Torres", "Wells", "Weir", "Yilmaz", "Zhou",
    ];

    private static readonly string[] Cities =
    [
        "Amsterdam", "Basel", "Budapest", "Cologne", "Dresden", "Galway", "Graz", "Hamburg", "Linz", "London", "Lyon", "Passau", "Porto",
        "Prague", "Rotterdam", "Seville", "Turin", "Vienna", "Warsaw", "Zurich",
    ];

    private static readonly string[] UserAgents =
    [
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    ];

    /// <summary>The first is the one whose profile the demo shows: somebody whom only all three sources together know: the website their browsers and email, the CRM email and phone, the help desk no more than the phone.</summary>
    public static List<DemoPerson> Invent(int seed, int count)
    {
        var people = new List<DemoPerson>(count) { Ada(seed) };
        while (people.Count < count) people.Add(Somebody(seed, people.Count));
        return people;
    }

    private static DemoPerson Somebody(int seed, int number)
    {
        var own = unchecked((seed * 1_000_003) + number);
        var random = new Random(own);
        var (first, last) = (FirstNames[random.Next(FirstNames.Length)], LastNames[random.Next(LastNames.Length)]);
        // One in eight never comes to the website, one in five who come never makes an account.
        var visits = random.Next(8) == 0 ? 0 : 1 + (int)(Math.Pow(random.NextDouble(), 2) * 6);
        var registersAt = visits == 0 || random.Next(5) == 0 ? visits : random.Next(visits);
        var isInCrm = visits == 0 || (registersAt < visits && random.Next(10) < 6);
        var isKnown = isInCrm || registersAt < visits;
        return new DemoPerson
        {
            Number = number,
            FirstName = first,
            LastName = last,
            Email = string.Create(CultureInfo.InvariantCulture, $"{first.ToLowerInvariant()}.{last.ToLowerInvariant()}.{number}@example.com"),
            Phone = string.Create(CultureInfo.InvariantCulture, $"+1555{1_000_000 + number:d7}"),
            City = Cities[random.Next(Cities.Length)],
            Plan = random.Next(10) switch { < 6 => "free", < 9 => "plus", _ => "pro" },
            UserId = string.Create(CultureInfo.InvariantCulture, $"user-{10_000 + number}"),
            RequesterId = string.Create(CultureInfo.InvariantCulture, $"requester-{50_000 + number}"),
            Devices = [.. Enumerable.Range(0, visits == 0 ? 0 : Math.Min(visits, 1 + (int)(Math.Pow(random.NextDouble(), 2) * 3))).Select(_ => Device(random))],
            Visits = visits,
            RegistersAt = registersAt,
            IsInCrm = isInCrm,
            TicketsByEmail = isKnown && random.Next(5) == 0 ? random.Next(1, 3) : 0,
            TicketsByPhone = isInCrm && random.Next(8) == 0 ? 1 : 0,
            Seed = own,
        };
    }

    private static DemoPerson Ada(int seed)
    {
        var random = new Random(seed);
        return Somebody(seed, 0) with
        {
            FirstName = "Ada",
            LastName = "Brook",
            Email = "ada.brook@example.com",
            City = "Galway",
            Plan = "pro",
            Devices = [Device(random) with { UserAgent = UserAgents[1], SendsBatches = true }, Device(random) with { UserAgent = UserAgents[0], SendsBatches = false }],
            Visits = 5,
            RegistersAt = 2,
            IsInCrm = true,
            TicketsByEmail = 0,
            TicketsByPhone = 2,
        };
    }

    private static DemoDevice Device(Random random) => new(Uuid(random), UserAgents[random.Next(UserAgents.Length)], random.Next(4) > 0);

    /// <summary>A UUID that is the same for the same seed.</summary>
    public static string Uuid(Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        bytes[7] = (byte)((bytes[7] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes).ToString();
    }
}
