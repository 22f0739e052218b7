using Xunit;

namespace Tributary.Server.Tests.Profiles;

/// <summary>Explaining, merging and splitting profiles over HTTP.</summary>
public sealed class GraphApiTests(ProfileWorld world) : IClassFixture<ProfileWorld>
{
    [Fact]
    public async Task Explain_names_every_link_with_its_event_and_source()
    {
        await world.SendAsync(
            """{"type":"page","messageId":"why-1","anonymousId":"why-a"}""",
            """{"type":"identify","messageId":"why-2","anonymousId":"why-a","userId":"why","traits":{"email":"why@example.com"}}""",
            """{"type":"track","event":"X","messageId":"why-3","anonymousId":"why-a","userId":"why"}""");

        var explained = await world.Server.GetAsync("/api/profiles/email:why%40example.com/explain");

        Assert.Equal(3, explained["identifiers"]!.AsArray().Count);
        Assert.Equal(["shop"], ProfileWorld.Texts(explained["sources"]));
        var link = explained["links"]!.AsArray().Single(link => ProfileWorld.Texts(link!["between"]).Order().SequenceEqual(["anonymous_id:why-a", "user_id:why"]))!;
        Assert.Equal(("why-2", "identify", "shop", 2), ((string)link["messageId"]!, (string)link["type"]!, (string)link["source"]!, (int)link["count"]!));
    }

    [Fact]
    public async Task The_sources_of_a_profile_include_those_that_told_of_nothing_new_but_traits()
    {
        var crm = await world.Server.CreateSourceAsync("graph-crm");
        await world.SendAsync("""{"type":"identify","userId":"sources","traits":{"a":1}}""");
        using var client = world.Server.Client(null);
        using var body = new StringContent($$"""{"type":"identify","userId":"sources","traits":{"b":2},"writeKey":"{{crm["writeKeys"]![0]}}"}""");
        (await client.PostAsync("/v1/identify", body)).EnsureSuccessStatusCode();
        await world.SendAsync("""{"type":"track","event":"Later","userId":"later"}""");

        Assert.Equal(["shop", "graph-crm"], ProfileWorld.Texts((await world.Server.GetAsync("/api/profiles/user_id:sources/explain"))["sources"]));
    }

    [Fact]
    public async Task Explain_and_gives_the_chain_between_two_identifiers_or_says_that_there_is_none()
    {
        await world.SendAsync(
            """{"type":"identify","messageId":"chain-1","anonymousId":"chain-a","traits":{"email":"chain@example.com"}}""",
            """{"type":"identify","messageId":"chain-2","userId":"chain","traits":{"email":"chain@example.com"}}""",
            """{"type":"identify","messageId":"chain-3","userId":"chain-other"}""");

        var chain = await world.Server.GetAsync("/api/profiles/anonymous_id:chain-a/explain?and=user_id:chain");
        var none = await world.Server.GetAsync("/api/profiles/anonymous_id:chain-a/explain?and=user_id:chain-other");
        var (status, missing) = await world.Server.SendAsync(HttpMethod.Get, "/api/profiles/anonymous_id:chain-a/explain?and=user_id:nobody");

        Assert.True((bool)chain["connected"]!);
        Assert.Equal(["chain-1", "chain-2"], chain["path"]!.AsArray().Select(link => (string)link!["messageId"]!));
        Assert.False((bool)none["connected"]!);
        Assert.Empty(none["path"]!.AsArray());
        Assert.Equal(await world.IdOfAsync("user_id:chain-other"), (string)none["otherProfile"]!);
        Assert.Equal((404, "and"), (status, (string)missing["errors"]![0]!["field"]!));
    }

    [Fact]
    public async Task A_merge_joins_everything_and_the_retired_id_resolves_for_ever()
    {
        await world.SendAsync(
            """{"type":"identify","userId":"merge-1","traits":{"a":1}}""", """{"type":"track","event":"One","userId":"merge-1"}""",
            """{"type":"identify","userId":"merge-2","traits":{"b":2}}""", """{"type":"track","event":"Two","userId":"merge-2"}""");
        var (first, second) = (await world.IdOfAsync("user_id:merge-1"), await world.IdOfAsync("user_id:merge-2"));

        var (status, merged) = await world.Server.SendAsync(HttpMethod.Post, "/api/profiles/user_id:merge-2/merge", """{"with":"user_id:merge-1","reason":"the same person"}""");

        Assert.Equal(200, status);
        Assert.Equal(first, (string)Assert.Single(merged["data"]!["profiles"]!.AsArray())!["id"]!);
        foreach (var name in new[] { "user_id:merge-1", "user_id:merge-2", first, second })
        {
            Assert.Equal("""{"a":1,"b":2}""", (await world.UserAsync(name, "traits"))["traits"]!.ToJsonString());
            Assert.Equal(["Two", "One"], (await world.UserAsync(name, "events"))["data"]!.AsArray().Select(item => (string)item!["event"]!).OrderDescending());
            Assert.Contains($"/{first}/", (string)(await world.UserAsync(name, "traits"))["cursor"]!["url"]!, StringComparison.Ordinal);
        }

        Assert.Equal([second], ProfileWorld.Texts((await world.Server.GetAsync($"/api/profiles/{second}/explain"))["mergedFrom"]));
    }

