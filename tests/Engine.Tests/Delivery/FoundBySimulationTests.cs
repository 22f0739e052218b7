using Tributary.Engine.Delivery;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Delivery;

/// <summary>Faults that histories made by chance have shown, told as short stories.</summary>
public sealed class FoundBySimulationTests
{
    [Fact]
    public async Task What_waits_is_not_dropped_by_a_filter_that_was_made_meanwhile()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination();
        var isDown = true;
        hook.Judge = _ => isDown ? DeliveryOutcome.RetryLater("http_503") : DeliveryOutcome.Delivered;
        world.River.Track(user: "a", messageId: "a1").Run();
        world.Start();
        await world.Until(() => world.Flow().Counts.Waiting == 1);
        world.Filter("all", """{"type":"DROP"}""");
        isDown = false;
        await world.Settled();

        Assert.Equal(["a1"], hook.Delivered);
        world.River.Track(user: "a", messageId: "a2").Run();
        await world.Until(() => world.Flow().Counts.Filtered.GetValueOrDefault(DestinationPlan.ByRules) == 1);
        world.AssertLaw(atRest: true);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task A_sender_that_answers_for_another_number_of_events_is_tried_again(int more)
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination(batchMax: 10);
        hook.OutcomesMore = more;
        for (var i = 0; i < 10; i++) world.River.Track(user: $"u{i}", messageId: $"m{i}");
        world.River.Run();
        world.Start();
        await world.Until(() => world.Life("m3").Reason == "sender_failed");
        hook.OutcomesMore = 0;
        await world.Settled();

        Assert.Equal(10, world.Flow().Counts.Delivered);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task A_replay_begins_though_the_destination_was_down_when_last_tried()
    {
        await using var world = new DeliveryWorld();
        (world.Options.RetrySeconds, world.Options.FailuresToPause) = (0, 1);
        var hook = world.Destination();
        var isDown = true;
        hook.Judge = _ => isDown ? DeliveryOutcome.RetryLater("http_503") : DeliveryOutcome.Delivered;
        world.River.Track(user: "a", messageId: "a1").Run();
        world.Start();
        await world.Until(() => world.Flow().Counts.Failed.ContainsKey(DestinationWorker.Exhausted));
        isDown = false;
        await world.Replay(reason: DestinationWorker.Exhausted);
        await world.Until(() => world.Flow().Counts.Delivered == 1);

        Assert.Equal(["a1"], hook.Delivered);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task A_commit_that_is_tried_again_forgets_rows_once()
    {
        await using var world = new DeliveryWorld();
        world.Options.ExceptionsMax = 10;
        var hook = world.Destination();
        hook.Judge = static _ => DeliveryOutcome.Refused("http_400");
        for (var i = 0; i < 30; i++) world.River.Track(user: $"u{i}", messageId: $"first{i}");
        world.River.Run();
        world.Start();
        await world.Settled();
        world.Store.IsBroken = true;
        for (var i = 0; i < 30; i++) world.River.Track(user: $"u{i}", messageId: $"then{i}");
        world.River.Run();
        world.Destination();
        await world.Until(() => hook.Attempts.Count == 60);
        await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
        world.Store.IsBroken = false;
        await world.Settled();

        Assert.Equal(60, world.Flow().Counts.Failed["http_400"]);
        world.AssertLaw(atRest: true);
    }
}
