using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using Tributary.Console.Access;
using Tributary.Console.Live;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Sources;

/// <summary>What a source sends, as it comes.</summary>
public sealed partial class SourceDebugger : ComponentBase, IDisposable
{
    // As many as Segment's debugger keeps; rows beyond RowsShown are there for the search.
    private const int KeptMax = 500;
    private const int RowsShown = 150;
    private const int NamesOffered = 50;
    private const int NameLengthOffered = 80;

    private static readonly string[] Types = ["track", "identify", "page", "screen", "group", "alias"];

    private readonly List<LiveEvent> _all = [];
    private readonly List<LiveEvent> _held = [];
    private readonly Dictionary<string, string> _texts = [];
    private readonly Dictionary<string, object?> _asked = new(StringComparer.Ordinal);
    private List<LiveEvent> _shown = [];
    private LiveEvent? _selected;
    private IDisposable? _subscription;
    private bool _isPaused;
    private bool _maySeeMeaning;
    private long _skipped;
    private double _ratio;

    [Inject]
    public required ConsoleAccess Access { get; init; }

    [Inject]
    public required LiveFeed Feed { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required IJSRuntime Browser { get; init; }

    [Parameter, EditorRequired]
    public required Source Source { get; set; }

    [SupplyParameterFromQuery(Name = "q")]
    public string? Search { get; set; }

    [SupplyParameterFromQuery(Name = "type")]
    public string? Type { get; set; }

    /// <summary>Only messages with this in the name of their event.</summary>
    [SupplyParameterFromQuery(Name = "name")]
    public string? EventName { get; set; }

    /// <summary>Only messages of whoever's user id or anonymous id begins like this.</summary>
    [SupplyParameterFromQuery(Name = "person")]
    public string? Person { get; set; }

    /// <summary><c>accepted</c> or <c>refused</c>; null for both.</summary>
    [SupplyParameterFromQuery(Name = "verdict")]
    public string? Verdict { get; set; }

    private IEnumerable<string> Names => _all.Select(each => each.Name).Where(name => name.Length is > 0 and <= NameLengthOffered).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(NamesOffered);

    /// <inheritdoc/>
    public void Dispose() => _subscription?.Dispose();

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        _subscription = Feed.Subscribe(batch => _ = InvokeAsync(() => Take(batch)));
        _all.AddRange(Feed.Recent(Source.Number, 100));
    }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        (_asked["q"], _asked["type"], _asked["name"], _asked["person"], _asked["verdict"]) = (Search, Type, EventName, Person, Verdict);
        Narrow();
    }

    private void Take(LiveBatch batch)
    {
        var mine = batch.Events.Where(each => each.Source == Source.Number).Reverse().ToList();
        _skipped = batch.Skipped;
        _ratio = batch.Events.Count == 0 ? 1 : (double)(batch.Skipped + batch.Events.Count) / batch.Events.Count;
        if (mine.Count == 0) return;
        Add(_isPaused ? _held : _all, mine);
        if (!_isPaused) Narrow();
        StateHasChanged();
    }

    // The backlog may hold what the first batch brings too.
    private static void Add(List<LiveEvent> to, List<LiveEvent> newestFirst)
    {
        var known = to.Take(newestFirst.Count + 100).Select(each => each.Key).ToHashSet(StringComparer.Ordinal);
        to.InsertRange(0, newestFirst.Where(each => !known.Contains(each.Key)));
        if (to.Count > KeptMax) to.RemoveRange(KeptMax, to.Count - KeptMax);
    }

    private void Narrow()
    {
        var maySee = Access.May(Permission.Pii);
        if (maySee != _maySeeMeaning) _texts.Clear();
        _maySeeMeaning = maySee;
        var asked = Search?.Trim();
        _shown = [.. _all.Where(each => Fits(each, asked))];
    }

    private bool Fits(LiveEvent each, string? asked) =>
        (string.IsNullOrEmpty(Type) || each.Type == Type)
        && (Verdict switch { "accepted" => each.Verdict == LiveVerdict.Accepted, "refused" => each.Verdict != LiveVerdict.Accepted, _ => true })
        && (string.IsNullOrWhiteSpace(EventName) || each.Name.Contains(EventName.Trim(), StringComparison.OrdinalIgnoreCase))
        && (string.IsNullOrWhiteSpace(Person) || (_maySeeMeaning && each.Person.StartsWith(Person.Trim(), StringComparison.OrdinalIgnoreCase)))
        && (string.IsNullOrEmpty(asked) || Searched(each).Contains(asked, StringComparison.OrdinalIgnoreCase));

    // Who may not see what identifies people must not find them by searching either.
    private string Searched(LiveEvent each)
    {
        if (_texts.TryGetValue(each.Key, out var text)) return text;
        if (_texts.Count > 2 * KeptMax) _texts.Clear();
        return _texts[each.Key] = $"{each.Name} {each.Code} {each.MessageId} {(_maySeeMeaning ? each.Text : PiiMask.Message(each.Json)?.ToJsonString() ?? "")}";
    }

    private void Select(LiveEvent each)
    {
        _selected = each;
        // Rows that move away under the cursor cannot be read.
        _isPaused = true;
    }

    private void Toggle()
    {
        if (_isPaused) Resume();
        else _isPaused = true;
    }

    private void Resume()
    {
        _isPaused = false;
        Add(_all, [.. _held]);
        _held.Clear();
        Narrow();
    }

    private void Clear()
    {
        _all.Clear();
        _held.Clear();
        _texts.Clear();
        (_selected, _skipped) = (null, 0);
        Narrow();
    }

    // The address follows a moment later: two filters that change at once must both be in it.
    private void Ask(string name, string? value)
    {
        _asked[name] = string.IsNullOrEmpty(value) ? null : value;
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(_asked), replace: true);
    }

    private async Task DownloadAsync()
    {
        var lines = new StringBuilder();
        foreach (var each in _shown)
            lines.Append(_maySeeMeaning ? each.Json?.ToJsonString() ?? each.Text.ReplaceLineEndings(" ") : PiiMask.Message(each.Json)?.ToJsonString() ?? "").Append('\n');
        await Browser.InvokeVoidAsync("tributary.download", $"{Source.Slug}.ndjson", "application/x-ndjson", lines.ToString());
    }
}
