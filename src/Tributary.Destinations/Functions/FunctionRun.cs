using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Delivery;
using Tributary.Model;

namespace Tributary.Destinations.Functions;

/// <summary>A run of a function as the try-it endpoint answers it, without secrets.</summary>
internal static class FunctionRun
{
    public static JsonObject Of(FunctionResult result, WireTrace trace, SecretMask mask) => new()
    {
        ["results"] = new JsonArray([.. result.Results.Select(each => Of(each, mask))]),
        ["messages"] = new JsonArray([.. result.Messages.Select(message => FunctionSecrets.Clean(mask, message))]),
        ["logs"] = new JsonArray([.. result.Logs.Select(line => JsonValue.Create(mask.Clean(line)))]),
        ["durationMs"] = Math.Round(result.Duration.TotalMilliseconds, 1),
        ["requests"] = new JsonArray([.. trace.Exchanges.Select(each => Of(each, mask))]),
    };

    private static JsonObject Of(FunctionEventResult result, SecretMask mask)
    {
        var json = new JsonObject { ["verdict"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(result.Verdict.ToString()) };
        if (result.ErrorName is { } name) json["error"] = mask.Clean(name);
        if (result.Message is { } message) json["message"] = mask.Clean(message);
        if (result.Status > 0) json["status"] = result.Status;
        if (result.Value.Length > 0) json["value"] = FunctionSecrets.Clean(mask, JsonNode.Parse(result.Value.Span));
        return json;
    }

    private static JsonObject Of(WireExchange exchange, SecretMask mask) => new()
    {
        ["method"] = exchange.Method,
        ["url"] = mask.CleanUrl(exchange.Url),
        ["headers"] = new JsonObject(exchange.RequestHeaders.GroupBy(header => header.Key, StringComparer.OrdinalIgnoreCase)
            .Select(group => KeyValuePair.Create(group.Key, (JsonNode?)mask.CleanHeader(group.Key, string.Join(", ", group.Select(header => header.Value)))))),
        ["body"] = mask.Clean(Encoding.UTF8.GetString(exchange.RequestBody.Span)),
        ["status"] = exchange.Status,
        ["fault"] = exchange.Fault is { } fault ? mask.Clean(fault) : null,
    };
}
