using Xunit;

namespace Tributary.Server.Tests.Management;

public sealed class DestinationsApiTests
{
    [Fact]
    public async Task Deleting_a_source_deletes_its_destinations()
    {
        await using var server = await RunningServer.StartAsync();
        var source = (await server.CreateSourceAsync("shop"))["id"]!.GetValue<string>();
        var (created, body) = await server.SendAsync(HttpMethod.Post, "/api/destinations", Webhook(source, "https://example.com/hook"));
        var id = body["data"]!["destination"]!["id"]!.GetValue<string>();

        await server.SendAsync(HttpMethod.Delete, $"/api/sources/{source}");

        Assert.Equal(200, created);
        Assert.Equal(404, (await server.SendAsync(HttpMethod.Get, $"/api/destinations/{id}")).Status);
    }

    [Theory]
    [InlineData("ftp://example.com")]
    [InlineData("/relative")]
    [InlineData("example.com")]
    [InlineData("http://")]
    [InlineData("javascript:alert(1)")]
    public async Task A_webhook_needs_an_absolute_http_address(string url)
    {
        await using var server = await RunningServer.StartAsync();
        var source = (await server.CreateSourceAsync("shop"))["id"]!.GetValue<string>();

        var (status, body) = await server.SendAsync(HttpMethod.Post, "/api/destinations", Webhook(source, url));

        Assert.Equal((400, "settings.url"), (status, body["errors"]![0]!["field"]!.GetValue<string>()));
    }

    [Fact]
    public async Task An_update_keeps_the_settings_that_are_not_sent_and_checks_the_whole()
    {
        await using var server = await RunningServer.StartAsync();
        var source = (await server.CreateSourceAsync("shop"))["id"]!.GetValue<string>();
        var (_, body) = await server.SendAsync(HttpMethod.Post, "/api/destinations", Webhook(source, "https://example.com/hook"));
        var path = $"/api/destinations/{body["data"]!["destination"]!["id"]}";

        var (_, updated) = await server.SendAsync(HttpMethod.Patch, path, """{"settings":{"sharedSecret":"s"},"enabled":false}""");
        var (refused, _) = await server.SendAsync(HttpMethod.Patch, path, """{"settings":{"url":null}}""");

        Assert.Equal("""{"url":"https://example.com/hook","sharedSecret":"\u2022\u2022\u2022\u2022"}""", updated["data"]!["destination"]!["settings"]!.ToJsonString());
        Assert.False(updated["data"]!["destination"]!["enabled"]!.GetValue<bool>());
        Assert.Equal(400, refused);
    }

    [Theory]
    [InlineData("""{"metadataId":"webhook","settings":{"url":"http://a.b"}}""", "sourceId")]
    [InlineData("""{"sourceId":"nothing","metadataId":"webhook","settings":{"url":"http://a.b"}}""", "sourceId")]
    public async Task A_destination_needs_a_source(string json, string field)
    {
        await using var server = await RunningServer.StartAsync();

        var (status, body) = await server.SendAsync(HttpMethod.Post, "/api/destinations", json);

        Assert.Equal((400, field), (status, body["errors"]![0]!["field"]!.GetValue<string>()));
    }

    private static string Webhook(string source, string url) =>
        $$$"""{"sourceId":"{{{source}}}","metadataId":"webhook","settings":{"url":"{{{url}}}"}}""";
}
