using Tributary.Model;
using Xunit;
using static Tributary.Engine.Tests.Destinations.Postgres.PostgresWorld;

namespace Tributary.Engine.Tests.Destinations.Postgres;

/// <summary>What tables and columns events become.</summary>
public sealed class PostgresSchemaTests(PostgresCluster cluster) : IClassFixture<PostgresCluster>
{
    [Fact]
    public async Task Every_type_of_event_has_its_tables()
    {
        using var world = new PostgresWorld(cluster);

        await world.DeliverAsync(
            Track("m1", "Order Completed", """{"total":9.5}"""),
            Message("m2", "page", """ "name":"Home","category":"Docs","userId":"u1","properties":{"name":"other","path":"/"} """),
            Message("m3", "screen", """ "name":"Main","anonymousId":"a" """),
            Message("m4", "group", """ "groupId":"g1","userId":"u1","traits":{"plan":"pro"} """),
            Message("m5", "alias", """ "userId":"u1","previousId":"u0" """),
            Identify("m6", "u1", """{"email":"ada@example.com"}"""));

        Assert.Equal(
            ["accounts", "aliases", "groups", "identifies", "order_completed", "pages", "screens", "tracks", "users"],
            await world.RowsAsync($"SELECT table_name::text FROM information_schema.tables WHERE table_schema = '{world.Schema}' ORDER BY 1"));
        Assert.Equal(["m1|order_completed|Order Completed|a1|2026-01-02T10:00:00|9.5"], await world.RowsAsync("SELECT id, event, event_text, anonymous_id, received_at, total FROM order_completed"));
        Assert.Equal(["m1|order_completed|Order Completed"], await world.RowsAsync("SELECT id, event, event_text FROM tracks"));
        Assert.Equal(["m2|Home|Docs|/"], await world.RowsAsync("SELECT id, name, category, path FROM pages"));
        Assert.Equal(["g1|pro"], await world.RowsAsync("SELECT id, plan FROM accounts"));
        Assert.Equal(["u1|u0"], await world.RowsAsync("SELECT user_id, previous_id FROM aliases"));
        Assert.Equal(["u1|ada@example.com"], await world.RowsAsync("SELECT id, email FROM users"));
        Assert.DoesNotContain(await world.ColumnsAsync("tracks"), column => column.StartsWith("total", StringComparison.Ordinal));
        Assert.DoesNotContain(await world.ColumnsAsync("users"), column => column.StartsWith("anonymous_id", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_first_value_that_is_not_null_makes_the_column_and_its_type()
    {
        using var world = new PostgresWorld(cluster);

        await world.DeliverAsync(Track("m1", "E", """{"none":null,"whole":1,"part":0.5,"yes":true,"at":"2026-01-01T00:00:00Z","text":"x","list":[1,"a"],"deep":{"er":{"Still":3}}}"""));
        await world.DeliverAsync(Track("m2", "E", """{"whole":"twelve","part":"1e3","yes":"no","at":"soon","text":7,"late":"first"}"""));
        await world.DeliverAsync(Track("m3", "E", """{"whole":2.75,"part":4,"yes":1,"at":"2026-02-01","text":false}"""));

        var columns = await world.ColumnsAsync("e");
        Assert.Equal(
            ["whole|bigint", "part|double precision", "yes|boolean", "at|timestamp with time zone", "text|text", "list|text", "deep_er_still|bigint", "late|text"],
            columns.Where(column => column.Split('|')[0] is "none" or "whole" or "part" or "yes" or "at" or "text" or "list" or "deep_er_still" or "late"));
        Assert.Equal(
            [
                "1|0.5|true|2026-01-01T00:00:00|x|[1,\"a\"]|3|∅",
                "∅|1000|∅|∅|7|∅|∅|first",
                "2|4|true|2026-02-01T00:00:00|false|∅|∅|∅",
            ],
            await world.RowsAsync("SELECT whole, part, yes, at, text, list, deep_er_still, late FROM e ORDER BY id"));
    }

    [Fact]
    public async Task Reserved_names_are_discarded_and_names_of_the_system_get_an_underscore()
    {
        using var world = new PostgresWorld(cluster);

        await world.DeliverAsync(Track("m1", "E", """{"id":"mine","user_id":"x","Event":"y","received_at":"1999-01-01","context_page":"p","xmin":5,"ctid":"c","select":"s","_column_times":1}"""));

        Assert.Equal(["m1|e|2026-01-02T10:00:00|5|c|s|∅|1"], await world.RowsAsync("""SELECT id, event, received_at, _xmin, _ctid, "select", user_id, column_times FROM e"""));
        Assert.DoesNotContain(await world.ColumnsAsync("e"), column => column.StartsWith("context_page", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Events_named_like_a_fixed_table_and_exotic_names_have_tables_of_their_own()
    {
        using var world = new PostgresWorld(cluster);
        var longName = new string('n', 300);

        await world.DeliverAsync(
            Track("m1", "Users", "{}"), Track("m2", "Größe \\\"; DROP TABLE x; --", """{"naïve key":1,"x\"y":2}"""), Track("m3", "日本", """{"鍵":1}"""),
            Track("m4", longName, $$"""{"{{longName}}":1,"{{longName}}2":2}"""), Track("m5", "1st", "{}"));
        await world.DeliverAsync(Track("m6", longName, $$"""{"{{longName}}":3,"{{longName}}2":"4"}"""));

        var tables = await world.RowsAsync($"SELECT table_name::text FROM information_schema.tables WHERE table_schema = '{world.Schema}' ORDER BY 1");
        Assert.Contains("_users", tables);
        Assert.Contains("gr_e_drop_table_x", tables);
        Assert.Contains("1st", tables);
        Assert.DoesNotContain("users", tables);
        var cut = Assert.Single(tables, name => name.StartsWith("nnn", StringComparison.Ordinal));
        Assert.Equal(63, cut.Length);
        var columns = (await world.ColumnsAsync(cut)).Where(column => column.StartsWith("nnn", StringComparison.Ordinal)).Select(column => column.Split('|')[0]).ToList();
        Assert.Equal(2, columns.Count);
        Assert.Equal(["m4|1|2", "m6|3|4"], await world.RowsAsync($"SELECT id, {columns[0]}, {columns[1]} FROM {cut} ORDER BY id"));
        Assert.Equal(["1|2"], await world.RowsAsync("SELECT na_ve_key, x_y FROM gr_e_drop_table_x"));
        Assert.Equal(6, (await world.RowsAsync("SELECT id FROM tracks")).Count);
    }

    [Fact]
    public async Task Tables_that_somebody_else_made_keep_their_types()
    {
        using var world = new PostgresWorld(cluster);
        await cluster.QueryAsync($"""
            CREATE SCHEMA {world.Schema};
            CREATE TABLE {world.Schema}.e (id varchar(256) PRIMARY KEY, small integer, tiny smallint, short varchar(3), plain timestamp, day date, part real, exact numeric(20, 2), own uuid, received_at timestamptz, sent_at text)
            """);

        await world.DeliverAsync(
            Track("m1", "E", """{"small":5,"tiny":6,"short":"abcdef","plain":"2026-01-01T05:00:00+02:00","day":"2026-01-01T05:00:00Z","part":0.5,"exact":1.005,"own":"x"}"""),
            Track("m2", "E", """{"small":3000000000,"tiny":40000,"part":1e300}"""));

        Assert.Equal(
            ["m1|5|6|abc|2026-01-01T03:00:00|2026-01-01T00:00:00|0.5|1.01|∅", "m2|∅|∅|∅|∅|∅|∅|∅|∅"],
            await world.RowsAsync("SELECT id, small, tiny, short, plain, day::timestamp, part, exact, own FROM e ORDER BY id"));
        Assert.Equal(1, (int)world.Counts["columnsLeftOut"]!);
    }

    [Fact]
    public async Task A_dry_run_shows_the_sql_and_touches_nothing()
    {
        using var world = new PostgresWorld(cluster);
        var sender = world.Open(isDryRun: true, egress: "");

        var outcomes = await world.SendAsync(sender, Track("m1", "Order's", """{"note":"it's \\ here","n":1.5,"yes":true}"""));

        Assert.Equal([DeliveryOutcome.Delivered], outcomes);
        var sql = System.Text.Encoding.UTF8.GetString(world.Trace.Exchanges.Single().RequestBody.Span);
        await cluster.QueryAsync($"CREATE SCHEMA {world.Schema}");
        await cluster.QueryAsync(sql);
        Assert.Equal(["m1|it's \\ here|1.5|true"], await world.RowsAsync("SELECT id, note, n, yes FROM order_s"));
    }
}
