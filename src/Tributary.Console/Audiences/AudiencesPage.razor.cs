using Microsoft.AspNetCore.Components;

namespace Tributary.Console.Audiences;

/// <summary>The list of audiences and computed traits.</summary>
public sealed partial class AudiencesPage
{
    private static readonly (string? Kind, string Name)[] Kinds = [(null, "All"), ("audience", "Audiences"), ("trait", "Traits")];

    private IReadOnlyList<ComputationRow> _rows = [];
    private List<ComputationRow> _shown = [];

    [Inject]
    public required AudienceBoard Board { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    /// <summary>What the list is narrowed to.</summary>
    [SupplyParameterFromQuery(Name = "q")]
    public string? Search { get; set; }

    /// <summary><c>audience</c> or <c>trait</c>; null for both.</summary>
    [SupplyParameterFromQuery(Name = "kind")]
    public string? Kind { get; set; }

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

    private bool Fits(ComputationRow row) => (Kind is null || row.Computation.IsAudience == (Kind == "audience"))
        && (string.IsNullOrWhiteSpace(Search) || new[] { row.Computation.Name, row.Computation.Key, row.Computation.Query }.Any(text => text.Contains(Search.Trim(), StringComparison.OrdinalIgnoreCase)));

    private void Narrow(string text) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("q", text.Length > 0 ? text : null), replace: true);

    private void Show(string? kind) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("kind", kind), replace: true);

    private void Open(ComputationRow row) => Navigation.NavigateTo($"/audiences/{row.Computation.Id}");
}
