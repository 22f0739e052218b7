using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using Tributary.Console.Shared;
using Tributary.Engine.Delivery;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>The subscriptions of a destination: when an action runs, and with which fields.</summary>
public sealed partial class MappingsTab
{
    private DestinationKind? _kind;
    private List<Subscription> _subscriptions = [];
    private List<DestinationPreset> _presets = [];

    [Inject]
    public required DestinationCatalog Catalog { get; init; }

    [Inject]
    public required SubscriptionDesk Desk { get; init; }

    [Inject]
    public required IDialogService Dialogs { get; init; }

    [Inject]
    public required Toasts Toasts { get; init; }

    [Parameter, EditorRequired]
    public required Destination Destination { get; set; }

    private bool _mayEdit => Access.May(Permission.Edit);

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        _kind = Catalog.Find(Destination.MetadataId);
        _subscriptions = [.. Workspace.Current.SubscriptionsOf(Destination.Id)];
        var isOfAudiences = Workspace.Current.FindSource(Destination.SourceId)?.MetadataId == SourceCatalog.Engage;
        var presets = (_kind?.Presets ?? []).Select(preset => isOfAudiences ? AudiencePresets.Of(preset) : preset);
        _presets = [.. presets.Where(preset => preset.Trigger is not null && !_subscriptions.Exists(each => each.Name == preset.Name))];
    }

    private string PathOf(string subscription) => $"/destinations/{Destination.Id}/mappings/{subscription}";

    private Task EnableAsync(Subscription subscription, bool enabled) => ActAsync(
        enabled ? $"{subscription.Name} is enabled." : $"{subscription.Name} is disabled.",
        author => Desk.UpdateAsync(author, Destination.Id, subscription.Id, JsonInput.Of(new JsonObject { ["enabled"] = enabled }), CancellationToken.None));

    private Task AddAsync(DestinationPreset preset) => ActAsync($"{preset.Name} is added and enabled.", author => Desk.AddAsync(author, Destination.Id, [preset], CancellationToken.None));

    private async Task DeleteAsync(Subscription subscription)
    {
        if (!await Confirm.AskAsync(Dialogs, $"Delete {subscription.Name}?", "What waits for it fails as mapping_removed, and can be sent again.", "Delete")) return;
        await ActAsync($"{subscription.Name} is deleted.", author => Desk.DeleteAsync(author, Destination.Id, subscription.Id, CancellationToken.None));
    }

    private async Task ActAsync(string done, Func<string, ValueTask<WorkspaceChanged>> change)
    {
        if (await Access.ActAsync(Permission.Edit, change) is { } refusal) Toasts.Failed(refusal.Faults[0].Message);
        else Toasts.Done(done);
        OnParametersSet();
    }
}
