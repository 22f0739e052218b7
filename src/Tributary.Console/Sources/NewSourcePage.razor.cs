using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Tributary.Console.Access;
using Tributary.Console.Shared;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Sources;

/// <summary>Creates a source and leads to its install page.</summary>
public sealed partial class NewSourcePage : ComponentBase
{
    private string _kind = "javascript";
    private string _name = "";
    private string _slug = "";
    private string? _space;
    private bool _hasOwnSlug;
    private bool _isBusy;
    private WorkspaceRefusal? _refusal;

    [Inject]
    public required ConsoleAccess Access { get; init; }

    [Inject]
    public required LiveWorkspace Workspace { get; init; }

    [Inject]
    public required SourceDesk Desk { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required Toasts Toasts { get; init; }

    private static IEnumerable<(string Title, IReadOnlyList<(string Slug, string Name, string Channel)> Entries)> Kinds =>
    [
        ("Websites", Of("browser")),
        ("Mobile apps", Of("mobile")),
        ("Servers and files", Of("server")),
    ];

    private static List<(string Slug, string Name, string Channel)> Of(string channel) =>
        [.. SourceCatalog.Entries.Where(entry => entry.Channel == channel && entry.Slug != SourceCatalog.Engage)];

    private string? FaultOf(string? field) => _refusal?.Faults.FirstOrDefault(fault => fault.Field == field).Message;

    private void Choose(string kind) => _kind = kind;

    private void Rename(ChangeEventArgs input)
    {
        _name = (string?)input.Value ?? "";
        if (!_hasOwnSlug) _slug = Slug(_name);
    }

    private void Reslug(ChangeEventArgs input)
    {
        _slug = (string?)input.Value ?? "";
        _hasOwnSlug = _slug.Length > 0;
    }

    private async Task CreateAsync()
    {
        if (_isBusy) return;
        _isBusy = true;
        try
        {
            var fields = new JsonObject { ["name"] = _name, ["slug"] = _slug, ["metadataId"] = _kind };
            if (_space is not null) fields["spaceId"] = _space;
            var id = "";
            _refusal = await Access.ActAsync(Permission.Edit, async author =>
            {
                (id, var changed) = await Desk.CreateAsync(author, JsonInput.Of(fields), CancellationToken.None);
                return changed;
            });
            if (_refusal is not null) return;
            Toasts.Done($"{_name} is ready. Install it and watch the first event arrive.");
            Navigation.NavigateTo($"/sources/{id}");
        }
        finally
        {
            _isBusy = false;
        }
    }

    // Letters and digits of the name in lower case, a dash where something else stood.
    private static string Slug(string name)
    {
        var slug = new System.Text.StringBuilder();
        foreach (var letter in name)
        {
            if (char.IsAsciiLetterOrDigit(letter)) slug.Append(char.ToLowerInvariant(letter));
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
            if (slug.Length == 60) break;
        }

        return slug.ToString().TrimEnd('-');
    }
}
