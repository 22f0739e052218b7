using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Lake;

public sealed class HistoryTableTests : IDisposable
{
    private readonly PastWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void Events_that_definitions_read_are_rows_with_what_they_read()
    {
        _world.River.Send(EventType.Track, """ "event":"Bought \u0022it\u0022","userId":"u1","anonymousId":"a1","context":{"ip":"1.1.1.1"},"properties":{"price": 3,"x":{"y":[1]}} """, "m1", 1_000);
        _world.River.Send(EventType.Page, """ "name":"Home","anonymousId":"a2","properties":{"url":"/"} """, "m2", 2_000);
        _world.River.Send(EventType.Screen, """ "userId":"u1","properties":null """, "m3", 3_000, River.HelpDesk);
        _world.River.Identify("u1", traits: """{"plan":"pro"}""");
        _world.River.Send(EventType.Track, """ "event":"Nobody's" """);
        _world.Settle();

        Assert.Equal(
            [
                ["user_id", "u1", "Bought \"it\"", 1_000L, 1L, """{"price": 3,"x":{"y":[1]}}""", """{"ip":"1.1.1.1"}""", null],
                ["anonymous_id", "a2", "Page Viewed", 2_000L, 1L, """{"url":"/"}""", null, "Home"],
                ["user_id", "u1", "Screen Viewed", 3_000L, 2L, "null", null, null],
            ],
            _world.Rows("SELECT type, value, name, timestamp, source, properties, context, page_name FROM _tributary.history WHERE space = 1 ORDER BY seq"));
        var row = Assert.Single(_world.Rows("SELECT seq, tie FROM _tributary.history WHERE timestamp = 1000"));
        Assert.Equal(Instant.TieOf("m1"u8), Engine.Lake.HistoryTable.TieOf((long)row[1]!));
        Assert.Equal([1L], _world.Rows("SELECT count(*) FROM _tributary.history WHERE seq = 0 OR name = 'Bought \"it\"'")[0]);
    }

    [Fact]
    public void Group_calls_of_people_are_memberships()
    {
        _world.River.Group("u1", "g1", """{"seats":3}""").Group("u2", "g1").Group(null, "g2");
        _world.Settle();

        Assert.Equal(
            [["user_id", "u1", "group_id", "g1"], ["user_id", "u2", "group_id", "g1"]],
            _world.Rows("SELECT type, value, account_type, account_value FROM _tributary.memberships ORDER BY seq"));
        Assert.Equal([0L], _world.Rows("SELECT count(*) FROM _tributary.history")[0]);
    }

    [Fact]
    public void What_the_space_itself_says_is_no_past()
    {
        _world.River.Revise(new ResourceChange("source", "engage", River.Body(new Source
        {
            Id = "engage",
            Number = 9,
            Slug = "engage",
            Name = "Engage",
            MetadataId = SourceCatalog.Engage,
            SpaceId = "spa_default",
            WriteKeys = ["wk-engage"],
        })));
        _world.Define("buyers", "event('Bought').count() >= 1");
        _world.Track("u1", "Bought").Track("u2", "Seen").Settle();

        Assert.Contains(_world.River.Decisions(), record => record.Source == 9);
        Assert.Equal(["Bought", "Seen"], _world.Rows("SELECT name FROM _tributary.history ORDER BY seq").Select(row => row[0]));
    }

    [Fact]
    public void A_text_is_told_from_what_it_spells()
    {
        _world.River.Identify("u1", traits: """{"a":"5","b":5,"c":"true","d":true,"e":[1]}""");
        _world.Settle();

        Assert.Equal(
            [["a", "5", true], ["b", "5", false], ["c", "true", true], ["d", "true", false], ["e", "[1]", false]],
            _world.Rows("SELECT name, value, is_text FROM profiles.user_traits ORDER BY name"));
    }
}
