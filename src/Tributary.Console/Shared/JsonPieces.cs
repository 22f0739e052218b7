using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tributary.Console.Shared;

/// <summary>JSON, indented and cut into pieces that have one colour each.</summary>
public static class JsonPieces
{
    // A message has at most some thousand values; beyond that the rest is named and left out.
    private const int PiecesMax = 6_000;
    private const int TextLengthMax = 20_000;
    private const int DepthMax = 100;

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A run of characters.</summary>
    /// <param name="Text">The characters.</param>
    /// <param name="Style">The class that colours them; null for punctuation.</param>
    public readonly record struct Piece(string Text, string? Style);

    /// <summary>Cuts.</summary>
    public static IReadOnlyList<Piece> Of(JsonNode? json)
    {
        var writer = new Writer();
        writer.Write(json, 0);
        writer.Flush();
        return writer.Pieces;
    }

    private sealed class Writer
    {
        private readonly StringBuilder _plain = new();

        public List<Piece> Pieces { get; } = [];

        public void Write(JsonNode? node, int depth)
        {
            if (Pieces.Count > PiecesMax || depth > DepthMax)
            {
                _plain.Append('…');
                return;
            }

            switch (node)
            {
                case JsonObject { Count: > 0 } inner:
                    Open('{', inner.Count, depth, at =>
                    {
                        var (name, value) = inner.GetAt(at);
                        Add(JsonSerializer.Serialize(Cut(name), Relaxed), "json-name");
                        _plain.Append(": ");
                        Write(value, depth + 1);
                    });
                    _plain.Append('}');
                    break;
                case JsonArray { Count: > 0 } list:
                    Open('[', list.Count, depth, at => Write(list[at], depth + 1));
                    _plain.Append(']');
                    break;
                case JsonObject:
                    _plain.Append("{}");
                    break;
                case JsonArray:
                    _plain.Append("[]");
                    break;
                case JsonValue value when value.TryGetValue<string>(out var text):
                    Add(JsonSerializer.Serialize(Cut(text), Relaxed), "json-text");
                    break;
                default:
                    Add(node?.ToJsonString() ?? "null", "json-value");
                    break;
            }
        }

        public void Flush()
        {
            if (_plain.Length > 0) Pieces.Add(new Piece(_plain.ToString(), null));
            _plain.Clear();
        }

        private static string Cut(string text) => text.Length > TextLengthMax ? text[..TextLengthMax] + "…" : text;

        private void Open(char bracket, int count, int depth, Action<int> write)
        {
            _plain.Append(bracket);
            for (var at = 0; at < count; at++)
            {
                _plain.Append(at == 0 ? "\n" : ",\n").Append(' ', 2 * (depth + 1));
                write(at);
            }

            _plain.Append('\n').Append(' ', 2 * depth);
        }

        private void Add(string text, string style)
        {
            Flush();
            Pieces.Add(new Piece(text, style));
        }
    }
}
