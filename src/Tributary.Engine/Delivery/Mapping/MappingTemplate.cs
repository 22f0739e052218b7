using System.Text;
using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>
/// The text of <c>@template</c>: first everything in three braces is replaced, then, in what came out, everything in two. A text without three braces is read
/// once, when the mapping is compiled.
/// </summary>
internal sealed class MappingTemplate
{
    private readonly string _text;
    private readonly List<Part>? _parts;

    public MappingTemplate(string text)
    {
        _text = text;
        if (Read(text, 3).TrueForAll(part => part.Path is null)) _parts = Read(text, 2);
    }

    public ScriptValue Render(MappingRun run, ScriptValue payload)
    {
        // Where nothing is mapped, the original renders an empty object.
        if (payload.IsUndefined) payload = ScriptValue.Of(new ScriptObject());
        if (_parts is not null) return Render(run, payload, _parts);
        var first = Render(run, payload, Read(_text, 3));
        return first.IsUndefined ? first : Render(run, payload, Read(first.Text, 2));
    }

    /// <summary>Writes what <see cref="Render(MappingRun, ScriptValue)"/> gives. Texts of the event are copied as they stand, escapes and all.</summary>
    public bool TryWrite(MappingRun run, ScriptValue payload, ScriptWriter writer, ReadOnlySpan<byte> before)
    {
        if (_parts is null || payload.IsUndefined)
        {
            var rendered = Render(run, payload);
            if (rendered.IsUndefined) return false;
            writer.Value(before, rendered);
            return true;
        }

        writer.Raw(before);
        writer.Raw((byte)'"');
        foreach (var part in _parts)
        {
            if (part.Path is not { } path)
            {
                if (!run.Spend(1 + part.Literal.Length)) return false;
                writer.Raw(part.Json);
                continue;
            }

            var value = path.Find(run, payload);
            if (value.IsNullish) continue;
            if (value is { Kind: ScriptKind.Text, Document: { } document })
            {
                var inner = document.Inner(value.Index);
                if (!run.Spend(1 + inner.Length)) return false;
                writer.Raw(inner);
                continue;
            }

            if (!value.TryWriteText(out var text))
            {
                run.Fail("@template: Cannot convert object to primitive value");
                return false;
            }

            if (!run.Spend(1 + text.Length)) return false;
            writer.Inner(text);
        }

        writer.Raw((byte)'"');
        return true;
    }

    private static ScriptValue Render(MappingRun run, ScriptValue payload, List<Part> parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            var piece = part.Literal;
            if (part.Path is { } path)
            {
                var value = path.Find(run, payload);
                if (value.IsNullish) continue;
                if (!value.TryWriteText(out piece)) return run.Fail("@template: Cannot convert object to primitive value");
            }

            if (!run.Spend(1 + piece.Length)) return default;
            text.Append(piece);
        }

        return ScriptValue.Of(text.ToString());
    }

    // A placeholder is its opening braces, at least one character that is no closing brace, and its closing braces.
    private static List<Part> Read(string text, int braces)
    {
        var (open, close) = braces == 3 ? ("{{{", "}}}") : ("{{", "}}");
        var parts = new List<Part>();
        var start = 0;
        var at = text.IndexOf(open, StringComparison.Ordinal);
        while (at >= 0)
        {
            var end = text.IndexOf('}', at + braces);
            if (end < 0) break;
            if (end == at + braces || string.CompareOrdinal(text, end, close, 0, braces) != 0)
            {
                // Every other opening before this brace fails at the same brace, unless the content was empty.
                var next = end == at + braces ? at + 1 : end;
                at = text.IndexOf(open, next, StringComparison.Ordinal);
                continue;
            }

            if (at > start) parts.Add(new Part(text[start..at], null));
            parts.Add(new Part("", MappingPath.Of(JsonText.Trim(text[(at + braces)..end]))));
            start = end + braces;
            at = text.IndexOf(open, start, StringComparison.Ordinal);
        }

        if (start < text.Length) parts.Add(new Part(text[start..], null));
        return parts;
    }

    private sealed record Part(string Literal, MappingPath? Path)
    {
        /// <summary>The literal as it stands within a text in JSON.</summary>
        public byte[] Json { get; } = Written(Literal);

        private static byte[] Written(string literal)
        {
            var writer = new ScriptWriter(int.MaxValue);
            writer.Inner(literal);
            return writer.Written.ToArray();
        }
    }
}
