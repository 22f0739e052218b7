using System.Text;
using Microsoft.AspNetCore.Components;
using Tributary.Console.Access;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Profiles;

/// <summary>What is said of a profile, by whom and since when.</summary>
public sealed partial class ProfileTraits
{
    private const int WholeMax = 20_000;

    private static readonly (string Class, string Name)[] Classes = [("", "All"), ("custom", "Custom"), ("computed", "Computed"), ("audience", "Audiences")];

    private IReadOnlyList<TraitRow> _rows = [];
    private List<TraitRow> _shown = [];
    private TraitRow? _open;
    private IReadOnlyList<TraitChange> _history = [];
    private string? _of;

    [Inject]
    internal TraitBoard Board { get; init; } = null!;

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Parameter, EditorRequired]
    public required ProfileSheet Sheet { get; set; }

    [SupplyParameterFromQuery(Name = "q")]
    public string? Search { get; set; }

    [SupplyParameterFromQuery(Name = "class")]
    public string? Class { get; set; }

    /// <summary>The trait that is looked at.</summary>
    [SupplyParameterFromQuery(Name = "trait")]
    public string? Trait { get; set; }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        _rows = Board.List(Sheet);
        var its = Enum.TryParse<TraitClass>(Class, ignoreCase: true, out var wanted) ? wanted : (TraitClass?)null;
        _shown = [.. _rows.Where(row => (its is null || row.Class == its) && (Search is null || row.Name.Contains(Search.Trim(), StringComparison.OrdinalIgnoreCase)))];
        _open = _rows.FirstOrDefault(row => row.Name == Trait);
        _history = _open is { Class: TraitClass.Custom } ? Board.History(Sheet, _open.Name) : [];
        _of = _open is null ? null : Workspace.Current.Computations.FirstOrDefault(each => each.SpaceId == Sheet.Space.Id && each.Key == _open.Name && !each.Deleted)?.Id;
    }

    // What was sent is hidden whatever it is; of what is computed, numbers and memberships name nobody.
    private string Shown(TraitClass its, byte[]? value) =>
        Access.May(Permission.Pii) || (its != TraitClass.Custom && value is not [(byte)'"' or (byte)'[' or (byte)'{', ..]) ? ProfileText.Value(value) : PiiMask.Hidden;

    private string Whole(TraitRow row) => Shown(row.Class, row.Value) is PiiMask.Hidden ? PiiMask.Hidden : ProfileText.Cut(Encoding.UTF8.GetString(row.Value), WholeMax);

    private void Turn(string name, string? value) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter(name, string.IsNullOrEmpty(value) ? null : value), replace: true);
}
