using System.Text.Json.Nodes;
using Tributary.Engine.Delivery;
using Tributary.Engine.Workspace;

namespace Tributary.Destinations.Functions;

/// <summary>What must not be shown of the runs of a function: the sensitive settings of all who use it, and those that a trial gives.</summary>
internal static class FunctionSecrets
{
    /// <summary>Takes them out of what is shown.</summary>
    /// <param name="function">The function; null for code that is not saved.</param>
    /// <param name="now">The workspace, with the destinations, sources and instances that use it.</param>
    /// <param name="secrets">Opens what is sealed.</param>
    /// <param name="given">The settings of a trial. They are secret when the function says so, or when they are called as credentials are.</param>
    public static SecretMask MaskOf(Function? function, WorkspaceSnapshot now, SecretBox secrets, JsonObject given)
    {
        bool IsSecret(string name) => function?.IsSecret(name) == true;
        var used = function is null
            ? []
            : now.Destinations.Where(destination => destination.MetadataId == function.CatalogId).Select(destination => destination.Settings)
                .Concat(now.Sources.Where(source => source.MetadataId == function.CatalogId).Select(source => source.Settings))
                .Concat(now.InsertFunctions.Where(instance => instance.FunctionId == function.Id).Select(instance => instance.Settings));
        return new SecretMask(
            [.. used.SelectMany(settings => SecretMask.SecretsOf(settings, secrets, IsSecret)), .. SecretMask.SecretsOf(given, secrets, name => IsSecret(name) || SecretMask.IsCredential(name))]);
    }

    /// <summary>JSON without them, in names and in texts.</summary>
    public static JsonNode? Clean(SecretMask mask, JsonNode? node) => node switch
    {
        JsonValue value when value.TryGetValue<string>(out var text) => JsonValue.Create(mask.Clean(text)),
        JsonArray list => new JsonArray([.. list.Select(each => Clean(mask, each))]),
        JsonObject map => Clean(mask, map),
        _ => node?.DeepClone(),
    };

    private static JsonObject Clean(SecretMask mask, JsonObject map)
    {
        var cleaned = new JsonObject();
        foreach (var (name, value) in map) cleaned[mask.Clean(name)] = Clean(mask, value);
        return cleaned;
    }
}
