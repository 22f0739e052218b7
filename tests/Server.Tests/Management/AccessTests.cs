using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Server.Tests.Management;

public sealed class AccessTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer ")]
    [InlineData("Basic !!!")]
    [InlineData("Digest x")]
    public async Task Nobody_enters_without_a_token(string? authorization)
    {
        await using var server = await RunningServer.StartAsync();
        using var client = server.Client(null);
        if (authorization is not null) client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);

        foreach (var path in new[] { "/api", "/api/", "/api/sources", "/api/nothing", "/api/spaces/default/identity", "/api/tokens" })
        {
            using var response = await client.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Equal("unauthorized", JsonNode.Parse(await response.Content.ReadAsStringAsync())!["errors"]![0]!["type"]!.GetValue<string>());
        }
    }

    [Theory]
    [InlineData("{0}:")]
    [InlineData("{0}:whatever")]
    [InlineData("{0}")]
    public async Task The_token_may_be_the_user_name_of_basic(string credential)
    {
        await using var server = await RunningServer.StartAsync();
        using var client = server.Client(null);
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Format(null, credential, RunningServer.AdminToken))));

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/sources")).StatusCode);
    }

    [Fact]
    public async Task A_token_works_until_it_is_deleted_and_shows_its_secret_once()
    {
        await using var server = await RunningServer.StartAsync();
        var (created, body) = await server.SendAsync(HttpMethod.Post, "/api/tokens", """{"name":"robot","scopes":["admin"]}""");
        var token = body["data"]!["token"]!;
        using var robot = server.Client(token["secret"]!.GetValue<string>());

        Assert.Equal(201, created);
        Assert.Equal(HttpStatusCode.OK, (await robot.GetAsync("/api/sources")).StatusCode);
        Assert.DoesNotContain(token["secret"]!.GetValue<string>(), await robot.GetStringAsync("/api/tokens"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await robot.DeleteAsync($"/api/tokens/{token["id"]}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await robot.GetAsync("/api/sources")).StatusCode);
    }

    [Fact]
    public async Task A_token_without_the_scope_is_forbidden()
    {
        await using var server = await RunningServer.StartAsync();
        var (_, body) = await server.SendAsync(HttpMethod.Post, "/api/tokens", """{"name":"reader","scopes":["profiles:read"]}""");
        using var reader = server.Client(body["data"]!["token"]!["secret"]!.GetValue<string>());

        using var response = await reader.GetAsync("/api/sources");

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Theory]
    [InlineData("""{"name":"x"}""")]
    [InlineData("""{"name":"x","scopes":["everything"]}""")]
    [InlineData("""{"scopes":["admin"]}""")]
    public async Task A_token_needs_a_name_and_known_scopes(string json)
    {
        await using var server = await RunningServer.StartAsync();

        Assert.Equal(400, (await server.SendAsync(HttpMethod.Post, "/api/tokens", json)).Status);
    }

    [Fact]
    public async Task The_audit_log_names_the_token()
    {
        await using var server = await RunningServer.StartAsync();
        await server.CreateSourceAsync("shop");

        var events = (await server.GetAsync("/api/audit-events?pagination[count]=1"))["events"]!.AsArray();

        Assert.Equal("TRIBUTARY_ADMIN_TOKEN", Assert.Single(events)!["actor"]!.GetValue<string>());
        Assert.Equal("Source Created", events[0]!["type"]!.GetValue<string>());
        Assert.Equal("shop", events[0]!["resourceName"]!.GetValue<string>());
        var changes = events[0]!["changes"]!.AsArray().ToDictionary(change => (string)change!["field"]!, change => (Before: change!["before"], After: change["after"]));
        Assert.Equal((null, "shop"), (changes["slug"].Before, (string?)changes["slug"].After));
        Assert.Equal([SecretBox.Mask], changes["writeKeys"].After!.AsArray().Select(key => (string)key!));
    }
}
