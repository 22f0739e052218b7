using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Tributary.Engine.Workspace;

/// <summary>
/// A JSON object that somebody sent, read field by field. What is wrong is collected with its path, so that one answer names every fault.
/// </summary>
public sealed class JsonInput
{
    /// <summary>Largest body of a management call, in bytes.</summary>
    public const int BytesMax = 1 << 20;

    private readonly JsonObject _object;
    private readonly string _path;
    private readonly List<WorkspaceFault> _faults;

    private JsonInput(JsonObject from, string path, List<WorkspaceFault> faults) => (_object, _path, _faults) = (from, path, faults);

    /// <summary>Reads an object that is already parsed.</summary>
    public static JsonInput Of(JsonObject from) => new(from, "", []);

    /// <summary>What was wrong with the fields asked for so far, here and in nested objects.</summary>
    public IReadOnlyList<WorkspaceFault> Faults => _faults;

    /// <summary>Reads a request's body, whatever its content type says.</summary>
    /// <returns>The body, or why it is no usable JSON object.</returns>
    public static async ValueTask<(JsonInput Body, WorkspaceRefusal? Refusal)> ReadAsync(HttpRequest request)
    {
        var body = await ApiBody.ReadAsync(request, BytesMax);
        return body is null ? (Of([]), WorkspaceRefusal.Invalid(null, $"The body is larger than {BytesMax} bytes.")) : Parse(body);
    }

    /// <summary>Reads the bytes of a JSON object: at most 64 levels deep, no key twice, all text valid Unicode.</summary>
    public static (JsonInput Body, WorkspaceRefusal? Refusal) Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var node = JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { MaxDepth = 64, AllowDuplicateProperties = false });
            if (node is not JsonObject root) return (Of([]), WorkspaceRefusal.Invalid(null, "The body must be a JSON object."));
            // Writing it decodes every string: a lone surrogate shows itself here and not in the middle of a change.
            _ = root.ToJsonString();
            return (Of(root), null);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or ArgumentException)
        {
            return (Of([]), WorkspaceRefusal.Invalid(null, $"The body is not valid JSON: {failure.Message}"));
        }
    }

    public bool Has(string name) => _object[name] is not null;

    /// <summary>Adds a fault at a field of this object; the empty name means the object itself.</summary>
    public void Fault(string name, string message) => _faults.Add(new(PathOf(name), message));

    /// <summary>A text without control characters (line breaks and tabs where lines may be), trimmed; null when it is absent or wrong.</summary>
    public string? Text(string name, int lengthMax, bool required = false, bool mayHaveLines = false)
    {
        if (_object[name] is not { } node) return Missing<string?>(name, required);
        if (node is not JsonValue value || !value.TryGetValue<string>(out var text)) return Wrong<string?>(name, "must be a text.");
        text = text.Trim();
        if (text.Length == 0) return Wrong<string?>(name, "must not be empty.");
        if (text.Length > lengthMax) return Wrong<string?>(name, $"must have at most {lengthMax} characters.");
        return text.Any(letter => char.IsControl(letter) && !(mayHaveLines && (letter is '\n' or '\r' or '\t'))) ? Wrong<string?>(name, "must not contain control characters.") : text;
    }

    /// <summary>A text as it was sent, not trimmed; null when it is absent or wrong.</summary>
    public string? Verbatim(string name, int lengthMax)
    {
        if (_object[name] is not { } node) return null;
        if (node is not JsonValue value || !value.TryGetValue<string>(out var text)) return Wrong<string?>(name, "must be a text.");
        return text.Length is 0 || text.Length > lengthMax ? Wrong<string?>(name, $"must have 1 to {lengthMax} characters.") : text;
    }

    public bool? Flag(string name)
    {
        if (_object[name] is not { } node) return null;
        return node is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : Wrong<bool?>(name, "must be true or false.");
    }

    public int? Whole(string name, int min, int max = int.MaxValue)
    {
        if (_object[name] is not { } node) return null;
        var whole = node is JsonValue value && value.TryGetValue<int>(out var number) ? number : (int?)null;
        if (whole >= min && whole <= max) return whole;
        return Wrong<int?>(name, max == int.MaxValue ? $"must be a whole number of at least {min}." : $"must be a whole number from {min} to {max}.");
    }

    /// <summary>This object, as a copy.</summary>
    public JsonObject Whole() => _object.DeepClone().AsObject();

    /// <summary>A nested object of any shape, as a copy; null when it is absent or wrong.</summary>
    public JsonObject? Object(string name)
    {
        if (_object[name] is not { } node) return null;
        return node is JsonObject nested ? nested.DeepClone().AsObject() : Wrong<JsonObject?>(name, "must be an object.");
    }

    /// <summary>A nested object to be read field by field; null when it is absent or wrong.</summary>
    public JsonInput? Nested(string name)
    {
        if (_object[name] is not { } node) return null;
        return node is JsonObject nested ? new JsonInput(nested, PathOf(name), _faults) : Wrong<JsonInput?>(name, "must be an object.");
    }

    /// <summary>A list of texts; empty when it is absent.</summary>
    public ImmutableArray<string> Texts(string name, int countMax, int lengthMax)
    {
        var texts = ImmutableArray.CreateBuilder<string>();
        foreach (var (node, path) in Elements(name, countMax))
        {
            if (node is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 && text.Length <= lengthMax && !text.Any(char.IsControl))
                texts.Add(text);
            else _faults.Add(new(path, $"{path} must be a text of 1 to {lengthMax} characters."));
        }

        return texts.ToImmutable();
    }

    /// <summary>A list of objects; empty when it is absent.</summary>
    public IEnumerable<JsonInput> Objects(string name, int countMax)
    {
        foreach (var (node, path) in Elements(name, countMax))
        {
            if (node is JsonObject nested) yield return new JsonInput(nested, path, _faults);
            else _faults.Add(new(path, $"{path} must be an object."));
        }
    }

    /// <summary>Adds a fault for every field that is not among the known ones: a misspelt field must not pass silently.</summary>
    public void Allow(params ReadOnlySpan<string> known)
    {
        foreach (var (name, _) in _object)
        {
            if (!known.Contains(name)) Wrong<string?>(name, $"is unknown. Known here: {string.Join(", ", known)}.");
        }
    }

    private IEnumerable<(JsonNode? Node, string Path)> Elements(string name, int countMax)
    {
        if (_object[name] is not { } node) return [];
        if (node is not JsonArray array) return Wrong<IEnumerable<(JsonNode?, string)>?>(name, "must be a list.") ?? [];
        return array.Count > countMax
            ? Wrong<IEnumerable<(JsonNode?, string)>?>(name, $"must have at most {countMax} elements.") ?? []
            : array.Select((element, at) => (element, $"{PathOf(name)}[{at}]"));
    }

    private T? Missing<T>(string name, bool required) => required ? Wrong<T>(name, "is required.") : default;

    private T? Wrong<T>(string name, string message)
    {
        var path = PathOf(name);
        _faults.Add(new(path, $"{path} {message}"));
        return default;
    }

    private string PathOf(string name) => _path.Length == 0 ? name : name.Length == 0 ? _path : $"{_path}.{name}";
}
