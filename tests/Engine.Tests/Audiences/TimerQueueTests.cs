using Tributary.Engine.Identity;
using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Storage;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Audiences;

/// <summary>Where the queue looks for timers that are due must make no difference to which it finds.</summary>
public sealed class TimerQueueTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tributary-");
    private readonly RocksStateStore _store;
    private readonly TimerQueue _timers;

    public TimerQueueTests()
    {
        _store = RocksStateStore.Open(_folder.FullName);
        _timers = new TimerQueue(_store);
    }

    public void Dispose()
    {
        _store.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void A_timer_behind_what_was_taken_is_found_before_and_after_it_is_written()
    {
        var profile = At(1);
        _timers.Set(profile, 100);
        Commit();
        Assert.Equal([profile.Id], Take(200, 10));
        profile.TimerAt = long.MaxValue;

        _timers.Set(profile, 150);
        Assert.Equal([profile.Id], Take(200, 10));
        profile.TimerAt = long.MaxValue;

        _timers.Set(profile, 120);
        Commit();
        Assert.Equal([profile.Id], Take(200, 10));
        Assert.Empty(Take(200, 10));
    }

    [Fact]
    public void What_is_more_than_was_asked_for_comes_next_the_earliest_first()
    {
        var profiles = Enumerable.Range(1, 7).Select(At).ToList();
        foreach (var (profile, at) in profiles.Zip([30L, 10, 20, 20, 20, 40, 300])) _timers.Set(profile, at);
        Commit();
        ProfileId[] expected = [profiles[1].Id, .. profiles[2..5].Select(profile => profile.Id).Order(), profiles[0].Id, profiles[5].Id];

        List<ProfileId> taken = [.. Take(100, 2), .. Take(100, 2)];
        Commit();
        taken.AddRange([.. Take(100, 2), .. Take(100, 2)]);

        Assert.Equal(expected, taken);
        Assert.Equal([profiles[6].Id], Take(300, 2));
    }

    private static Profile At(int number) => new(ProfileId.Derive(1, number, 0), 1, ProfileCollection.Users, 0);

    private IEnumerable<ProfileId> Take(long now, int max) => _timers.Take(now, max).Select(due => due.Profile);

    private void Commit()
    {
        using var draft = _store.Begin();
        _timers.Write(draft);
        draft.Commit();
        _timers.Committed();
    }
}
