using Microsoft.AspNetCore.Components;
using Tributary.Console.Access;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Console.Events;

/// <summary>The newest messages of all sources.</summary>
public sealed partial class EventsPage
{
    private static readonly string[] Types = ["track", "page", "screen", "identify", "group", "alias"];

    private EventFilter _filter = new(null, default, null, EventVerdict.Accepted, long.MaxValue);
    private IReadOnlyList<EventRow> _rows = [];
    private bool _isNarrowed;
    private string? _id;

    [Inject]
    internal EventBoard Board { get; init; } = null!;

    [Inject]
    public required NavigationManager Navigation { get; init; }

    /// <summary>Only of the source with this id.</summary>
    [SupplyParameterFromQuery(Name = "source")]
    public string? Source { get; set; }

    /// <summary>Only of this type.</summary>
    [SupplyParameterFromQuery(Name = "type")]
    public string? Type { get; set; }

    /// <summary>Only of this name.</summary>
    [SupplyParameterFromQuery(Name = "event")]
    public string? Event { get; set; }

    /// <summary><c>discarded</c> or <c>quarantined</c> for those that were refused.</summary>
    [SupplyParameterFromQuery(Name = "verdict")]
    public string? Verdict { get; set; }

    /// <summary>The place behind which the list begins.</summary>
    [SupplyParameterFromQuery(Name = "before")]
    public string? Before { get; set; }

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
        _filter = new EventFilter(
            Workspace.Current.FindSource(Source ?? "")?.Number,
            EventTypes.TryParse(System.Text.Encoding.UTF8.GetBytes(Type ?? ""), out var type) ? type : default,
            string.IsNullOrWhiteSpace(Event) ? null : Event.Trim(),
            Enum.TryParse<EventVerdict>(Verdict, ignoreCase: true, out var verdict) ? verdict : EventVerdict.Accepted,
            EventBoard.Place(Before));
        _isNarrowed = _filter.Source is not null || _filter.Type != 0 || _filter.Name is not null || _filter.Verdict != EventVerdict.Accepted || Before is not null;
        _rows = Board.List(_filter);
    }

    private static string Lower(EventVerdict verdict) => verdict.ToString().ToLowerInvariant();

    private string SourceName(uint number) => number == 0 ? "unknown" : Workspace.Current.FindSource(number)?.Name ?? "deleted source";

    // Names of pages may identify somebody, those of tracked events only when they look like it.
    private string NameOf(EventRow row)
    {
        if (row.Name.Length == 0) return row.Type.Length > 0 ? row.Type : "Refused message";
        var name = Profiles.ProfileText.Cut(row.Name, 200);
        return Access.May(Permission.Pii) ? name : row.Type == "track" ? PiiMask.Prose(name) : PiiMask.Hidden;
    }

    private void Open(EventRow row)
    {
        if (row.MessageId.Length > 0) Navigation.NavigateTo(EventPaths.Of(row.MessageId));
    }

    private void OpenById()
    {
        if (!string.IsNullOrWhiteSpace(_id)) Navigation.NavigateTo(EventPaths.Of(_id.Trim()));
    }

    // Another filter begins at the newest again.
    private void Turn(string name, string? value) => Navigation.NavigateTo(
        Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { ["before"] = null, [name] = string.IsNullOrEmpty(value) ? null : value }), replace: true);
}
