using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Settings;

/// <summary>Who changed what.</summary>
public sealed partial class AuditPage
{
    // More of them are opened by hand.
    private const int OpenMax = 12;

    private AuditFilter _filter = new();
    private AuditView _view = new([], null);

    [Inject]
    internal AuditBoard Board { get; init; } = null!;

    [SupplyParameterFromQuery(Name = "author")]
    public string? Author { get; set; }

    /// <summary>The kind of the resource.</summary>
    [SupplyParameterFromQuery(Name = "kind")]
    public string? Kind { get; set; }

    /// <summary>The id of a resource.</summary>
    [SupplyParameterFromQuery(Name = "resource")]
    public string? Resource { get; set; }

    /// <summary>A part of a name, an id or a field.</summary>
    [SupplyParameterFromQuery(Name = "q")]
    public string? Search { get; set; }

    /// <summary>The number of one revision.</summary>
    [SupplyParameterFromQuery(Name = "revision")]
    public string? Revision { get; set; }

    /// <summary>The revision before which the page begins.</summary>
    [SupplyParameterFromQuery(Name = "before")]
    public string? Before { get; set; }

    private long? RevisionAsked => Number(Revision);

    // One who is asked for stands in the list also when nothing of his is kept any more.
    private IEnumerable<string> Authors => Author is null || Board.Authors.Contains(Author) ? Board.Authors : Board.Authors.Append(Author);

    /// <inheritdoc/>
    protected override void OnInitialized() => FollowWorkspace();

    /// <inheritdoc/>
    protected override void OnParametersSet() => Refresh();

    /// <inheritdoc/>
    protected override void Refresh()
    {
        _filter = new AuditFilter
        {
            Author = Filled(Author),
            Kind = Filled(Kind),
            Resource = Filled(Resource),
            Search = Filled(Search),
            Revision = RevisionAsked,
            Before = Number(Before),
        };
        _view = Board.Find(_filter, MayChange);
    }

    private static string? Filled(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    private static long? Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string DayOf(AuditEntry entry) => DateTimeOffset.FromUnixTimeMilliseconds(entry.At).UtcDateTime.ToString("dddd, d MMMM yyyy", CultureInfo.InvariantCulture);

    private static string NameOf(AuditItem item) => string.IsNullOrEmpty(item.Name) ? item.Id : item.Name;

    private string ValueOf(AuditItem item, string field, JsonNode? value) => AuditText.ValueOf(item.Kind, field, value, Access.May(Permission.Pii));

    private void Narrow(string name, string? value) => Navigation.NavigateTo(
        Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { [name] = Filled(value), ["before"] = null }), replace: true);
}
