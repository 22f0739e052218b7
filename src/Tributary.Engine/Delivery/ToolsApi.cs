using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Delivery.Filters;
using Tributary.Engine.Delivery.Fql;
using Tributary.Engine.Delivery.Mapping;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery;

/// <summary>Tries triggers, filter statements and mappings on events, one at a time or thousands, without any destination.</summary>
public static class ToolsApi
{
    /// <summary>Largest body, in bytes; cases come by the thousand.</summary>
    private const int BytesMax = 8 << 20;

    private const int CasesMax = 100_000;

    /// <summary>Maps <c>POST /api/tools/fql</c> and <c>POST /api/tools/mapping</c>; the caller adds authentication.</summary>
    public static void MapToolsApi(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/api/tools/fql", (HttpRequest request) => AnswerAsync(request, TryFql))
            .WithName("tryFql").WithTags("Tools").WithSummary("Whether FQL matches an event: {\"fql\" or \"ast\", \"event\", \"dialect\": \"subscription\" or \"filter\"}, or {\"cases\": […]}.");
        endpoints.MapPost("/api/tools/mapping", (HttpRequest request) => AnswerAsync(request, TryMapping))
            .WithName("tryMapping").WithTags("Tools").WithSummary("What a mapping makes of an event: {\"mapping\", \"event\" or \"events\"}, or {\"cases\": […]}.");
    }

    // What a case says about itself goes to the writer; what is wrong with it comes back.
    private delegate ToolFault? Attempt(JsonElement input, Utf8JsonWriter json);

