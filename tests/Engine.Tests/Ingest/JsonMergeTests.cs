using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Tributary.Engine.Ingest;
using Xunit;

namespace Tributary.Engine.Tests.Ingest;

public sealed class JsonMergeTests
{
    private static readonly Gen<JsonNode?> Leaf = Gen.Int[0, 9].Select(n => n == 0 ? null : (JsonNode?)JsonValue.Create(n));

    private static readonly Gen<JsonObject> Objects = ObjectOf(3);

    [Theory]
    [InlineData("{}", "{}", "{}")]
    [InlineData("""{"a":1}""", """{"b":2}""", """{"a":1,"b":2}""")]
    [InlineData("""{"a":1}""", """{"a":null}""", """{"a":null}""")]
    [InlineData("""{"a":{"x":1}}""", """{"a":5}""", """{"a":5}""")]
    [InlineData("""{"a":5}""", """{"a":{"x":1}}""", """{"a":{"x":1}}""")]
    [InlineData("""{"a":[1]}""", """{"a":[2]}""", """{"a":[2]}""")]
    [InlineData("""{"a":{"x":1}}""", """{"\u0061":{"y":2}}""", """{"\u0061":{"x":1,"y":2}}""")]
    [InlineData("""{"a":{"x":1}}""", """{"a":{"y":2},"a":{"z":3}}""", """{"a":{"x":1,"z":3}}""")]
    [InlineData("""{"a":{"x":1}}""", """{"a":1,"a":{"z":3}}""", """{"a":{"z":3}}""")]
    public void The_upper_object_wins_deeply(string lower, string upper, string expected) => Assert.Equal(expected, Merged(lower, upper));

    [Fact]
    public void Merging_is_what_a_plain_recursion_says() => Gen.Select(Objects, Objects).Sample((lower, upper) =>
        JsonNode.DeepEquals(JsonNode.Parse(Merged(lower.ToJsonString(), upper.ToJsonString())), Model(lower, upper)));

    private static JsonObject Model(JsonObject lower, JsonObject upper)
    {
        var result = lower.DeepClone().AsObject();
        foreach (var (name, value) in upper)
        {
            result[name] = value is JsonObject above && lower[name] is JsonObject below ? Model(below, above) : value?.DeepClone();
        }

        return result;
    }

    private static Gen<JsonObject> ObjectOf(int depth)
    {
        var value = depth == 0 ? Leaf : Gen.OneOf(Leaf, ObjectOf(depth - 1).Select(inner => (JsonNode?)inner));
        return Gen.Select(Gen.Int[0, 3], value).Array[0, 4].Select(members =>
        {
            var made = new JsonObject();
            foreach (var (name, member) in members) made["k" + name] = member?.DeepClone();
            return made;
        });
    }

    private static string Merged(string lower, string upper)
    {
        var target = new ArrayBufferWriter<byte>();
        JsonMerge.Write(Encoding.UTF8.GetBytes(lower), Encoding.UTF8.GetBytes(upper), target);
        return Encoding.UTF8.GetString(target.WrittenSpan);
    }
}
