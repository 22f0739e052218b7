using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using Tributary.Console.Access;
using Tributary.Console.Events;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Console.Profiles;

/// <summary>What somebody did, the newest first, by days.</summary>
public sealed partial class ProfileTimeline
{
    private const int StretchMax = 300;

    private static readonly string[] Types = ["track", "page", "screen", "identify", "group", "alias"];
    private static readonly TimelineFilter Unfiltered = new(default, "", null);
    private static readonly TimelineLine More = new(null, 0, null);

    private readonly List<TimelineRow> _rows = [];
    private List<TimelineLine> _lines = [];
    private TimelineFilter _filter = Unfiltered;
    private TimelineMark? _last;
    private ProfileSheet? _read;
    private bool _hasMore;
    private bool _mayIdentify;
    private TimelineRow? _open;
    private JsonNode? _message;

    [Inject]
    internal TimelineBoard Board { get; init; } = null!;

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required TimeProvider Clock { get; init; }

    [Parameter, EditorRequired]
    public required ProfileSheet Sheet { get; set; }

    /// <summary>Only events of this type.</summary>
    [SupplyParameterFromQuery(Name = "type")]
    public string? Type { get; set; }

    /// <summary>Only events whose name holds this.</summary>
    [SupplyParameterFromQuery(Name = "event")]
    public string? Event { get; set; }

    /// <summary>The last day that is shown, as <c>2026-11-28</c>.</summary>
    [SupplyParameterFromQuery(Name = "until")]
    public string? Until { get; set; }

    /// <summary>The event that is looked at.</summary>
    [SupplyParameterFromQuery(Name = "pick")]
    public string? Pick { get; set; }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        _mayIdentify = Access.May(Permission.Pii);
        var filter = new TimelineFilter(
            EventTypes.TryParse(System.Text.Encoding.UTF8.GetBytes(Type ?? ""), out var type) ? type : default, Event?.Trim() ?? "",
            DateOnly.TryParseExact(Until, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null);
        // Names of pages may identify somebody, so whoever may not see them may not search in them either.
        if (!_mayIdentify && filter.Name.Length > 0) filter = filter with { Type = EventType.Track };
        if (filter != _filter || _read is null || !_read.IsLike(Sheet)) Begin(filter);
        if (_open?.MessageId == Pick) return;
        _open = _rows.Find(row => row.MessageId == Pick);
        var message = _open is null ? null : Board.Message(_open.MessageId);
        _message = EventMessages.Shown(message, _mayIdentify);
    }

    // What was read further back stays: new events come on top of it.
    private void Begin(TimelineFilter filter)
    {
        var wanted = filter == _filter ? Math.Max(StretchMax, _rows.Count) : StretchMax;
        (_filter, _read, _last) = (filter, Sheet, null);
        _rows.Clear();
        Read(wanted);
    }

    private void ReadMore() => Read(StretchMax);

    private void Read(int max)
    {
        var stretch = Board.Read(Sheet, _filter, _last, max);
        _rows.AddRange(stretch.Rows);
        (_hasMore, _last) = (stretch.HasMore, stretch.Last ?? _last);
        _lines = TimelineLine.Of(_rows, DateOnly.FromDateTime(Clock.GetUtcNow().UtcDateTime));
        if (_hasMore) _lines.Add(More);
    }

    private string NameOf(TimelineRow row)
    {
        if (row.Name.Length == 0) return ProfileText.TypeName(row.Type);
        return _mayIdentify ? row.Name : row.Type == EventType.Track ? PiiMask.Prose(row.Name) : PiiMask.Hidden;
    }

    private static string IconOf(EventType type) => type switch
    {
        EventType.Identify => Icons.Material.Outlined.Badge,
        EventType.Track => Icons.Material.Outlined.Bolt,
        EventType.Page => Icons.Material.Outlined.Web,
        EventType.Screen => Icons.Material.Outlined.Smartphone,
        EventType.Group => Icons.Material.Outlined.Business,
        EventType.Alias => Icons.Material.Outlined.Link,
        EventType.Set => Icons.Material.Outlined.DataObject,
    };

    private void Turn(string name, string? value) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter(name, string.IsNullOrEmpty(value) ? null : value), replace: true);

    private void Clear() => Navigation.NavigateTo($"{Sheet.Path}/timeline", replace: true);
}
