using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Tributary.Console.Access;
using Tributary.Console.Shared;
using Tributary.Engine.Delivery;
using Tributary.Engine.Delivery.Fql;
using Tributary.Engine.Delivery.Mapping;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>Edits one subscription: an event on one side, its fields in the middle, what would be sent on the other, updated while somebody types.</summary>
public sealed partial class MappingEditor : ComponentBase, IDisposable
{
    /// <summary>Stands in the address for a subscription that is not saved yet.</summary>
    public const string New = "new";

    // Long enough for a word to be typed, short enough to feel at once.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(350);

    private static readonly (MappingMode Mode, string Word)[] Modes =
        [(MappingMode.None, "Not sent"), (MappingMode.Path, "From event"), (MappingMode.Template, "Template"), (MappingMode.Value, "Value"), (MappingMode.Json, "JSON")];

    private MappingDraft? _draft;
    private HashSet<MappingField> _first = [];
    private Subscription? _subscription;
    private DestinationAction? _action;
    private bool _isNew;
    private string _actionKey = "";
    private string _name = "";
    private string _trigger = "";
    private bool _enabled;
    private bool _isBusy;
    private bool _isTrying;
    private IReadOnlyList<RecentSample> _samples = [];
    private RecentSample _sample = null!;
    private JsonNode? _shown;
    private IReadOnlyList<(string Path, string Text)> _paths = [];
    private JsonObject? _output;
    private IReadOnlyDictionary<string, string> _faults = ImmutableDictionary<string, string>.Empty;
    private TrialResult? _trial;
    private CancellationTokenSource _newer = new();
    private WorkspaceRefusal? _refusal;

    [Inject]
    internal RecentEventsBoard Recent { get; init; } = null!;

    [Inject]
    internal TrialBoard Trials { get; init; } = null!;

    [Inject]
    public required ConsoleAccess Access { get; init; }

    [Inject]
    public required LiveWorkspace Workspace { get; init; }

    [Inject]
    public required DestinationCatalog Catalog { get; init; }

    [Inject]
    public required SubscriptionDesk Desk { get; init; }

    [Inject]
    public required DestinationAsking Asking { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required Toasts Toasts { get; init; }

    [Inject]
    public required TimeProvider Clock { get; init; }

    [Parameter, EditorRequired]
    public required Destination Destination { get; set; }

    /// <summary>The id of the subscription, or <see cref="New"/>.</summary>
    [Parameter, EditorRequired]
    public required string Subscription { get; set; }

    /// <summary>The action of a new subscription.</summary>
    [SupplyParameterFromQuery(Name = "action")]
    public string? Action { get; set; }

    private bool _mayEdit => Access.May(Permission.Edit);

    private string Back => $"/destinations/{Destination.Id}/mappings";

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        var kind = Catalog.Find(Destination.MetadataId);
        _isNew = Subscription == New;
        _subscription = _isNew ? null : SubscriptionDesk.Find(Workspace.Current, Destination.Id, Subscription);
        _actionKey = _subscription?.Action ?? Action ?? "";
        _action = kind?.FindAction(_actionKey);
        if (_subscription is not null) _draft = MappingDraft.Of(_action, _subscription.Settings);
        else if (_isNew && _action is not null) _draft = MappingDraft.New(_action);
        if (_draft is null) return;
        (_name, _trigger, _enabled) = _subscription is { } stored ? (stored.Name, stored.Trigger, stored.Enabled) : (_action!.Name, _action.DefaultTrigger ?? "type = \"track\"", true);
        _first = [.. _draft.Fields.Where(field => field.Mode != MappingMode.None || _draft.IsRequired(field) || field.Key == MappingDraft.SyncModeKey)];
        _samples = Workspace.Current.FindSource(Destination.SourceId) is { } source ? Recent.List(source) : [];
        // One that the trigger is for shows more than whatever came last.
        var trigger = Trigger.Compile(_trigger).Trigger;
        Choose(_samples.FirstOrDefault(sample => trigger is not null && RecentEventsBoard.Count(trigger, [sample]) > 0) ?? (_samples is [var newest, ..] ? newest : Recent.Example()));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _newer.Cancel();
        _newer.Dispose();
    }

    private static string TextOf(ChangeEventArgs input) => (string?)input.Value ?? "";

    private static (int Count, FqlFault? Fault) JudgeTrigger(string text, IReadOnlyList<RecentSample> samples)
    {
        var (trigger, fault) = Trigger.Compile(text);
        return trigger is null ? (0, fault) : (RecentEventsBoard.Count(trigger, samples), null);
    }

