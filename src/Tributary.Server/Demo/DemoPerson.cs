namespace Tributary.Server.Demo;

/// <summary>A device with a browser; before somebody logs in, the shop knows it only by the id that analytics.js keeps in it.</summary>
/// <param name="AnonymousId">A UUID, as analytics.js makes it.</param>
/// <param name="UserAgent">As the browser sends it.</param>
/// <param name="SendsBatches">Whether this page is set up to send its events together (<c>/v1/b</c>) or each on its own (<c>/v1/t</c>, <c>/v1/p</c>, <c>/v1/i</c>).</param>
internal sealed record DemoDevice(string AnonymousId, string UserAgent, bool SendsBatches);

/// <summary>Somebody the shop deals with, and where they leave traces. Nobody in the shop sees this whole; that is what Tributary is for.</summary>
internal sealed record DemoPerson
{
    public required int Number { get; init; }

    public required string FirstName { get; init; }

    public required string LastName { get; init; }

    public required string Email { get; init; }

    /// <summary>In E.164 with a number that belongs to nobody.</summary>
    public required string Phone { get; init; }

    public required string City { get; init; }

    /// <summary>free, plus or pro.</summary>
    public required string Plan { get; init; }

    /// <summary>What the website calls them once they have an account.</summary>
    public required string UserId { get; init; }

    /// <summary>What the help desk calls them.</summary>
    public required string RequesterId { get; init; }

    /// <summary>Empty for people who only ever called or met a salesperson.</summary>
    public required IReadOnlyList<DemoDevice> Devices { get; init; }

    /// <summary>How often they came to the website within the demo's weeks.</summary>
    public required int Visits { get; init; }

    /// <summary>At which visit, counted from 0, they make an account; <see cref="Visits"/> when they never do.</summary>
    public required int RegistersAt { get; init; }

    public required bool IsInCrm { get; init; }

    /// <summary>Tickets by email; the help desk sends <c>context.traits.email</c> with them.</summary>
    public required int TicketsByEmail { get; init; }

    /// <summary>Tickets by phone; all that the help desk knows then is the number, in <c>context.externalIds</c>.</summary>
    public required int TicketsByPhone { get; init; }

    /// <summary>Decides everything else about this person; the same number for the same seed.</summary>
    public required int Seed { get; init; }
}
