using Tributary.Engine.Log;
using Tributary.Engine.Profiles;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Profiles;

public sealed class ProfileQueriesTests
{
    private static readonly Space Space = new() { Id = "spa_default", Number = 1, Slug = "default", Name = "Default", Identity = IdentitySettings.Default };

    [Fact]
    public async Task A_reader_never_misses_or_mistakes_a_profile_while_it_is_merged_and_split()
    {
        using var river = new River();
        string[] names = ["anonymous_id:a", "anonymous_id:b", "anonymous_id:c", "anonymous_id:d"];
        foreach (var name in names) river.Track(anonymous: name[13..]);
        var ids = names.Select(name => river.Find(name)!.Id).ToArray();
        var queries = new ProfileQueries(river.Store, new DecidedLog(river.Decided));
        using var writing = new CancellationTokenSource();

        var readers = Enumerable.Range(0, 2).Select(reader => Task.Run(() =>
        {
            var looks = 0;
            for (; !writing.IsCancellationRequested; looks++)
            {
                var which = (looks + reader) % names.Length;
                var byName = queries.Find(Space, ProfileCollection.Users, names[which]);
                Assert.Contains(names[which], byName?.Nodes.Select(node => node.ToString()) ?? []);
                var byId = queries.Find(Space, ProfileCollection.Users, ids[which].ToString());
                Assert.Contains(names[which], byId?.Nodes.Select(node => node.ToString()) ?? []);
            }

            return looks;
        })).ToArray();
        for (var round = 0; round < 20; round++)
        {
            foreach (var name in names[1..]) Assert.Null(river.Merge(names[0], name).Error);
            foreach (var name in names[1..]) Assert.Null(river.Split(name, name).Error);
        }

        await writing.CancelAsync();
        Assert.All(await Task.WhenAll(readers), looks => Assert.True(looks > 100));
    }
}
