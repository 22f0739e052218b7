using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;

namespace Tributary.Destinations.Actions;

/// <summary>How a subscription wants its events batched. Rule: spec/actions-and-functions.md §4.3.</summary>
/// <param name="IsOn">Events go to the action's batch function, even a single one.</param>
/// <param name="EventsMax">Most events of a batch.</param>
/// <param name="BytesMax">Most bytes of a batch, counted as raw messages.</param>
/// <param name="Age">How long an event waits for others.</param>
/// <param name="Keys">Fields of the payload whose values all events of a batch share.</param>
internal sealed record ActionBatching(bool IsOn, int EventsMax, int BytesMax, TimeSpan Age, ImmutableArray<string> Keys)
{
    // What Segment batches when nothing is said, and what one frame to a worker carries without trouble.
    private const int EventsDefault = 1_000;
    private const int EventsLimit = 10_000;
    private const int BytesDefault = 4_000_000;
    private const int BytesLimit = 16 << 20;

    private static readonly TimeSpan AgeDefault = TimeSpan.FromSeconds(1);

    public static ActionBatching Off { get; } = new(false, 1, BytesDefault, TimeSpan.Zero, []);

    /// <summary>Reads it from the mapping, else from the defaults of the action's fields.</summary>
    public static ActionBatching Read(DestinationAction action, JsonObject mapping)
    {
        if (!action.HasBatch || Setting(action, mapping, "enable_batching") is not { } on || !IsTrue(on)) return Off;
        var events = Number(Setting(action, mapping, "batch_size")) is > 0 and var size ? size : EventsDefault;
        var bytes = Number(Setting(action, mapping, "batch_bytes")) is > 0 and var limit ? limit : BytesDefault;
        var keys = Setting(action, mapping, "batch_keys") is JsonArray names ? names.OfType<JsonValue>().Select(name => name.ToString()) : [];
        return new ActionBatching(true, (int)Math.Clamp(events, 1, EventsLimit), (int)Math.Clamp(bytes, 1_000, BytesLimit), AgeDefault, [.. keys]);
    }

    private static JsonNode? Setting(DestinationAction action, JsonObject mapping, string name)
    {
        if (mapping[name] is { } value) return value;
        return action.Fields.ValueKind == JsonValueKind.Object && action.Fields.TryGetProperty(name, out var field) && field.TryGetProperty("default", out var standard)
            ? JsonNode.Parse(standard.GetRawText())
            : null;
    }

    private static bool IsTrue(JsonNode value) => value.GetValueKind() == JsonValueKind.True || (value.GetValueKind() == JsonValueKind.String && value.ToString() == "true");

    private static double? Number(JsonNode? value) => value is JsonValue number && number.TryGetValue<double>(out var result) && double.IsFinite(result) ? result : null;
}
