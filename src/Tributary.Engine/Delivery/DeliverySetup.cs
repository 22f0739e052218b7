using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>How to send to each kind of destination, as registered by the projects that implement them.</summary>
internal sealed class DeliverySetup(DestinationCatalog catalog, IEnumerable<DestinationDriver> drivers, DeliveryMetrics? metrics = null)
{
    private readonly Dictionary<string, DestinationDriver> _drivers = drivers.ToDictionary(driver => driver.Slug, StringComparer.Ordinal);

    public DeliveryMetrics? Metrics => metrics;

    /// <summary>What messages call the kind in <c>integrations</c>.</summary>
    public string KindName(string slug) => catalog.Find(slug)?.Name ?? slug;

    public SenderOpened Open(Destination destination) => _drivers.TryGetValue(destination.MetadataId, out var driver)
        ? driver.Open(new SenderRequest(destination.Id, destination.Settings))
        : SenderOpened.Faulty($"this server has nothing that sends to \"{destination.MetadataId}\".");
}
