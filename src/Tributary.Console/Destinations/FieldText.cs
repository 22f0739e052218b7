using System.Text.RegularExpressions;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>Descriptions of fields, which are written in Markdown, as plain text.</summary>
internal static partial class FieldText
{
    /// <summary>The text without marks; a link becomes its words.</summary>
    public static string Plain(string? markdown) =>
        markdown is null ? "" : Mark().Replace(Link().Replace(markdown, "$1"), "").Trim();

    /// <summary>What a setting is called: its label, or its name as words.</summary>
    public static string Label(DestinationOption option) => option.Label != option.Name
        ? option.Label
        : option.Name == "url" ? "URL" : char.ToUpperInvariant(option.Name[0]) + WordStart().Replace(option.Name[1..], match => " " + match.Value.ToLowerInvariant());

    /// <summary>What a kind of destination does.</summary>
    public static string KindText(DestinationKind kind) => Plain(kind.Description.Replace(kind.Name, KindName(kind.Name), StringComparison.Ordinal));

    /// <summary>What a kind of destination is called, without the word by which Segment tells its generations apart.</summary>
    public static string KindName(string name) => name.EndsWith(" (Actions)", StringComparison.Ordinal) ? name[..^10] : name.StartsWith("Actions ", StringComparison.Ordinal) ? name[8..] : name;

    [GeneratedRegex("[A-Z]", RegexOptions.CultureInvariant)]
    private static partial Regex WordStart();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)", RegexOptions.CultureInvariant)]
    private static partial Regex Link();

    [GeneratedRegex(@"\*\*|`|</?[a-z]+>", RegexOptions.CultureInvariant)]
    private static partial Regex Mark();
}
