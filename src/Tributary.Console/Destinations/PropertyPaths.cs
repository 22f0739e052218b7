using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tributary.Console.Destinations;

/// <summary>The parts of an event as mappings name them, for suggestions.</summary>
internal static partial class PropertyPaths
{
    private const int CountMax = 300;
    private const int DepthMax = 6;

    /// <summary>The paths of an event, in its own order, each with what stands there.</summary>
    public static IReadOnlyList<(string Path, string Text)> Of(JsonNode? message)
    {
        var paths = new List<(string, string)>();
        if (message is JsonObject root) Add(paths, "$", root, 0);
        return paths;
    }

    private static void Add(List<(string Path, string Text)> paths, string prefix, JsonObject node, int depth)
    {
        foreach (var (name, value) in node)
        {
            if (paths.Count >= CountMax) return;
            var path = PlainName().IsMatch(name) ? $"{prefix}.{name}" : $"{prefix}['{name}']";
            paths.Add((path, value switch
            {
                JsonObject => "object",
                JsonArray list => $"list of {list.Count}",
                null => "null",
                _ => value.ToString() is { Length: > 40 } text ? text[..40] + "…" : value.ToString(),
            }));
            if (value is JsonObject inner && depth < DepthMax) Add(paths, path, inner, depth + 1);
        }
    }

    [GeneratedRegex("^[A-Za-z0-9_ -]+$", RegexOptions.CultureInvariant)]
    private static partial Regex PlainName();
}
