using Microsoft.AspNetCore.Components;
using Tributary.Console.Shared;
using Tributary.Engine.Delivery;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>One destination, in tabs that are addresses.</summary>
public sealed partial class DestinationPage
{
    private DestinationRow? _row;
    private bool _isBusy;

    [Inject]
    internal DestinationBoard Board { get; init; } = null!;

    [Inject]
    internal ReplayDesk Replays { get; init; } = null!;

    [Inject]
    public required DestinationCatalog Catalog { get; init; }

    [Inject]
    public required DestinationDesk Desk { get; init; }

    [Inject]
    public required Toasts Toasts { get; init; }

    [Parameter]
    public required string Id { get; set; }

    [Parameter]
    public string? Tab { get; set; }

    /// <summary>What is open within the tab.</summary>
    [Parameter]
    public string? Part { get; set; }

    private bool HasMappings => _row is not null && Board.HasActions(_row.Destination);

    // What stores everything takes no filters.
    private bool HasFilters => _row is not null && Catalog.Find(_row.Destination.MetadataId) is not { IsWarehouse: true };

    private (string Style, string Title, string Text)? Notice => _row switch
    {
        { Condition: DestinationCondition.Blocked, Health.Fault: { } fault } => ("error", "Nothing can be sent.", $"{fault} Events wait."),
        { Condition: DestinationCondition.Down, Health: var health } =>
            ("error", "It does not answer.", health?.NextTry is { } next ? $"One event at a time is tried; the next at {next.UtcDateTime:HH:mm:ss} UTC." : "One event at a time is tried."),
        { Condition: DestinationCondition.Paused } => ("warning", "Paused.", $"{Words.Plural(_row.Balance.Pending, "event waits", "events wait")}; none is lost."),
        { Condition: DestinationCondition.Unmapped } => ("warning", "Nothing is mapped.", "Enable a mapping, or it gets nothing."),
        { Health.LaneFaults: [var fault, ..] } => ("warning", "A mapping cannot send.", fault),
        _ => null,
    };

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        FollowWorkspace();
        FollowPulse();
    }

    /// <inheritdoc/>
    protected override void OnParametersSet() => Refresh();

    /// <inheritdoc/>
    protected override void Refresh() => _row = Workspace.Current.FindDestination(Id) is { } destination ? Board.Row(destination, Pulse.Latest) : null;

    private IEnumerable<(string Tab, string Name)> Tabs()
    {
        yield return ("", "Overview");
        if (HasMappings) yield return ("mappings", "Mappings");
        if (HasFilters) yield return ("filters", "Filters");
        yield return ("try", "Try");
        yield return ("settings", "Settings");
    }

    private string PathOf(string tab) => tab.Length == 0 ? $"/destinations/{Id}" : $"/destinations/{Id}/{tab}";

    private Task PauseAsync(bool paused) => ActAsync(
        paused ? "Paused. Events wait until it is resumed." : "Resumed.", author => Desk.PauseAsync(author, Id, paused, CancellationToken.None));

    private Task RetryAsync() => ActAsync("What waits is tried again now.", _ => ValueTask.FromResult(new WorkspaceChanged(Workspace.Current, Replays.Retry(Id))));

    private async Task ActAsync(string done, Func<string, ValueTask<WorkspaceChanged>> change)
    {
        if (_isBusy) return;
        _isBusy = true;
        try
        {
            if (await Access.ActAsync(Permission.Edit, change) is { } refusal) Toasts.Failed(refusal.Faults[0].Message);
            else Toasts.Done(done);
            Refresh();
        }
        finally
        {
            _isBusy = false;
        }
    }
}
