using System.Globalization;
using CsCheck;
using Tributary.Model;
using Xunit;
using static Tributary.Engine.Tests.Destinations.Postgres.PostgresWorld;

namespace Tributary.Engine.Tests.Destinations.Postgres;

/// <summary>That every event is there once, whatever happens on the way.</summary>
public sealed class PostgresLoadingTests(PostgresCluster cluster) : IClassFixture<PostgresCluster>
{
    [Fact]
    public async Task A_batch_that_comes_again_changes_nothing()
    {
        using var world = new PostgresWorld(cluster);
        string[] batch = [Track("m1", "E", """{"a":1}"""), Track("m1", "E", """{"a":2}"""), Identify("m2", "u1", """{"plan":"free"}""")];

        await world.DeliverAsync(batch);
        await world.DeliverAsync(batch);

        Assert.Equal(["m1|1"], await world.RowsAsync("SELECT id, a FROM e"));
        Assert.Equal(["m1"], await world.RowsAsync("SELECT id FROM tracks"));
        Assert.Equal(["u1|free"], await world.RowsAsync("SELECT id, plan FROM users"));
        Assert.Equal((6, 0), ((int)world.Counts["rowsSent"]!, (int)world.Counts["rowsNew"]!));
    }

    [Fact]
    public async Task Objects_have_a_row_each_in_the_table_of_their_collection()
    {
        using var world = new PostgresWorld(cluster);

        await world.DeliverAsync(Object("m1", "tickets", "7", """{"subject":"Help","user_id":"u1","open":true}""", minute: 1));
        // In another sender, which finds the table in the database.
        await world.DeliverAsync(
            Object("m3", "tickets", "7", """{"open":false,"score":2}""", minute: 3), Object("m2", "tickets", "7", """{"open":true,"subject":"Old"}""", minute: 2), Object("m4", "users", "u1", """{"a":1}"""));
        await world.DeliverAsync(Track("m5", "Tickets", """{"a":1}"""));

        Assert.Equal(["7|Old|u1|false|2"], await world.RowsAsync("SELECT id, subject, user_id, open, score FROM tickets"));
        Assert.Equal(["u1|1"], await world.RowsAsync("SELECT id, a FROM _users"));
        Assert.Equal(["m5|1"], await world.RowsAsync("SELECT id, a FROM _tickets"));
    }

    [Fact]
    public async Task Each_column_of_a_person_is_as_new_as_its_newest_value()
    {
        using var world = new PostgresWorld(cluster);

        await world.DeliverAsync(Identify("m1", "u1", """{"email":"1","plan":"1"}""", minute: 1));
        await world.DeliverAsync(Identify("m3", "u1", """{"plan":"3"}""", minute: 3));
        await world.DeliverAsync(Identify("m2", "u1", """{"email":"2","plan":"2","city":"2"}""", minute: 2));

        Assert.Equal(["2|3|2|2026-01-02T10:03:00"], await world.RowsAsync("SELECT email, plan, city, received_at FROM users"));
    }

