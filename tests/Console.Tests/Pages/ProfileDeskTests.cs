using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Tributary.Console.Tests.Kit;
using Tributary.Engine.Identity;
using Tributary.Engine.Profiles;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Console.Tests.Pages;

/// <summary>What a dry run says is what is done, and saying it does nothing.</summary>
public sealed class ProfileDeskTests
{
    [Fact]
    public async Task A_dry_run_of_a_split_and_of_the_merge_back_says_what_comes_of_them()
    {
        await using var server = await ConsoleServer.StartAsync();
        await Shop.CreateAsync(server, "Shop website", "shop");
        await server.SendAsync(
            Shop.WriteKey,
            """{"type":"identify","userId":"ada","traits":{"email":"ada@example.net","plan":"pro"}}""",
            """{"type":"identify","anonymousId":"tablet","traits":{"email":"ben@example.net","plan":"free"}}""",
            """{"type":"track","userId":"ada","anonymousId":"tablet","event":"Signed In"}""");
        var desk = server.Services.GetRequiredService<ProfileDesk>();
        string[] cut = ["anonymous_id:tablet", "email:ben@example.net"];

        var (_, foretold) = ProfileDesk.PreviewSplit(Find(server, "user_id:ada"), cut);
        Assert.Equal(4, Find(server, "user_id:ada").Nodes.Count);
        var split = await desk.SplitAsync("test", Find(server, "user_id:ada"), cut, "", CancellationToken.None);
        Assert.Null(split.Refusal);
        Assert.Equal(foretold.Select(Says).Order(), split.Profiles.Select(Says).Order());

        var (refusal, united) = desk.PreviewMerge(Find(server, "user_id:ada"), "anonymous_id:tablet");
        Assert.Null(refusal);
        Assert.Equal(2, Find(server, "user_id:ada").Nodes.Count);
        var merged = await desk.MergeAsync("test", Find(server, "anonymous_id:tablet"), "user_id:ada", "", CancellationToken.None);
        Assert.Equal((Says(united!), united!.Id), (Says(Assert.Single(merged.Profiles)), merged.Profiles[0].Id));

        // What cannot be done is refused by both in the same words.
        var (same, nothing) = desk.PreviewMerge(Find(server, "user_id:ada"), "anonymous_id:tablet");
        Assert.Null(nothing);
        Assert.Equal(same!.Faults, (await desk.MergeAsync("test", Find(server, "user_id:ada"), "anonymous_id:tablet", "", CancellationToken.None)).Refusal!.Faults);
        Assert.Equal(RefusalReason.NotFound, desk.PreviewMerge(Find(server, "user_id:ada"), "email:nobody@example.net").Refusal!.Reason);
    }

    private static Profile Find(ConsoleServer server, string name) =>
        server.Services.GetRequiredService<ProfileQueries>().Find(server.Workspace.Current.Spaces[0], ProfileCollection.Users, name)!;

    private static string Says(Profile profile) =>
        $"{string.Join(' ', profile.Nodes)} {ProfileView.EventCount(profile)} {string.Join(' ', ProfileView.Traits(profile).Select(pair => pair.Key + Encoding.UTF8.GetString(pair.Value.Json!)))}";
}
