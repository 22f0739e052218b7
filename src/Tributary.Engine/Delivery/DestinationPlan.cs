using System.Text.Json.Nodes;
using Tributary.Engine.Delivery.Filters;
using Tributary.Engine.Delivery.Fql;
using Tributary.Engine.Delivery.Mapping;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>
/// One way through a destination: a subscription with its sender, or (number 0) the sender of a destination that has no subscriptions. Kept over revisions
/// that do not change it, so that its connections and caches stay.
/// </summary>
/// <param name="Number">The number of the subscription.</param>
/// <param name="Subscription">The subscription; null in lane 0.</param>
/// <param name="Trigger">Which events it is for; null in lane 0, which takes all.</param>
/// <param name="Sender">Null when it cannot be sent, see <paramref name="Fault"/>.</param>
/// <param name="Fault">What is wrong, as a sentence.</param>
/// <param name="IsInvalid">Trigger or mapping are: its events are filtered. Otherwise what is missing may come back, and they wait.</param>
internal sealed record Lane(uint Number, Subscription? Subscription, Trigger? Trigger, IDestinationSender? Sender, string? Fault, bool IsInvalid);

/// <summary>What a subscription says to an event.</summary>
internal sealed record SubscriptionVerdict(Subscription Subscription, bool IsMatch, string Reason);

/// <summary>Everything that a worker needs to know about its destination, of one revision. Made anew with each revision that changes it.</summary>
internal sealed class DestinationPlan
{
    public const string NoMapping = "no_matching_mapping";
    public const string InvalidMapping = "invalid_mapping";
    public const string MappingRemoved = "mapping_removed";
    public const string ByRules = "filtered_by_rules";

    private readonly DeliveryFilter _filter;
    private readonly CompiledFilters _filters;
    private readonly Lane[] _lanes;
    private readonly bool _hasActions;

    private readonly string _surroundings;
    private readonly EventDocument _document = new();

    private DestinationPlan(
        Destination destination, DeliveryFilter filter, CompiledFilters filters, Lane[] lanes, bool hasActions, SecretMask mask, string surroundings)
    {
        (Destination, _filter, _filters, _lanes, _hasActions, Mask, _surroundings) = (destination, filter, filters, lanes, hasActions, mask, surroundings);
        // One lane that works keeps the others' events moving; when none does, all wait in the log.
        Fault = lanes.Length > 0 && lanes.All(lane => lane is { Sender: null, IsInvalid: false }) ? lanes[0].Fault : null;
        Sync = DestinationSync.Of(destination.Settings);
        BatchMax = lanes.Select(lane => lane.Sender?.BatchMax ?? 1).DefaultIfEmpty(1).Max();
    }

    public Destination Destination { get; }

    public DestinationSync Sync { get; }

    /// <summary>Events go through subscriptions.</summary>
    public bool HasActions => _hasActions;

    public IReadOnlyList<Lane> Lanes => _lanes;

    /// <summary>Takes the destination's secrets out of what is shown.</summary>
    public SecretMask Mask { get; }

    /// <summary>Why nothing at all can be sent, so that events wait in the log; null when something can.</summary>
    public string? Fault { get; }

    /// <summary>The largest batch of any lane.</summary>
    public int BatchMax { get; }

    /// <summary>The lane of a number; null when its subscription is gone, disabled or invalid.</summary>
    public Lane? Find(uint number) => Array.Find(_lanes, lane => lane.Number == number && !lane.IsInvalid);

    public bool KeepsOrder(uint number) => Sync.Ordered ?? Find(number)?.Sender?.KeepsOrder ?? true;

    /// <summary>The plan of a destination as a snapshot has it; lanes that did not change are those of <paramref name="before"/>.</summary>
    /// <param name="workspace">The snapshot.</param>
    /// <param name="destination">The destination in it.</param>
    /// <param name="setup">How to send.</param>
    /// <param name="before">The plan until now; null at first.</param>
    public static DestinationPlan Make(WorkspaceSnapshot workspace, Destination destination, DeliverySetup setup, DestinationPlan? before)
    {
        var filter = setup.FilterOf(workspace, destination);
        var filters = Filters(workspace, destination);
        var surroundings = setup.SurroundingsOf(workspace, destination);
        var keeps = before is not null && before._surroundings == surroundings && JsonNode.DeepEquals(before.Destination.Settings, destination.Settings);
        var hasActions = setup.HasActions(destination.MetadataId);
        Lane[] lanes = hasActions
            ? [.. workspace.SubscriptionsOf(destination.Id).Where(subscription => subscription.Enabled)
                .Select(subscription => (keeps ? before!.Kept(subscription) : null) ?? Open(setup, workspace, destination, subscription))]
            : [keeps && before!._lanes is [{ Sender: not null } kept] ? kept : Open(setup, workspace, destination, null, null)];
        return new DestinationPlan(destination, filter, filters, lanes, hasActions, setup.MaskOf(workspace, destination), surroundings);
    }

    /// <summary>A plan that only judges: no sender is opened.</summary>
    public static DestinationPlan Judgement(WorkspaceSnapshot workspace, Destination destination, DeliverySetup setup) => new(
        destination, setup.FilterOf(workspace, destination),
        Filters(workspace, destination), [], setup.HasActions(destination.MetadataId), setup.MaskOf(workspace, destination), "");

