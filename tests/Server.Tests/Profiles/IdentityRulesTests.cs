using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Profiles;

/// <summary>Rules of identity that are changed and tried over HTTP. Each test has a server of its own: the rules hold for the whole space.</summary>
public sealed class IdentityRulesTests
{
    [Fact]
    public async Task Changed_rules_apply_to_events_that_come_after_them()
    {
        var world = new ProfileWorld();
        await world.InitializeAsync();
        await world.SendAsync("""{"type":"identify","userId":"before","traits":{"phone":"+1555"}}""");
        Assert.Equal(404, (await world.AskAsync("users/profiles/phone:%2B1555/traits")).Status);

        var rules = await world.Server.GetAsync("/api/spaces/default/identity");
        rules["identifiers"]!.AsArray().Add(JsonNode.Parse("""{"type":"phone","matchKeys":["phone"],"limit":1,"priority":12,"blocked":[{"exact":"0"}]}"""));
        var (status, _) = await world.Server.SendAsync(HttpMethod.Put, "/api/spaces/default/identity", rules.ToJsonString());
        await world.SendAsync(
            """{"type":"identify","userId":"after","traits":{"phone":"+1555"}}""", """{"type":"track","event":"Called","anonymousId":"after-a","properties":{"phone":"+1555"}}""",
            """{"type":"identify","userId":"blocked","messageId":"blocked-1","traits":{"phone":"0"}}""");

        Assert.Equal(200, status);
        Assert.Equal(await world.IdOfAsync("user_id:after"), await world.IdOfAsync("anonymous_id:after-a"));
        Assert.NotEqual(await world.IdOfAsync("user_id:before"), await world.IdOfAsync("phone:+1555"));
        Assert.Equal(404, (await world.AskAsync("users/profiles/phone:0/traits")).Status);
        var violation = Assert.Single((await world.Server.GetAsync("/api/profiles/user_id:blocked/explain"))["violations"]!.AsArray())!;
        Assert.Equal(("ID value blocked", "phone", "blocked-1"), ((string)violation["violation"]!, (string)violation["identifierType"]!, (string)violation["messageId"]!));
        await world.DisposeAsync();
    }

    [Fact]
    public async Task A_simulation_says_what_other_rules_would_make_of_the_history_and_changes_nothing()
    {
        var world = new ProfileWorld();
        await world.InitializeAsync();
        await world.SendAsync(
            """{"type":"identify","anonymousId":"sim-a","traits":{"email":"sim@example.com"}}""", """{"type":"identify","anonymousId":"sim-b","traits":{"email":"sim@example.com"}}""",
            """{"type":"identify","userId":"sim-c","traits":{"crm":"1"}}""", """{"type":"identify","anonymousId":"sim-d","traits":{"crm":"1"}}""");
        var email = await world.IdOfAsync("email:sim@example.com");

        var (status, body) = await world.Server.SendAsync(HttpMethod.Post, "/api/spaces/default/identity/simulate", """
            {"identifiers":[{"type":"user_id"},{"type":"email","matchKeys":["email"],"blocked":[{"pattern":"@example\\.com$"}]},{"type":"anonymous_id"},{"type":"crm","matchKeys":["crm"]}]}
            """);

        Assert.Equal(200, status);
        var data = body["data"]!;
        Assert.Equal((3, 3), ((int)data["before"]!["profiles"]!, (int)data["after"]!["profiles"]!));
        Assert.Equal((1, 1), ((int)data["mergesThatWouldAppear"]!["count"]!, (int)data["mergesThatWouldVanish"]!["count"]!));
        Assert.Equal(email, (string)data["mergesThatWouldVanish"]!["examples"]![0]!["profile"]!);
        Assert.Equal(email, await world.IdOfAsync("email:sim@example.com"));
        Assert.Equal(404, (await world.AskAsync("users/profiles/crm:1/traits")).Status);
        await world.DisposeAsync();
    }

    [Fact]
    public async Task Rules_that_cannot_be_are_refused_with_their_field_and_an_unknown_space_is_not_found()
    {
        var world = new ProfileWorld();
        await world.InitializeAsync();

        var (invalid, body) = await world.Server.SendAsync(HttpMethod.Post, "/api/spaces/default/identity/simulate", """{"identifiers":[{"type":"user_id","limit":0}]}""");
        var (missing, _) = await world.Server.SendAsync(HttpMethod.Post, "/api/spaces/nowhere/identity/simulate", """{"identifiers":[]}""");

        Assert.Equal((400, "identifiers[0].limit"), (invalid, (string)body["errors"]![0]!["field"]!));
        Assert.Equal(404, missing);
        await world.DisposeAsync();
    }
}
