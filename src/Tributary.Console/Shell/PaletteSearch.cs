using MudBlazor;
using Tributary.Console.Access;
using Tributary.Engine.Profiles;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Console.Shell;

/// <summary>Something that the palette offers.</summary>
/// <param name="Kind">What it is: Page, Source, …</param>
/// <param name="Name">Its name.</param>
/// <param name="Detail">A word more, e.g. a slug.</param>
/// <param name="Icon">One of MudBlazor's outlined icons.</param>
/// <param name="Path">Where it leads; null when it is an <paramref name="Action"/>.</param>
/// <param name="Action">What the browser does, as in <c>data-action</c>.</param>
public sealed record PaletteItem(string Kind, string Name, string Detail, string Icon, string? Path, string? Action = null);

/// <summary>
/// What the palette finds: pages, sources, destinations, audiences and actions by any part of their name, and a profile by an identifier that is given in full.
/// <c>&gt;</c> at the beginning asks for actions alone, <c>@</c> for profiles, <c>#</c> for audiences.
/// </summary>
public sealed class PaletteSearch(Func<WorkspaceSnapshot> workspace, ProfileQueries profiles, ConsoleAccess access)
{
    /// <summary>Most items that are offered.</summary>
    public const int ItemsMax = 12;

    private const int LengthMax = 300;

    // In which order a bare value is tried: what people paste.
    private static readonly string[] GuessedTypes = ["user_id", "email", "phone", "anonymous_id"];

    /// <summary>What fits, the best first.</summary>
    public IReadOnlyList<PaletteItem> Find(string text)
    {
        var asked = text.Trim();
        if (asked.Length > LengthMax) return [];
        return asked switch
        {
            ['>', .. var rest] => Best(Actions(), rest.Trim()),
            ['@', .. var rest] => [.. Profiles(rest.Trim())],
            ['#', .. var rest] => Best(Audiences(workspace()), rest.Trim()),
            _ => [.. Profiles(asked), .. Best([.. Pages(), .. Resources(workspace()), .. Actions()], asked)],
        };
    }

    private static List<PaletteItem> Best(IEnumerable<PaletteItem> items, string asked) =>
    [
        .. items.Select(item => (item, Rank: Rank(item, asked))).Where(pair => pair.Rank > 0).OrderByDescending(pair => pair.Rank).Select(pair => pair.item).Take(ItemsMax),
    ];

    // The beginning of the name counts most, then of a word in it, then letters in their order.
    private static int Rank(PaletteItem item, string asked)
    {
        if (asked.Length == 0) return 1;
        if (item.Name.StartsWith(asked, StringComparison.OrdinalIgnoreCase)) return 100;
        if (item.Name.Contains(" " + asked, StringComparison.OrdinalIgnoreCase)) return 80;
        if (item.Name.Contains(asked, StringComparison.OrdinalIgnoreCase)) return 60;
        if (item.Detail.Contains(asked, StringComparison.OrdinalIgnoreCase)) return 40;
        return HasLettersOf(item.Name, asked) ? 20 : 0;
    }

    private static bool HasLettersOf(string name, string asked)
    {
        var at = 0;
        foreach (var letter in name)
        {
            if (at < asked.Length && char.ToUpperInvariant(letter) == char.ToUpperInvariant(asked[at])) at++;
        }

        return at == asked.Length;
    }

    private IEnumerable<PaletteItem> Pages() =>
        ConsolePages.All.Concat(ConsolePages.Settings).Where(page => access.May(page.Needs)).Select(page => new PaletteItem("Page", page.Name, page.Words, page.Icon, page.Path))
            .Append(new("Page", "Account", "password session profile me", Icons.Material.Outlined.AccountCircle, "/account"));

    private IEnumerable<PaletteItem> Actions()
    {
        if (access.May(Permission.Edit)) yield return new("Action", "Create source", "new website app write key", Icons.Material.Outlined.Add, "/sources/new");
        if (access.May(Permission.Administer))
        {
            yield return new("Action", "Create token", "new api key", Icons.Material.Outlined.Add, "/settings/tokens?new=yes");
            yield return new("Action", "Invite a member", "new person colleague", Icons.Material.Outlined.PersonAdd, "/settings/members?new=yes");
        }

        yield return new("Action", "Toggle dark mode", "light theme", Icons.Material.Outlined.Contrast, null, "theme");
        yield return new("Action", "Keyboard shortcuts", "keys help", Icons.Material.Outlined.Keyboard, null, "shortcuts");
        yield return new("Action", "Sign out", "leave log out", Icons.Material.Outlined.Logout, null, "sign-out");
    }

    private static IEnumerable<PaletteItem> Resources(WorkspaceSnapshot now)
    {
        var sources = now.Sources.Select(source => new PaletteItem("Source", source.Name, source.Slug, Icons.Material.Outlined.Input, $"/sources/{source.Id}"));
        var destinations = ConsolePages.Has("/destinations")
            ? now.Destinations.Select(each => new PaletteItem("Destination", each.Name, each.MetadataId, Icons.Material.Outlined.Output, $"/destinations/{each.Id}"))
            : [];
        return [.. sources, .. destinations, .. Audiences(now)];
    }

    private static IEnumerable<PaletteItem> Audiences(WorkspaceSnapshot now) => ConsolePages.Has("/audiences")
        ? now.Computations.Where(each => each.IsAudience && !each.Deleted)
            .Select(each => new PaletteItem("Audience", each.Name, each.Key, Icons.Material.Outlined.Groups, $"/audiences/{each.Id}"))
        : [];

    private IEnumerable<PaletteItem> Profiles(string asked)
    {
        if (asked.Length < 3 || !ConsolePages.Has("/profiles") || !access.May(Permission.Pii)) yield break;
        string[] names = asked.StartsWith("use_", StringComparison.Ordinal) || asked.Contains(':', StringComparison.Ordinal) ? [asked] : [.. GuessedTypes.Select(type => $"{type}:{asked}")];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var space in workspace().Spaces)
        {
            foreach (var name in names)
            {
                if (profiles.Find(space, ProfileCollection.Users, name) is not { } profile || !seen.Add(profile.Id.ToString())) continue;
                yield return new("Profile", name, space.Name, Icons.Material.Outlined.Person, ConsolePages.ProfilePath(profile.Id.ToString()));
            }
        }
    }
}
