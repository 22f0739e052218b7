using System.Text;
using Tributary.Engine.Log;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Lake;

public sealed class ProfileTablesTests : IDisposable
{
    private static readonly ProfileId First = ProfileId.Derive(1, 100, 0);
    private static readonly ProfileId Second = ProfileId.Derive(1, 200, 0);
    private readonly LakeWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Decisions_are_rows_with_their_cause()
    {
        Graph(First, First, "m1");
        Map(First, "email", "ada@example.com", "m1");
        Traits(First, """{"plan":"pro","address":{"city":"Rome"},"seq":5}""", "m1");
        _world.Load();

        Assert.Equal($"""["{First}","{First}","identify","m1","src1","web","2026-01-01T00:00:00.000Z"]""", await _world.Row("""
            SELECT segment_id, canonical_segment_id, triggering_event_type, triggering_event_id, triggering_event_source_id, triggering_event_source_slug, timestamp
            FROM profiles.id_graph_updates
            """));
        // The hash is what `printf emailada@example.com | sha1sum` prints.
        Assert.Equal("""["users","email","ada@example.com","ca5fa55d53f474ec0f1bc512b594336dc73f788a","CREATED"]""",
            await _world.Row("SELECT collection, external_id_type, external_id_value, external_id_hash, __operation FROM profiles.external_id_mapping_updates"));
        Assert.Equal("""["pro","Rome"]""", await _world.Row("SELECT plan, address_city FROM profiles.profile_traits_updates"));
        Assert.Equal("[true]", await _world.Row("SELECT (SELECT seq FROM profiles.id_graph_updates) < (SELECT seq FROM profiles.external_id_mapping_updates)"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_merge_moves_everything_to_the_survivor_and_the_most_recent_trait_stays(bool inOneBatch)
    {
        Graph(First, First);
        Map(First, "user_id", "u1");
        Traits(First, """{"plan":"old","city":"Rome"}""", at: LakeWorld.Noon);
        if (!inOneBatch) Restart();
        Graph(Second, Second);
        Map(Second, "email", "ada@example.com");
        Traits(Second, """{"plan":"new","age":7}""", at: LakeWorld.Noon + 1_000);
        if (!inOneBatch) Restart();
        Graph(Second, First);
        _world.Load();

        Assert.Equal([$"""["{First}","{First}"]""", $"""["{First}","{Second}"]"""], await _world.Rows("SELECT canonical_segment_id, segment_id FROM profiles.profile_merges ORDER BY segment_id"));
        Assert.Equal([$"""["{First}","email","ada@example.com"]""", $"""["{First}","user_id","u1"]"""], await _world.Rows("SELECT canonical_segment_id, type, value FROM profiles.user_identifiers ORDER BY type"));
        Assert.Equal([$"""["{First}","age","7"]""", $"""["{First}","city","Rome"]""", $"""["{First}","plan","new"]"""], await _world.Rows("SELECT canonical_segment_id, name, value FROM profiles.user_traits ORDER BY name"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_split_gives_each_side_its_own_again(bool inOneBatch)
    {
        Graph(First, First);
        Map(First, "user_id", "u1");
        Graph(Second, Second);
        Map(Second, "email", "ada@example.com");
        Graph(Second, First);
        Traits(First, """{"plan":"pro","city":"Rome"}""");
        if (!inOneBatch) Restart();
        Graph(Second, Second, "cmd", EventType.Track, command: true);
        Map(First, "email", "ada@example.com", "cmd", removed: true);
        Map(Second, "email", "ada@example.com", "cmd");
        Traits(First, """{"plan":"pro"}""", "cmd", replaced: true);
        Traits(Second, """{"city":"Rome"}""", "cmd", replaced: true);
        _world.Load();

        Assert.Equal([$"""["{First}","{First}"]""", $"""["{Second}","{Second}"]"""], await _world.Rows("SELECT canonical_segment_id, segment_id FROM profiles.profile_merges ORDER BY segment_id"));
        Assert.Equal([$"""["{First}","user_id"]""", $"""["{Second}","email"]"""], await _world.Rows("SELECT canonical_segment_id, type FROM profiles.user_identifiers ORDER BY 1"));
        Assert.Equal([$"""["{First}","plan"]""", $"""["{Second}","city"]"""], await _world.Rows("SELECT canonical_segment_id, name FROM profiles.user_traits ORDER BY 1"));
        Assert.Equal("""["command"]""", await _world.Row("SELECT triggering_event_type FROM profiles.id_graph_updates ORDER BY seq DESC LIMIT 1"));
    }

    [Fact]
    public async Task Chains_of_merges_resolve_to_the_last()
    {
        var third = ProfileId.Derive(1, 300, 0);
        Graph(third, third);
        Traits(third, """{"a":1}""");
        Graph(third, Second);
        Restart();
        Graph(Second, First);
        _world.Load();

        Assert.Equal([$"""["{First}","{Second}"]""", $"""["{First}","{third}"]"""], await _world.Rows("SELECT canonical_segment_id, segment_id FROM profiles.profile_merges ORDER BY segment_id"));
        Assert.Equal($"""["{First}","1"]""", await _world.Row("SELECT canonical_segment_id, value FROM profiles.user_traits"));
    }

    [Fact]
    public async Task A_null_trait_is_gone_and_its_history_stays()
    {
        Traits(First, """{"plan":"pro","keep":[1]}""");
        Traits(First, """{"plan":null}""");
        _world.Load();

        Assert.Equal("""["keep","[1]"]""", await _world.Row("SELECT name, value FROM profiles.user_traits"));
        Assert.Equal("[2]", await _world.Row("SELECT count(*) FROM profiles.profile_traits_updates"));
    }

    [Fact]
    public async Task Traits_that_are_no_object_stop_nothing()
    {
        Traits(First, "[1]");
        Traits(First, "{\"a\":");
        Traits(First, """{"plan":"pro","half":"\ud800"}""");
        _world.Load();

        Assert.Equal("""["plan","pro"]""", await _world.Row("SELECT name, value FROM profiles.user_traits WHERE name = 'plan'"));
        Assert.Equal(2, _world.Loader.Losses.Unreadable);
    }

    [Fact]
    public async Task Accounts_can_be_told_apart()
    {
        Map(First, "user_id", "u1");
        Map(Second, "group_id", "g1", collection: ProfileCollection.Accounts);
        Traits(Second, """{"seats":3}""");
        Traits(First, """{"plan":"pro"}""");
        _world.Load();

        Assert.Equal("""["g1"]""", await _world.Row("SELECT value FROM profiles.account_identifiers"));
        Assert.Equal("""["seats"]""", await _world.Row("SELECT name FROM profiles.account_traits"));
    }

    private void Restart()
    {
        _world.Load().Loader.Checkpoint();
        _world.Crash();
    }

    private void Graph(ProfileId profile, ProfileId canonical, string id = "m", EventType type = EventType.Identify, bool command = false) =>
        _world.Append(records => DecidedRecord.AddGraph(records, LakeWorld.Cause(command ? 0 : type, id, source: command ? 0u : 1u), profile, canonical));

    private void Map(ProfileId profile, string type, string value, string id = "m", bool removed = false, ProfileCollection collection = ProfileCollection.Users) =>
        _world.Append(records => DecidedRecord.AddMapping(
            records, LakeWorld.Cause(EventType.Identify, id), profile, removed, collection, Encoding.UTF8.GetBytes(type), Encoding.UTF8.GetBytes(value)));

    private void Traits(ProfileId profile, string json, string id = "m", bool replaced = false, long at = LakeWorld.Noon) => _world.Append(records =>
    {
        DecidedRecord.BeginTraits(records, LakeWorld.Cause(EventType.Identify, id, at), profile, replaced);
        records.Write(Encoding.UTF8.GetBytes(json));
        records.EndRecord();
    });
}
