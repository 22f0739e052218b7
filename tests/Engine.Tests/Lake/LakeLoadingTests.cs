using System.Globalization;
using Tributary.Engine.Lake;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Lake;

public sealed class LakeLoadingTests : IDisposable
{
    private readonly LakeWorld _world = new(options => options.BatchEventsMax = 40);

    public void Dispose() => _world.Dispose();

    [Fact]
    public Task Every_event_is_loaded_once_whatever_crashes() => CsCheck.Check.SampleAsync(CsCheck.Gen.Int[0, int.MaxValue], async seed =>
    {
        var chance = new Random(seed);
        using var world = new LakeWorld(options => options.BatchEventsMax = 1 + chance.Next(50));
        var sent = 0;
        for (var step = 0; step < 25; step++)
        {
            for (var count = chance.Next(30); count > 0; count--) world.Track($"E{chance.Next(4)}", $$"""{"p{{chance.Next(6)}}":{{sent++}}}""");
            if (chance.Next(2) == 0) world.Loader.LoadAvailable();
            if (chance.Next(4) == 0) world.Loader.Checkpoint();
            if (chance.Next(4) == 0) world.Crash();
        }

        world.Load();
        if (sent > 0) Assert.Equal($"[{sent},{sent}]", await world.Row("SELECT count(*), count(DISTINCT id) FROM web.tracks"));
    }, iter: 10);

    [Fact]
    public async Task Objects_and_events_of_one_name_keep_to_their_own_tables_over_a_restart()
    {
        for (var pass = 1; pass <= 2; pass++)
        {
            _world.Event(EventType.Set, $$"""{"type":"set","collection":"rooms","id":"r1","properties":{"pass{{pass}}":{{pass}},"timestamp":"t","a_null":null} }""");
            _world.Track("Rooms", """{"a":1}""");
            _world.Load().Loader.Checkpoint();
            _world.Crash();
        }

        _world.Load();
        Assert.Equal("""["r1",1,2,"t"]""", await _world.Row("SELECT id, pass1, pass2, timestamp FROM web.rooms"));
        Assert.Equal("[2]", await _world.Row("SELECT count(*) FROM web._rooms"));
        Assert.Equal("[2]", await _world.Row("SELECT count(*) FROM web.tracks"));
    }

    [Fact]
    public async Task A_deleted_lake_is_rebuilt_from_the_first_record()
    {
        for (var i = 0; i < 100; i++) _world.Track("E");
        _world.Load().Loader.Checkpoint();
        _world.Crash();
        Directory.Delete(_world.Folder, recursive: true);
        _world.Load();

        Assert.Equal("[100]", await _world.Row("SELECT count(*) FROM web.e"));
    }

    [Fact]
    public async Task What_a_failed_batch_wrote_is_gone_and_comes_again()
    {
        for (var i = 0; i < 10; i++) _world.Track("E");
        _world.Loader.FailNextCommit = true;
        Assert.Throws<LakeWriteException>(() => _world.Loader.LoadAvailable());
        _world.Load();

        Assert.Equal("[10,10]", await _world.Row("SELECT count(*), count(DISTINCT id) FROM web.e"));
    }

    [Fact]
    public async Task Records_that_retention_dropped_are_skipped()
    {
        _world.Track("E", id: "old");
        _world.Load().Loader.Checkpoint();
        _world.Crash();
        _world.Track("E", id: "dropped");
        _world.Log.Drop(_world.Log.End);
        _world.Track("E", id: "new");
        _world.Load();

        Assert.Equal(["""["new"]""", """["old"]"""], await _world.Rows("SELECT id FROM web.e ORDER BY id"));
    }

    [Fact]
    public async Task An_id_that_comes_again_after_deduplication_forgot_it_makes_no_second_row()
    {
        const string Old = ""","originalTimestamp":"2025-12-01T00:00:00Z" """;
        _world.Track("E", "{}", Old, id: "again");
        _world.Load().Loader.Checkpoint();
        _world.Track("E", "{}", Old, id: "again", receivedAt: LakeWorld.Noon + 90_000_000);
        _world.Track("E", "{}", Old, id: "twin");
        _world.Track("E", "{}", Old, id: "twin");
        _world.Track("E", "{}", Old, id: "other");
        _world.Load();

        Assert.Equal(["""["again","2026-01-01T00:00:00.000Z"]""", """["other","2026-01-01T00:00:00.000Z"]""", """["twin","2026-01-01T00:00:00.000Z"]"""],
            await _world.Rows("SELECT id, received_at FROM web.e ORDER BY id"));
    }

    [Fact]
    public async Task Users_keep_the_newest_value_per_trait()
    {
        _world.Identify("u1", """{"plan":"free","city":"Rome"}""", LakeWorld.Noon + 2_000);
        _world.Identify("u1", """{"plan":"pro"}""", LakeWorld.Noon + 3_000);
        _world.Load();
        _world.Identify("u1", """{"plan":"late","city":"Oslo","age":7}""", LakeWorld.Noon + 1_000);
        _world.Identify("u2", """{"plan":"x"}""");
        _world.Event(EventType.Identify, """{"anonymousId":"a9","traits":{"plan":"nobody"}}""");
        _world.Load();

        Assert.Equal(["""["u1","pro","Rome",7,"2026-01-01T00:00:03.000Z"]""", """["u2","x",null,null,"2026-01-01T00:00:00.000Z"]"""],
            await _world.Rows("SELECT id, plan, city, age, received_at FROM web.users ORDER BY id"));
        Assert.Equal("[5]", await _world.Row("SELECT count(*) FROM web.identifies"));
    }

    [Fact]
    public async Task Accounts_keep_the_newest_value_per_trait()
    {
        _world.Event(EventType.Group, """{"userId":"u1","groupId":"g1","traits":{"plan":"free","seats":3}}""");
        _world.Event(EventType.Group, """{"userId":"u2","groupId":"g1","traits":{"plan":"pro"}}""", receivedAt: LakeWorld.Noon + 1);
        _world.Load();

        Assert.Equal("""["g1","pro",3]""", await _world.Row("SELECT id, plan, seats FROM web.accounts"));
    }

    [Fact]
    public async Task Queries_see_whole_batches_while_the_loader_writes()
    {
        for (var i = 0; i < 400; i++) _world.Track("E" + (i % 4).ToString(CultureInfo.InvariantCulture), "{\"n" + (i % 9).ToString(CultureInfo.InvariantCulture) + "\":1}");
        _ = _world.Loader;
        var loading = Task.Run(_world.Load, TestContext.Current.CancellationToken);
        while (!loading.IsCompleted)
        {
            var answer = await _world.Query.RunAsync("SELECT count(*) FROM web.tracks", 10, TimeSpan.FromSeconds(9), TestContext.Current.CancellationToken);
            if (answer.Result is { } result) Assert.Equal(0L, (long)result.Rows[0][0]! % 40);
        }

        await loading;
        Assert.Equal("[400]", await _world.Row("SELECT count(*) FROM web.tracks"));
    }

    [Fact]
    public async Task The_running_loader_follows_the_log_and_writes_a_checkpoint_when_it_stops()
    {
        using var world = new LakeWorld(options => options.GatherMs = 0);
        using var stop = new CancellationTokenSource();
        var running = world.Loader.RunAsync(stop.Token);
        for (var i = 0; i < 20; i++)
        {
            world.Track("E");
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }

        while (world.Loader.Position < world.Log.End) await Task.Delay(5, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await running;
        world.Crash();

        Assert.Equal("[20]", await world.Row("SELECT count(*) FROM web.e"));
    }
}
