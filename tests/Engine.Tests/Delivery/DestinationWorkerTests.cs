using Microsoft.Extensions.Time.Testing;
using Tributary.Engine.Delivery;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Delivery;

public sealed class DestinationWorkerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task Delivers_each_event_once_and_in_order_per_profile(int batchMax)
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination(batchMax: batchMax);
        hook.Delay = static () => Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(3)), TimeProvider.System, CancellationToken.None);
        for (var i = 0; i < 300; i++) world.River.Track(user: $"u{i % 12}", messageId: $"u{i % 12}-{i:d4}");
        world.River.Run();
        world.Start();
        await world.Settled();

        Assert.Equal(300, hook.Delivered.Count);
        foreach (var person in hook.Delivered.GroupBy(id => id.Split('-')[0])) Assert.Equal(person.Order(StringComparer.Ordinal), person);
        Assert.InRange(hook.InFlightMost, 2, world.Options.InFlightMax);
        world.AssertLaw(atRest: true);
        Assert.Equal("delivered", world.Life("u3-0003").State);
    }

    [Fact]
    public async Task Begins_where_the_destination_was_created()
    {
        await using var world = new DeliveryWorld();
        world.River.Track(user: "u1", messageId: "before").Run();
        var hook = world.Destination();
        world.River.Track(user: "u1", messageId: "after").Run();
        world.Start();
        await world.Settled();

        Assert.Equal(["after"], hook.Delivered);
        Assert.Equal(1, world.Flow().Received);
    }

    [Fact]
    public async Task Begins_at_once_when_it_comes_with_its_source_in_one_revision()
    {
        await using var world = new DeliveryWorld();
        world.River.Revise(
            new ResourceChange("destination", "early", River.Body(new Destination { Id = "early", Number = 9, Name = "early", MetadataId = "x", SourceId = "shop" })),
            new ResourceChange("source", "shop", River.Body(new Source { Id = "shop", Number = 7, Slug = "shop", Name = "Shop", MetadataId = "http-api", SpaceId = "spa_default", WriteKeys = ["k7"] })));
        world.River.Run();

        Assert.Equal(0, DeliveryCounts.Beginning(world.River.Store, 9)!.Value.AcceptedBefore);
    }

    [Fact]
    public async Task Does_not_get_events_of_other_sources_and_no_repeats()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination();
        world.River.Track(user: "u1", messageId: "a").Track(user: "u1", messageId: "a").Send(EventType.Track, """ "event":"x","userId":"u1" """, "b", source: 2).Run();
        world.Start();
        await world.Settled();

        Assert.Equal(["a"], hook.Delivered);
    }

    [Fact]
    public async Task A_failure_is_tried_again_after_a_pause_and_holds_back_its_profile_only()
    {
        await using var world = new DeliveryWorld();
        var clock = new FakeTimeProvider();
        world.Clock = clock;
        (world.Options.BackoffMsMin, world.Options.BackoffMsMax) = (1_000, 60_000);
        var hook = world.Destination();
        hook.Judge = id => id == "a1" && hook.Attempts.Count(each => each == "a1") == 1 ? DeliveryOutcome.RetryLater("http_500") : DeliveryOutcome.Delivered;
        world.River.Track(user: "a", messageId: "a1").Track(user: "a", messageId: "a2").Track(user: "b", messageId: "b1").Run();
        world.Start();
        await world.Until(() => world.Flow().Counts is { Delivered: 1, Waiting: 2 }, () => clock.Advance(TimeSpan.FromMilliseconds(1)));

        Assert.Equal(["b1"], hook.Delivered);
        var life = world.Life("a1");
        Assert.Equal(("retrying", "http_500", 1), (life.State, life.Reason, life.Attempts!.Value));
        Assert.InRange(life.NextAttemptAt!.Value - clock.GetUtcNow().ToUnixTimeMilliseconds(), 300, 1_000);
        Assert.Equal("pending", world.Life("a2").State);
        world.AssertLaw(atRest: true);

        await world.Settled(meanwhile: () => clock.Advance(TimeSpan.FromMilliseconds(20)));

        Assert.Equal(["b1", "a1", "a2"], hook.Delivered);
        Assert.Equal("delivered", world.Life("a1").State);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task Waits_as_long_as_the_destination_asks()
    {
        await using var world = new DeliveryWorld();
        var clock = new FakeTimeProvider();
        world.Clock = clock;
        var hook = world.Destination();
        hook.Judge = _ => hook.Attempts.Count == 1 ? DeliveryOutcome.RetryLater("http_429", TimeSpan.FromSeconds(90)) : DeliveryOutcome.Delivered;
        var start = clock.GetUtcNow();
        world.River.Track(user: "a", messageId: "a1").Run();
        world.Start();
        await world.Until(() => world.Flow().Counts.Waiting == 1, () => clock.Advance(TimeSpan.FromMilliseconds(1)));
        while (clock.GetUtcNow() - start < TimeSpan.FromSeconds(88))
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        }

        Assert.Single(hook.Attempts);
        await world.Settled(meanwhile: () => clock.Advance(TimeSpan.FromSeconds(1)));
        Assert.Equal(2, hook.Attempts.Count);
    }

    [Fact]
    public async Task A_refusal_is_final_and_keeps_its_code()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination();
        hook.Judge = id => id == "bad" ? DeliveryOutcome.Refused("http_400", "no such field") : DeliveryOutcome.Delivered;
        world.River.Track(user: "a", messageId: "bad").Track(user: "a", messageId: "good").Run();
        world.Start();
        await world.Settled();

        Assert.Equal(["bad", "good"], hook.Attempts);
        Assert.Equal(1, world.Flow().Counts.Failed["http_400"]);
        var life = world.Life("bad");
        Assert.Equal(("failed", "http_400", 1, "no such field"), (life.State, life.Reason, life.Attempts, life.LastError));
        Assert.Equal("http_400", Assert.Single(life.Tries!).Reason);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task Gives_up_when_the_time_for_retries_is_over()
    {
        await using var world = new DeliveryWorld();
        var clock = new FakeTimeProvider();
        world.Clock = clock;
        world.Options.RetrySeconds = 60;
        world.Options.BackoffMsMax = 10_000;
        var hook = world.Destination();
        hook.Judge = id => id == "a1" ? DeliveryOutcome.RetryLater("http_503") : DeliveryOutcome.Delivered;
        world.River.Track(user: "a", messageId: "a1").Track(user: "a", messageId: "a2").Run();
        world.Start();
        await world.Settled(meanwhile: () => clock.Advance(TimeSpan.FromMilliseconds(300)));

        Assert.Equal(1, world.Flow().Counts.Failed[DestinationWorker.Exhausted]);
        Assert.StartsWith("http_503", world.Life("a1").LastError, StringComparison.Ordinal);
        Assert.Equal(["a2"], hook.Delivered);
        Assert.InRange(hook.Attempts.Count, 8, 30);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task A_hung_destination_is_timed_out()
    {
        await using var world = new DeliveryWorld();
        world.Options.AttemptMsMax = 30;
        var hook = world.Destination();
        var hang = true;
        hook.Delay = () => hang ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None) : Task.CompletedTask;
        world.River.Track(user: "a", messageId: "a1").Run();
        world.Start();
        await world.Until(() => world.Life("a1").Reason == "timeout");
        hang = false;
        await world.Settled();

        Assert.Equal(["a1"], hook.Delivered);
    }

    [Fact]
    public async Task A_sender_that_throws_is_tried_again()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination();
        hook.Judge = _ => hook.Attempts.Count < 3 ? throw new InvalidOperationException("a bug") : DeliveryOutcome.Delivered;
        world.River.Track(user: "a", messageId: "a1").Run();
        world.Start();
        await world.Settled();

        Assert.Equal(3, hook.Attempts.Count);
    }
}
