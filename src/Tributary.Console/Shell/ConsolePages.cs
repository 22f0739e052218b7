using MudBlazor;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Shell;

/// <summary>A page of the navigation.</summary>
/// <param name="Path">Its address.</param>
/// <param name="Name">What it is called, everywhere.</param>
/// <param name="Group">The heading under which it stands.</param>
/// <param name="Icon">One of MudBlazor's outlined icons.</param>
/// <param name="Key">The letter that jumps to it after <c>g</c>; null when there is none.</param>
/// <param name="Needs">What a member must be allowed to do for it to be shown.</param>
/// <param name="Words">More words by which the palette finds it.</param>
public sealed record ConsolePage(string Path, string Name, string Group, string Icon, char? Key = null, Permission Needs = Permission.Read, string Words = "");

/// <summary>The pages in the order of the navigation. A new area is one line here; the rail, the palette and the shortcuts follow.</summary>
public static class ConsolePages
{
    public static IReadOnlyList<ConsolePage> All { get; } =
    [
        new("/", "Home", "", Icons.Material.Outlined.Home, 'h', Words: "overview start dashboard"),
        new("/sources", "Sources", "Connections", Icons.Material.Outlined.Input, 's', Words: "write keys websites apps events live debugger"),
        new("/destinations", "Destinations", "Connections", Icons.Material.Outlined.Output, 'd', Words: "webhooks tools deliveries errors retry replay mappings filters catalogue"),
        new("/functions", "Functions", "Connections", Icons.Material.Outlined.Code, 'f', Words: "javascript code insert source destination logs"),
        new("/profiles", "Profiles", "Customers", Icons.Material.Outlined.People, 'p', Words: "people customers accounts identity graph search merge split"),
        new("/audiences", "Audiences", "Customers", Icons.Material.Outlined.Groups, 'a', Words: "computed traits segments lists members builder"),
        new("/events", "Events", "Data", Icons.Material.Outlined.Bolt, 'e', Words: "messages passport newest discarded quarantined"),
        new("/lake", "Lake", "Data", Icons.Material.Outlined.TableChart, 'l', Permission.Pii, "sql query tables history csv chart"),
        new("/settings", "Settings", "Workspace", Icons.Material.Outlined.Settings, ',', Words: "configuration administration"),
    ];

    /// <summary>The pages of the settings in the order of their tabs. The palette finds them by name; in the navigation they stand under one line.</summary>
    public static IReadOnlyList<ConsolePage> Settings { get; } =
    [
        new("/settings/identity", "Identity rules", "Settings", Icons.Material.Outlined.Fingerprint, Words: "identifiers priorities limits blocked values merge simulate spaces"),
        new("/settings/tokens", "Tokens", "Settings", Icons.Material.Outlined.Key, Needs: Permission.Administer, Words: "api keys scopes secrets credentials"),
        new("/settings/members", "Members", "Settings", Icons.Material.Outlined.ManageAccounts, Needs: Permission.Administer, Words: "people roles invite owner admin editor viewer permissions users"),
        new("/settings/audit", "Audit log", "Settings", Icons.Material.Outlined.History, Words: "who changed what differences revisions"),
        new("/settings/backup", "Backup", "Settings", Icons.Material.Outlined.Save, Needs: Permission.Administer, Words: "export workspace file download disk data folder restore"),
        new("/settings/about", "About", "Settings", Icons.Material.Outlined.Info, Words: "version licence health uptime"),
    ];

    /// <summary>Where a profile is shown; null while there is no page for it.</summary>
    public static string? ProfilePath(string profileId) => Has("/profiles") ? $"/profiles/{profileId}" : null;

    /// <summary>Whether an area has a page.</summary>
    public static bool Has(string path) => All.Concat(Settings).Any(page => page.Path == path);
}