    private string? FaultOf(string? field) => field is null
        ? _refusal?.Faults.FirstOrDefault(fault => fault.Field is not ("name" or "trigger")).Message
        : _refusal?.Faults.FirstOrDefault(fault => fault.Field == field).Message;

    private void Pick(ChangeEventArgs input) => Choose(int.TryParse(TextOf(input), out var at) && at >= 0 && at < _samples.Count ? _samples[at] : Recent.Example());

    private void Choose(RecentSample sample)
    {
        _sample = sample;
        var message = PrettyJson.Parse(Encoding.UTF8.GetString(sample.Payload.Span));
        _shown = Access.May(Permission.Pii) ? message : PiiMask.Message(message);
        _paths = PropertyPaths.Of(message);
        Recompute();
    }

    private void Retrigger(string text) => _trigger = text;

    private void Set(Action change)
    {
        change();
        Recompute();
    }

    // What the mapping alone says is there at once; what the destination makes of it comes when the typing pauses.
    private void Recompute()
    {
        _faults = _draft!.Faults();
        var outcome = CompiledMapping.Compile(_draft.Value()).Mapping?.Apply(_sample.Payload);
        _output = outcome is { Fault: null, IsUndefined: false } done ? PrettyJson.Parse(Encoding.UTF8.GetString(done.Output.Span)) as JsonObject : null;
        if (_output is not null && !Access.May(Permission.Pii)) _output = PiiMask.Foreign(_output) as JsonObject;
        _newer.Cancel();
        _newer.Dispose();
        _newer = new CancellationTokenSource();
        _ = TryAsync(_newer.Token);
    }

    private async Task TryAsync(CancellationToken newer)
    {
        try
        {
            await Task.Delay(Quiet, Clock, newer);
            _isTrying = true;
            await InvokeAsync(StateHasChanged);
            var trial = await Trials.TryAsync(Destination, DraftOf(), _sample, newer);
            if (newer.IsCancellationRequested) return;
            (_trial, _isTrying) = (trial, false);
            await InvokeAsync(StateHasChanged);
        }
        catch (OperationCanceledException) when (newer.IsCancellationRequested)
        {
            // Something newer is being tried, or the page was left.
        }
    }

    private Subscription DraftOf() => new()
    {
        Id = _subscription?.Id ?? "draft",
        Number = _subscription?.Number ?? 0,
        DestinationId = Destination.Id,
        Name = _name,
        Action = _actionKey,
        Enabled = true,
        Trigger = _trigger,
        Settings = _draft!.Value(),
    };

    private string Resolved(MappingField field) => _output is not null && _output.TryGetPropertyValue(field.Key, out var value) ? value?.ToJsonString(PrettyJson.Short) ?? "null" : "nothing in this event";

    private async Task OfferAsync(MappingField field)
    {
        var reply = await Asking.ChoicesAsync(new DestinationAsked(Destination.MetadataId, Destination.Id, Destination.Settings, null), _actionKey, field.Key, _output);
        if (!reply.IsOk || reply.Answer.ValueKind != System.Text.Json.JsonValueKind.Object || !reply.Answer.TryGetProperty("choices", out var choices))
        {
            Toasts.Failed(reply.Message ?? "It offers no choices.");
            return;
        }

        field.Offer(SettingsField.ChoicesOf(choices));
        if (field.Choices.Count == 0) Toasts.Note("It offers no choices.");
        else if (field.Mode == MappingMode.None) Set(() => (field.Mode, field.Text) = (MappingMode.Value, ""));
    }

    private async Task SaveAsync()
    {
        if (_isBusy) return;
        if (_draft!.Faults().FirstOrDefault() is { Key: { } key, Value: var wrong })
        {
            Toasts.Failed($"{_draft.Fields.First(field => field.Key == key).Label}: {wrong}");
            return;
        }

        _isBusy = true;
        try
        {
            var fields = new JsonObject { ["name"] = _name, ["trigger"] = _trigger, ["enabled"] = _enabled, ["settings"] = _draft.Value() };
            if (_isNew) fields["actionId"] = _actionKey;
            _refusal = await Access.ActAsync(Permission.Edit, async author => _isNew
                ? (await Desk.CreateAsync(author, Destination.Id, JsonInput.Of(fields), CancellationToken.None)).Changed
                : await Desk.UpdateAsync(author, Destination.Id, Subscription, JsonInput.Of(fields), CancellationToken.None));
            if (_refusal is not null) return;
            Toasts.Done("Saved. It takes effect with the next event.");
            Navigation.NavigateTo(Back);
        }
        finally
        {
            _isBusy = false;
        }
    }
}
