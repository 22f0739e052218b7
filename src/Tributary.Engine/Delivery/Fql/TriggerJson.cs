using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tributary.Engine.Delivery.Fql;

/// <summary>The JSON form of a trigger, as Segment's <c>parseFql</c> gives it and its console keeps it.</summary>
internal static class TriggerJson
{
    private const int DepthMax = 64;

    /// <summary>Writes the tree. A number that is none (<c>properties.a = +</c>) becomes null, as in JSON.stringify.</summary>
    public static JsonNode? Write(TriggerNode? node)
    {
        switch (node)
        {
            case TriggerGroup group:
                var children = new JsonArray();
                foreach (var child in group.Children) children.Add(Write(child));
                return new JsonObject { ["type"] = "group", ["operator"] = group.Operator, ["children"] = children };
            case TriggerCondition condition:
                var written = new JsonObject { ["type"] = condition.Type };
                if (condition.Name is { } name) written["name"] = name;
                written["operator"] = condition.Operator;
                if (condition.HasValue)
                {
                    written["value"] = condition.Value switch
                    {
                        string text => text,
                        double number => double.IsFinite(number) ? number : null,
                        bool flag => flag,
                        _ => null,
                    };
                }

                return written;
            default:
                return null;
        }
    }

    public static (TriggerGroup? Tree, FqlFault? Fault) Read(JsonNode? ast)
    {
        if (ast is not JsonObject root) return (null, new FqlFault("A syntax tree is an object with type, operator and children.", null));
        if (root.ContainsKey("error")) return (null, new FqlFault("The syntax tree is that of a text with an error.", null));
        var fault = default(string);
        var group = ReadGroup(root, 0, ref fault);
        return fault is null ? (group, null) : (null, new FqlFault(fault, null));
    }

    private static TriggerGroup ReadGroup(JsonObject node, int depth, ref string? fault)
    {
        var children = ImmutableArray.CreateBuilder<TriggerNode?>();
        if (depth > DepthMax) fault ??= $"A syntax tree is at most {DepthMax} groups deep.";
        else if (node["children"] is not JsonArray array) fault ??= "A group needs the list children.";
        else foreach (var child in array) children.Add(ReadChild(child, depth, ref fault));
        return new TriggerGroup(TextOf(node, "operator"), children.ToImmutable());
    }

    private static TriggerNode? ReadChild(JsonNode? child, int depth, ref string? fault)
    {
        if (child is null) return null;
        if (child is not JsonObject node)
        {
            fault ??= "A child of a group is an object.";
            return null;
        }

        var type = TextOf(node, "type");
        if (type == "group") return ReadGroup(node, depth + 1, ref fault);
        object? value = null;
        var hasValue = node.TryGetPropertyValue("value", out var given);
        switch (given?.GetValueKind())
        {
            case JsonValueKind.String:
                value = TextOf(node, "value");
                break;
            case JsonValueKind.Number:
                value = ScriptNumber.Read(given.ToJsonString());
                break;
            case JsonValueKind.True or JsonValueKind.False:
                value = given.GetValueKind() == JsonValueKind.True;
                break;
            case JsonValueKind.Object or JsonValueKind.Array:
                fault ??= "The value of a condition is a text, a number, true, false or null.";
                break;
        }

        return new TriggerCondition(type, TextOf(node, "name"), TextOf(node, "operator"), value, hasValue);
    }

    private static string? TextOf(JsonObject node, string name) =>
        node[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String && value.TryGetValue<string>(out var text) ? text : null;
}
