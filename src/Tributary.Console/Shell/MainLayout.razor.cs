using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;
using Tributary.Console.Access;
using Tributary.Console.Live;

namespace Tributary.Console.Shell;

/// <summary>The frame around every page of members. It also notices that the member may no longer be here.</summary>
public sealed partial class MainLayout
{
    private DotNetObjectReference<MainLayout>? _self;
    private ErrorBoundary? _boundary;
    private Palette? _palette;
    private IDisposable? _watch;

    [Inject]
    public required ConsoleAccess Access { get; init; }

    [Inject]
    public required WorkspaceSignal Workspace { get; init; }

    [Inject]
    public required MemberSightings Sightings { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required IJSRuntime Browser { get; init; }

    /// <summary>Called by the browser for the shortcut.</summary>
    [JSInvokable]
    public Task OpenPaletteAsync() => InvokeAsync(() => _palette?.OpenAsync() ?? Task.CompletedTask);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Navigation.LocationChanged -= OnMoved;
        _watch?.Dispose();
        _self?.Dispose();
        await ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        Navigation.LocationChanged += OnMoved;
        _watch = Workspace.Subscribe(() => _ = InvokeAsync(StateHasChanged));
    }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        // With each page that somebody goes to.
        if (Access.Member is { } member) Sightings.Saw(member);
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender) return;
        _self = DotNetObjectReference.Create(this);
        var jumps = ConsolePages.All.Where(page => page.Key is not null && Access.May(page.Needs)).ToDictionary(page => page.Key!.Value.ToString(), page => page.Path);
        await Browser.InvokeVoidAsync("tributary.attach", _self, jumps);
    }

    private void OnMoved(object? sender, LocationChangedEventArgs moved) => _boundary?.Recover();

    private void Recover() => _boundary?.Recover();
}
