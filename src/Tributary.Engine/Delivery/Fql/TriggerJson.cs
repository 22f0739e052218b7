using System.Collections.Immutable;
using Tributary.Engine.Delivery.Mapping;

namespace Tributary.Engine.Delivery.Fql;

/// <summary>The JSON form of a trigger, as Segment's <c>parseFql</c> gives it and its console keeps it.</summary>
internal static class TriggerJson
{
    private const int DepthMax = 64;

    private static readonly Needle Children = new("children");
    private static readonly Needle Error = new("error");
    private static readonly Needle Name = new("name");
    private static readonly Needle Operator = new("operator");
    private static readonly Needle Type = new("type");
    private static readonly Needle Value = new("value");

    /// <summary>Writes the tree. A number that is none (<c>properties.a = +</c>) becomes null, as in JSON.stringify.</summary>
    public static ReadOnlyMemory<byte> Write(TriggerNode tree)
    {
        var writer = new ScriptWriter(int.MaxValue, isExact: true);
        writer.Value(ValueOf(tree));
        return writer.Written;
    }

    public static (TriggerGroup? Tree, FqlFault? Fault) Read(ScriptValue ast)
    {
        if (ast.Kind != ScriptKind.Object) return (null, new FqlFault("A syntax tree is an object with type, operator and children.", null));
        if (ast.Get(Error).IsTruthy) return (null, new FqlFault("The syntax tree is that of a text with an error.", null));
        var fault = default(string);
        var group = ReadGroup(ast, 0, ref fault);
        return fault is null ? (group, null) : (null, new FqlFault(fault, null));
    }

    private static ScriptValue ValueOf(TriggerNode? node)
    {
        if (node is null) return ScriptValue.Null;
        var written = new ScriptObject();
        switch (node)
        {
            case TriggerGroup group:
                written.Define("type", ScriptValue.Of("group"));
                written.Define("operator", TextOf(group.Operator));
                written.Define("children", ScriptValue.Of([.. group.Children.Select(ValueOf)]));
                break;
            case TriggerCondition condition:
                written.Define("type", TextOf(condition.Type));
                written.Define("name", TextOf(condition.Name));
                written.Define("operator", TextOf(condition.Operator));
                if (condition.HasValue) written.Define("value", condition.Value switch
                {
                    string text => ScriptValue.Of(text),
                    double number => ScriptValue.Of(number),
                    bool flag => ScriptValue.Of(flag),
                    _ => ScriptValue.Null,
                });
                break;
        }

        return ScriptValue.Of(written);
    }

    private static TriggerGroup ReadGroup(ScriptValue node, int depth, ref string? fault)
    {
        var children = ImmutableArray.CreateBuilder<TriggerNode?>();
        if (depth > DepthMax) fault ??= $"A syntax tree is at most {DepthMax} groups deep.";
        else if (node.Get(Children) is not { Kind: ScriptKind.Array } list) fault ??= "A group needs the list children.";
        else foreach (var child in list.AsList()) children.Add(ReadChild(child, depth, ref fault));
        return new TriggerGroup(TextOf(node, Operator), children.ToImmutable());
    }

    private static TriggerNode? ReadChild(ScriptValue node, int depth, ref string? fault)
    {
        if (node.IsNullish) return null;
        if (node.Kind != ScriptKind.Object)
        {
            fault ??= "A child of a group is an object.";
            return null;
        }

        var type = TextOf(node, Type);
        if (type == "group") return ReadGroup(node, depth + 1, ref fault);
        var given = node.Get(Value);
        object? value = given.Kind switch
        {
            ScriptKind.Text => given.Text,
            ScriptKind.Number => given.Number,
            ScriptKind.True or ScriptKind.False => given.Kind == ScriptKind.True,
            ScriptKind.Undefined or ScriptKind.Null or ScriptKind.Object or ScriptKind.Array => null,
        };
        if (given.Kind is ScriptKind.Object or ScriptKind.Array) fault ??= "The value of a condition is a text, a number, true, false or null.";
        return new TriggerCondition(type, TextOf(node, Name), TextOf(node, Operator), value, !given.IsUndefined);
    }

    private static ScriptValue TextOf(string? text) => text is null ? default : ScriptValue.Of(text);

    private static string? TextOf(ScriptValue node, Needle name) => node.Get(name) is { Kind: ScriptKind.Text } text ? text.Text : null;
}
