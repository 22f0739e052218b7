using Microsoft.AspNetCore.Components;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Console.Profiles;

/// <summary>Finds a profile, or shows those that something happened to lately.</summary>
public sealed partial class ProfilesPage
{
    private const int IdentifiersShown = 3;

    private IReadOnlyList<ProfileHit> _hits = [];
    private Space? _space;
    private ProfileCollection _collection;
    private bool _mayIdentify;
    private bool _isSearch;

    [Inject]
    internal ProfileBoard Board { get; init; } = null!;

    [Inject]
    public required NavigationManager Navigation { get; init; }

    /// <summary>What is searched for.</summary>
    [SupplyParameterFromQuery(Name = "q")]
    public string? Search { get; set; }

    /// <summary><c>accounts</c>, or people.</summary>
    [SupplyParameterFromQuery(Name = "of")]
    public string? Of { get; set; }

    /// <summary>The slug of a space; the first one when there is none.</summary>
    [SupplyParameterFromQuery(Name = "space")]
    public string? InSpace { get; set; }

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        FollowWorkspace();
        FollowPulse();
    }

    /// <inheritdoc/>
    protected override void OnParametersSet() => Refresh();

    /// <inheritdoc/>
    protected override void Refresh()
    {
        var now = Workspace.Current;
        _space = now.FindSpace(InSpace ?? "") ?? now.Spaces.FirstOrDefault();
        _collection = Of == "accounts" ? ProfileCollection.Accounts : ProfileCollection.Users;
        _mayIdentify = Access.May(Permission.Pii);
        _isSearch = !string.IsNullOrWhiteSpace(Search);
        _hits = _space is null ? [] : _isSearch ? Board.Search(Search!, _space, _collection, _mayIdentify) : Board.Recent(_space, _collection);
    }

    private string TitleOf(ProfileSheet sheet) => _mayIdentify ? sheet.Name : Access.Mask(sheet.Name);

    private string MonogramOf(ProfileSheet sheet) => _mayIdentify ? ProfileText.Monogram(sheet.Name) : "";

    // What was searched for stands alone, so that one sees why somebody is in the list.
    private IEnumerable<(string Type, string Value)> IdentifiersOf(ProfileHit hit)
    {
        if (hit.Match is not { } match) return hit.Sheet.Profile.Nodes.Take(IdentifiersShown).Select(node => (node.Type, Access.Mask(node.Value)));
        var colon = match.IndexOf(':', StringComparison.Ordinal);
        return [(match[..colon], Access.Mask(match[(colon + 1)..]))];
    }

    private void Narrow(string text) => Turn("q", text.Length > 0 ? text : null);

    private void Turn(string name, string? value) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter(name, value), replace: true);
}
