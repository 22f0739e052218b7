using System.Text.Json.Nodes;
using Tributary.Engine.Delivery.Mapping;

namespace Tributary.Destinations.Actions;

/// <summary>The mapping of a subscription: run here when our engine can, else by the worker with the package's own.</summary>
/// <param name="Native">Ours; null when the worker has to.</param>
internal sealed record ActionMapping(CompiledMapping? Native)
{
    /// <summary>Reads a mapping; null and a sentence when it is wrong.</summary>
    public static (ActionMapping? Mapping, string? Fault) Read(JsonObject mapping)
    {
        if (Uses(mapping, "@liquid")) return (new ActionMapping(Native: null), null);
        var (compiled, faults) = CompiledMapping.Compile(mapping);
        return compiled is null ? (null, $"The mapping is wrong: {string.Join(" ", faults)}") : (new ActionMapping(compiled), null);
    }

    private static bool Uses(JsonNode? node, string directive) => node switch
    {
        JsonObject members => members.Any(member => member.Key == directive || Uses(member.Value, directive)),
        JsonArray items => items.Any(item => Uses(item, directive)),
        _ => false,
    };
}
