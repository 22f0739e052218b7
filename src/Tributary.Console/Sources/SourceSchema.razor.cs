using Microsoft.AspNetCore.Components;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Sources;

/// <summary>The events that a source has sent, and their properties, as the lake knows them.</summary>
public sealed partial class SourceSchema : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _over = new();
    private IReadOnlyList<SeenEvent>? _events;
    private List<SeenEvent> _shown = [];
    private SeenEvent? _chosen;
    private SchemaAnswer<SeenProperty>? _properties;
    private string? _failure;
    private bool _isReading;

    [Inject]
    public required SourceSchemas Schemas { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Parameter, EditorRequired]
    public required Source Source { get; set; }

    [SupplyParameterFromQuery(Name = "q")]
    public string? Search { get; set; }

    /// <summary>The event whose properties are shown: <c>type</c> or <c>type:name</c>.</summary>
    [SupplyParameterFromQuery(Name = "event")]
    public string? Event { get; set; }

    private string SchemaName => WorkspaceRules.SchemaOf(Source.Slug);

    /// <inheritdoc/>
    public void Dispose()
    {
        _over.Cancel();
        _over.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        // The page around it renders once a second; the lake is asked once, and when somebody asks.
        if (_events is null) await ReadAsync();
        else await NarrowAsync();
    }

    private static string NameOf(SeenEvent each) => each.Name.Length > 0 ? $"{each.Type}:{each.Name}" : each.Type;

    private async Task ReadAsync()
    {
        if (_isReading) return;
        _isReading = true;
        try
        {
            var answer = await Schemas.EventsAsync(Source, _over.Token);
            (_events, _failure) = (answer.Rows, answer.Failure);
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested)
        {
            return;
        }
        finally
        {
            _isReading = false;
        }

        _chosen = null;
        await NarrowAsync();
        StateHasChanged();
    }

    private async Task NarrowAsync()
    {
        var asked = Search?.Trim();
        _shown = [.. (_events ?? []).Where(each => string.IsNullOrEmpty(asked) || each.Name.Contains(asked, StringComparison.OrdinalIgnoreCase) || each.Type.Contains(asked, StringComparison.OrdinalIgnoreCase))];
        var chosen = Event is null ? null : _events?.FirstOrDefault(each => NameOf(each) == Event);
        if (chosen == _chosen) return;
        (_chosen, _properties) = (chosen, null);
        if (chosen?.Table is not { } table)
        {
            _properties = new([], null);
            return;
        }

        try
        {
            StateHasChanged();
            _properties = await Schemas.PropertiesAsync(Source, table, _over.Token);
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested)
        {
            // The page is gone.
        }
    }

    private void Choose(SeenEvent each) => Ask("event", each == _chosen ? null : NameOf(each));

    private void Ask(string name, string? value) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameter(name, string.IsNullOrEmpty(value) ? null : value), replace: true);
}
