using System.Text.Json;

namespace Tributary.Engine.Tests.Delivery.Fql;

/// <summary>What Segment's packages answered, and how to compare with it: as JavaScript would, with every number a double.</summary>
internal static class Vectors
{
    public static JsonElement Read(string name) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Delivery", "vectors", $"{name}.json")), new JsonDocumentOptions { MaxDepth = 1_100 }).RootElement;

    public static bool AreSame(JsonElement one, JsonElement other)
    {
        if (one.ValueKind != other.ValueKind) return false;
        switch (one.ValueKind)
        {
            case JsonValueKind.Number:
                return one.GetDouble().Equals(other.GetDouble()) || (one.GetDouble() == 0 && other.GetDouble() == 0);
            case JsonValueKind.String:
                return one.GetRawText() == other.GetRawText() || one.ValueEquals(other.GetString());
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
}
