using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Profiles;

/// <summary>Segment's Profile API over HTTP: spec/unify-engage-protocols-privacy.md §2.</summary>
public sealed class ProfileApiTests(ProfileWorld world) : IClassFixture<ProfileWorld>
{
    [Fact]
    public async Task Traits_come_in_pages_by_name_without_loss_or_repeats()
    {
        var traits = string.Join(',', Enumerable.Range(0, 23).Select(at => $"\"trait_{at:d2}\":{at}"));
        await world.SendAsync($"{{\"type\":\"identify\",\"userId\":\"pages\",\"traits\":{{{traits}}}}}");

        var seen = new List<string>();
        var next = "";
        do
        {
            var page = await world.UserAsync("user_id:pages", $"traits?limit=5&next={next}");
            seen.AddRange(page["traits"]!.AsObject().Select(pair => pair.Key));
            next = (string)page["cursor"]!["next"]!;
            Assert.Equal(next.Length > 0, (bool)page["cursor"]!["has_more"]!);
            Assert.Equal(5, (int)page["cursor"]!["limit"]!);
        }
        while (next.Length > 0);

        Assert.Equal(Enumerable.Range(0, 23).Select(at => $"trait_{at:d2}"), seen);
    }

    [Fact]
    public async Task Ten_traits_are_the_preset_and_the_cursor_names_the_profile_itself()
    {
        var traits = string.Join(',', Enumerable.Range(0, 12).Select(at => $"\"t{at:d2}\":true"));
        await world.SendAsync($"{{\"type\":\"identify\",\"userId\":\"preset\",\"traits\":{{{traits}}}}}");

        var page = await world.UserAsync("user_id:preset", "traits");

        Assert.Equal(10, page["traits"]!.AsObject().Count);
        Assert.Equal("t10", (string)page["cursor"]!["next"]!);
        Assert.EndsWith($"/collections/users/profiles/{await world.IdOfAsync("user_id:preset")}/traits", (string)page["cursor"]!["url"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("traits", 200)]
    [InlineData("external_ids", 100)]
    [InlineData("events", 100)]
    [InlineData("links", 20)]
    public async Task A_limit_outside_its_bounds_is_a_validation_error(string what, int max)
    {
        await world.SendAsync("""{"type":"identify","userId":"bounds","traits":{"a":1}}""");

        foreach (var wrong in new[] { "0", "-1", "ten", "", $"{max + 1}", "99999999999" })
        {
            var (status, body) = await world.AskAsync($"users/profiles/user_id:bounds/{what}?limit={wrong}");
            Assert.Equal((400, "validation_error"), (status, (string)body["error"]!["code"]!));
        }

        Assert.Equal(200, (await world.AskAsync($"users/profiles/user_id:bounds/{what}?limit={max}")).Status);
        Assert.Equal(200, (await world.AskAsync($"users/profiles/user_id:bounds/{what}?limit=1")).Status);
    }

    [Fact]
    public async Task Verbose_traits_say_where_each_came_from_and_when()
    {
        await world.SendAsync("""{"type":"identify","userId":"verbose","timestamp":"2026-01-02T03:04:05.678Z","traits":{"plan":"pro","seats":3,"tags":["a"],"gone":null}}""");

        var traits = (await world.UserAsync("user_id:verbose", "traits?verbose=true"))["traits"]!.AsObject();

        Assert.Equal(["plan", "seats", "tags"], traits.Select(pair => pair.Key));
        Assert.Equal("""["a"]""", traits["tags"]!["value"]!.ToJsonString());
        Assert.Equal((world.SourceId, "2026-01-02T03:04:05.678Z"), ((string)traits["plan"]!["source_id"]!, (string)traits["plan"]!["updated_at"]!));
    }

    [Fact]
    public async Task Include_and_class_choose_traits()
    {
        await world.SendAsync("""{"type":"identify","userId":"chosen","traits":{"a":1,"b":2,"c":3}}""");

        Assert.Equal("""{"a":1,"c":3}""", (await world.UserAsync("user_id:chosen", "traits?include=a,c,z"))["traits"]!.ToJsonString());
        // Nothing is computed yet.
        Assert.Equal("{}", (await world.UserAsync("user_id:chosen", "traits?class=audience"))["traits"]!.ToJsonString());
        Assert.Equal("{}", (await world.UserAsync("user_id:chosen", "traits?class=computed_trait"))["traits"]!.ToJsonString());
    }

    [Fact]
    public async Task Identifiers_come_in_pages_and_by_type()
    {
        await world.SendAsync(
            """{"type":"identify","messageId":"ids-1","userId":"ids","anonymousId":"ids-a1","traits":{"email":"ids@example.com"}}""",
            """{"type":"page","userId":"ids","anonymousId":"ids-a2"}""");

        var all = (await world.UserAsync("user_id:ids", "external_ids"))["data"]!.AsArray();
        var first = await world.UserAsync("user_id:ids", "external_ids?limit=3");
        var rest = await world.UserAsync("user_id:ids", $"external_ids?limit=3&next={first["cursor"]!["next"]}");
        var emails = (await world.UserAsync("user_id:ids", "external_ids?include=email"))["data"]!.AsArray();

        Assert.StartsWith("map_", (string)first["cursor"]!["next"]!, StringComparison.Ordinal);
        Assert.Equal(all.Select(Name), first["data"]!.AsArray().Concat(rest["data"]!.AsArray()).Select(Name));
        Assert.Equal(["anonymous_id:ids-a1", "anonymous_id:ids-a2", "email:ids@example.com", "user_id:ids"], all.Select(Name).Order());
        var email = Assert.Single(emails)!;
        Assert.Equal(("users", "none", "ids-1", world.SourceId), ((string)email["collection"]!, (string)email["encoding"]!, (string)email["first_message_id"]!, (string)email["source_id"]!));
        Assert.True(DateTimeOffset.TryParse((string)email["created_at"]!, out _));
    }

    [Fact]
    public async Task Metadata_name_the_first_and_the_last_message_by_event_time()
    {
        await world.SendAsync(
            """{"type":"track","event":"B","messageId":"meta-b","userId":"meta","timestamp":"2026-02-02T00:00:00.000Z"}""",
            """{"type":"track","event":"A","messageId":"meta-a","userId":"meta","timestamp":"2026-01-01T00:00:00.000Z"}""",
            """{"type":"track","event":"C","messageId":"meta-c","userId":"meta","timestamp":"2026-03-03T00:00:00.000Z"}""");

        var metadata = (await world.UserAsync("user_id:meta", "metadata"))["metadata"]!;

        Assert.Equal(("meta-a", "2026-01-01T00:00:00.000Z"), ((string)metadata["first_message_id"]!, (string)metadata["created_at"]!));
        Assert.Equal(("meta-c", "2026-03-03T00:00:00.000Z"), ((string)metadata["last_message_id"]!, (string)metadata["updated_at"]!));
        Assert.Equal((world.SourceId, world.SourceId), ((string)metadata["first_source_id"]!, (string)metadata["last_source_id"]!));
        Assert.True(metadata.AsObject().ContainsKey("expires_at"));
        Assert.Null(metadata["expires_at"]);
    }

    [Fact]
    public async Task Accounts_and_people_are_linked_in_both_directions()
    {
        await world.SendAsync(
            """{"type":"group","userId":"link-1","groupId":"acme","traits":{"industry":"boats"}}""",
            """{"type":"group","userId":"link-2","groupId":"acme"}""");

        var ofUser = (await world.UserAsync("user_id:link-1", "links"))["data"]!.AsArray();
        var (status, account) = await world.AskAsync("accounts/profiles/group_id:acme/links");
        var (_, traits) = await world.AskAsync("accounts/profiles/group_id:acme/traits");

        Assert.Equal("accounts", (string)Assert.Single(ofUser)!["to_collection"]!);
        Assert.Equal("acme", (string)ofUser[0]!["external_ids"]![0]!["id"]!);
        Assert.Equal(200, status);
        Assert.Equal(["users", "users"], account["data"]!.AsArray().Select(link => (string)link!["to_collection"]!));
        Assert.Equal(["link-1", "link-2"], account["data"]!.AsArray().Select(link => (string)link!["external_ids"]![0]!["id"]!).Order());
        Assert.Equal("boats", (string)traits["traits"]!["industry"]!);
        // A group id is no person.
        Assert.Equal(404, (await world.AskAsync("users/profiles/group_id:acme/traits")).Status);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a+b@example.com")]
    [InlineData("100% sure")]
    [InlineData("urn:x:y")]
    [InlineData("a?b#c&d=e")]
    [InlineData("søren 🛶")]
    [InlineData("//")]
    [InlineData("%2F")]
    public async Task An_identifier_may_hold_any_character(string value)
    {
        var id = new JsonObject { ["type"] = "identify", ["userId"] = value, ["traits"] = new JsonObject { ["who"] = value } };
        await world.SendAsync(id.ToJsonString());

        Assert.Equal(value, (string)(await world.UserAsync($"user_id:{value}", "traits"))["traits"]!["who"]!);
        Assert.Equal(value, (string)(await world.Server.GetAsync($"/api/profiles/{Uri.EscapeDataString($"user_id:{value}")}/explain"))["traits"]!["who"]!);
    }

    private static string Name(JsonNode? identifier) => $"{identifier!["type"]}:{identifier["id"]}";
}
