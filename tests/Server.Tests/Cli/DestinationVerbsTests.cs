using Tributary.Server.Tests.Delivery;
using Tributary.Server.Tests.Profiles;
using Xunit;

namespace Tributary.Server.Tests.Cli;

/// <summary>What an operator does with one destination on the command line, against a whole server and a receiver across the network.</summary>
public sealed class DestinationVerbsTests(ProfileWorld world) : IClassFixture<ProfileWorld>
{
    [Fact]
    public async Task A_destination_is_tried_paused_resumed_and_its_events_are_sent_again()
    {
        await using var delivered = await DeliveredServer.StartAsync();
        var server = delivered.Server;
        Task<(int Code, string Output, string Error)> Run(params string[] arguments) =>
            CommandLine.RunAsync([.. arguments, "--server", server.Address, "--token", RunningServer.AdminToken]);

        var tried = await CommandLine.JsonAsync(server, "destinations", "test", "Hook", await FileAsync("""{"type":"track","event":"Tried","userId":"a"}"""));
        Assert.Contains("/in", (string)Assert.Single(tried["requests"]!.AsArray())!["url"]!, StringComparison.Ordinal);
        var (_, shown, _) = await Run("destinations", "test", "Hook", await FileAsync("""{"type":"track","event":"Tried","userId":"a"}"""));
        Assert.Contains("would_be_sent", shown, StringComparison.Ordinal);

        await Run("destinations", "pause", "Hook");
        await delivered.TrackAsync("""{"event":"Later","userId":"op","messageId":"op-1"}""");
        Assert.Equal(1, await PendingAsync(server));
        Assert.Contains("goes on", (await Run("destinations", "resume", "Hook")).Output, StringComparison.Ordinal);
        await Until(async () => await PendingAsync(server) == 0);

        var counted = await CommandLine.JsonAsync(server, "destinations", "replay", "Hook", "--filter", "event = \"Later\"", "--dry-run");
        Assert.Equal(1, (int)counted["count"]!);
        var (code, _, refused) = await Run("destinations", "replay", "Hook", "--reason", "delivered", "--json");
        Assert.Equal(1, code);
        Assert.Contains("--yes", refused, StringComparison.Ordinal);
        var replay = await CommandLine.JsonAsync(server, "destinations", "replay", "Hook", "--filter", "event = \"Later\"", "--yes");
        Assert.Equal(("FINISHED", 1), ((string)replay["status"]!, (int)replay["taken"]!));

        await Until(async () => (await CommandLine.JsonAsync(server, "destinations", "samples", "Hook")).AsArray().Count > 0);
        var (_, table, _) = await Run("destinations", "samples", "Hook");
        Assert.Contains("delivered", table, StringComparison.Ordinal);
        var (_, wire, _) = await Run("destinations", "samples", "Hook", "op-1");
        Assert.Contains("exchanges", wire, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("There is no destination", "pause", "nothing")]
    [InlineData("No sample of m is kept.", "samples", "Quiet", "m")]
    [InlineData("cannot be read", "test", "Quiet", "/nowhere/event.json")]
    [InlineData("400.", "replay", "Quiet", "--filter", "((")]
    public async Task A_verb_that_cannot_succeed_says_why(string message, string verb, params string[] arguments)
    {
        var destinations = await world.Server.GetAsync("/api/destinations");
        if (destinations["destinations"]!.AsArray().All(each => (string)each!["name"]! != "Quiet"))
            await world.Server.SendAsync(HttpMethod.Post, "/api/destinations", $$$"""{"sourceId":"{{{world.SourceId}}}","metadataId":"webhook","name":"Quiet","enabled":false,"settings":{"url":"https://example.com"}}""");
        var (code, _, error) = await RunAsync(["destinations", verb, .. arguments]);

        Assert.Equal(1, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    private static async Task<int> PendingAsync(RunningServer server) => (int)Assert.Single((await server.GetAsync("/api/flow"))["destinations"]!.AsArray())!["pending"]!;

    private static async Task<string> FileAsync(string json)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("tributary-event-").FullName, "event.json");
        await File.WriteAllTextAsync(file, json);
        return file;
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        for (var tries = 0; !await holds(); tries++)
        {
            Assert.True(tries < 200, "It did not come to pass.");
            await Task.Delay(50);
        }
    }

    private Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) =>
        CommandLine.RunAsync([.. arguments, "--server", world.Server.Address, "--token", RunningServer.AdminToken]);
}
