using Microsoft.Extensions.DependencyInjection;
using Tributary.Console.Tests.Kit;
using Tributary.Engine.Profiles;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Console.Tests.Journeys;

/// <summary>Every address of the console that a member can open. A new page gets a line here, and with it the tests that hold for all.</summary>
internal static class EveryPage
{
    /// <summary>The address, and a name for its picture.</summary>
    public static IEnumerable<(string Path, string Name)> Of(Source source, ConsoleServer server)
    {
        var person = PersonOf(server);
        yield return ("/", "home");
        yield return ("/sources", "sources");
        yield return ("/sources?q=shop", "sources-narrowed");
        yield return ("/sources?q=nothing-has-this-name", "sources-none");
        yield return ("/sources/new", "source-new");
        yield return ($"/sources/{source.Id}", "source");
        yield return ($"/sources/{source.Id}/debugger", "debugger");
        yield return ($"/sources/{source.Id}/debugger?type=track&verdict=refused", "debugger-refused");
        yield return ($"/sources/{source.Id}/schema", "schema");
        yield return ($"/sources/{source.Id}/schema?event=track%3AOrder%20Completed", "schema-event");
        yield return ($"/sources/{source.Id}/settings", "source-settings");
        yield return ("/sources/there-is-none", "source-missing");
        yield return ("/profiles", "profiles");
        yield return ("/profiles?of=accounts", "profiles-accounts");
        yield return ("/profiles?q=nothing-begins-like-this", "profiles-none");
        yield return ("/profiles/use_000000000000000000000000000", "profile-missing");
        yield return ($"/profiles/{person}", "profile");
        yield return ($"/profiles/{person}?trait=plan", "profile-trait");
        yield return ($"/profiles/{person}/timeline", "profile-timeline");
        yield return ($"/profiles/{person}/identities", "profile-identities");
        yield return ($"/profiles/{person}/audiences", "profile-audiences");
        yield return ($"/profiles/{person}/accounts", "profile-accounts");
        yield return ("/lake", "lake");
        yield return ("/lake?sql=SELECT%201", "lake-sql");
        yield return ("/events", "events");
        yield return ("/events?verdict=discarded", "events-discarded");
        yield return ("/events/order-1", "passport");
        yield return ("/events/there-is-none", "passport-missing");
        yield return ("/audiences", "audiences");
        yield return ("/audiences?kind=trait&q=nothing-has-this-name", "audiences-none");
        yield return ("/audiences/new", "audience-new");
        yield return ("/audiences/new?ready=cart_abandoned", "audience-new-ready");
        yield return ("/audiences/new?kind=trait", "trait-new");
        yield return ("/audiences/buyers", "audience");
        yield return ("/audiences/buyers/members", "audience-members");
        yield return ("/audiences/buyers/explain", "audience-explain");
        yield return ("/audiences/buyers/compare", "audience-compare");
        yield return ("/audiences/buyers/edit", "audience-edit");
        yield return ("/audiences/spent", "trait");
        yield return ("/audiences/there-is-none", "audience-missing");
        yield return ("/account", "account");
        yield return ("/there/is/no/such/page", "not-found");
    }

    // The one with most identifiers.
    private static ProfileId PersonOf(ConsoleServer server) => server.Services.GetRequiredService<ProfileQueries>()
        .List(server.Workspace.Current.Spaces[0], ProfileCollection.Users, default).MaxBy(profile => profile.Nodes.Count)!.Id;
}
