using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using Tributary.Console.Shared;
using Tributary.Engine.Delivery;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>What can be changed of a destination: its own settings, and how it is delivered to.</summary>
public sealed partial class DestinationSettings
{
    private SettingsDraft? _draft;
    private Destination? _shown;
    private string _name = "";
    private string _consent = "";
    private bool _enabled;
    private SyncDraft _sync = new();
    private CredentialsState _test;

    [Inject]
    public required DestinationCatalog Catalog { get; init; }

    [Inject]
    public required DestinationDesk Desk { get; init; }

    [Inject]
    public required DestinationAsking Asking { get; init; }

    [Inject]
    public required IDialogService Dialogs { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Parameter, EditorRequired]
    public required Destination Destination { get; set; }

    private bool _mayEdit => Access.May(Permission.Edit);

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        // The page renders once a second; what somebody is typing must survive that, also when somebody else changes the destination meanwhile.
        if (_shown is not null) return;
        _shown = Destination;
        var kind = Catalog.Find(Destination.MetadataId);
        var masked = SecretBox.Masked(Destination.Settings, name => kind?.IsSecret(name) == true);
        _draft = kind is null ? null : SettingsDraft.Of(kind, masked);
        (_name, _enabled) = (Destination.Name, Destination.Enabled);
        _sync = SyncDraft.Of(masked[DestinationSync.Key] as JsonObject);
        _consent = masked[DestinationSync.ConsentKey] is JsonArray categories ? string.Join(", ", categories.Select(category => (string?)category)) : "";
    }

    /// <inheritdoc/>
    protected override string? FaultOf(string? field) => field is null
        ? Refusal?.Faults.FirstOrDefault(fault => fault.Field is null or "settings" or "metadataId").Message
        : Refusal?.Faults.FirstOrDefault(fault => fault.Field == field || fault.Field?.StartsWith(field + ".", StringComparison.Ordinal) == true).Message;

    private void Forget() => _test = default;

    private async Task TestAsync()
    {
        _test = new CredentialsState(IsAsking: true, null, null);
        var reply = await Asking.AuthenticateAsync(new DestinationAsked(Destination.MetadataId, Destination.Id, Destination.Settings, _draft!.Changes()));
        _test = new CredentialsState(IsAsking: false, reply.IsOk, reply.Message);
    }

    private async Task SaveAsync()
    {
        await ChangeAsync("Saved. It takes effect with the next event.", author => Desk.UpdateAsync(
            author, Destination.Id, JsonInput.Of(new JsonObject { ["name"] = _name, ["settings"] = _draft?.Changes() ?? [] }), CancellationToken.None));
    }

    private Task SaveDeliveryAsync() => ChangeAsync("Saved.", author => Desk.UpdateAsync(
        author,
        Destination.Id,
        JsonInput.Of(new JsonObject
        {
            ["enabled"] = _enabled,
            ["settings"] = new JsonObject { [DestinationSync.Key] = _sync.Value(), [DestinationSync.ConsentKey] = ConsentOf(_consent) },
        }),
        CancellationToken.None));

    private static JsonArray? ConsentOf(string text) =>
        text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } names ? [.. names.Select(name => JsonValue.Create(name))] : null;

    private async Task DeleteAsync()
    {
        var waiting = "Its mappings, filters and counts go with it, and what waits for it is not sent. What it has received stays where it is.";
        if (!await Confirm.AskAsync(Dialogs, $"Delete {Destination.Name}?", waiting, "Delete", "delete")) return;
        var name = Destination.Name;
        if (await ActAsync($"{name} is deleted.", author => Desk.DeleteAsync(author, Destination.Id, CancellationToken.None))) Navigation.NavigateTo("/destinations");
    }

    private async Task ChangeAsync(string done, Func<string, ValueTask<WorkspaceChanged>> change)
    {
        if (!await ActAsync(done, change) || Workspace.Current.FindDestination(Destination.Id) is not { } now) return;
        // What is shown next is what is stored now.
        _shown = null;
        Destination = now;
        OnParametersSet();
    }
}
