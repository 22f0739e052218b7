using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tributary.Engine.Tests.Delivery.Fql;

/// <summary>What Segment's packages answered, and how to compare with it: as JavaScript would, with every number a double.</summary>
internal static partial class Vectors
{
    public static JsonElement Read(string name) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Delivery", "vectors", $"{name}.json")), new JsonDocumentOptions { MaxDepth = 1_100 }).RootElement;

    /// <summary>The text as it is, also with half a character, at which <see cref="JsonElement.GetString"/> throws.</summary>
    public static string TextOf(JsonElement text) => Unescape().Replace(text.GetRawText()[1..^1], match => match.Value[1] switch
    {
        'u' => ((char)Convert.ToInt32(match.Value[2..], 16)).ToString(),
        'n' => "\n",
        't' => "\t",
        'r' => "\r",
        'b' => "\b",
        'f' => "\f",
        var other => other.ToString(),
    });

    public static bool AreSame(JsonElement one, JsonElement other)
    {
        if (one.ValueKind != other.ValueKind) return false;
        switch (one.ValueKind)
        {
            case JsonValueKind.Number:
                return one.GetDouble().Equals(other.GetDouble()) || (one.GetDouble() == 0 && other.GetDouble() == 0);
            case JsonValueKind.String:
                return TextOf(one) == TextOf(other);
            case JsonValueKind.Array:
                return one.GetArrayLength() == other.GetArrayLength() && one.EnumerateArray().Zip(other.EnumerateArray()).All(pair => AreSame(pair.First, pair.Second));
            case JsonValueKind.Object:
                var (mine, theirs) = (Members(one), Members(other));
                return mine.Count == theirs.Count && mine.All(member => theirs.TryGetValue(member.Key, out var value) && AreSame(member.Value, value));
            default:
                return true;
        }
    }

    // The last of several members with one name counts.
    private static Dictionary<string, JsonElement> Members(JsonElement element)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject()) members[member.Name] = member.Value;
        return members;
    }

    [GeneratedRegex(@"\\(u[0-9a-fA-F]{4}|.)")]
    private static partial Regex Unescape();
}
