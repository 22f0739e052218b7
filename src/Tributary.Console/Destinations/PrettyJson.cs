using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Console.Access;

namespace Tributary.Console.Destinations;

/// <summary>JSON as people read it.</summary>
internal static class PrettyJson
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 256 };

    /// <summary>On one line.</summary>
    public static JsonSerializerOptions Short { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 256 };

    /// <summary>A value, with its members on lines of their own.</summary>
    public static string Of(JsonNode? node) => node?.ToJsonString(Options) ?? "null";

    /// <summary>The same of a text that may be JSON; the text itself when it is none.</summary>
    public static string Of(string text) => Parse(text) is { } node ? Of(node) : text;

    /// <summary>A body that was made for, or came from, another system: names there follow no rule of ours, so nothing of it is shown to those who may not see who people are.</summary>
    public static string Body(string text, bool maySeePeople) => maySeePeople ? Of(text) : Parse(text) is { } node ? Of(PiiMask.Foreign(node)) : PiiMask.Text(text);

    /// <summary>Reads an object or a list; null when the text is none.</summary>
    public static JsonNode? Parse(string text)
    {
        if (text.AsSpan().TrimStart() is not ['{' or '[', ..]) return null;
        try
        {
            var node = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = 200, AllowDuplicateProperties = false });
            // Half a character shows itself only when it is written.
            _ = node?.ToJsonString(Options);
            return node;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }
}
