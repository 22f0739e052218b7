using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>
/// What stands between the engine and the senders of any kind of destination, e.g. insert functions. Registered by the project that implements it.
/// </summary>
/// <param name="StateOf">
/// What its work for a destination depends on besides the destination's own settings, e.g. an id and a version; null when it has nothing to do there. Senders
/// are opened anew when it changes.
/// </param>
/// <param name="Wrap">Puts it in front of a sender, of which it becomes the owner. Only called when there is a state.</param>
public sealed record SenderGate(
    Func<WorkspaceSnapshot, Destination, string?> StateOf, Func<WorkspaceSnapshot, Destination, bool, IDestinationSender, IDestinationSender> Wrap);

/// <summary>How to send to each kind of destination, as registered by the projects that implement them.</summary>
internal sealed class DeliverySetup(
    DestinationCatalog catalog, IEnumerable<DestinationDriver> drivers, IEnumerable<SenderGate>? gates = null, SecretBox? secrets = null, DeliveryMetrics? metrics = null)
{
    private readonly Dictionary<string, DestinationDriver> _drivers = drivers.ToDictionary(driver => driver.Slug, StringComparer.Ordinal);
    private readonly SenderGate[] _gates = [.. gates ?? []];

    public DeliveryMetrics? Metrics => metrics;

    /// <summary>What messages call the kind in <c>integrations</c>.</summary>
    public string KindName(string slug) => catalog.Find(slug)?.Name ?? slug;

    /// <summary>What a message alone says about whether a destination gets it.</summary>
    public DeliveryFilter FilterOf(WorkspaceSnapshot workspace, Destination destination) => new(
        destination, KindName(destination.MetadataId), catalog.Find(destination.MetadataId)?.IsWarehouse == true,
        destination.MetadataId.StartsWith(Function.CatalogPrefix, StringComparison.Ordinal) ? FullName(workspace, KindName(destination.MetadataId)) : null,
        name => IsKnown(workspace, name));

    /// <summary>Events go through subscriptions.</summary>
    public bool HasActions(string slug) => Driver(slug) is { HasActions: true };

    /// <summary>What senders depend on besides the destination's settings; equal when it has not changed.</summary>
    public string SurroundingsOf(WorkspaceSnapshot workspace, Destination destination) =>
        string.Join('\n', _gates.Select(gate => gate.StateOf(workspace, destination)));

    /// <summary>Takes the secrets of a destination, and of the function in front of it, out of what is shown.</summary>
    public SecretMask MaskOf(WorkspaceSnapshot workspace, Destination destination)
    {
        var kind = catalog.Find(destination.MetadataId);
        var own = SecretMask.SecretsOf(destination.Settings, secrets, name => kind?.IsSecret(name) == true);
        var instance = workspace.FindInsertFunctionOf(destination.Id);
        return new SecretMask(instance is null ? own : own.Concat(SecretMask.SecretsOf(instance.Settings, secrets, name => workspace.FindFunction(instance.FunctionId)?.IsSecret(name) == true)));
    }

    /// <summary>A sender for a destination, or for one of its subscriptions, with everything that stands before it.</summary>
    public SenderOpened Open(WorkspaceSnapshot workspace, Destination destination, Subscription? subscription, bool isDryRun)
    {
        if (Driver(destination.MetadataId) is not { } driver)
            return SenderOpened.Faulty($"this server has nothing that sends to \"{destination.MetadataId}\".");
        try
        {
            var settings = DestinationSync.Without(secrets?.Unseal(destination.Settings) ?? destination.Settings);
            var opened = driver.Open(new SenderRequest(
                destination.Id, settings, subscription is null ? null : new SenderSubscription(subscription.Id, subscription.Action, subscription.Settings), isDryRun));
            if (opened.Sender is not { } sender) return opened;
            foreach (var gate in _gates)
            {
                if (gate.StateOf(workspace, destination) is not null) sender = gate.Wrap(workspace, destination, isDryRun, sender);
            }

            return SenderOpened.With(sender);
        }
        catch (SecretLostException lost)
        {
            return SenderOpened.Faulty(lost.Message);
        }
    }

    // What Segment calls a destination function in integrations: spec/connections.md §5.3.
    private static string FullName(WorkspaceSnapshot workspace, string function) => $"{function} ({workspace.Name?.Name})";

    private bool IsKnown(WorkspaceSnapshot workspace, string name) =>
        name is "All" or "all" or "Segment.io" or "Warehouses" or "Personas" || catalog.Kinds.Any(kind => kind.Name == name) || workspace.Destinations.Any(each => each.Name == name)
        || workspace.Functions.Any(function => function.DisplayName == name || FullName(workspace, function.DisplayName) == name);

    // All functions are opened by one driver.
    private DestinationDriver? Driver(string slug) =>
        _drivers.GetValueOrDefault(slug.StartsWith(Function.CatalogPrefix, StringComparison.Ordinal) ? Function.CatalogPrefix + "*" : slug);
}
