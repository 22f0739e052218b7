using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Delivery;
using Tributary.Engine.Processing;
using Tributary.Engine.Tests.TestKit;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Delivery;

public sealed class DeliveryFaultsTests
{
    [Fact]
    public async Task A_restart_goes_on_where_the_account_ends()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination();
        hook.Delay = static () => Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        hook.Judge = id => Random.Shared.Next(10) == 0 ? DeliveryOutcome.RetryLater("http_500") : DeliveryOutcome.Delivered;
        for (var i = 0; i < 400; i++) world.River.Track(user: $"u{i % 20}", messageId: $"u{i % 20}-{i:d4}");
        world.River.Run();
        for (var run = 1; run <= 5; run++)
        {
            world.Start();
            var target = run * 60;
            await world.Until(() => hook.Delivered.Count >= target);
            await world.StopAsync();
            world.AssertLaw(atRest: true);
        }

        world.Start();
        await world.Settled();

        Assert.Equal(400, hook.Delivered.Distinct().Count());
        Assert.Equal(400, world.Flow().Counts.Delivered);
        foreach (var person in hook.Delivered.Distinct().GroupBy(id => id.Split('-')[0])) Assert.Equal(person.Order(StringComparer.Ordinal), person);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task What_a_crash_takes_from_the_account_is_delivered_again_and_counted_once()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination();
        for (var i = 0; i < 100; i++) world.River.Track(user: $"u{i % 20}", messageId: $"m{i}");
        world.River.Run();
        world.Store.IsBroken = true;
        world.Start();
        await world.Until(() => hook.Delivered.Count >= 100);
        await world.StopAsync();
        Assert.Equal(100, world.Flow().Pending);

        world.Store.IsBroken = false;
        world.Start();
        await world.Settled();

        Assert.Equal(100, world.Flow().Counts.Delivered);
        Assert.Equal(100, hook.Delivered.Distinct().Count());
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task A_full_disk_is_waited_out_without_delivering_again()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination();
        world.Store.IsBroken = true;
        world.River.Track(user: "a", messageId: "a1").Run();
        world.Start();
        await world.Until(() => hook.Delivered.Count == 1);
        world.Store.IsBroken = false;
        await world.Settled();

