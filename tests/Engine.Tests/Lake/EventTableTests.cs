using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Lake;

public sealed class EventTableTests : IDisposable
{
    private readonly LakeWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_track_event_is_in_tracks_and_in_the_table_of_its_name()
    {
        var profile = ProfileId.Derive(1, 42, 0);
        _world.Event(EventType.Track, """
            {"messageId":"m1","userId":"u1","anonymousId":"a1","event":"Order Completed","sentAt":"2025-12-31T23:59:58.500Z","originalTimestamp":"2025-12-31T23:59:57Z",
            "properties":{"revenue":12.5,"orderId":"o-1","coupon":null},"context":{"ip":"1.2.3.4","page":{"url":"https://x.example/"}},"integrations":{"All":true}}
            """, "m1", profile: profile);
        _world.Load();

        Assert.Equal(
            $"""["m1","{profile}","a1","u1","2026-01-01T00:00:00.000Z","2025-12-31T23:59:58.500Z","2026-01-01T00:00:00.000Z","2025-12-31T23:59:57.000Z","2026-01-01T00:00:00.000Z","order_completed","Order Completed","1.2.3.4","https://x.example/",12.5,"o-1"]""",
            await _world.Row("""
                SELECT id, segment_id, anonymous_id, user_id, received_at, sent_at, timestamp, original_timestamp, uuid_ts, event, event_text, context_ip, context_page_url, revenue, order_id
                FROM web.order_completed
                """));
        Assert.Equal("""["m1","order_completed","1.2.3.4"]""", await _world.Row("SELECT id, event, context_ip FROM web.tracks"));
        Assert.Equal("none", await _world.TypeOf("web.order_completed", "coupon"));
        Assert.Equal("none", await _world.TypeOf("web.tracks", "revenue"));
    }

    [Fact]
    public async Task Names_with_one_snake_case_share_a_table()
    {
        _world.Track("Signed Up", """{"plan":"a"}""");
        _world.Track("signed_up", """{"plan":"b"}""");
        _world.Load();

        Assert.Equal(["""["Signed Up","signed_up","a"]""", """["signed_up","signed_up","b"]"""], await _world.Rows("SELECT event_text, event, plan FROM web.signed_up ORDER BY id"));
    }

    [Fact]
    public async Task Each_type_has_its_table()
    {
        _world.Event(EventType.Page, """{"userId":"u1","name":"Home","category":"Docs","properties":{"name":"ignored","title":"T"}}""");
        _world.Event(EventType.Screen, """{"userId":"u1","properties":{"name":"Start"}}""");
        _world.Event(EventType.Group, """{"userId":"u1","groupId":"g1","traits":{"plan":"pro"}}""");
        _world.Event(EventType.Alias, """{"userId":"u1","previousId":"u0"}""");
        _world.Identify("u1", """{"email":"ada@example.com"}""");
        _world.Load();

        Assert.Equal("""["Home","Docs","T"]""", await _world.Row("SELECT name, category, title FROM web.pages"));
        Assert.Equal("""["Start"]""", await _world.Row("SELECT name FROM web.screens"));
        Assert.Equal("""["g1","pro","u1"]""", await _world.Row("SELECT group_id, plan, user_id FROM web.groups"));
        Assert.Equal("""["u0","u1"]""", await _world.Row("SELECT previous_id, user_id FROM web.aliases"));
        Assert.Equal("""["m5","ada@example.com"]""", await _world.Row("SELECT id, email FROM web.identifies"));
        Assert.Equal("""["u1","ada@example.com"]""", await _world.Row("SELECT id, email FROM web.users"));
        Assert.Equal("none", await _world.TypeOf("web.users", "anonymous_id"));
        Assert.Equal("none", await _world.TypeOf("web.users", "sent_at"));
        Assert.Equal("""["g1","g1","pro"]""", await _world.Row("SELECT id, group_id, plan FROM web.accounts"));
    }

    [Fact]
    public async Task Properties_with_reserved_names_are_discarded()
    {
        _world.Track("Odd", """{"id":"x","user_id":"x","userId":"x","received_at":1,"event":"x","timestamp":"x","context_ip":"x","uuid_ts":"x","kept":1}""", ""","context":{"ip":"1.1.1.1"}""");
        _world.Load();

        Assert.Equal("""["m1","u1","odd","1.1.1.1",1]""", await _world.Row("SELECT id, user_id, event, context_ip, kept FROM web.odd"));
    }

    [Fact]
    public async Task Nested_objects_are_flattened_and_arrays_are_json()
    {
        _world.Track("Deep", """{"a":{"bC":{"d":1}},"list":[1,{"x":"é"}],"empty":{},"none":[]}""");
        _world.Load();

        Assert.Equal("""[1,"[1,{\u0022x\u0022:\u0022\u00E9\u0022}]","[]"]""", await _world.Row("SELECT a_b_c_d, list, none FROM web.deep"));
    }

