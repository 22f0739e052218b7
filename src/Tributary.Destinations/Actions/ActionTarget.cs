using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Destinations.Node;

namespace Tributary.Destinations.Actions;

/// <summary>A destination with its settings, and the subscription if one is meant, as workers are told of it. Holds secrets: it is never printed.</summary>
internal sealed class ActionTarget
{
    private static long _last;

    public ActionTarget(ActionsKind kind, string destinationId, JsonObject settings, string? action = null, string? subscriptionId = null, JsonObject? mapping = null)
    {
        (Kind, DestinationId) = (kind, destinationId);
        OAuth = settings[ActionsKind.OAuthKey] as JsonObject;
        var value = JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["slug"] = kind.Slug,
            ["destinationId"] = destinationId,
            ["settings"] = kind.PackageSettings(settings),
            ["features"] = settings[ActionsKind.FlagsKey]?.DeepClone(),
            ["action"] = action,
            ["subscriptionId"] = subscriptionId,
            ["mapping"] = mapping?.DeepClone(),
        });
        Configuration = new NodeConfiguration($"{destinationId} {Interlocked.Increment(ref _last)}", writer => writer.WriteRawValue(value, skipInputValidation: true));
        // Stable for as long as the process lives, which is as long as workers remember anything.
        Route = (uint)string.GetHashCode(destinationId, StringComparison.Ordinal);
    }

    public ActionsKind Kind { get; }

    public string DestinationId { get; }

    /// <summary>The tokens among the settings; null when there are none.</summary>
    public JsonObject? OAuth { get; }

    public NodeConfiguration Configuration { get; }

    public uint Route { get; }
}