    /// <summary>What consent, <c>integrations</c> and filters say; null when they let the event through.</summary>
    public string? FilterReason(ref ReadOnlyMemory<byte> message) => _filter.Judge(message.Span) ?? (Keeps(ref message) ? null : ByRules);

    /// <summary>What each subscription of the destination says to an event, disabled ones included.</summary>
    public IEnumerable<SubscriptionVerdict> Verdicts(WorkspaceSnapshot workspace, ReadOnlyMemory<byte> message)
    {
        _document.TryRead(message);
        foreach (var subscription in workspace.SubscriptionsOf(Destination.Id))
        {
            var (trigger, fault) = Trigger.Compile(subscription.Trigger);
            var isMatch = trigger?.Matches(_document) == true;
            yield return new SubscriptionVerdict(subscription, isMatch, trigger switch
            {
                null => $"The trigger cannot be read: {fault?.Message}",
                _ when !isMatch => $"The event does not match the trigger: {subscription.Trigger}",
                _ when !subscription.Enabled => "The event matches, but the subscription is disabled.",
                _ => "The event matches the trigger.",
            });
        }
    }

    /// <summary>Whether the destination gets an event, and through which lanes.</summary>
    /// <param name="message">The event; when filters take parts of it away, what is left.</param>
    /// <param name="isReplay">It is sent again on request: what <c>integrations</c> says does not count.</param>
    /// <param name="lanes">The numbers of the lanes that it takes, in ascending order.</param>
    /// <param name="invalid">The numbers of those that it would take, were they valid.</param>
    /// <returns>Why it gets nothing; null when it gets it.</returns>
    public string? Judge(ref ReadOnlyMemory<byte> message, bool isReplay, List<uint> lanes, List<uint> invalid)
    {
        lanes.Clear();
        invalid.Clear();
        if (_filter.Judge(message.Span, isReplay) is { } reason) return reason;
        if (!Keeps(ref message)) return ByRules;
        if (!_hasActions)
        {
            lanes.Add(0);
            return null;
        }

        foreach (var lane in _lanes)
        {
            if (lane.Trigger?.Matches(_document) == false) continue;
            (lane.IsInvalid ? invalid : lanes).Add(lane.Number);
        }

        return lanes.Count > 0 ? null : invalid.Count > 0 ? InvalidMapping : NoMapping;
    }

    /// <summary>
    /// The event without the members that filters take away, for a delivery that was decided before: a filter that would drop it does not affect it any more,
    /// spec/connections.md §5.2. Null when a filter cannot be evaluated.
    /// </summary>
    // Without the type, null would become an empty message.
    public ReadOnlyMemory<byte>? Filtered(ReadOnlyMemory<byte> message) => Keeps(ref message, isDecided: true) ? message : default(ReadOnlyMemory<byte>?);

    private static CompiledFilters Filters(WorkspaceSnapshot workspace, Destination destination) =>
        workspace.FiltersOf(destination.Id).Where(filter => filter.Enabled).ToList() is { Count: > 0 } filters ? FilterForm.Compile(filters) : CompiledFilters.None;

    // Leaves the message that is kept in the document, where triggers look at it.
    private bool Keeps(ref ReadOnlyMemory<byte> message, bool isDecided = false)
    {
        if (!_hasActions && ReferenceEquals(_filters, CompiledFilters.None)) return true;
        if (!_document.TryRead(message)) return false;
        var outcome = _filters.Apply(_document, isDecided);
        if (!outcome.IsKept) return false;
        if (!outcome.Message.Equals(message)) _document.TryRead(outcome.Message);
        message = outcome.Message;
        return true;
    }

    private Lane? Kept(Subscription subscription)
    {
        var lane = Array.Find(_lanes, lane => lane.Number == subscription.Number);
        return lane?.Subscription is { } old && lane.Fault is null && old.Action == subscription.Action && old.Trigger == subscription.Trigger
            && JsonNode.DeepEquals(old.Settings, subscription.Settings)
            ? lane
            : null;
    }

    // What is wrong with a mapping; null when it can be run.
    private static string? MappingFault(JsonObject mapping) => CompiledMapping.Compile(mapping) is { Mapping: null, Faults: var faults } ? string.Join(" ", faults) : null;

    private static Lane Open(DeliverySetup setup, WorkspaceSnapshot workspace, Destination destination, Subscription subscription)
    {
        var (trigger, triggerFault) = Trigger.Compile(subscription.Trigger);
        if (trigger is null) return new Lane(subscription.Number, subscription, null, null, $"The trigger of \"{subscription.Name}\": {triggerFault?.Message}", IsInvalid: true);
        return MappingFault(subscription.Settings) is { } fault
            ? new Lane(subscription.Number, subscription, trigger, null, $"The mapping of \"{subscription.Name}\": {fault}", IsInvalid: true)
            : Open(setup, workspace, destination, subscription, trigger);
    }

    private static Lane Open(DeliverySetup setup, WorkspaceSnapshot workspace, Destination destination, Subscription? subscription, Trigger? trigger)
    {
        var opened = setup.Open(workspace, destination, subscription, isDryRun: false);
        return new Lane(subscription?.Number ?? 0, subscription, trigger, opened.Sender, opened.Sender is null ? opened.Fault : null, IsInvalid: false);
    }
}
