using Microsoft.AspNetCore.Components;
using Tributary.Console.Access;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Audiences;

/// <summary>Edits a query as rows or as text, and shows whom it would select.</summary>
public sealed partial class AudienceBuilder : ComponentBase, IDisposable
{
    // Long enough for a word to be finished.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(350);

    private RowGroup _rows = new();
    private QueryCheck _check = new(null, null, 0, 0, null);
    private PreviewShown? _preview;
    private DateTimeOffset _askedAt;
    private CancellationTokenSource? _asking;
    private IReadOnlyList<string> _names = [];
    private (string Query, string Type, string SpaceId) _shown;
    private bool _isText;
    private bool _isAsking;

    [Inject]
    public required AudienceBoard Board { get; init; }

    [Inject]
    public required ConsoleAccess Access { get; init; }

    [Inject]
    public required LiveWorkspace Workspace { get; init; }

    [Inject]
    public required TimeProvider Clock { get; init; }

    /// <summary>The query.</summary>
    [Parameter, EditorRequired]
    public required string Query { get; set; }

    /// <summary>Told of each change, also of queries that cannot be read yet.</summary>
    [Parameter]
    public EventCallback<string> QueryChanged { get; set; }

    /// <summary><see cref="Computation.Audience"/> or <see cref="Computation.Trait"/>.</summary>
    [Parameter]
    public string Kind { get; set; } = Computation.Audience;

    /// <summary><c>USERS</c> or <c>ACCOUNTS</c>.</summary>
    [Parameter]
    public string Type { get; set; } = "USERS";

    /// <summary>The space whose people are counted.</summary>
    [Parameter, EditorRequired]
    public required string SpaceId { get; set; }

    /// <summary>A person counts only with an identifier of one of these types; empty for everybody.</summary>
    [Parameter]
    public IReadOnlyList<string> ExternalIds { get; set; } = [];

    /// <summary>What the server said of it.</summary>
    [Parameter]
    public string? Fault { get; set; }

    private string? Problem => Query.Trim().Length == 0 ? Fault : _check.Error is null ? Fault : _check.Suggestion is { } suggestion ? $"{_check.Error} Did you mean {suggestion}?" : _check.Error;

    private string Before => Query[..Math.Min(_check.Position, Query.Length)];

    private string Meant => _check.Position >= Query.Length ? " " : Query.Substring(_check.Position, Math.Min(_check.Length, Query.Length - _check.Position));

    private string After => _check.Position + _check.Length >= Query.Length ? "" : Query[(_check.Position + _check.Length)..];

    /// <inheritdoc/>
    public void Dispose()
    {
        _asking?.Cancel();
        _asking?.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        _isText = Kind == Computation.Trait;
    }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if ((Query, Type, SpaceId) == _shown) return;
        _shown = (Query, Type, SpaceId);
        _names = [.. Workspace.Current.Computations.Where(computation => !computation.Deleted && computation.SpaceId == SpaceId).Select(computation => computation.Key)];
        Read();
        if (!_isText) Lay();
        _ = AskAsync();
    }

    private string NameOf(AudienceMember member) => member.Identifiers.Count == 0 ? member.Id : Access.Mask(string.Join(", ", member.Identifiers.Take(2)));

    private void Read() => _check = Query.Trim().Length == 0 ? new QueryCheck(null, null, 0, 0, null) : AudienceBoard.Check(Query, Kind, Type);

    // A query that cannot be read is shown as text: rows would lose it.
    private void Lay()
    {
        if (Query.Trim().Length == 0) _rows = new RowGroup { Items = { new QueryRow { Within = "30" } } };
        else if (QueryRows.Of(Query, Type) is { } rows) _rows = rows;
        else _isText = true;
    }

    private void ShowRows()
    {
        _isText = false;
        Lay();
    }

    private void ShowText() => _isText = true;

    private Task Retype(ChangeEventArgs input) => SetAsync((string?)input.Value ?? "");

    private Task Rebuild() => SetAsync(QueryRows.Query(_rows));

    private async Task SetAsync(string query)
    {
        Query = query;
        _shown = (Query, Type, SpaceId);
        Read();
        await QueryChanged.InvokeAsync(query);
        _ = AskAsync();
    }

    private async Task AskAsync()
    {
        if (_asking is not null) await _asking.CancelAsync();
        _asking?.Dispose();
        var asking = _asking = new CancellationTokenSource();
        if (_check.Canonical is null)
        {
            (_preview, _isAsking) = (null, false);
            return;
        }

        try
        {
            await Task.Delay(Pause, Clock, asking.Token);
            _isAsking = true;
            await InvokeAsync(StateHasChanged);
            if (await Board.EstimateAsync(Query, Kind, Type, SpaceId, ExternalIds, asking.Token) is { Error: null } about)
            {
                (_preview, _askedAt) = (about, Clock.GetUtcNow());
                await InvokeAsync(StateHasChanged);
            }

            var preview = await Board.PreviewAsync(Query, Kind, Type, SpaceId, ExternalIds, asking.Token);
            (_preview, _askedAt, _isAsking) = (preview, Clock.GetUtcNow(), false);
            await InvokeAsync(StateHasChanged);
        }
        catch (Exception ended) when (asking.IsCancellationRequested && ended is OperationCanceledException or ObjectDisposedException)
        {
            // Something newer is asked, or the page is gone.
        }
        catch (Exception failure) when (!asking.IsCancellationRequested)
        {
            // Nobody awaits this: what fails is shown where the layout shows failures.
            _isAsking = false;
            await DispatchExceptionAsync(failure);
        }
    }
}
