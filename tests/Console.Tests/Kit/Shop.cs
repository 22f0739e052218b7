using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Console.Tests.Kit;

/// <summary>A server with a source that somebody uses.</summary>
internal static class Shop
{
    public const string WriteKey = "the-key-of-the-shop-0123456789ab";

    /// <summary>Creates the source and sends what two people did, and three messages that break a rule.</summary>
    public static async Task<Source> OpenAsync(ConsoleServer server)
    {
        var source = await CreateAsync(server, "Shop website", "shop");
        await server.SendAsync(
            WriteKey,
            """{"type":"identify","userId":"person-4711","anonymousId":"browser-1","traits":{"email":"countess@example.net","plan":"pro","name":"Ada Lovelace"},"context":{"ip":"203.0.113.7"}}""",
            """{"type":"track","userId":"person-4711","event":"Order Completed","messageId":"order-1","properties":{"total":42.5,"currency":"EUR","products":[{"sku":"A-1","name":"Lamp"}]}}""",
            """{"type":"track","anonymousId":"browser-2","event":"Product Viewed","properties":{"sku":"A-1","email":"ben@example.net"}}""",
            """{"type":"page","anonymousId":"browser-2","name":"Home","properties":{"path":"/"}}""",
            """{"type":"track","event":"Nobody Did This"}""",
            """{"type":"track","userId":"person-4711"}""",
            """{"type":"dance","userId":"person-4711"}""");
        await DefineAsync(server, "audiences", "Buyers", "buyers", "event('Order Completed').within(30 days).count() >= 1");
        await DefineAsync(server, "computed-traits", "Spent", "spent", "event('Order Completed').sum(property('total'))");
        return source;
    }

    /// <summary>Creates an audience or a computed trait.</summary>
    public static async Task DefineAsync(ConsoleServer server, string path, string name, string key, string query)
    {
        var fields = new JsonObject { ["name"] = name, ["key"] = key, ["definition"] = new JsonObject { ["type"] = "USERS", ["query"] = query } };
        var (status, body) = await server.Server.SendAsync(HttpMethod.Post, $"/api/spaces/{server.Workspace.Current.Spaces[0].Id}/{path}", JsonSerializer.Serialize(fields));
        Assert.True(status == 201, body.ToJsonString());
    }

    /// <summary>Creates a source with a name.</summary>
    public static async Task<Source> CreateAsync(ConsoleServer server, string name, string slug, string key = WriteKey)
    {
        var fields = new JsonObject { ["name"] = name, ["slug"] = slug, ["metadataId"] = "javascript", ["writeKeys"] = new JsonArray(key) };
        var (status, body) = await server.Server.SendAsync(HttpMethod.Post, "/api/sources", JsonSerializer.Serialize(fields));
        Assert.True(status == 201, body.ToJsonString());
        return server.Workspace.Current.FindSource((string)body["data"]!["source"]!["id"]!)!;
    }
}
