using System.Text.RegularExpressions;

namespace Tributary.Console.Destinations;

/// <summary>Descriptions of fields, which are written in Markdown, as plain text.</summary>
internal static partial class FieldText
{
    /// <summary>The text without marks; a link becomes its words.</summary>
    public static string Plain(string? markdown) =>
        markdown is null ? "" : Mark().Replace(Link().Replace(markdown, "$1"), "").Trim();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)", RegexOptions.CultureInvariant)]
    private static partial Regex Link();

    [GeneratedRegex(@"\*\*|`|</?[a-z]+>", RegexOptions.CultureInvariant)]
    private static partial Regex Mark();
}
