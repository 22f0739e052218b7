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
        var (liquid, fault) = LiquidTemplate.Read(template);
        return liquid is null ? new FaultNode(fault!) : new DirectiveNode(liquid.Render);
    }
}
