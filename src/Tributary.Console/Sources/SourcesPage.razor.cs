using Microsoft.AspNetCore.Components;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Sources;

/// <summary>The list of sources.</summary>
public sealed partial class SourcesPage
{
    private IReadOnlyList<SourceRow> _rows = [];
    private List<SourceRow> _shown = [];

    [Inject]
    public required SourceBoard Board { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    /// <summary>What the list is narrowed to.</summary>
    [SupplyParameterFromQuery(Name = "q")]
    public string? Search { get; set; }

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
        _rows = Board.List();
        _shown = [.. _rows.Where(Fits)];
    }

    private bool Fits(SourceRow row) => string.IsNullOrWhiteSpace(Search)
        || new[] { row.Source.Name, row.Source.Slug, row.TypeName }.Any(text => text.Contains(Search.Trim(), StringComparison.OrdinalIgnoreCase));

    private void Narrow(string text) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("q", text.Length > 0 ? text : null), replace: true);

    private void Open(Source source) => Navigation.NavigateTo($"/sources/{source.Id}");
}
