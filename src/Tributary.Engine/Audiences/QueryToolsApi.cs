using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Traits.Language;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Audiences;

/// <summary>Reads definitions as text or as JSON and gives both, for editors; one at a time or many.</summary>
public static class QueryToolsApi
{
    // A definition is 20,000 characters at most; as JSON that is some ten times as much.
    private const int BytesMax = 4 << 20;
    private const int CasesMax = 10_000;

    /// <summary>Maps <c>POST /api/tools/query</c>; the caller adds authentication.</summary>
    public static void MapQueryToolsApi(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapPost("/api/tools/query", AnswerAsync).WithName("readQuery").WithTags("Tools")
            .WithSummary("Reads a definition: {\"query\", \"type\": \"USERS\" or \"ACCOUNTS\", \"kind\": \"AUDIENCE\" or \"TRAIT\"} or {\"definition\"}, or {\"cases\": […]}.");

    private static async Task<IResult> AnswerAsync(HttpRequest request)
    {
        if (await ApiBody.ReadAsync(request, BytesMax) is not { } bytes) return Invalid(null, $"The body is larger than {BytesMax} bytes.");
        JsonNode? body;
        try
        {
            body = JsonNode.Parse(bytes, documentOptions: new JsonDocumentOptions { MaxDepth = DefinitionJson.DepthMax + 4, AllowDuplicateProperties = false });
            // Writing it decodes every text: half a character shows itself here.
            _ = body?.ToJsonString(new JsonSerializerOptions { MaxDepth = DefinitionJson.DepthMax + 4 });
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or ArgumentException)
        {
            return Invalid(null, $"The body is not valid JSON: {failure.Message}");
        }

        if (body is not JsonObject input) return Invalid(null, "The body must be a JSON object.");
        if (!input.ContainsKey("cases")) return TryRead(input, out var fault) is { } data ? new DefinitionAnswer(data) : Invalid(fault.Field, fault.Message);
        if (input["cases"] is not JsonArray { Count: <= CasesMax } cases) return Invalid("cases", $"cases must be a list of at most {CasesMax} objects.");
        var results = new JsonArray();
        foreach (var each in cases)
        {
            var problem = (Field: (string?)null, Message: "A case must be an object.");
            results.Add((JsonNode)((each is JsonObject one ? TryRead(one, out problem) : null) ?? new JsonObject { ["error"] = new JsonObject { ["message"] = problem.Message } }));
        }

        return new DefinitionAnswer(new JsonObject { ["results"] = results });
    }

    // The data of the answer; null when the question makes no sense.
    private static JsonObject? TryRead(JsonObject input, out (string? Field, string Message) fault)
    {
        fault = default;
        var type = TextOf(input, "type");
        var kind = TextOf(input, "kind");
        var hasQuery = input["query"] is not null;
        if (hasQuery == input["definition"] is not null) fault = ("query", "Either query, a text, or definition, an object, is required.");
        else if (input["type"] is not null && type is not ("USERS" or "ACCOUNTS")) fault = ("type", "type must be USERS or ACCOUNTS.");
        else if (input["kind"] is not null && kind is not ("AUDIENCE" or "TRAIT")) fault = ("kind", "kind must be AUDIENCE or TRAIT.");
        else if (hasQuery && TextOf(input, "query") is null) fault = ("query", "query must be a text.");
        else if (hasQuery && type is null) fault = ("type", "type is required: USERS or ACCOUNTS.");
        else if (!hasQuery && input["definition"] is not JsonObject) fault = ("definition", "definition must be an object.");
        else return hasQuery ? ReadText(TextOf(input, "query")!, type!, kind) : ReadForm(input["definition"]!.AsObject(), type, kind);
        return null;
    }

    private static JsonObject ReadText(string query, string type, string? kind)
    {
        var scope = type == "USERS" ? DefinitionScope.Users : DefinitionScope.Accounts;
        DefinitionKind? wanted = kind is null ? null : kind == "AUDIENCE" ? DefinitionKind.Audience : DefinitionKind.Trait;
        if (QueryParser.TryParse(query, scope, wanted, out var definition, out var fault)) return Describe(definition);
        return Failed(new JsonObject
        {
            ["message"] = fault.Message,
            ["position"] = fault.Position,
            ["length"] = fault.Length,
            ["expected"] = ListOf(fault.Expected),
            ["suggestion"] = fault.Suggestion,
        });
    }

    private static JsonObject ReadForm(JsonObject form, string? type, string? kind)
    {
        if (DefinitionJson.TryRead(form, out var definition, out var fault))
        {
            if (type is not null && type != DefinitionJson.TypeOf(definition.Scope)) fault = new DefinitionFault("type", $"It must be {type}.", [type], null);
            else if (kind is not null && kind != DefinitionJson.KindOf(definition.Kind)) fault = new DefinitionFault("kind", $"It must be {kind}.", [kind], null);
            else return Describe(definition);
        }

        return Failed(new JsonObject { ["message"] = fault.Message, ["path"] = fault.Path, ["expected"] = ListOf(fault.Expected), ["suggestion"] = fault.Suggestion });
    }

    private static JsonObject Describe(Definition definition) => new()
    {
        ["query"] = definition.ToString(),
        ["definition"] = DefinitionJson.Write(definition),
        ["kind"] = DefinitionJson.KindOf(definition.Kind),
        ["events"] = ListOf(DefinitionReferences.Events(definition)),
        ["traits"] = ListOf(DefinitionReferences.Traits(definition)),
    };

    private static JsonObject Failed(JsonObject error) => new() { ["error"] = error };

    private static JsonArray ListOf(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)JsonValue.Create(text))];

    private static string? TextOf(JsonObject input, string name) => input[name]?.GetValueKind() == JsonValueKind.String ? input[name]!.GetValue<string>() : null;

    private static ApiAnswer Invalid(string? field, string message) => ApiAnswer.Refused(WorkspaceRefusal.Invalid(field, message));

    /// <summary><c>{"data":…}</c>, which may be nested as deep as definitions are.</summary>
    private sealed class DefinitionAnswer(JsonObject data) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var body = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = WorkspaceSnapshot.Json.Encoder, MaxDepth = 2 * DefinitionJson.DepthMax }))
                new JsonObject { ["data"] = data }.WriteTo(json);
            var response = httpContext.Response;
            response.ContentType = "application/json; charset=utf-8";
            response.Headers.CacheControl = "no-store";
            response.Headers.XContentTypeOptions = "nosniff";
            response.ContentLength = body.WrittenCount;
            await response.BodyWriter.WriteAsync(body.WrittenMemory, httpContext.RequestAborted);
        }
    }
}
