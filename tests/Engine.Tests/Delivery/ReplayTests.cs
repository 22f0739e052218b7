using System.Text;
using Tributary.Engine.Delivery;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Delivery;

public sealed class ReplayTests
{
    [Fact]
    public async Task What_failed_is_sent_again_and_counts_as_delivered_then()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination();
        var isWrong = true;
        hook.Judge = id => isWrong && id.EndsWith('7') ? DeliveryOutcome.Refused("http_422") : DeliveryOutcome.Delivered;
        for (var i = 0; i < 100; i++) world.River.Track(user: $"u{i % 9}", messageId: $"m{i}");
        world.River.Run();
        world.Start();
        await world.Settled();
        Assert.Equal(10, world.Flow().Counts.Failed["http_422"]);

        isWrong = false;
        await world.Replay(reason: "http_422");
        await world.Until(() => world.Flow().Counts.Delivered == 100);

        Assert.Empty(world.Flow().Counts.Failed);
        Assert.Equal(110, hook.Attempts.Count);
        Assert.Equal(("delivered", "replayed", 1), (world.Life("m17").State, world.Life("m17").Reason, world.Life("m17").Attempts));
        await world.Until(() => ReplayRow.Read(world.River.Store, 1) is { IsOver: true, Taken: 10 });
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task What_is_sent_again_names_no_other_destination_and_keeps_consent_over_retries()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination();
        world.River.Track(user: "a", messageId: "m", extra: """ "context":{"consent":{"categoryPreferences":{"ads":true}}},"integrations":{"All":true,"Mail":{"list":1}} """).Run();
        world.Start();
        await world.Settled();
        Assert.Contains("\"Mail\":{\"list\":1}", hook.Newest, StringComparison.Ordinal);

        hook.Judge = _ => hook.Attempts.Count < 3 ? DeliveryOutcome.RetryLater("http_500") : DeliveryOutcome.Delivered;
        await world.Replay();
        await world.Until(() => hook.Attempts.Count == 3);

