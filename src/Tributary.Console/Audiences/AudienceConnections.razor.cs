using Microsoft.AspNetCore.Components;
using MudBlazor;
using Tributary.Console.Destinations;
using Tributary.Console.Shared;
using Tributary.Engine.Audiences;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Audiences;

/// <summary>Which destinations hear of an audience or computed trait, how far that is, and how one is connected, changed and disconnected.</summary>
public sealed partial class AudienceConnections
{
    private IReadOnlyList<(ComputationConnection Connection, DestinationRow? Row, bool IsTelling)> _connections = [];
    private IReadOnlyList<Destination> _open = [];
    private ConnectionDraft? _draft;
    private string? _source;
    private string? _asked;

    [Inject]
    public required AudienceBoard Board { get; init; }

    [Inject]
    internal DestinationBoard Destinations { get; init; } = null!;

    [Inject]
    public required ConnectionDesk Desk { get; init; }

    [Inject]
    public required DestinationCatalog Catalog { get; init; }

    [Inject]
    public required IDialogService Dialogs { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Parameter, EditorRequired]
    public required ComputationRow Row { get; set; }

    /// <summary>The destination that is being connected.</summary>
    [SupplyParameterFromQuery(Name = "add")]
    public string? Add { get; set; }

    private Computation Computation => Row.Computation;

    private string Path => $"/audiences/{Computation.Id}/destinations";

    private string CatalogPath => $"/destinations/catalog?source={_source}&for={Computation.Id}";

    private string Plural => Computation.IsOfAccounts ? "accounts" : "people";

    private string IdentifyName => Computation.IsOfAccounts ? "Group calls" : "Identify calls";

    private string TrackExample => Computation.IsAudience ? "Audience Entered, Audience Exited" : "Trait Computed";

    private IEnumerable<string> Types => Workspace.Current.FindSpace(Computation.SpaceId)?.Identity.Identifiers.Select(rule => rule.Type) ?? [];

    // The page renders once a second, and with it what is read here.
    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        var now = Workspace.Current;
        var telling = Board.Telling(Computation);
        var reading = Pulse.Latest;
        _source = ConnectionDesk.SourceOf(now, Computation.SpaceId)?.Id;
        _connections =
        [
            .. Computation.Connections.Select(connection => (
                connection, now.FindDestination(connection.DestinationId) is { } destination ? Destinations.Row(destination, reading) : null, telling.Contains(connection.Id))),
        ];
        _open = ConnectionDesk.OpenFor(now, Computation);
        if (Add == _asked) return;
        _asked = Add;
        _draft = _open.FirstOrDefault(destination => destination.Id == Add) is { } chosen ? ConnectionDraft.New(chosen, Catalog.Find(chosen.MetadataId), Computation.IsAudience) : null;
    }

    /// <inheritdoc/>
    protected override string? FaultOf(string? field)
    {
        var faults = Refusal?.Faults ?? [];
        if (field is null) return faults.FirstOrDefault(fault => fault.Field?.StartsWith("audienceSettings.", StringComparison.Ordinal) != true).Message;
        return faults.FirstOrDefault(fault => fault.Field == field.Replace("settings.", "audienceSettings.", StringComparison.Ordinal)).Message;
    }

    private string NameOf(string destinationId) => Workspace.Current.FindDestination(destinationId)?.Name ?? destinationId;

    private bool MakesList(string destinationId) => Computation.IsAudience && Workspace.Current.FindDestination(destinationId) is { } destination && Desk.MakesList(destination.MetadataId);

    private void Choose(string? destinationId) => Navigation.NavigateTo(string.IsNullOrEmpty(destinationId) ? Path : $"{Path}?add={destinationId}");

    private void Change(ComputationConnection connection) => _draft = ConnectionDraft.Of(connection);

    private void Leave()
    {
        _draft = null;
        if (Add is not null) Navigation.NavigateTo(Path);
    }

    private async Task SaveAsync()
    {
        if (_draft is not { } draft) return;
        var (now, name) = (Computation, NameOf(draft.DestinationId));
        var isDone = draft.ConnectionId is { } id
            ? await ActAsync($"{name} hears of it as you said, from now on.", author => Desk.UpdateAsync(author, now.SpaceId, now.Id, now.Kind, id, JsonInput.Of(draft.Fields()), CancellationToken.None))
            : await ActAsync($"{name} is connected.", async author => (await Desk.AddAsync(author, now.SpaceId, now.Id, now.Kind, JsonInput.Of(draft.Fields()), CancellationToken.None)).Changed);
        if (isDone) Leave();
    }

    private async Task DisconnectAsync(ComputationConnection connection)
    {
        var (now, name) = (Computation, NameOf(connection.DestinationId));
        if (!await Confirm.AskAsync(Dialogs, $"Disconnect {name}?", "It keeps what it was told and hears no more of it. The destination itself stays.", "Disconnect")) return;
        if (await ActAsync($"{name} is disconnected.", author => Desk.RemoveAsync(author, now.SpaceId, now.Id, now.Kind, connection.Id, CancellationToken.None)) && _draft?.ConnectionId == connection.Id) _draft = null;
    }
}
