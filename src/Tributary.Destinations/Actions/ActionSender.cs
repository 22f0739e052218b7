using System.Text;
using System.Text.Json;
using Tributary.Destinations.Node;
using Tributary.Engine.Delivery.Mapping;
using Tributary.Model;

namespace Tributary.Destinations.Actions;

/// <summary>Sends events of one subscription: maps them here, and has a worker run the action with the payloads.</summary>
internal sealed class ActionSender : IDestinationSender
{
    // The requests of an action have a limit of 10 s each; the engine's own limit usually comes first.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(45);
    private static readonly byte[] Nothing = "{}"u8.ToArray();

    private readonly ActionsHost _host;
    private readonly CompiledMapping _mapping;
    private readonly ActionBatching _batching;
    private readonly ActionTarget _target;
    private readonly bool _isDryRun;

    public ActionSender(ActionsHost host, ActionsKind kind, SenderRequest request, SenderSubscription subscription, CompiledMapping mapping, ActionBatching batching)
    {
        (_host, _mapping, _batching, _isDryRun) = (host, mapping, batching, request.IsDryRun);
        _target = new ActionTarget(kind, request.DestinationId, request.Settings, subscription.Action, subscription.Id, subscription.Mapping);
    }

    /// <inheritdoc/>
    public int BatchMax => _batching.EventsMax;

    /// <inheritdoc/>
    public int BatchBytesMax => _batching.BytesMax;

    /// <inheritdoc/>
    public TimeSpan BatchAge => _batching.Age;

    /// <inheritdoc/>
    public async ValueTask<DeliveryOutcomes> SendAsync(IReadOnlyList<Delivery> batch, WireTrace trace, CancellationToken cancellationToken)
    {
        var outcomes = new DeliveryOutcome[batch.Count];
        foreach (var group in Group(batch, outcomes))
        {
            var fetch = _host.Fetch(_isDryRun, trace);
            var reply = await _host.RunAsync(_target, "perform", writer => Write(writer, group), fetch, group.IsAlone, Deadline, cancellationToken);
            Judge(group, reply, fetch.RetryAfter, outcomes);
        }

        return DeliveryOutcomes.Each(outcomes);
    }

    public void Dispose() => _host.Forget(_target);

    // In the order of the batch: the first event of a group decides where the group stands.
    private IEnumerable<PayloadGroup> Group(IReadOnlyList<Delivery> batch, DeliveryOutcome[] outcomes)
    {
        var groups = new List<PayloadGroup>();
        var byKey = new Dictionary<string, PayloadGroup>(StringComparer.Ordinal);
        for (var i = 0; i < batch.Count; i++)
        {
            var mapped = _mapping.Apply(batch[i].Payload);
            if (mapped.Fault is { } fault)
            {
                outcomes[i] = DeliveryOutcome.Refused("mapping_failed", fault);
                continue;
            }

            var member = new PayloadOf(i, batch[i], mapped.IsUndefined ? Nothing : mapped.Output);
            var isAlone = _host.Deaths.IsSuspect(_target.DestinationId, batch[i].EventOffset);
            var key = isAlone || !_batching.IsOn ? null : PayloadKey.Of(member, _batching.Keys, _target.Kind.HasAudience);
            if (key is null) groups.Add(new PayloadGroup([member], isAlone));
            else if (byKey.TryGetValue(key, out var group)) group.Members.Add(member);
            else groups.Add(byKey[key] = new PayloadGroup([member], IsAlone: false));
        }

        return groups;
    }

    private void Write(Utf8JsonWriter writer, PayloadGroup group)
    {
        if (_batching.IsOn) writer.WriteBoolean("isBatch", true);
        WriteAll(writer, "payloads", group, static member => member.Payload);
        if (_target.Kind.ReadsEvent) WriteAll(writer, "events", group, static member => member.Delivery.Payload);
    }

    private static void WriteAll(Utf8JsonWriter writer, string name, PayloadGroup group, Func<PayloadOf, ReadOnlyMemory<byte>> json)
    {
        writer.WriteStartArray(name);
        foreach (var member in group.Members) writer.WriteRawValue(json(member).Span, skipInputValidation: true);
        writer.WriteEndArray();
    }

    private void Judge(PayloadGroup group, NodeReply reply, TimeSpan? after, DeliveryOutcome[] outcomes)
    {
        for (var i = 0; i < group.Members.Count; i++)
        {
            var (place, delivery, _) = group.Members[i];
            outcomes[place] = reply.Verdict switch
            {
                NodeVerdict.Answered => OfAnswer(reply.Value, i, after),
                NodeVerdict.Failed => ActionOutcomes.OfError(reply.Value, delivery.Attempt, after),
                NodeVerdict.Lost => _host.Deaths.Count(_target.DestinationId, delivery.EventOffset, reply.Reason),
                NodeVerdict.Late => DeliveryOutcome.RetryLater("timeout", after, reply.Reason),
                NodeVerdict.Unavailable => DeliveryOutcome.RetryLater("node_unavailable", reply.After, reply.Reason),
            };
            if (group.IsAlone && reply.Verdict is NodeVerdict.Answered or NodeVerdict.Failed) _host.Deaths.Clear(_target.DestinationId, delivery.EventOffset);
        }
    }

    private static DeliveryOutcome OfAnswer(JsonElement statuses, int index, TimeSpan? after) =>
        statuses.ValueKind == JsonValueKind.Array && index < statuses.GetArrayLength()
            ? ActionOutcomes.OfStatus(statuses[index], after)
            : DeliveryOutcome.RetryLater("action_failed", detail: "The action answered for fewer events than it was given.");

    /// <summary>An event with its place in the batch and its payload.</summary>
    private readonly record struct PayloadOf(int Place, Delivery Delivery, ReadOnlyMemory<byte> Payload);

    /// <summary>Events that go to an action together.</summary>
    private sealed record PayloadGroup(List<PayloadOf> Members, bool IsAlone);

    /// <summary>What events must share to be in one request.</summary>
    private static class PayloadKey
    {
        public static string Of(PayloadOf member, IReadOnlyList<string> keys, bool hasAudience)
        {
            if (keys.Count == 0 && !hasAudience) return "";
            var key = new StringBuilder();
            if (keys.Count > 0) Append(key, member.Payload, [], keys);
            // The lists of an audience destination have settings of their own, and a request is about one list.
            if (hasAudience) Append(key, member.Delivery.Payload, ["context", "personas"], ["computation_key", "external_audience_id", "audience_settings"]);
            return key.ToString();
        }

        private static void Append(StringBuilder key, ReadOnlyMemory<byte> json, ReadOnlySpan<string> path, IReadOnlyList<string> names)
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 256 });
            var at = document.RootElement;
            foreach (var step in path) at = at.ValueKind == JsonValueKind.Object && at.TryGetProperty(step, out var next) ? next : default;
            foreach (var name in names)
            {
                if (at.ValueKind == JsonValueKind.Object && at.TryGetProperty(name, out var value)) key.Append(value.GetRawText());
                key.Append('\n');
            }
        }
    }
}
