using Microsoft.AspNetCore.Components;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>The list of destinations.</summary>
public sealed partial class DestinationsPage
{
    private IReadOnlyList<DestinationRow> _rows = [];
    private List<DestinationRow> _shown = [];

    [Inject]
    internal DestinationBoard Board { get; init; } = null!;

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
        _rows = Board.List(Pulse.Latest);
        _shown = [.. _rows.Where(Fits).OrderBy(row => row.Condition)];
    }

    private bool Fits(DestinationRow row) => string.IsNullOrWhiteSpace(Search)
        || new[] { row.Destination.Name, row.KindName, row.SourceName }.Any(text => text.Contains(Search.Trim(), StringComparison.OrdinalIgnoreCase));

    private void Narrow(string text) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("q", text.Length > 0 ? text : null), replace: true);

    private void Open(Destination destination) => Navigation.NavigateTo($"/destinations/{destination.Id}");
}