        Assert.Contains("\"integrations\":{\"All\":false,\"test-hook\":true}", hook.Newest, StringComparison.Ordinal);
        Assert.Contains("\"categoryPreferences\":{\"ads\":true}", hook.Newest, StringComparison.Ordinal);
        Assert.DoesNotContain("Mail", hook.Newest, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a":1}""", """{"a":1,"integrations":{"All":false,"The \u0022Hook\u0022":true}}""")]
    [InlineData("{ }", """{ "integrations":{"All":false,"The \u0022Hook\u0022":true}}""")]
    [InlineData("""{"integrations":null,"b":{"integrations":1}}""", """{"integrations":{"All":false,"The \u0022Hook\u0022":true},"b":{"integrations":1}}""")]
    [InlineData("""{"b":{"integrations":1}, "integrations" : {"All":true} }""", """{"b":{"integrations":1}, "integrations" : {"All":false,"The \u0022Hook\u0022":true} }""")]
    public void A_message_that_is_sent_again_keeps_everything_but_its_integrations(string message, string sent) =>
        Assert.Equal(sent, Encoding.UTF8.GetString(ReplayedMessage.For("The \"Hook\"", Encoding.UTF8.GetBytes(message))));

    [Fact]
    public async Task Everything_can_be_sent_again_and_the_law_holds_throughout()
    {
        await using var world = new DeliveryWorld();
        world.Options.WaitingMax = 40;
        var hook = world.Destination(batchMax: 3);
        hook.Judge = id => Random.Shared.Next(8) switch { 0 => DeliveryOutcome.RetryLater("http_500"), 1 => DeliveryOutcome.Refused("http_400"), _ => DeliveryOutcome.Delivered };
        for (var i = 0; i < 500; i++) world.River.Track(user: $"u{i % 30}", messageId: $"m{i}", extra: i % 5 == 0 ? "\"integrations\":{\"All\":false}" : null);
        world.River.Run();
        world.Start();
        await world.Settled();
        world.AssertLaw(atRest: true);
        for (var round = 0; round < 3; round++)
        {
            await world.Replay();
            while (ReplayRow.Read(world.River.Store, 1) is not { IsOver: true } || world.Flow().Pending > 0)
            {
                world.AssertLaw();
                await Task.Yield();
            }

            Assert.Equal(500, ReplayRow.Read(world.River.Store, 1)!.Taken);
        }

        // What integrations says does not hold for a replay, so nothing is filtered any more.
        Assert.Empty(world.Flow().Counts.Filtered);
        Assert.Equal(500, world.Flow().Received);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task A_run_of_filtered_events_falls_apart_into_what_was_sent_again_and_the_rest()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination(enabled: false);
        for (var i = 0; i < 50; i++) world.River.Track(user: "a", messageId: $"m{i:d2}", extra: $"\"properties\":{{\"n\":{i}}}");
        world.River.Run();
        world.Start();
        await world.Settled();
        world.Destination(enabled: true);
        await world.Replay(reason: DeliveryFilter.Disabled, filter: "properties.n >= 10 and properties.n < 20");
        await world.Until(() => hook.Delivered.Count == 10 && world.Flow().Pending == 0);

        Assert.Equal(40, world.Flow().Counts.Filtered[DeliveryFilter.Disabled]);
        Assert.Equal("filtered", world.Life("m09").State);
        Assert.Equal("delivered", world.Life("m10").State);
        Assert.Equal("delivered", world.Life("m19").State);
        Assert.Equal("filtered", world.Life("m20").State);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task Events_from_before_the_destination_count_as_received_when_they_are_sent()
    {
        await using var world = new DeliveryWorld();
        for (var i = 0; i < 20; i++) world.River.Track(user: "a", messageId: $"old{i}");
        world.River.Run();
        var hook = world.Destination();
        world.River.Track(user: "a", messageId: "new").Run();
        world.Start();
        await world.Settled();
        await world.Replay();
        await world.Until(() => hook.Attempts.Count == 22);
        await world.Settled();

        Assert.Equal(21, world.Flow().Received);
        Assert.Equal(20, world.Flow().Counts.Replayed);
        Assert.Equal(21, world.Flow().Counts.Delivered);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task A_restart_and_a_full_disk_in_the_middle_lose_and_repeat_nothing_in_the_account()
    {
        await using var world = new DeliveryWorld();
        world.Options.WaitingMax = 20;
        var hook = world.Destination();
        hook.Delay = static () => Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        for (var i = 0; i < 300; i++) world.River.Track(user: $"u{i % 11}", messageId: $"m{i}", extra: i % 3 == 0 ? "\"integrations\":{\"All\":false}" : null);
        world.River.Run();
        world.Start();
        await world.Settled();
        hook.Delivered.Clear();
        await world.Replay();
        for (var round = 1; round <= 6; round++)
        {
            var target = round * 40;
            await world.Until(() => hook.Delivered.Count >= target);
            world.Store.IsBroken = true;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
            if (round % 2 == 0) world.Store.IsBroken = false;
            await world.StopAsync();
            world.Store.IsBroken = false;
            world.Start();
            world.AssertLaw();
        }

        await world.Until(() => ReplayRow.Read(world.River.Store, 1) is { IsOver: true } && world.Flow().Pending == 0);

        Assert.Equal(300, hook.Delivered.Distinct().Count());
        Assert.Equal(300, world.Flow().Counts.Delivered);
        Assert.Equal(300, ReplayRow.Read(world.River.Store, 1)!.Taken);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task One_replay_runs_at_a_time_and_can_be_ended()
    {
        await using var world = new DeliveryWorld();
        world.Options.WaitingMax = 4;
        var hook = world.Destination();
        for (var i = 0; i < 60; i++) world.River.Track(user: "a", messageId: $"m{i}");
        world.River.Run();
        world.Start();
        await world.Settled();
        hook.Judge = _ => DeliveryOutcome.RetryLater("http_500");
        var first = await world.Replay();
        await world.Until(() => world.Flow().Counts.Waiting > 0);
        var second = await world.Replay(reason: "other");
        Assert.Equal(first!.Reason, second!.Reason);
        Assert.False(second.IsOver);

        await world.EndReplay();
        hook.Judge = _ => DeliveryOutcome.Delivered;
        await world.Settled();

        Assert.InRange(ReplayRow.Read(world.River.Store, 1)!.Taken, 1, 20);
        world.AssertLaw(atRest: true);
    }
}
