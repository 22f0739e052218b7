using System.Text.Json.Nodes;

namespace Tributary.Model;

/// <summary>One event on its way to one destination.</summary>
/// <param name="EventOffset">Where the event lies in the event log; the same at every attempt, so it may serve as a key for dropping repeats.</param>
/// <param name="Type">The event's type.</param>
/// <param name="Attempt">1 at the first attempt.</param>
/// <param name="Payload">The normalised message: JSON in UTF-8. Valid until the attempt is over.</param>
public readonly record struct Delivery(LogOffset EventOffset, EventType Type, int Attempt, ReadOnlyMemory<byte> Payload);

/// <summary>
/// Sends events to one destination with one set of settings (and, where the kind has actions, for one subscription). What a kind of destination implements;
/// filters, triggers and retries are the engine's.
/// </summary>
/// <remarks>
/// Called from several threads at once, as often as the destination may have requests in flight. Two batches in flight at once never hold events of the
/// same profile unless <see cref="KeepsOrder"/> is false, and within a batch a profile's events stand in their order. An event may come again after a crash
/// or a lost answer: at least once.
/// </remarks>
public interface IDestinationSender : IDisposable
{
    /// <summary>Most events of one call; 1 when the destination takes them singly.</summary>
    int BatchMax { get; }

    /// <summary>Most bytes of raw messages in one call; a single larger event goes alone.</summary>
    int BatchBytesMax => 2 << 20;

    /// <summary>How long an event may wait for others, so that batches are fuller; zero sends what is there.</summary>
    TimeSpan BatchAge => TimeSpan.Zero;

    /// <summary>False when events of one profile may overtake each other.</summary>
    bool KeepsOrder => true;

    /// <summary>Attempts a batch. Failure is an outcome; an exception is a bug of the sender and counts as <c>sender_failed</c>, to be tried again.</summary>
    /// <param name="batch">1 to <see cref="BatchMax"/> deliveries.</param>
    /// <param name="trace">Takes what goes over the wire, for samples.</param>
    /// <param name="cancellationToken">Fires when the engine stops or the time for an attempt is over.</param>
    ValueTask<DeliveryOutcomes> SendAsync(IReadOnlyList<Delivery> batch, WireTrace trace, CancellationToken cancellationToken);
}

/// <summary>What a sender is made of.</summary>
/// <param name="DestinationId">The destination's id: what one destination keeps between calls (tokens, caches) may be kept under it.</param>
/// <param name="Settings">Its settings with secrets in the clear; must not be changed, printed or kept beyond the sender's life.</param>
/// <param name="Subscription">The subscription to send for; null for kinds without actions.</param>
/// <param name="IsDryRun">The sender must not send. It adds to the trace what it would send and takes every request as answered with <c>200 {}</c>.</param>
public sealed record SenderRequest(string DestinationId, JsonObject Settings, SenderSubscription? Subscription = null, bool IsDryRun = false);

/// <summary>The part of a subscription that concerns a sender.</summary>
/// <param name="Id">The subscription's id.</param>
/// <param name="Action">The key of the action, e.g. <c>trackEvent</c>.</param>
/// <param name="Mapping">How an event becomes the action's payload; must not be changed.</param>
public sealed record SenderSubscription(string Id, string Action, JsonObject Mapping);

/// <summary>How to send to one kind of destination; registered beside its entry in the catalogue.</summary>
/// <param name="Slug">The <c>metadataId</c> of the destinations that it serves.</param>
/// <param name="Open">
/// Checks settings and makes a sender of them. Called when a destination is enabled, at start and whenever its settings change, once for each enabled
/// subscription when the kind has actions; must be quick and not block.
/// </param>
/// <param name="HasActions">Events go through subscriptions; without a matching one, the destination does not get an event.</param>
public sealed record DestinationDriver(string Slug, Func<SenderRequest, SenderOpened> Open, bool HasActions = false);

/// <summary>A sender, or what is wrong with the settings. Settings were checked when they were stored, but perhaps by an older version.</summary>
public readonly record struct SenderOpened
{
    private SenderOpened(IDestinationSender? sender, string? fault) => (Sender, Fault) = (sender, fault);

    public IDestinationSender? Sender { get; }

    /// <summary>A sentence that says what to change; null when there is a sender.</summary>
    public string? Fault { get; }

    public static SenderOpened With(IDestinationSender sender) => new(sender, null);

    public static SenderOpened Faulty(string fault) => new(null, fault);
}
