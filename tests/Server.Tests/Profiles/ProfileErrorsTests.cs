using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Profiles;

/// <summary>Who may ask the Profile API, and what wrong questions get.</summary>
public sealed class ProfileErrorsTests(ProfileWorld world) : IClassFixture<ProfileWorld>
{
    [Theory]
    [InlineData("/v1/spaces/nowhere/collections/users/profiles/user_id:x/traits", 404, "not_found", "The resource was not found.")]
    [InlineData("/v1/spaces/default/collections/users/profiles/user_id:nobody/traits", 404, "not_found", "Profile was not found.")]
    [InlineData("/v1/spaces/default/collections/users/profiles/use_000000000000000000000000000/traits", 404, "not_found", "Profile was not found.")]
    [InlineData("/v1/spaces/default/collections/accounts/profiles/group_id:nobody/traits", 404, "not_found", "Profile was not found.")]
    [InlineData("/v1/spaces/default/collections/pets/profiles/user_id:x/traits", 400, "validation_error", "The collection must be users or accounts.")]
    [InlineData("/v1/spaces/default/collections/users/profiles/somebody/traits", 400, "validation_error", "The profile must be named by type:value or by its id.")]
    [InlineData("/v1/spaces/default/collections/users/profiles/user_id:x", 404, "not_found", "The resource was not found.")]
    [InlineData("/v1/spaces/default/collections/users", 404, "not_found", "The resource was not found.")]
    public async Task A_question_about_what_is_not_there_has_the_documented_shape(string path, int status, string code, string message)
    {
        var (got, body) = await world.Server.SendAsync(HttpMethod.Get, path);

        Assert.Equal(status, got);
        Assert.Equal((code, message), ((string)body["error"]!["code"]!, (string)body["error"]!["message"]!));
    }

    [Fact]
    public async Task An_unknown_part_of_a_profile_is_not_found()
    {
        await world.SendAsync("""{"type":"identify","userId":"parts"}""");

        var (status, body) = await world.AskAsync("users/profiles/user_id:parts/wishes");

        Assert.Equal((404, "not_found"), (status, (string)body["error"]!["code"]!));
    }

    [Fact]
    public async Task The_older_names_of_the_routes_work()
    {
        await world.SendAsync("""{"type":"identify","userId":"old","traits":{"a":1}}""");

        var (status, body) = await world.Server.SendAsync(HttpMethod.Get, "/v1/namespaces/default/collections/users/profiles/user_id:old/properties");

        Assert.Equal((200, 1), (status, (int)body["traits"]!["a"]!));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong")]
    [InlineData("Basic d3Jvbmc6")]
    public async Task Without_a_token_that_is_known_nothing_is_told(string? authorization)
    {
        using var client = world.Server.Client(null);
        if (authorization is not null) client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);

        using var response = await client.GetAsync("/v1/spaces/default/collections/users/profiles/user_id:x/traits");

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal("authentication_error", (string)body["error"]!["code"]!);
        Assert.NotEmpty((string)body["error"]!["message"]!);
    }

    [Fact]
    public async Task A_token_that_reads_profiles_comes_as_basic_user_name_or_bearer_and_reads_nothing_else()
    {
        await world.SendAsync("""{"type":"identify","userId":"read","traits":{"a":1}}""");
        var (_, made) = await world.Server.SendAsync(HttpMethod.Post, "/api/tokens", """{"name":"reader","scopes":["profiles:read"]}""");
        var secret = (string)made["data"]!["token"]!["secret"]!;
        foreach (var header in new AuthenticationHeaderValue[] { new("Bearer", secret), new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(secret + ":"))) })
        {
            using var client = world.Server.Client(null);
            client.DefaultRequestHeaders.Authorization = header;

            using var read = await client.GetAsync("/v1/spaces/default/collections/users/profiles/user_id:read/traits");
            using var explained = await client.GetAsync("/api/profiles/user_id:read/explain");
            using var queried = await client.PostAsync("/api/lake/query", new StringContent("""{"sql":"select 1"}"""));

            Assert.Equal(HttpStatusCode.OK, read.StatusCode);
            Assert.True(read.Headers.Contains("Request-Id"));
            Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (explained.StatusCode, queried.StatusCode));
        }
    }
}