    [Fact]
    public async Task A_split_is_shown_first_then_exact_and_its_veto_holds()
    {
        const string both = """{"type":"track","event":"Shared","userId":"split","anonymousId":"split-kiosk"}""";
        await world.SendAsync(
            """{"type":"track","event":"Kiosk","anonymousId":"split-kiosk"}""", """{"type":"identify","userId":"split","traits":{"name":"Ada"}}""", both);
        const string order = """{"identifiers":["anonymous_id:split-kiosk"],"reason":"a shared kiosk","dryRun":{0}}""";

        var (shown, dry) = await world.Server.SendAsync(HttpMethod.Post, "/api/profiles/user_id:split/split", order.Replace("{0}", "true", StringComparison.Ordinal));
        Assert.Equal((200, true, 2), (shown, (bool)dry["data"]!["dryRun"]!, dry["data"]!["profiles"]!.AsArray().Count));
        Assert.Equal(await world.IdOfAsync("user_id:split"), await world.IdOfAsync("anonymous_id:split-kiosk"));

        var (done, parts) = await world.Server.SendAsync(HttpMethod.Post, "/api/profiles/user_id:split/split", order.Replace("{0}", "false", StringComparison.Ordinal));
        Assert.Equal((200, 2), (done, parts["data"]!["profiles"]!.AsArray().Count));
        var (user, kiosk) = (await world.IdOfAsync("user_id:split"), await world.IdOfAsync("anonymous_id:split-kiosk"));
        Assert.NotEqual(user, kiosk);
        Assert.Equal([user, kiosk], parts["data"]!["profiles"]!.AsArray().Select(part => (string)part!["id"]!).OrderByDescending(id => id == user));
        Assert.Equal("{}", (await world.UserAsync("anonymous_id:split-kiosk", "traits"))["traits"]!.ToJsonString());
        Assert.Equal(["Kiosk"], (await world.UserAsync("anonymous_id:split-kiosk", "events"))["data"]!.AsArray().Select(item => (string)item!["event"]!));

        await world.SendAsync(both);
        Assert.NotEqual(await world.IdOfAsync("user_id:split"), await world.IdOfAsync("anonymous_id:split-kiosk"));
        var why = await world.Server.GetAsync("/api/profiles/user_id:split/explain?and=anonymous_id:split-kiosk");
        Assert.Equal((false, 1), ((bool)why["connected"]!, why["vetoes"]!.AsArray().Count));

        // A person's word outweighs the veto.
        Assert.Equal(200, (await world.Server.SendAsync(HttpMethod.Post, "/api/profiles/user_id:split/merge", """{"with":"anonymous_id:split-kiosk"}""")).Status);
        Assert.Equal(await world.IdOfAsync("user_id:split"), await world.IdOfAsync("anonymous_id:split-kiosk"));
    }

    [Theory]
    [InlineData("merge", """{}""", 400, "with")]
    [InlineData("merge", """{"with":""}""", 400, "with")]
    [InlineData("merge", """{"with":7}""", 400, "with")]
    [InlineData("merge", """{"with":"user_id:nobody"}""", 404, "with")]
    [InlineData("merge", """{"with":"user_id:faults"}""", 400, "with")]
    [InlineData("merge", """{"with":"email:faults@example.com","reason":7}""", 400, "reason")]
    [InlineData("split", """{}""", 400, "identifiers")]
    [InlineData("split", """{"identifiers":[]}""", 400, "identifiers")]
    [InlineData("split", """{"identifiers":"email:faults@example.com"}""", 400, "identifiers")]
    [InlineData("split", """{"identifiers":["email:faults@example.com","user_id:else"]}""", 400, "identifiers[1]")]
    [InlineData("split", """{"identifiers":["email:faults@example.com","user_id:faults"]}""", 400, "identifiers")]
    [InlineData("split", """{"identifiers":["email:faults@example.com"],"dryRun":"yes"}""", 400, "dryRun")]
    [InlineData("split", """{"identifiers":["email:faults@example.com"],"reason":[]}""", 400, "reason")]
    [InlineData("split", """{"identifiers":["email:faults@example.com"],"dryRun":true,"reason":[]}""", 400, "reason")]
    public async Task An_order_that_cannot_be_carried_out_names_the_field_and_changes_nothing(string verb, string body, int status, string field)
    {
        await world.SendAsync("""{"type":"identify","userId":"faults","traits":{"email":"faults@example.com"}}""");

        var (got, answer) = await world.Server.SendAsync(HttpMethod.Post, $"/api/profiles/user_id:faults/{verb}", body);

        Assert.Equal((status, field), (got, (string)answer["errors"]![0]!["field"]!));
        Assert.Equal(await world.IdOfAsync("user_id:faults"), await world.IdOfAsync("email:faults@example.com"));
    }

    [Theory]
    [InlineData("POST", "/api/profiles/user_id:nobody/merge")]
    [InlineData("POST", "/api/profiles/user_id:routes/marry")]
    [InlineData("GET", "/api/profiles/user_id:nobody")]
    [InlineData("GET", "/api/profiles/user_id:routes/horoscope")]
    [InlineData("GET", "/api/profiles/user_id:routes?space=nowhere")]
    public async Task What_is_not_there_is_not_found(string method, string path)
    {
        await world.SendAsync("""{"type":"identify","userId":"routes"}""");

        var (status, body) = await world.Server.SendAsync(new HttpMethod(method), path, method == "POST" ? "{}" : null);

        Assert.Equal((404, "not-found"), (status, (string)body["errors"]![0]!["type"]!));
    }
}
