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
        yield return ($"/sources/{server.Workspace.Current.Sources.First(each => each.MetadataId == SourceCatalog.Engage).Id}", "source-engage");
        yield return ("/sources/there-is-none", "source-missing");
        yield return ("/destinations", "destinations-none");
        yield return ("/destinations/catalog", "catalogue");
        yield return ("/destinations/catalog?q=zzzz", "catalogue-none");
        yield return ("/destinations/catalog?category=Analytics", "catalogue-analytics");
        yield return ("/destinations/new/webhook", "destination-new-webhook");
        yield return ("/destinations/new/actions-amplitude", "destination-new-amplitude");
        yield return ("/destinations/there-is-none", "destination-missing");
        yield return ("/functions", "functions-none");
        yield return ("/functions/new", "function-new");
        yield return ("/functions/there-is-none", "function-missing");
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
        yield return ("/audiences/buyers/destinations", "audience-destinations");
        yield return ("/audiences/buyers/edit", "audience-edit");
        yield return ("/audiences/spent", "trait");
        yield return ("/audiences/spent/destinations", "trait-destinations");
        yield return ("/audiences/there-is-none", "audience-missing");
        yield return ("/settings", "settings");
        yield return ("/settings/identity/default", "settings-identity");
        yield return ("/settings/identity/nowhere", "settings-identity-missing");
        yield return ("/settings/tokens", "settings-tokens");
        yield return ("/settings/tokens?new=yes", "settings-token-new");
        yield return ("/settings/members", "settings-members");
        yield return ("/settings/members?new=yes", "settings-member-new");
        yield return ("/settings/audit", "settings-audit");
        yield return ($"/settings/audit?resource={source.Id}", "settings-audit-resource");
        yield return ("/settings/audit?q=nothing-has-this-name", "settings-audit-none");
        yield return ("/settings/backup", "settings-backup");
        yield return ("/settings/about", "settings-about");
        yield return ("/account", "account");
        yield return ("/there/is/no/such/page", "not-found");
    }

    // The one with most identifiers.
    private static ProfileId PersonOf(ConsoleServer server) => server.Services.GetRequiredService<ProfileQueries>()
        .List(server.Workspace.Current.Spaces[0], ProfileCollection.Users, default).MaxBy(profile => profile.Nodes.Count)!.Id;

    /// <summary>The addresses of a webhook, of a destination with mappings, and of a function.</summary>
    public static IEnumerable<(string Path, string Name)> OfDelivery(string webhook, string mapped, string mapping, string function)
    {
        yield return ("/destinations", "destinations");
        yield return ($"/destinations/{webhook}", "destination");
        yield return ($"/destinations/{webhook}?window=7d&reason=http_422&replay=http_422", "destination-reason");
        yield return ($"/destinations/{webhook}/filters", "destination-filters");
        yield return ($"/destinations/{webhook}/try", "destination-try");
        yield return ($"/destinations/{webhook}/settings", "destination-settings");
        yield return ($"/destinations/{webhook}/nothing", "destination-no-tab");
        yield return ($"/destinations/{mapped}/mappings", "mappings");
        yield return ($"/destinations/{mapped}/mappings/{mapping}", "mapping");
        yield return ($"/destinations/{mapped}/mappings/new?action=logEventV2", "mapping-new");
        yield return ("/functions", "functions");
        yield return ($"/functions/{function}", "function");
    }
}
