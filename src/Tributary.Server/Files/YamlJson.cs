using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Tributary.Server.Files;

/// <summary>
/// YAML as JSON, by YAML's core schema: plain <c>true</c>, <c>12</c>, <c>1.5</c> and <c>null</c> are values, everything quoted is text. <c>${NAME}</c> in a text is
/// replaced with the environment's value, so that secrets need not stand in files; <c>$${NAME}</c> is the text <c>${NAME}</c>.
/// </summary>
internal static partial class YamlJson
{
    // Aliases may repeat a node many times over; nobody writes this many by hand.
    private const int NodesMax = 100_000;

    /// <summary>All documents of one text.</summary>
    /// <exception cref="WorkspaceFileException">The text is no YAML, or names a variable that is not set.</exception>
    public static List<JsonNode?> Read(string text, string path, Func<string, string?> environment)
    {
        var stream = new YamlStream();
        try
        {
            using var reader = new StringReader(text);
            stream.Load(reader);
        }
        catch (YamlException failure)
        {
            throw new WorkspaceFileException($"{path}({failure.Start.Line},{failure.Start.Column}): {failure.Message}");
        }

        var conversion = new Conversion(path, environment);
        return [.. stream.Documents.Select(document => conversion.Of(document.RootNode))];
    }

    private sealed class Conversion(string path, Func<string, string?> environment)
    {
        private int _nodes;

        public JsonNode? Of(YamlNode node)
        {
            if (++_nodes > NodesMax) throw new WorkspaceFileException($"{path}: more than {NodesMax} values.");
            return node switch
            {
                YamlMappingNode mapping => Object(mapping),
                YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(Of)]),
                YamlScalarNode scalar => Scalar(scalar),
                _ => throw new WorkspaceFileException($"{Where(node)}: this kind of YAML is not understood here."),
            };
        }

        private JsonObject Object(YamlMappingNode mapping)
        {
            var json = new JsonObject();
            foreach (var (key, value) in mapping.Children)
            {
                if (key is not YamlScalarNode { Value: { } name }) throw new WorkspaceFileException($"{Where(key)}: a name must be a text.");
                json[name] = Of(value);
            }

            return json;
        }

        private JsonNode? Scalar(YamlScalarNode scalar)
        {
            var text = scalar.Value ?? "";
            if (scalar.Style != ScalarStyle.Plain) return JsonValue.Create(Filled(text, scalar));
            if (text is "" or "~" or "null" or "Null" or "NULL") return null;
            if (text is "true" or "True" or "TRUE") return JsonValue.Create(true);
            if (text is "false" or "False" or "FALSE") return JsonValue.Create(false);
            return Number().IsMatch(text) ? JsonNode.Parse(Canonical(text)) : JsonValue.Create(Filled(text, scalar));
        }

        private string Filled(string text, YamlNode node) => Variable().Replace(text, match => match.Value.StartsWith("$$", StringComparison.Ordinal) ? match.Value[1..] : environment(match.Groups[1].Value)
            ?? throw new WorkspaceFileException($"{Where(node)}: the environment has no variable {match.Groups[1].Value}."));

        private string Where(YamlNode node) => $"{path}({node.Start.Line},{node.Start.Column})";
    }

    private static string Canonical(string number) => long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
        ? whole.ToString(CultureInfo.InvariantCulture)
        : double.Parse(number, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^[-+]?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE][-+]?[0-9]{1,2})?$", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(@"\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();
}

/// <summary>A workspace file cannot be used; the message names the place.</summary>
internal sealed class WorkspaceFileException(string message) : Exception(message);
