using Microsoft.AspNetCore.Components;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>All kinds of destination, to choose one.</summary>
public sealed partial class CatalogPage
{
    private int _count;
    private int _matching;
    private List<(string Name, int Count)> _categories = [];
    private List<DestinationKind> _shown = [];

    [Inject]
    public required DestinationCatalog Catalog { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    /// <summary>What the list is narrowed to.</summary>
    [SupplyParameterFromQuery(Name = "q")]
    public string? Search { get; set; }

    /// <summary>The category that is shown; null for all.</summary>
    [SupplyParameterFromQuery(Name = "category")]
    public string? Category { get; set; }

    /// <summary>The source that is to send.</summary>
    [SupplyParameterFromQuery(Name = "source")]
    public string? Source { get; set; }

    /// <summary>The audience or trait that is to be connected; null when it is about events.</summary>
    [SupplyParameterFromQuery(Name = "for")]
    public string? For { get; set; }

    private string? ForName => For is null ? null : Workspace.Current.Computations.FirstOrDefault(computation => computation.Id == For)?.Name;

    private Dictionary<string, object?> Kept => new(StringComparer.Ordinal) { ["source"] = Source, ["for"] = For };

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        // Functions of the workspace are kinds of destination too, and what people made themselves comes first.
        var made = Workspace.Current.Functions.Where(function => function.ResourceType == Function.DestinationType).Select(function => Catalog.Find(function.CatalogId)).OfType<DestinationKind>();
        var all = made.Select(kind => kind with { Category = "Functions" }).Concat(Catalog.Kinds).ToList();
        _count = all.Count(kind => kind.Unavailable is null);
        var matching = all.Where(Fits).ToList();
        _matching = matching.Count;
        _categories = [.. matching.GroupBy(kind => kind.Category).Select(group => (group.Key, group.Count())).OrderBy(pair => pair.Key, StringComparer.Ordinal)];
        _shown =
        [
            .. matching.Where(kind => Category is null || kind.Category == Category)
                .OrderBy(kind => kind.Unavailable is not null).ThenBy(kind => !IsNative(kind))
                .ThenBy(kind => !FieldText.KindName(kind.Name).StartsWith(Search?.Trim() ?? "", StringComparison.OrdinalIgnoreCase)).ThenBy(kind => FieldText.KindName(kind.Name), StringComparer.OrdinalIgnoreCase),
        ];
    }

    private static bool IsNative(DestinationKind kind) => kind.Actions.IsEmpty && kind.Unavailable is null;

    private bool Fits(DestinationKind kind) => string.IsNullOrWhiteSpace(Search)
        || new[] { kind.Name, kind.Slug, kind.Description, kind.Category }.Any(text => text.Contains(Search.Trim(), StringComparison.OrdinalIgnoreCase));

    private static string MarkOf(string name) => string.Concat(name.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(word => char.IsLetterOrDigit(word[0])).Take(2).Select(word => char.ToUpperInvariant(word[0])));

    private string NewPath(string slug) => Navigation.GetUriWithQueryParameters($"/destinations/new/{slug}", Kept);

    private string PathOf(string? category) => Navigation.GetUriWithQueryParameter("category", category);

    private void Narrow(string text) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("q", text.Length > 0 ? text : null), replace: true);
}