    [Fact]
    public async Task An_event_named_like_a_table_of_its_own_gets_another()
    {
        _world.Track("Users");
        _world.Track("tracks");
        _world.Load();

        Assert.Equal("[1]", await _world.Row("SELECT count(*) FROM web._users"));
        Assert.Equal("[2]", await _world.Row("SELECT count(*) FROM web.tracks"));
    }

    [Fact]
    public async Task A_name_without_ascii_and_escapes_are_kept_as_text()
    {
        _world.Event(EventType.Track, """{"userId":"ü\n\u00e9","event":"\u6ce8\u6587","properties":{"\u0061b":"x\"y","ключ":"v","half":"\ud800"}}""");
        _world.Load();

        Assert.Equal("""["ü\né","注文"]""", System.Text.RegularExpressions.Regex.Unescape(await _world.Row("SELECT user_id, event_text FROM web.tracks")).Replace("\n", "\\n", StringComparison.Ordinal));
        var table = (await _world.Row("SELECT event FROM web.tracks")).Trim('[', ']', '"');
        Assert.StartsWith("_", table, StringComparison.Ordinal);
        Assert.Equal("""["x\u0022y","\\ud800"]""", await _world.Row($"SELECT ab, half FROM web.\"{table}\""));
    }

    [Fact]
    public async Task A_payload_that_is_no_json_still_has_a_row()
    {
        _world.Event(EventType.Track, """{"event":"Broken","properties":{"a":1}""");
        _world.Event(EventType.Page, "no json");
        _world.Track("Fine");
        _world.Load();

        Assert.Equal("[2]", await _world.Row("SELECT count(*) FROM web.tracks"));
        Assert.Equal("[1]", await _world.Row("SELECT count(*) FROM web.pages"));
        Assert.Equal(2, _world.Loader.Losses.Unreadable);
    }

    [Fact]
    public async Task Sources_have_schemas_that_outlive_renaming_and_deletion()
    {
        _world.Track("A", source: 2);
        _world.Load();
        _world.Workspace = _world.Workspace.With(new Tributary.Engine.Workspace.WorkspaceRevision(2, "t", 0, [LakeWorld.Source(2, "other")]));
        _world.Track("A", source: 2);
        _world.Load();
        _world.Loader.Checkpoint();
        _world.Crash();
        _world.Workspace = Tributary.Engine.Workspace.WorkspaceSnapshot.Empty;
        _world.Track("A", source: 2);
        _world.Track("A", source: 9);
        _world.Load();

        Assert.Equal("[3]", await _world.Row("SELECT count(*) FROM help_desk.a"));
        Assert.Equal("[1]", await _world.Row("SELECT count(*) FROM source_9.tracks"));
        Assert.Equal(["""["9",1]""", """["src2",3]"""], await _world.Rows("SELECT event_source_id, count(*) FROM profiles.tracks GROUP BY ALL ORDER BY ALL"));
    }

    [Fact]
    public async Task Beyond_the_bounds_events_are_in_tracks_and_losses_are_counted()
    {
        using var world = new LakeWorld(options => (options.TablesMax, options.ColumnsMax) = (2, 50));
        for (var i = 0; i < 4; i++) world.Track($"E{i}", "{" + string.Join(",", Enumerable.Range(0, 60).Select(p => $"\"p{p}\":{p}")) + "}");
        world.Load();

        Assert.Equal(["""["e0","E0"]""", """["e1","E1"]""", """["e2","E2"]""", """["e3","E3"]"""], await world.Rows("SELECT event, event_text FROM web.tracks ORDER BY id"));
        Assert.Equal("[50]", await world.Row("SELECT column_count FROM duckdb_tables() WHERE table_name = 'e1'"));
        Assert.Equal(2, world.Loader.Losses.TablesRefused);
        Assert.True(world.Loader.Losses.ColumnsRefused > 0);
    }

    [Fact]
    public async Task Tracks_shows_every_event_once_also_of_more_tables_than_its_view_reads()
    {
        const int Names = Tributary.Engine.Lake.SourceTables.TracksReadMax + 3;
        for (var i = 0; i < Names; i++) _world.Track($"E{i}", """{"p":1}""", ""","context":{"ip":"1.1.1.1"}""");
        _world.Load().Loader.Checkpoint();
        _world.Crash();
        for (var i = 0; i < Names; i++) _world.Track($"E{i}", """{"p":2}""", ""","context":{"locale":"de"}""");
        _world.Load();

        Assert.Equal($"[{2 * Names},{2 * Names},{Names},{Names}]", await _world.Row("SELECT count(*), count(DISTINCT id), count(DISTINCT event), count(context_locale) FROM web.tracks"));
        Assert.Equal("[2]", await _world.Row($"SELECT count(*) FROM web.e{Names - 1}"));
        Assert.Equal($"[{2 * Names}]", await _world.Row("SELECT count(*) FROM profiles.tracks"));
    }
}
