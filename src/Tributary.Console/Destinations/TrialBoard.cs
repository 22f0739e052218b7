using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Delivery;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Console.Destinations;

/// <summary>What a destination would be sent.</summary>
/// <param name="Requests">Requests that would go out.</param>
/// <param name="Reason">Why nothing would; null when something does.</param>
/// <param name="Detail">More about that.</param>
public sealed record TrialResult(IReadOnlyList<WireView> Requests, string? Reason, string? Detail);

/// <summary>What an event would do at a destination.</summary>
/// <param name="FilteredBy">What would keep it away; null when nothing does.</param>
/// <param name="Verdicts">What each subscription says.</param>
/// <param name="Requests">Requests that would go out.</param>
/// <param name="Outcomes">What would become of it, with reason and detail.</param>
public sealed record EventTrial(
    string? FilteredBy, IReadOnlyList<(string Name, bool Matches, bool Enabled, string Reason)> Verdicts, IReadOnlyList<WireView> Requests,
    IReadOnlyList<(string Verdict, string? Reason, string? Detail)> Outcomes);

/// <summary>Tries events on destinations without sending anything.</summary>
internal sealed class TrialBoard(Func<WorkspaceSnapshot> workspace, TestEvent test, DeliverySetup setup)
{
    private const int BodyMax = 64 << 10;

    /// <summary>What one subscription would send, whatever its trigger says; it need not be saved.</summary>
    public async Task<TrialResult> TryAsync(Destination destination, Subscription subscription, RecentSample sample, CancellationToken cancellationToken)
    {
        var now = workspace();
        var (requests, outcome) = await test.TryDraftAsync(now, destination, subscription, sample.Payload, sample.Type, cancellationToken);
        var mask = setup.MaskOf(now, destination);
        return new TrialResult([.. requests.Select(exchange => View(mask, exchange))], outcome.Reason, outcome.Detail is { } detail ? mask.Clean(detail) : null);
    }

    /// <summary>What an event would do; or why it is none.</summary>
    public async Task<(EventTrial? Trial, string? Fault)> TryAsync(Destination destination, JsonObject message, CancellationToken cancellationToken)
    {
        var input = JsonInput.Of([]);
        if (!test.TryComplete(input, message, out var type)) return (null, input.Faults[0].Message);
        using var parsed = JsonDocument.Parse(await test.AskAsync(workspace(), destination, message, type, cancellationToken), new JsonDocumentOptions { MaxDepth = 256 });
        var root = parsed.RootElement;
        return (new EventTrial(
            Text(root, "filteredBy"),
            [.. root.GetProperty("subscriptions").EnumerateArray().Select(each => (Text(each, "name") ?? "", each.GetProperty("matches").GetBoolean(), each.GetProperty("enabled").GetBoolean(), Text(each, "reason") ?? ""))],
            [.. root.GetProperty("requests").EnumerateArray().Select(WireView.Read)],
            [.. root.GetProperty("outcomes").EnumerateArray().Select(each => (Text(each, "verdict") ?? "", Text(each, "reason"), Text(each, "detail")))]), null);
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static WireView View(SecretMask mask, WireExchange exchange)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer)) mask.WriteRequest(json, exchange, BodyMax, null);
        using var parsed = JsonDocument.Parse(buffer.WrittenMemory);
        return WireView.Read(parsed.RootElement);
    }
}