    private static async Task<IResult> AnswerAsync(HttpRequest request, Attempt attempt)
    {
        if (await ApiBody.ReadAsync(request, BytesMax) is not { } bytes) return Invalid(new ToolFault(null, $"The body is larger than {BytesMax} bytes."));
        JsonDocument? body;
        try
        {
            body = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = EventDocument.DepthMax });
        }
        catch (JsonException failure)
        {
            return Invalid(new ToolFault(null, $"The body is not valid JSON: {failure.Message}"));
        }

        using (body)
        {
            if (body.RootElement.ValueKind != JsonValueKind.Object) return Invalid(new ToolFault(null, "The body must be a JSON object."));
            if (body.RootElement.TryGetProperty("cases", out var cases)) return AnswerAll(cases, attempt);
            ToolFault? fault = null;
            var answer = WrittenAnswer.Data(json => fault = attempt(body.RootElement, json));
            return fault is null ? answer : Invalid(fault);
        }
    }

    private static IResult AnswerAll(JsonElement cases, Attempt attempt)
    {
        if (cases.ValueKind != JsonValueKind.Array || cases.GetArrayLength() > CasesMax) return Invalid(new ToolFault("cases", $"cases must be a list of at most {CasesMax} objects."));
        return WrittenAnswer.Data(json =>
        {
            json.WriteStartArray("results");
            foreach (var input in cases.EnumerateArray())
            {
                json.WriteStartObject();
                if (input.ValueKind != JsonValueKind.Object) Write(json, new ToolFault(null, "A case must be an object."));
                else if (attempt(input, json) is { } fault) Write(json, fault);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static ToolFault? TryFql(JsonElement input, Utf8JsonWriter json)
    {
        var dialect = input.TryGetProperty("dialect", out var named) ? TextOf(named) : "subscription";
        if (dialect is not ("subscription" or "filter")) return new ToolFault("dialect", "dialect must be subscription or filter.");
        var hasText = input.TryGetProperty("fql", out var fql);
        var hasTree = input.TryGetProperty("ast", out var ast);
        if (hasText == hasTree || (hasText && TextOf(fql) is null)) return new ToolFault("fql", "Either fql, a text, or ast is required.");
        var message = input.TryGetProperty("event", out var given) ? EventDocument.Read(BytesOf(given)) : null;
        if (message is null) return new ToolFault("event", "event is required.");
        return dialect == "filter" ? TryFilter(hasText ? TextOf(fql) : null, ast, message, json) : TryTrigger(hasText ? TextOf(fql) : null, ast, message, json);
    }

    private static ToolFault? TryTrigger(string? fql, JsonElement ast, EventDocument message, Utf8JsonWriter json)
    {
        var (trigger, fault) = fql is null ? Trigger.CompileTree(BytesOf(ast)) : Trigger.Compile(fql);
        var text = trigger is not null && fql is null ? trigger.ToFql() : default;
        if (trigger is null || text.Fault is not null) return Of(fql is null ? "ast" : "fql", fault ?? text.Fault!);
        json.WriteBoolean("matches", trigger.Matches(message));
        if (fql is null) WriteText(json, "fql", text.Fql!);
        else WriteRaw(json, "ast", trigger.ToJson().Span);
        return null;
    }

    private static ToolFault? TryFilter(string? fql, JsonElement ast, EventDocument message, Utf8JsonWriter json)
    {
        var (statement, fault) = fql is null ? FilterStatement.Compile(NodeOf(ast)) : FilterStatement.Compile(fql);
        if (statement is null) return Of(fql is null ? "ast" : "fql", fault!);
        var (matches, reason) = statement.Ask(message);
        json.WriteBoolean("matches", matches ?? false);
        if (reason is not null) WriteText(json, "fault", reason);
        if (fql is null) WriteText(json, "fql", statement.ToFql());
        else WriteRaw(json, "ast", Encoding.UTF8.GetBytes(statement.ToJson()!.ToJsonString()));
        return null;
    }

    private static ToolFault? TryMapping(JsonElement input, Utf8JsonWriter json)
    {
        if (!input.TryGetProperty("mapping", out var given)) return new ToolFault("mapping", "mapping is required.");
        var (mapping, faults) = CompiledMapping.Compile(BytesOf(given));
        if (mapping is null) return new ToolFault("mapping", string.Join(' ', faults));
        var isBatch = input.TryGetProperty("events", out var messages);
        if (!isBatch && !input.TryGetProperty("event", out messages)) return new ToolFault("event", "event or events is required.");
        if (EventDocument.Read(BytesOf(messages)) is not { } document) return new ToolFault(isBatch ? "events" : "event", $"An event is at most {EventDocument.DepthMax} levels deep.");
        var outcome = isBatch ? mapping.ApplyBatch(document) : mapping.Apply(document);
        if (outcome.Fault is { } fault) return new ToolFault("mapping", fault);
        if (!outcome.IsUndefined) WriteRaw(json, isBatch ? "outputs" : "output", outcome.Output.Span);
        return null;
    }

    private static void Write(Utf8JsonWriter json, ToolFault fault)
    {
        WriteText(json, "error", fault.Message);
        if (fault.Position is { } position) json.WriteNumber("position", position);
    }

    // A text from outside may have half a character, which the JSON writer refuses and JSON can say.
    private static void WriteText(Utf8JsonWriter json, string name, string text)
    {
        var writer = new ScriptWriter(BytesMax);
        writer.Text(text);
        WriteRaw(json, name, writer.Written.Span);
    }

    private static void WriteRaw(Utf8JsonWriter json, string name, ReadOnlySpan<byte> value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value, skipInputValidation: true);
    }

    private static ToolFault Of(string field, FqlFault fault) => new(field, fault.Message, fault.Position);

    private static ApiAnswer Invalid(ToolFault fault) => ApiAnswer.Refused(WorkspaceRefusal.Invalid(
        fault.Field, fault.Position is { } position ? $"{fault.Message} (at character {position + 1})" : fault.Message));

    private static string? TextOf(JsonElement element) => element.ValueKind == JsonValueKind.String ? JsonText.Read(BytesOf(element).AsSpan()[1..^1], true) : null;

    private static byte[] BytesOf(JsonElement element) => Encoding.UTF8.GetBytes(element.GetRawText());

    // A tree with a member twice or half a character cannot be worked with; the node tells by exceptions.
    private static JsonNode? NodeOf(JsonElement element)
    {
        try
        {
            var node = JsonNode.Parse(element.GetRawText(), documentOptions: new JsonDocumentOptions { MaxDepth = 128, AllowDuplicateProperties = false });
            _ = node?.ToJsonString();
            return node;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>What is wrong with a case.</summary>
    private sealed record ToolFault(string? Field, string Message, int? Position = null);
}
