using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>The directive <c>@liquid</c>.</summary>
internal static partial class MappingCompiler
{
    private static MappingNode Liquid(ScriptValue options)
    {
        if (options.Kind != ScriptKind.Text) return new FaultNode("liquid template value must be a string");
        var template = options.Text;
        if (template.Length == 0) return new ConstantNode(ScriptValue.Of(""));
        if (template.Length > 1_000) return new FaultNode("liquid template values are limited to 1000 characters");
        return new FaultNode("@liquid is not supported here");
    }
}
