using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Management;

public sealed class SpacesApiTests
{
    [Fact]
    public async Task Identity_rules_are_read_written_and_kept()
    {
        await using var server = await RunningServer.StartAsync();
        var rules = await server.GetAsync("/api/spaces/default/identity");
        rules["identifiers"]!.AsArray().Add(new JsonObject
        {
            ["type"] = "phone",
            ["matchKeys"] = new JsonArray("phone"),
            ["limit"] = 2,
            ["window"] = "Weekly",
            ["priority"] = 12,
            ["blocked"] = new JsonArray(new JsonObject { ["pattern"] = "^[0-]*$" }, new JsonObject { ["exact"] = "-1" }),
        });

        var (status, put) = await server.SendAsync(HttpMethod.Put, "/api/spaces/default/identity", rules.ToJsonString());
        await server.RestartAsync();
        var read = await server.GetAsync("/api/spaces/default/identity");

        Assert.Equal(200, status);
        Assert.Equal(rules.ToJsonString(), put["data"]!.ToJsonString());
        Assert.Equal(rules.ToJsonString(), read.ToJsonString());
    }

    [Fact]
    public async Task A_wrong_rule_is_named_and_changes_nothing()
    {
        await using var server = await RunningServer.StartAsync();
        var before = (await server.GetAsync("/api/spaces/default/identity")).ToJsonString();

        var (status, body) = await server.SendAsync(HttpMethod.Put, "/api/spaces/default/identity", """{"identifiers":[{"type":"a"},{"type":"b","window":"Never"}]}""");

        Assert.Equal((400, "identifiers[1].window"), (status, body["errors"]![0]!["field"]!.GetValue<string>()));
        Assert.Equal(before, (await server.GetAsync("/api/spaces/default/identity")).ToJsonString());
    }

    [Fact]
    public async Task A_space_is_made_named_and_found_by_id_and_slug()
    {
        await using var server = await RunningServer.StartAsync();

        var (status, created) = await server.SendAsync(HttpMethod.Post, "/api/spaces", """{"slug":"dev","name":"Development"}""");
        var id = created["data"]!["space"]!["id"]!.GetValue<string>();
        await server.SendAsync(HttpMethod.Patch, $"/api/spaces/{id}", """{"name":"Dev"}""");

        Assert.Equal(201, status);
        Assert.Equal("Dev", (await server.GetAsync("/api/spaces/dev"))["space"]!["name"]!.GetValue<string>());
        Assert.Equal(["default", "dev"], (await server.GetAsync("/api/spaces"))["spaces"]!.AsArray().Select(space => space!["slug"]!.GetValue<string>()));
        Assert.Equal(409, (await server.SendAsync(HttpMethod.Post, "/api/spaces", """{"slug":"dev"}""")).Status);
        Assert.Equal(400, (await server.SendAsync(HttpMethod.Post, "/api/spaces", """{"slug":"No!"}""")).Status);
        Assert.Equal(404, (await server.SendAsync(HttpMethod.Get, "/api/spaces/none/identity")).Status);
    }
}
