using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Model;

namespace Tributary.Destinations.Functions;

/// <summary>A run of a function as the try-it endpoint answers it.</summary>
internal static class FunctionRun
{
    public static JsonObject Of(FunctionResult result, WireTrace trace) => new()
    {
        ["results"] = new JsonArray([.. result.Results.Select(Of)]),
        ["messages"] = new JsonArray([.. result.Messages.Select(message => message.DeepClone())]),
        ["logs"] = new JsonArray([.. result.Logs.Select(line => JsonValue.Create(line))]),
        ["durationMs"] = Math.Round(result.Duration.TotalMilliseconds, 1),
        ["requests"] = new JsonArray([.. trace.Exchanges.Select(Of)]),
    };

    private static JsonObject Of(FunctionEventResult result)
    {
        var json = new JsonObject { ["verdict"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(result.Verdict.ToString()) };
        if (result.ErrorName is { } name) json["error"] = name;
        if (result.Message is { } message) json["message"] = message;
        if (result.Status > 0) json["status"] = result.Status;
        if (result.Value.Length > 0) json["value"] = JsonNode.Parse(result.Value.Span);
        return json;
    }

    private static JsonObject Of(WireExchange exchange) => new()
    {
        ["method"] = exchange.Method,
        ["url"] = exchange.Url,
        ["headers"] = new JsonObject(exchange.RequestHeaders.GroupBy(header => header.Key, StringComparer.OrdinalIgnoreCase)
            .Select(group => KeyValuePair.Create(group.Key, (JsonNode?)string.Join(", ", group.Select(header => header.Value))))),
        ["body"] = Encoding.UTF8.GetString(exchange.RequestBody.Span),
        ["status"] = exchange.Status,
        ["fault"] = exchange.Fault,
    };
}