        Assert.Single(hook.Delivered);
    }

    [Fact]
    public async Task A_dead_destination_holds_little_and_slows_nobody()
    {
        await using var world = new DeliveryWorld();
        world.Options.WaitingMax = 50;
        world.Options.ProbeMsMax = 10_000;
        var dead = world.Destination("dead", 1);
        dead.Judge = _ => DeliveryOutcome.RetryLater("connection_failed");
        var alive = world.Destination("alive", 2);
        for (var i = 0; i < 5_000; i++) world.River.Track(user: $"u{i % 500}", messageId: $"m{i}");
        world.River.Run();
        world.Start("dead");
        world.Start("alive");
        await world.Settled("alive");

        Assert.Equal(5_000, alive.Delivered.Count);
        Assert.InRange(dead.Attempts.Count, world.Options.FailuresToPause, world.Options.FailuresToPause + world.Options.InFlightMax + 20);
        Assert.Equal(5_000, world.Flow("dead").Pending);
        Assert.InRange(world.Flow("dead").Counts.Waiting, 0, 1_100);
        world.AssertLaw("dead");

        dead.Judge = static _ => DeliveryOutcome.Delivered;
        // The operator corrects the address; nothing waits for the next probe then.
        world.Destination("dead", 1, settings: new JsonObject { ["url"] = "http://elsewhere" });
        await world.Settled("dead");
        Assert.Equal(5_000, dead.Delivered.Count);
        world.AssertLaw("dead", atRest: true);
    }

    [Fact]
    public async Task A_destination_that_comes_back_is_noticed_by_a_probe()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination();
        var isDead = true;
        hook.Judge = _ => isDead ? DeliveryOutcome.RetryLater("http_503") : DeliveryOutcome.Delivered;
        for (var i = 0; i < 500; i++) world.River.Track(user: $"u{i}", messageId: $"m{i}");
        world.River.Run();
        world.Start();
        await world.Until(() => hook.Attempts.Count > world.Options.FailuresToPause);
        isDead = false;
        await world.Settled();

        Assert.Equal(500, hook.Delivered.Count);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task A_disabled_destination_gets_nothing_and_counts_it()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination(enabled: false);
        for (var i = 0; i < 200; i++) world.River.Track(user: "a", messageId: $"off{i}");
        world.River.Run();
        world.Start();
        await world.Settled();
        world.Destination(enabled: true);
        world.River.Track(user: "a", messageId: "on").Run();
        await world.Until(() => hook.Delivered.Count == 1);
        await world.Settled();

        Assert.Equal(["on"], hook.Delivered);
        Assert.Equal(200, world.Flow().Counts.Filtered[DeliveryFilter.Disabled]);
        Assert.Equal(new DeliveryLife("filtered", DeliveryFilter.Disabled), world.Life("off77"));
        Assert.Equal("delivered", world.Life("on").State);
        // A run of events takes a row a commit, not one each.
        Assert.InRange(world.Flow().Counts.Exceptions, 1, 20);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task Events_that_retention_dropped_are_failed_and_counted_exactly()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination();
        for (var i = 0; i < 50; i++) world.River.Track(user: "a", messageId: $"m{i}").Send(EventType.Track, """ "event":"x","userId":"u1" """, $"other{i}", source: River.HelpDesk);
        world.River.Run();
        var (_, offset, _) = new EventQueries(world.River.Store, new(world.River.Received), new(world.River.Decided)).FindAccepted("m30").Single();
        world.Log = new CutLog(world.River.Decided) { First = offset };
        world.Start();
        await world.Settled();

        Assert.Equal(20, hook.Delivered.Count);
        Assert.Equal(30, world.Flow().Counts.Failed[DestinationWorker.Dropped]);
        Assert.Equal("failed", world.Life("m29").State);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task The_law_holds_at_every_moment_while_everything_moves()
    {
        await using var world = new DeliveryWorld();
        world.Options.WaitingMax = 30;
        var hook = world.Destination(batchMax: 3);
        hook.Judge = _ => Random.Shared.Next(10) switch
        {
            0 => DeliveryOutcome.RetryLater("http_500"),
            1 => DeliveryOutcome.Refused("http_422"),
            _ => DeliveryOutcome.Delivered,
        };
        world.Start();
        var sending = Task.Run(() =>
        {
            for (var i = 0; i < 1_500; i++)
            {
                world.River.Track(user: $"u{i % 40}", messageId: $"m{i}", extra: i % 7 == 0 ? "\"integrations\":{\"All\":false}" : null);
                if (i % 10 == 0) world.River.Run();
            }

            world.River.Run();
        });
        var looks = 0;
        while (!sending.IsCompleted || world.Flow().Pending > 0)
        {
            world.AssertLaw();
            looks++;
            await Task.Yield();
        }

        await sending;
        world.AssertLaw(atRest: true);
        var counts = world.Flow().Counts;
        Assert.Equal(215, counts.Filtered[DeliveryFilter.ByIntegrations]);
        Assert.Equal(1_500, world.Flow().Received);
        Assert.Equal(1_285, counts.Delivered + counts.Failed["http_422"]);
        Assert.True(looks > 100);
    }

    [Fact]
    public async Task Old_outcomes_are_forgotten_and_the_passport_says_so()
    {
        await using var world = new DeliveryWorld();
        world.Options.ExceptionsMax = 100;
        var hook = world.Destination();
        hook.Judge = static _ => DeliveryOutcome.Refused("http_400");
        for (var i = 0; i < 400; i++) world.River.Track(user: "a", messageId: $"m{i}");
        world.River.Run();
        world.Start();
        await world.Settled();
        world.River.Track(user: "a", messageId: "last").Run();
        await world.Until(() => world.Life("last").State == "failed");
        await world.StopAsync();

        Assert.InRange(world.Flow().Counts.Exceptions, 90, 410);
        Assert.Equal("unknown", world.Life("m3").State);
        Assert.Equal(401, world.Flow().Counts.Failed["http_400"]);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task Ever_new_reasons_are_counted_as_one_and_kept_in_samples_of_the_newest()
    {
        const int Events = 300;
        await using var world = new DeliveryWorld();
        var hook = world.Destination();
        hook.Judge = id => DeliveryOutcome.Refused("code_" + id, "no");
        for (var i = 0; i < Events; i++) world.River.Track(user: $"u{i}", messageId: $"m{i}");
        world.River.Run();
        world.Start();
        await world.Settled();

        var failed = world.Flow().Counts.Failed;
        Assert.Equal(DeliveryBook.ReasonsMax + 1, failed.Count);
        Assert.Equal(Events - DeliveryBook.ReasonsMax, failed[DeliveryBook.Other]);
        Assert.Contains(Enumerable.Range(0, Events), i => world.Life($"m{i}") is { Reason: DeliveryBook.Other } life && life.LastError == $"code_m{i}: no");
        await world.Replay(reason: DeliveryBook.Other);
        await world.Until(() => ReplayRow.Read(world.River.Store, 1) is { IsOver: true, Taken: Events - DeliveryBook.ReasonsMax } && world.Flow().Pending == 0);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public void Samples_of_earlier_runs_count_towards_their_limit()
    {
        using var river = new River();
        river.Run();
        var now = 1_000_000L;
        for (var run = 0; run < 3; run++)
        {
            var samples = new DeliverySamples(river.Store, 1);
            using var draft = river.Store.Begin();
            for (var i = 0; i < 60; i++, now += 1_000)
            {
                var (reason, attempt) = ($"code_{run}_{i}", new DeliveryAttempt(0));
                attempt.Parts.Add(new DeliveryPart(new DeliveryEntry(new LogOffset(i), default), 0));
                Assert.True(samples.Wants(reason, now));
                samples.Keep(draft, new SecretMask([]), attempt, attempt.Parts[0], DeliveryOutcome.Refused(reason), null, now);
            }

            draft.Commit();
        }

        var kept = DeliverySamples.Read(river.Store, 1).Select(bytes => JsonDocument.Parse(bytes).RootElement.GetProperty("reason").GetString()).ToList();
        Assert.Equal(DeliverySamples.ReasonsMax, kept.Count);
        Assert.DoesNotContain("code_0_0", kept);
        Assert.Contains("code_2_59", kept);
    }

    [Fact]
    public async Task Nothing_is_left_of_a_deleted_destination()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination();
        hook.Judge = static _ => DeliveryOutcome.RetryLater("http_500");
        world.River.Track(user: "a").Run();
        world.Start();
        await world.Until(() => world.Flow().Counts.Waiting == 1);
        await world.StopAsync();
        Assert.Equal([1u], DeliveryRows.Destinations(world.River.Store));

        DeliveryRows.Forget(world.River.Store, 1);

        Assert.Empty(DeliveryRows.Destinations(world.River.Store));
    }
}
