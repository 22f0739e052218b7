using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Tributary.Server.Files;

/// <summary>JSON as YAML that people like to read and <see cref="YamlJson"/> reads back as the same JSON.</summary>
internal static partial class JsonYaml
{
    /// <summary>Writes an object as one document.</summary>
    public static string Write(JsonObject root)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(text, new EmitterSettings(2, int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024, indentSequences: true));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Write(emitter, root);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    /// <summary>A text that means itself: what would be taken for a variable of the environment is marked as none.</summary>
    public static string Literally(string text) => Variable().Replace(text, match => "$" + match.Value);

    private static void Write(Emitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } json:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, MappingStyle.Block));
                foreach (var (name, value) in json)
                {
                    Write(emitter, name, SafeText().IsMatch(name) && !Words().IsMatch(name) ? ScalarStyle.Plain : ScalarStyle.DoubleQuoted);
                    Write(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonObject:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, MappingStyle.Flow));
                emitter.Emit(new MappingEnd());
                break;
            case JsonArray list:
                // Short lists of plain values stay on one line.
                var isFlow = list.All(each => each is null or JsonValue);
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, isFlow ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var each in list) Write(emitter, each);
                emitter.Emit(new SequenceEnd());
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                var text = value.GetValue<string>();
                Write(emitter, text, StyleOf(text, isInList: value.Parent is JsonArray));
                break;
            default:
                Write(emitter, node?.ToJsonString() ?? "null", ScalarStyle.Plain);
                break;
        }
    }

    private static void Write(Emitter emitter, string text, ScalarStyle style) =>
        emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, style, isPlainImplicit: true, isQuotedImplicit: true));

    private static ScalarStyle StyleOf(string text, bool isInList)
    {
        if (SafeText().IsMatch(text) && !Words().IsMatch(text)) return ScalarStyle.Plain;
        return !isInList && SafeLines().IsMatch(text) ? ScalarStyle.Literal : ScalarStyle.DoubleQuoted;
    }

    [GeneratedRegex(@"^[A-Za-z_](?:[A-Za-z0-9_ ./-]*[A-Za-z0-9_])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex SafeText();

    [GeneratedRegex(@"^(?:null|true|false)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Words();

    [GeneratedRegex(@"\$\{[A-Za-z_][A-Za-z0-9_]*\}", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();

    // Several lines of ordinary letters, each ending in something that can be seen.
    [GeneratedRegex(@"^[!-~](?:[ -~]*[!-~])?(?:\n(?:[ -~]*[!-~])?)*\n(?:[ -~]*[!-~])\z", RegexOptions.CultureInvariant)]
    private static partial Regex SafeLines();
}
