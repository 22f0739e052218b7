using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Tributary.Console.Access;
using Tributary.Console.Live;
using Tributary.Engine.Delivery;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Sources;

/// <summary>One message, whole: what it says, and what became of it.</summary>
public sealed partial class MessagePane : ComponentBase
{
    private const int FieldsMax = 300;

    private string _view = "Pretty";
    private string? _shown;
    private JsonNode? _json;
    private bool _mayRead;
    private string _raw = "";
    private string? _curl;
    private string? _profile;
    private List<string> _violations = [];
    private List<(string Name, string State, string Reason)> _deliveries = [];
    private List<(string Title, List<(string Name, string Value)> Fields)> _groups = [];

    [Inject]
    public required ConsoleAccess Access { get; init; }

    [Inject]
    internal PassportQueries Passports { get; init; } = null!;

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Parameter, EditorRequired]
    public required LiveEvent Event { get; set; }

    [Parameter, EditorRequired]
    public required Source Source { get; set; }

    [Parameter]
    public EventCallback Closed { get; set; }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if (_shown == Event.Key) return;
        _shown = Event.Key;
        _mayRead = Access.May(Permission.Pii);
        _json = _mayRead ? Event.Json : PiiMask.Message(Event.Json);
        _raw = _json?.ToJsonString(Indented) ?? "";
        _groups = _json is JsonObject root ? [.. Groups(root)] : [];
        _curl = _mayRead && Access.May(Permission.Edit) && Event.Json is { } json ? Curl(json) : null;
        ReadLife();
    }

    private static JsonSerializerOptions Indented { get; } = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Style(string state) => state switch
    {
        "delivered" => "success",
        "failed" => "error",
        "retrying" or "pending" => "warning",
        _ => "",
    };

    private static IEnumerable<(string Title, List<(string Name, string Value)> Fields)> Groups(JsonObject message)
    {
        (string Title, string Member)[] parts = [("Properties", "properties"), ("Traits", "traits"), ("Context", "context"), ("Integrations", "integrations")];
        foreach (var (title, member) in parts)
        {
            if (message[member] is not JsonObject { Count: > 0 } part) continue;
            yield return (title, [.. Flat(part, "").Take(FieldsMax)]);
        }

        var rest = new JsonObject(message.Where(pair => parts.All(part => part.Member != pair.Key)).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));
        if (rest.Count > 0) yield return ("Message", [.. Flat(rest, "").Take(FieldsMax)]);
    }

    private static IEnumerable<(string Name, string Value)> Flat(JsonNode? node, string path)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } inner:
                foreach (var (name, below) in inner)
                {
                    foreach (var field in Flat(below, path.Length == 0 ? name : $"{path}.{name}")) yield return field;
                }

                break;
            case JsonArray { Count: > 0 } list when list.Any(element => element is JsonObject or JsonArray):
                for (var at = 0; at < list.Count; at++)
                {
                    foreach (var field in Flat(list[at], $"{path}[{at}]")) yield return field;
                }

                break;
            default:
                yield return (path, node is JsonValue value && value.TryGetValue<string>(out var text) ? text : node?.ToJsonString(Indented) ?? "null");
                break;
        }
    }

    private void ReadLife()
    {
        (_profile, _violations, _deliveries) = (null, [], []);
        if (Event.Verdict != LiveVerdict.Accepted || Passports.Find(Event.MessageId) is not { } passport) return;
        using var memory = new MemoryStream();
        using (var writer = new Utf8JsonWriter(memory))
        {
            writer.WriteStartObject();
            Passports.Write(writer, passport);
            writer.WriteEndObject();
        }

        // The same answer as that of the API, so that both always say the same.
        var life = JsonNode.Parse(memory.ToArray(), documentOptions: new JsonDocumentOptions { MaxDepth = 128 })!["events"]!.AsArray()
            .FirstOrDefault(each => (long)each!["eventOffset"]! == Event.Offset);
        if (life is null) return;
        _profile = (string?)life["profile"];
        _violations = [.. life["violations"]!.AsArray().Select(each => (string)each!["kind"]!)];
        _deliveries = [.. life["destinations"]!.AsArray().Select(each => ((string)each!["name"]!, (string)each["state"]!, (string?)each["reason"] ?? ""))];
    }

    private string Curl(JsonNode json)
    {
        var path = Event.Type is "track" or "identify" or "page" or "screen" or "group" or "alias" ? Event.Type : "track";
        var body = json.ToJsonString(Plain).Replace("'", "'\\''", StringComparison.Ordinal);
        return new StringBuilder("curl ").Append(Navigation.BaseUri).Append("v1/").Append(path).Append(" -u ").Append(Source.WriteKeys[0]).Append(": -H 'Content-Type: application/json' -d '")
            .Append(body).Append('\'').ToString();
    }

    private static JsonSerializerOptions Plain { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
