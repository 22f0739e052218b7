using System.Text.Json.Nodes;
using Tributary.Server.Cli;

namespace Tributary.Server.Demo;

/// <summary>Prepares the workspace over the management API: three sources, and the phone number as something that people are known by.</summary>
internal static class DemoSetup
{
    public const string Website = "website";
    public const string Crm = "crm";
    public const string HelpDesk = "help-desk";

    private const string IdentityPath = "api/spaces/default/identity";

    /// <summary>Makes what is missing.</summary>
    public static async Task<DemoSources> PrepareAsync(ServerConnection server, CancellationToken cancellationToken)
    {
        var sources = await server.ListAsync("api/sources", "sources", cancellationToken);
        var rules = await server.GetAsync(IdentityPath, cancellationToken);
        if (rules!["identifiers"]!.AsArray().All(rule => (string)rule!["type"]! != "phone"))
        {
            // Below email: a number is shared by a household more often than a mailbox.
            rules["identifiers"]!.AsArray().Add(new JsonObject { ["type"] = "phone", ["matchKeys"] = new JsonArray("phone"), ["limit"] = 2, ["priority"] = 3 });
            foreach (var rule in rules["identifiers"]!.AsArray().Where(rule => (string)rule!["type"]! != "phone" && (int)rule["priority"]! >= 3))
                rule!["priority"] = (int)rule["priority"]! + 1;
            await server.SendAsync(HttpMethod.Put, IdentityPath, rules, cancellationToken);
        }

        return new DemoSources(
            await WriteKeyAsync(Website, "Website", "javascript"), await WriteKeyAsync(Crm, "CRM export", "csv"), await WriteKeyAsync(HelpDesk, "Help desk", "http-api"));

        async Task<string> WriteKeyAsync(string slug, string name, string kind)
        {
            var source = (JsonNode?)sources.FirstOrDefault(source => (string)source["slug"]! == slug) ?? (await server.SendAsync(
                HttpMethod.Post, "api/sources", new JsonObject { ["slug"] = slug, ["name"] = name, ["metadataId"] = kind, ["enabled"] = true }, cancellationToken))!["source"]!;
            return (string)source["writeKeys"]![0]!;
        }
    }
}
