using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Tributary.Console.Shared;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Sources;

/// <summary>Creates a source and leads to its install page.</summary>
public sealed partial class NewSourcePage
{
    private string _kind = "javascript";
    private string _name = "";
    private string _slug = "";
    private string? _space;
    private bool _hasOwnSlug;

    [Inject]
    public required SourceDesk Desk { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    private static IEnumerable<(string Title, IReadOnlyList<(string Slug, string Name, string Channel)> Entries)> Kinds =>
    [
        ("Websites", Of("browser")),
        ("Mobile apps", Of("mobile")),
        ("Servers and files", Of("server")),
    ];

    private static List<(string Slug, string Name, string Channel)> Of(string channel) =>
        [.. SourceCatalog.Entries.Where(entry => entry.Channel == channel && entry.Slug != SourceCatalog.Engage)];

    private void Choose(string kind) => _kind = kind;

    private void Rename(ChangeEventArgs input)
    {
        _name = (string?)input.Value ?? "";
        if (!_hasOwnSlug) _slug = Words.Slug(_name, '-');
    }

    private void Reslug(ChangeEventArgs input)
    {
        _slug = (string?)input.Value ?? "";
        _hasOwnSlug = _slug.Length > 0;
    }

    private async Task CreateAsync()
    {
        var fields = new JsonObject { ["name"] = _name, ["slug"] = _slug, ["metadataId"] = _kind };
        if (_space is not null) fields["spaceId"] = _space;
        var id = "";
        var isMade = await ActAsync($"{_name} is ready. Install it and watch the first event arrive.", async author =>
        {
            (id, var changed) = await Desk.CreateAsync(author, JsonInput.Of(fields), CancellationToken.None);
            return changed;
        });
        if (isMade) Navigation.NavigateTo($"/sources/{id}");
    }
}
