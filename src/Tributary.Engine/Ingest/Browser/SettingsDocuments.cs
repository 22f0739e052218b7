using System.Text.Json;

namespace Tributary.Engine.Ingest;

/// <summary>
/// Makes the settings of a source as clients want them: little, but with every host named, or they would call Segment's cloud (trap 14).
/// </summary>
internal sealed class SettingsDocuments
{
    /// <summary>The JSON document for a write key.</summary>
    public byte[] Of(string writeKey, OwnAddress own)
    {
        var host = $"{own.Host}/v1";
        return JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["integrations"] = new Dictionary<string, object>
            {
                ["Segment.io"] = new
                {
                    apiKey = writeKey,
                    apiHost = host,
                    protocol = own.Scheme,
                    retryQueue = true,
                    addBundledMetadata = true,
                    unbundledIntegrations = Array.Empty<string>(),
                    bundledConfigIds = Array.Empty<string>(),
                    unbundledConfigIds = Array.Empty<string>(),
                    maybeBundledConfigIds = new { },
                    versionSettings = new { version = "4.4.7", componentTypes = new[] { "browser" } },
                },
            },
            ["plan"] = new { },
            ["edgeFunction"] = new { },
            ["enabledMiddleware"] = new { },
            ["middlewareSettings"] = new { routingRules = Array.Empty<object>() },
            ["remotePlugins"] = Array.Empty<object>(),
            ["metrics"] = new { sampleRate = 0, host, protocol = own.Scheme },
            ["analyticsNextEnabled"] = true,
            ["legacyVideoPluginsEnabled"] = false,
        });
    }
}
