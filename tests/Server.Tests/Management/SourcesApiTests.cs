using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Management;

public sealed class SourcesApiTests
{
    [Fact]
    public async Task A_source_lives_from_creation_to_deletion()
    {
        await using var server = await RunningServer.StartAsync();

        var source = await server.CreateSourceAsync("shop");
        var id = source["id"]!.GetValue<string>();
        var (_, updated) = await server.SendAsync(HttpMethod.Patch, $"/api/sources/{id}", """{"name":"Shop","settings":{"rateLimit":5,"a":1}}""");
        var (_, again) = await server.SendAsync(HttpMethod.Patch, $"/api/sources/{id}", """{"settings":{"a":null}}""");
        await server.RestartAsync();
        var read = await server.GetAsync($"/api/sources/{id}");
        var (deleted, _) = await server.SendAsync(HttpMethod.Delete, $"/api/sources/{id}");

        Assert.Equal(32, source["writeKeys"]![0]!.GetValue<string>().Length);
        Assert.Equal("Shop", updated["data"]!["source"]!["name"]!.GetValue<string>());
        Assert.Equal("""{"rateLimit":5}""", again["data"]!["source"]!["settings"]!.ToJsonString());
        Assert.True(JsonNode.DeepEquals(again["data"]!["source"], read["source"]));
        Assert.Equal(200, deleted);
        Assert.Equal(404, (await server.SendAsync(HttpMethod.Get, $"/api/sources/{id}")).Status);
        Assert.Equal(404, (await server.SendAsync(HttpMethod.Delete, $"/api/sources/{id}")).Status);
    }

