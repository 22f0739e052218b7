using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;

namespace Tributary.Console.Shell;

/// <summary>The command palette: type, choose, go.</summary>
public sealed partial class Palette : ComponentBase
{
    private IReadOnlyList<PaletteItem> _items = [];
    private int _at;
    private bool _isOpen;
    private bool _wantsFocus;

    [Inject]
    public required PaletteSearch Items { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required IJSRuntime Browser { get; init; }

    /// <summary>Opens it, empty.</summary>
    public Task OpenAsync()
    {
        (_isOpen, _wantsFocus, _at) = (true, true, 0);
        _items = Items.Find("");
        StateHasChanged();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!_wantsFocus) return;
        _wantsFocus = false;
        await Browser.InvokeVoidAsync("tributary.focus", "palette-input");
    }

    private void Search(ChangeEventArgs input)
    {
        // What stands in the field is the browser's alone: written back late, it would swallow letters.
        _items = Items.Find((string?)input.Value ?? "");
        _at = 0;
    }

    private async Task KeyAsync(KeyboardEventArgs key)
    {
        switch (key.Key)
        {
            case "Escape" or "Tab":
                Close();
                break;
            case "ArrowDown" when _items.Count > 0:
                await MoveAsync((_at + 1) % _items.Count);
                break;
            case "ArrowUp" when _items.Count > 0:
                await MoveAsync((_at + _items.Count - 1) % _items.Count);
                break;
            case "Enter" when _items.Count > 0:
                var chosen = _items[_at];
                Go(chosen);
                if (chosen.Action is { } action) await Browser.InvokeVoidAsync("tributary.act", action);
                break;
        }
    }

    private async Task MoveAsync(int to)
    {
        _at = to;
        await Browser.InvokeVoidAsync("tributary.reveal", $"palette-{to}");
    }

    // A click on an action is carried out by the browser, which sees it too.
    private void Go(PaletteItem item)
    {
        Close();
        if (item.Path is { } path) Navigation.NavigateTo(path);
    }

    private void Close() => _isOpen = false;
}
