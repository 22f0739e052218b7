using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>
/// Shows what an event would do at a destination without sending anything: which subscriptions it triggers and why others not, and the requests that would go
/// out. The destination's filters are told but do not stop it, spec/connections.md §5.6.
/// </summary>
internal sealed class TestEvent(DeliverySetup setup, TimeProvider clock)
{
    private const int BodyMax = 256 << 10;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    /// <summary>Finds fault with a message that is to be tried, or gives it what every message has that was received.</summary>
    /// <param name="input">Where faults are told, under <c>event</c>.</param>
    /// <param name="message">The message; completed when it can be tried.</param>
    /// <param name="type">Its type.</param>
    public bool TryComplete(JsonInput input, [NotNullWhen(true)] JsonObject? message, out EventType type)
    {
        type = default;
        if (message is null) input.Fault("event", "event is required: a message with a type.");
        else if (!(message["type"] is JsonValue value && value.TryGetValue<string>(out var text) && EventTypes.TryParse(Encoding.UTF8.GetBytes(text), out type)))
            input.Fault("event.type", "event.type must be identify, track, page, screen, group or alias.");
        if (message is null || input.Faults.Count > 0) return false;
        var at = Profiles.ProfileWriter.Iso(clock.GetUtcNow().ToUnixTimeMilliseconds());
        foreach (var time in (ReadOnlySpan<string>)["timestamp", "receivedAt"]) message[time] ??= at;
        message["messageId"] ??= "test-" + WorkspaceSecrets.NewId();
        return true;
    }

    /// <summary>The answer of <c>POST /api/destinations/{id}/test</c>, without its envelope.</summary>
    public async Task<ReadOnlyMemory<byte>> AskAsync(WorkspaceSnapshot workspace, Destination destination, JsonObject message, EventType type, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = WorkspaceSnapshot.Json.Encoder }))
        {
            json.WriteStartObject();
            await WriteAsync(json, workspace, destination, message, type, cancellationToken);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>What one subscription would send of an event, whatever its trigger says; it need not be saved.</summary>
    public async Task<(IReadOnlyList<WireExchange> Requests, DeliveryOutcome Outcome)> TryDraftAsync(
        WorkspaceSnapshot workspace, Destination destination, Subscription subscription, ReadOnlyMemory<byte> payload, EventType type, CancellationToken cancellationToken)
    {
        var (_, trace, outcome) = await TryAsync(workspace, destination, subscription, payload, type, cancellationToken);
        return (trace.Exchanges, outcome);
    }

    /// <summary>Writes the answer of <c>POST /api/destinations/{id}/test</c>.</summary>
    /// <param name="json">Within <c>data</c>.</param>
    /// <param name="workspace">The snapshot.</param>
    /// <param name="destination">The destination; may be disabled.</param>
    /// <param name="message">A message with a type.</param>
    /// <param name="type">That type.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    public async Task WriteAsync(Utf8JsonWriter json, WorkspaceSnapshot workspace, Destination destination, JsonObject message, EventType type, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> payload = JsonSerializer.SerializeToUtf8Bytes(message);
        var plan = DestinationPlan.Judgement(workspace, destination, setup);
        var mask = setup.MaskOf(workspace, destination);
        var filtered = payload;
        var reason = plan.FilterReason(ref filtered);
        if (reason is not null) json.WriteString("filteredBy", reason);
        // What a filter takes away is not in the request either; one that drops the event is only told.
        else payload = filtered;
        var tries = new List<(Subscription? Subscription, WireTrace Trace, DeliveryOutcome Outcome)>();
        json.WriteStartArray("subscriptions");
        foreach (var verdict in plan.Verdicts(workspace, payload))
        {
            json.WriteStartObject();
            json.WriteString("id", verdict.Subscription.Id);
            json.WriteString("name", verdict.Subscription.Name);
            json.WriteString("actionId", verdict.Subscription.Action);
            json.WriteBoolean("enabled", verdict.Subscription.Enabled);
            json.WriteBoolean("matches", verdict.IsMatch);
            json.WriteString("reason", verdict.Reason);
            json.WriteEndObject();
            if (verdict.IsMatch && verdict.Subscription.Enabled) tries.Add(await TryAsync(workspace, destination, verdict.Subscription, payload, type, cancellationToken));
        }

        json.WriteEndArray();
        if (!setup.HasActions(destination.MetadataId)) tries.Add(await TryAsync(workspace, destination, null, payload, type, cancellationToken));
        json.WriteStartArray("requests");
        foreach (var (subscription, trace, _) in tries)
        {
            foreach (var exchange in trace.Exchanges) mask.WriteRequest(json, exchange, BodyMax, subscription?.Id);
        }

        json.WriteEndArray();
        json.WriteStartArray("outcomes");
        foreach (var (subscription, _, outcome) in tries)
        {
            json.WriteStartObject();
            if (subscription is not null) json.WriteString("subscriptionId", subscription.Id);
            json.WriteString("verdict", outcome.Verdict == DeliveryVerdict.Delivered ? "would_be_sent" : JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.Verdict.ToString()));
            if (outcome.Reason is { } why) json.WriteString("reason", why);
            if (outcome.Detail is { } detail) json.WriteString("detail", mask.Clean(detail));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private async Task<(Subscription? Subscription, WireTrace Trace, DeliveryOutcome Outcome)> TryAsync(
        WorkspaceSnapshot workspace, Destination destination, Subscription? subscription, ReadOnlyMemory<byte> payload, EventType type, CancellationToken cancellationToken)
    {
        var trace = new WireTrace(keepsSuccess: true);
        var opened = setup.Open(workspace, destination, subscription, isDryRun: true);
        if (opened.Sender is not { } sender) return (subscription, trace, DeliveryOutcome.RetryLater("unavailable", detail: opened.Fault));
        using var late = new CancellationTokenSource(Longest, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        using (sender)
        {
            try
            {
                var outcomes = await sender.SendAsync([new Model.Delivery(default, type, 1, payload)], trace, ended.Token);
                return (subscription, trace, outcomes[0]);
            }
            catch (OperationCanceledException) when (late.IsCancellationRequested)
            {
                return (subscription, trace, DeliveryOutcome.RetryLater("timeout"));
            }
        }
    }
}
