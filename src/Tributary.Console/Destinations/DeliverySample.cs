using System.Text.Json;

namespace Tributary.Console.Destinations;

/// <summary>One attempt as it went over the wire, without secrets.</summary>
/// <param name="Reason">Why it was in vain; <c>delivered</c> when it was not.</param>
/// <param name="At">When.</param>
/// <param name="MessageId">Of the event; null when it has none that could be read.</param>
/// <param name="Attempt">The how manyth.</param>
/// <param name="Events">How many events the request carried.</param>
/// <param name="Detail">What the other side said.</param>
/// <param name="SubscriptionId">Through which subscription; null when there is none.</param>
/// <param name="Exchanges">Requests and answers.</param>
public sealed record DeliverySample(
    string Reason, DateTimeOffset At, string? MessageId, int Attempt, int Events, string? Detail, string? SubscriptionId, IReadOnlyList<WireView> Exchanges)
{
    /// <summary>Reads a sample as Delivery keeps it.</summary>
    public static DeliverySample Read(ReadOnlyMemory<byte> json)
    {
        using var parsed = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 256 });
        var root = parsed.RootElement;
        return new DeliverySample(
            root.GetProperty("reason").GetString()!, root.GetProperty("at").GetDateTimeOffset(), Text(root, "messageId"), root.GetProperty("attempt").GetInt32(),
            root.GetProperty("events").GetInt32(), Text(root, "detail"), Text(root, "subscriptionId"), [.. root.GetProperty("exchanges").EnumerateArray().Select(WireView.Read)]);
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;
}

/// <summary>A request and what was answered, without secrets.</summary>
/// <param name="Method">E.g. <c>POST</c>.</param>
/// <param name="Url">Where it went.</param>
/// <param name="Headers">Of the request.</param>
/// <param name="Body">Of the request.</param>
/// <param name="Status">Of the answer; 0 when there is none.</param>
/// <param name="AnswerHeaders">Of the answer.</param>
/// <param name="AnswerBody">Of the answer.</param>
/// <param name="Fault">Why there is no answer; null when there is.</param>
public sealed record WireView(
    string Method, string Url, IReadOnlyList<KeyValuePair<string, string>> Headers, string Body, int Status, IReadOnlyList<KeyValuePair<string, string>> AnswerHeaders, string AnswerBody, string? Fault)
{
    /// <summary>Reads an exchange as <c>{"request","response","fault"}</c>, or a request alone.</summary>
    public static WireView Read(JsonElement exchange)
    {
        var request = exchange.TryGetProperty("request", out var inner) ? inner : exchange;
        var hasAnswer = exchange.TryGetProperty("response", out var answer);
        return new WireView(
            Text(request, "method"), Text(request, "url"), HeadersOf(request), Text(request, "body"), hasAnswer ? answer.GetProperty("status").GetInt32() : 0,
            hasAnswer ? HeadersOf(answer) : [], hasAnswer ? Text(answer, "body") : "", exchange.TryGetProperty("fault", out var fault) && fault.ValueKind == JsonValueKind.String ? fault.GetString() : null);
    }

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static IReadOnlyList<KeyValuePair<string, string>> HeadersOf(JsonElement element) =>
        element.TryGetProperty("headers", out var headers) ? [.. headers.EnumerateObject().Select(header => KeyValuePair.Create(header.Name, header.Value.GetString() ?? ""))] : [];
}