    [Fact]
    public async Task Any_order_and_any_batches_give_the_same_people()
    {
        // The moments collide, so that the place in the log has to decide.
        var events = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 3], Gen.Int[0, 5], Gen.Int[1, 3]);
        await Gen.Select(events.Array[1, 12], Gen.Int[0, int.MaxValue], Gen.Int[1, 5]).SampleAsync(
            async (drawn, seed, size) =>
            {
                using var world = new PostgresWorld(cluster);
                var sent = drawn.Select((one, i) => (Place: i, Message: Identify($"m{i}", $"u{one.Item1}", $$"""{"k{{one.Item2}}":{{i}}}""", one.Item3 * one.Item4))).ToArray();
                var expected = sent.Zip(drawn)
                    .GroupBy(pair => (User: pair.Second.Item1, Key: pair.Second.Item2))
                    .Select(group => $"u{group.Key.User}|k{group.Key.Key}|{group.MaxBy(pair => (pair.Second.Item3 * pair.Second.Item4, pair.First.Place)).First.Place}")
                    .Order(StringComparer.Ordinal).ToList();
                var sender = world.Open();
                new Random(seed).Shuffle(sent);

                foreach (var batch in sent.Chunk(size))
                {
                    var outcomes = await sender.SendAsync(
                        [.. batch.Select(one => new Model.Delivery(new LogOffset(one.Place), EventType.Identify, 1, System.Text.Encoding.UTF8.GetBytes(one.Message)))],
                        new WireTrace(),
                        TestContext.Current.CancellationToken);
                    Assert.Equal(DeliveryOutcome.Delivered, outcomes[0]);
                }

                var found = await world.RowsAsync("SELECT id, key, value FROM users, jsonb_each_text(to_jsonb(users)) WHERE key ~ '^k[0-9]$' AND value IS NOT NULL ORDER BY 1, 2");
                Assert.Equal(expected, found.Order(StringComparer.Ordinal));
            },
            iter: 25, threads: 1);
    }

    [Fact]
    public async Task Senders_at_once_make_the_same_tables_and_lose_nothing()
    {
        using var world = new PostgresWorld(cluster);
        IDestinationSender[] senders = [world.Open(), world.Open()];

        // Both meet the same new columns with different types, the same people and the same repeats.
        await Parallel.ForEachAsync(Enumerable.Range(0, 24), new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (round, stopping) =>
        {
            var batch = Enumerable.Range(0, 200).Select(i => (round * 100) + i).Select(i => i % 3 == 0
                ? Identify($"m{i}", $"u{i % 40}", $$"""{"c{{i % 25}}":{{i}}}""", i % 60)
                : Track($"m{i}", $"E{i % 7}", round % 2 == 0 ? $$"""{"c{{round}}":{{i}}}""" : $$"""{"c{{round - 1}}":"{{i}}"}""")).ToArray();
            // In opposite orders, so that two who wait for each other's rows would be found.
            if (round % 2 == 0) Array.Reverse(batch);
            for (var left = 10; left > 0; left--)
            {
                var outcomes = await world.SendAsync(senders[round % 2], batch);
                if (Array.TrueForAll(outcomes, outcome => outcome.Verdict == DeliveryVerdict.Delivered)) return;
                Assert.All(outcomes, outcome => Assert.True(outcome.Verdict != DeliveryVerdict.Refused && outcome.Reason != "sql_40p01", outcome.ToString()));
            }

            Assert.Fail("A batch was not taken in ten attempts.");
        });

        var all = Enumerable.Range(0, 2_500).ToList();
        Assert.Equal(all.Where(i => i % 3 != 0).Select(Id).Order(StringComparer.Ordinal), await world.RowsAsync("""SELECT id FROM tracks ORDER BY id COLLATE "C" """));
        Assert.Equal(all.Where(i => i % 3 == 0).Select(Id).Order(StringComparer.Ordinal), await world.RowsAsync("""SELECT id FROM identifies ORDER BY id COLLATE "C" """));
        Assert.Equal(["40"], await world.RowsAsync("SELECT count(*) FROM users"));
        static string Id(int i) => $"m{i.ToString(CultureInfo.InvariantCulture)}";
    }

    [Fact]
    public async Task Senders_with_the_same_rows_in_opposite_orders_wait_in_a_line()
    {
        using var world = new PostgresWorld(cluster);
        IDestinationSender[] senders = [world.Open(), world.Open()];
        await Task.WhenAll(senders.Select(sender => world.SendAsync(sender, Identify("m", "u", """{"a":1}"""))));

        for (var round = 0; round < 4; round++)
        {
            var forth = Enumerable.Range(0, 3_000).Select(i => Identify($"m{round}-{i}", $"u{i}", """{"a":1}""")).ToArray();
            var outcomes = await Task.WhenAll(world.SendAsync(senders[0], forth), world.SendAsync(senders[1], [.. forth.Reverse()]));
            Assert.All(outcomes.SelectMany(each => each), outcome => Assert.Equal(DeliveryOutcome.Delivered, outcome));
        }

        Assert.Equal(["12001|3001"], await world.RowsAsync("SELECT (SELECT count(*) FROM identifies), (SELECT count(*) FROM users)"));
    }

    [Fact]
    public async Task A_server_that_dies_in_the_middle_has_every_event_once_in_the_end()
    {
        await using var own = new PostgresCluster();
        await own.InitializeAsync();
        using var world = new PostgresWorld(own);
        var sender = world.Open();
        var batches = Enumerable.Range(0, 40).Select(batch => Enumerable.Range(0, 500).Select(i => Track($"m{(batch * 500) + i}", $"E{i % 5}", $$"""{"n":{{i}}}""")).ToArray()).ToList();
        var failures = 0;

        var sending = Task.Run(async () =>
        {
            foreach (var batch in batches)
            {
                while ((await world.SendAsync(sender, batch)).Any(outcome => outcome.Verdict != DeliveryVerdict.Delivered))
                {
                    failures++;
                    await Task.Delay(50, TestContext.Current.CancellationToken);
                }
            }
        }, TestContext.Current.CancellationToken);
        await Task.Delay(700, TestContext.Current.CancellationToken);
        await own.CrashAsync();
        Assert.False(sending.IsCompleted);
        await own.StartAsync();
        await sending.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.True(failures > 0);
        Assert.Equal(["20000|20000"], await world.RowsAsync("SELECT count(*), count(DISTINCT id) FROM tracks"));
        Assert.Equal(["20000"], await world.RowsAsync("SELECT sum(n) FROM (SELECT count(*) AS n FROM e0 UNION ALL SELECT count(*) FROM e1 UNION ALL SELECT count(*) FROM e2 UNION ALL SELECT count(*) FROM e3 UNION ALL SELECT count(*) FROM e4) t"));
    }

    [Fact]
    public async Task A_batch_of_very_many_tables_takes_several_transactions()
    {
        using var world = new PostgresWorld(cluster);

        await world.DeliverAsync([.. Enumerable.Range(0, 450).Select(i => Track($"m{i}", $"Event {i}", $$"""{"n":{{i}}}"""))]);

        Assert.Equal(["450"], await world.RowsAsync("SELECT count(*) FROM tracks"));
        Assert.Equal(["451|1"], await world.RowsAsync($"SELECT count(*), (SELECT count(*) FROM event_449 WHERE n = 449) FROM information_schema.tables WHERE table_schema = '{world.Schema}'"));
        Assert.Equal(900, (int)world.Counts["rowsNew"]!);
    }

    [Fact]
    public async Task Hostile_values_become_rows_or_nulls()
    {
        using var world = new PostgresWorld(cluster);
        var megabyte = new string('x', 1 << 20);

        await world.DeliverAsync(
            Track("m\\u00001", "E", """{"zero":"a\u0000b","huge":1e400,"large":123456789012345678901234567890,"tiny":1e-300,"list":["\u0000"],"half":"\ud800"}"""),
            Track("m2", "E", $$"""{"zero":"{{megabyte}}","huge":-1.7e308,"at":"9999-12-31T23:59:59.999999Z","first":"0001-01-01"}"""),
            Track("m3", "E", """{"zero":"NaN","at":"0001-01-01T00:00:00+14:00","huge":"NaN"}"""));

        Assert.Equal(
            ["m\uFFFD1|a\uFFFDb|∅|1.2345678901234568E+29|1E-300|[\"\\u0000\"]|\\ud800", "m3|NaN|∅|∅|∅|∅|∅", "m2|1048576|-1.7E+308|∅|∅|∅|∅"],
            await world.RowsAsync("SELECT id, CASE WHEN length(zero) > 9 THEN length(zero)::text ELSE zero END, huge, large, tiny, list, half FROM e ORDER BY id DESC"));
    }

    [Fact]
    public async Task Thousands_of_properties_are_bounded_and_counted()
    {
        using var world = new PostgresWorld(cluster);
        string Wide(string id, int from) => Track(id, "E", $"{{{string.Join(",", Enumerable.Range(from, 2_000).Select(i => $"\"k{i}\":{i}"))}}}");

        await world.DeliverAsync(Wide("m1", 0), Track("m2", "E", """{"other":1}"""));

        Assert.Equal(["1500"], await world.RowsAsync($"SELECT count(*) FROM information_schema.columns WHERE table_schema = '{world.Schema}' AND table_name = 'e'"));
        Assert.Equal(["m1|0", "m2|∅"], await world.RowsAsync("SELECT id, k0 FROM e ORDER BY id"));
        var refused = (int)world.Counts["columnsRefused"]!;
        var leftOut = (int)world.Counts["valuesLeftOut"]!;
        Assert.Equal(2_001 - 1_490, refused);
        // Numbers stay on the row's own page, which has room for some five hundred with the worst alignment.
        Assert.InRange(leftOut, 900, 1_000);
        Assert.Equal([(1_490 - leftOut).ToString(CultureInfo.InvariantCulture)], await world.RowsAsync("SELECT count(*) FROM e, jsonb_each(to_jsonb(e)) WHERE key ~ '^k[0-9]+$' AND value <> 'null' AND id = 'm1'"));
    }
}