    [Theory]
    [InlineData("{}", "slug,metadataId")]
    [InlineData("""{"slug":"a b","metadataId":"http-api"}""", "slug")]
    [InlineData("""{"slug":7,"metadataId":"http-api"}""", "slug")]
    [InlineData("""{"slug":"a","metadataId":"nothing"}""", "metadataId")]
    [InlineData("""{"slug":"a","metadataId":"http-api","enabled":"yes"}""", "enabled")]
    [InlineData("""{"slug":"a","metadataId":"http-api","settings":[]}""", "settings")]
    [InlineData("""{"slug":"a","metadataId":"http-api","settings":{"rateLimit":0}}""", "settings.rateLimit")]
    [InlineData("""{"slug":"a","metadataId":"http-api","spaceId":"nowhere"}""", "spaceId")]
    [InlineData("""{"slug":"a","metadataId":"http-api","writeKeys":["short"]}""", "writeKeys")]
    [InlineData("""{"slug":"a",""", "")]
    [InlineData("[]", "")]
    [InlineData("", "")]
    [InlineData("""{"slug":"a","slug":"b","metadataId":"http-api"}""", "")]
    public async Task Refuses_a_wrong_source_and_names_the_fields(string json, string fields)
    {
        await using var server = await RunningServer.StartAsync();

        var (status, body) = await server.SendAsync(HttpMethod.Post, "/api/sources", json);

        Assert.Equal(400, status);
        Assert.All(body["errors"]!.AsArray(), error => Assert.NotEmpty(error!["message"]!.GetValue<string>()));
        Assert.Equal(fields, string.Join(',', body["errors"]!.AsArray().Select(error => error!["field"]?.GetValue<string>())));
        Assert.Equal("bad-request", body["errors"]![0]!["type"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_slug_that_is_taken_is_a_conflict()
    {
        await using var server = await RunningServer.StartAsync();
        await server.CreateSourceAsync("shop");

        var (status, body) = await server.SendAsync(HttpMethod.Post, "/api/sources", """{"slug":"shop","metadataId":"http-api"}""");

        Assert.Equal((409, "slug"), (status, body["errors"]![0]!["field"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_body_that_is_too_large_gets_400()
    {
        await using var server = await RunningServer.StartAsync();

        var (status, _) = await server.SendAsync(HttpMethod.Post, "/api/sources", $$"""{"slug":"{{new string('a', 2 << 20)}}"}""");

        Assert.Equal(400, status);
    }

    [Theory]
    [InlineData("pagination[count]", "pagination[cursor]")]
    [InlineData("pagination.count", "pagination.cursor")]
    [InlineData("pagination%5Bcount%5D", "pagination%5Bcursor%5D")]
    public async Task Pages_show_every_source_once(string count, string cursor)
    {
        await using var server = await RunningServer.StartAsync();
        for (var at = 0; at < 6; at++) await server.CreateSourceAsync($"source-{at}");

        var slugs = new List<string>();
        var next = "";
        do
        {
            var data = await server.GetAsync($"/api/sources?{count}=3{(next.Length == 0 ? "" : $"&{cursor}={next}")}");
            slugs.AddRange(data["sources"]!.AsArray().Select(source => source!["slug"]!.GetValue<string>()));
            Assert.Equal(7, data["pagination"]!["totalEntries"]!.GetValue<int>());
            next = data["pagination"]!["next"]?.GetValue<string>() ?? "";
            if (slugs.Count > 3)
            {
                var previous = await server.GetAsync($"/api/sources?{count}=3&{cursor}={data["pagination"]!["previous"]}");
                Assert.Equal(slugs[(slugs.Count - data["sources"]!.AsArray().Count - 3)..][0], previous["sources"]![0]!["slug"]!.GetValue<string>());
            }
        }
        while (next.Length > 0);

        Assert.Equal(["first-source", .. Enumerable.Range(0, 6).Select(at => $"source-{at}")], slugs);
    }

    [Theory]
    [InlineData("pagination[count]=0")]
    [InlineData("pagination[count]=many")]
    [InlineData("pagination[cursor]=%00")]
    [InlineData("pagination[cursor]=!!")]
    public async Task A_wrong_page_gets_400(string query)
    {
        await using var server = await RunningServer.StartAsync();

        Assert.Equal(400, (await server.SendAsync(HttpMethod.Get, $"/api/sources?{query}")).Status);
    }

    [Fact]
    public async Task A_source_keeps_at_least_one_write_key()
    {
        await using var server = await RunningServer.StartAsync();
        var id = (await server.CreateSourceAsync("shop"))["id"]!.GetValue<string>();

        var (_, added) = await server.SendAsync(HttpMethod.Post, $"/api/sources/{id}/writekey");
        var keys = added["data"]!["source"]!["writeKeys"]!.AsArray().Select(key => key!.GetValue<string>()).ToList();
        var (first, _) = await server.SendAsync(HttpMethod.Delete, $"/api/sources/{id}/writekey/{keys[0]}");
        var (gone, _) = await server.SendAsync(HttpMethod.Delete, $"/api/sources/{id}/writekey/{keys[0]}");
        var (last, _) = await server.SendAsync(HttpMethod.Delete, $"/api/sources/{id}/writekey/{keys[1]}");

        Assert.Equal((2, 200, 404, 409), (keys.Count, first, gone, last));
    }

    [Theory]
    [InlineData("application/vnd.segment.v1+json", "application/vnd.segment.v1+json")]
    [InlineData("application/vnd.segment.v1alpha+json, application/json", "application/vnd.segment.v1alpha+json")]
    [InlineData("text/html, */*;q=0.8", "application/json")]
    public async Task Answers_in_the_content_type_that_is_asked_for(string accept, string answered)
    {
        await using var server = await RunningServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/sources");
        request.Headers.TryAddWithoutValidation("Accept", accept);

        using var response = await server.Http.SendAsync(request);

        Assert.Equal(answered, response.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData("application/vnd.segment.v1beta+json")]
    [InlineData("text/plain")]
    public async Task Takes_a_body_of_any_content_type(string type)
    {
        await using var server = await RunningServer.StartAsync();

        Assert.Equal(201, (await server.SendAsync(HttpMethod.Post, "/api/sources", """{"slug":"shop","metadataId":"http-api"}""", type)).Status);
    }
}
