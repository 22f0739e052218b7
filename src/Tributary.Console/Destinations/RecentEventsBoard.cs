using System.Text.Json.Nodes;
using Tributary.Engine.Delivery;
using Tributary.Engine.Delivery.Fql;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Console.Destinations;

/// <summary>An event that came lately, to try things on.</summary>
/// <param name="MessageId">Its id.</param>
/// <param name="Type">Its type.</param>
/// <param name="Name">What happened, or the type when it has no name.</param>
/// <param name="At">When it was received.</param>
/// <param name="Payload">The event as it was decided.</param>
public sealed record RecentSample(string MessageId, EventType Type, string Name, DateTimeOffset At, ReadOnlyMemory<byte> Payload);

/// <summary>The newest events of a source, on which triggers, filters and mappings are tried.</summary>
internal sealed class RecentEventsBoard(PassportQueries passports, TimeProvider clock)
{
    /// <summary>How many are looked at.</summary>
    public const int CountMax = 300;

    /// <summary>The newest events, the newest first.</summary>
    public IReadOnlyList<RecentSample> List(Source source) =>
        [.. passports.Recent(source.Number, null, null, new LogOffset(long.MaxValue)).Take(CountMax).Select(pair => Of(pair.Event, pair.Record.ReceivedAt, pair.Record.Payload))];

    /// <summary>An event that nobody sent, for sources that have none yet.</summary>
    public RecentSample Example()
    {
        var at = clock.GetUtcNow();
        var message = new JsonObject
        {
            ["type"] = "track",
            ["event"] = "Order Completed",
            ["userId"] = "user-1",
            ["anonymousId"] = "anonymous-1",
            ["messageId"] = "example-1",
            ["timestamp"] = ApiJson.Time(at.ToUnixTimeMilliseconds()),
            ["properties"] = new JsonObject { ["total"] = 42.5, ["currency"] = "EUR", ["products"] = new JsonArray(new JsonObject { ["sku"] = "A-1", ["name"] = "Lamp", ["price"] = 42.5, ["quantity"] = 1 }) },
            ["context"] = new JsonObject { ["ip"] = "203.0.113.7", ["locale"] = "en-GB", ["traits"] = new JsonObject { ["email"] = "ada@example.com" } },
        };
        return new RecentSample("example-1", EventType.Track, "Example: Order Completed", at, System.Text.Encoding.UTF8.GetBytes(message.ToJsonString()));
    }

    /// <summary>How many of some events a trigger matches.</summary>
    public static int Count(Trigger trigger, IReadOnlyList<RecentSample> samples)
    {
        var document = new EventDocument();
        return samples.Count(sample => document.TryRead(sample.Payload) && trigger.Matches(document));
    }

    private static RecentSample Of(RecentEvent found, long receivedAt, ReadOnlyMemory<byte> payload)
    {
        var message = PrettyJson.Parse(System.Text.Encoding.UTF8.GetString(payload.Span)) as JsonObject;
        var name = Text(message, found.Type == EventType.Track ? "event" : "name");
        return new RecentSample(
            Text(message, "messageId") ?? "", found.Type, name is { Length: > 0 } ? name : found.Type.Name(), DateTimeOffset.FromUnixTimeMilliseconds(receivedAt), payload.ToArray());
    }

    private static string? Text(JsonObject? message, string name) => message?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
