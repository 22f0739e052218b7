using System.Text.Json.Nodes;
using Tributary.Engine.Delivery;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Delivery;

public sealed class SubscriptionLanesTests
{
    private const string Tracks = "type = \"track\"";

    [Fact]
    public async Task An_event_goes_through_each_subscription_that_it_triggers_and_counts_once()
    {
        await using var world = new DeliveryWorld();
        world.Destination();
        var (all, odd) = (world.Subscription("all", 1, Tracks), world.Subscription("odd", 2, "properties.odd = true"));
        for (var i = 0; i < 40; i++) world.River.Track(user: $"u{i % 5}", messageId: $"m{i:d2}", extra: $"\"properties\":{{\"odd\":{(i % 2 == 1 ? "true" : "false")}}}");
        world.River.Run();
        world.Start();
        await world.Settled();

        Assert.Equal(40, all.Delivered.Count);
        Assert.Equal(20, odd.Delivered.Count);
        Assert.Equal(40, world.Flow().Counts.Delivered);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task What_triggers_nothing_is_filtered_and_a_disabled_subscription_triggers_nothing()
    {
        await using var world = new DeliveryWorld();
        world.Destination();
        world.Subscription("pages", 1, "type = \"page\"");
        var off = world.Subscription("off", 2, Tracks, enabled: false);
        world.River.Track(user: "a", messageId: "m").Run();
        world.Start();
        await world.Settled();

        Assert.Empty(off.Attempts);
        Assert.Equal(1, world.Flow().Counts.Filtered[DestinationPlan.NoMapping]);
        Assert.Equal(DestinationPlan.NoMapping, world.Life("m").Reason);
    }

    [Theory]
    [InlineData("this is (no trigger", "{}")]
    [InlineData(Tracks, """{"a":{"@nonsense":1}}""")]
    public async Task A_stored_subscription_that_cannot_be_read_keeps_its_events_and_says_so(string trigger, string mapping)
    {
        await using var world = new DeliveryWorld();
        world.Destination();
        var bad = world.Subscription("bad", 1, trigger, mapping: JsonNode.Parse(mapping)!.AsObject());
        world.River.Track(user: "a", messageId: "m").Run();
        world.Start();
        await world.Settled();

        Assert.Empty(bad.Attempts);
        Assert.Equal(1, world.Flow().Counts.Filtered[DestinationPlan.InvalidMapping]);
    }

    [Fact]
    public async Task What_an_invalid_subscription_keeps_is_counted_also_when_another_one_sends_the_event()
    {
        await using var world = new DeliveryWorld();
        world.Destination();
        world.Subscription("good", 1, Tracks);
        var bad = world.Subscription("bad", 2, Tracks, mapping: JsonNode.Parse("""{"a":{"@nonsense":1}}""")!.AsObject());
        world.River.Track(user: "a", messageId: "m").Run();
        world.Start();
        await world.Settled();

        Assert.Empty(bad.Attempts);
        Assert.Equal(1, world.Flow().Counts.Delivered);
        var lines = DeliverySeries.Read(world.River.Store, 1, byHour: true, 0, long.MaxValue / 2).Select(line => (line.Key, line.Count));
        Assert.Contains((new SeriesKey(SeriesMetric.Filtered, 2, DestinationPlan.InvalidMapping), 1L), lines);
        Assert.Contains((new SeriesKey(SeriesMetric.Delivered, 1, "1"), 1L), lines);
    }

    [Fact]
    public async Task The_worst_of_an_events_deliveries_is_its_outcome()
    {
        await using var world = new DeliveryWorld();
        world.Destination();
        world.Subscription("one", 1, Tracks);
        world.Subscription("two", 2, Tracks).Judge = id => id switch
        {
            "refused" => DeliveryOutcome.Refused("http_400", "no"),
            "dropped" => DeliveryOutcome.Filtered("dropped_by_function"),
            _ => DeliveryOutcome.Delivered,
        };
        world.River.Track(user: "a", messageId: "refused").Track(user: "a", messageId: "dropped").Track(user: "a", messageId: "fine").Run();
        world.Start();
        await world.Settled();

        Assert.Equal(1, world.Flow().Counts.Failed["http_400"]);
        Assert.Equal(2, world.Flow().Counts.Delivered);
        Assert.Empty(world.Flow().Counts.Filtered);
        Assert.Equal(("failed", "http_400"), (world.Life("refused").State, world.Life("refused").Reason));
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task Only_the_delivery_that_failed_is_tried_again_over_restarts()
    {
        await using var world = new DeliveryWorld();
        world.Destination();
        var (one, two) = (world.Subscription("one", 1, Tracks), world.Subscription("two", 2, Tracks));
        var isDown = true;
        two.Judge = _ => isDown ? DeliveryOutcome.RetryLater("http_503") : DeliveryOutcome.Delivered;
        for (var i = 0; i < 30; i++) world.River.Track(user: $"u{i}", messageId: $"m{i}");
        world.River.Run();
        world.Start();
        await world.Until(() => one.Delivered.Count == 30 && world.Flow().Counts.Waiting == 30);
        await world.StopAsync();
        world.AssertLaw();
        Assert.Equal(30, DeliveryRows.Waiting(world.River.Store, 1).Count());
        Assert.Equal("retrying", world.Life("m7").State);

        isDown = false;
        world.Start();
        await world.Settled();

        Assert.Equal(30, one.Delivered.Count);
        Assert.Equal(30, two.Delivered.Count);
        Assert.Equal(30, world.Flow().Counts.Delivered);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task A_part_that_failed_is_remembered_while_another_waits_over_a_restart()
    {
        await using var world = new DeliveryWorld();
        world.Destination();
        world.Subscription("one", 1, Tracks).Judge = _ => DeliveryOutcome.Refused("http_422", "bad field");
        var two = world.Subscription("two", 2, Tracks);
        var isDown = true;
        two.Judge = _ => isDown ? DeliveryOutcome.RetryLater("http_503") : DeliveryOutcome.Delivered;
        world.River.Track(user: "a", messageId: "m").Run();
        world.Start();
        await world.Until(() => world.Flow().Counts.Waiting == 1);
        await world.StopAsync();
        isDown = false;
        world.Start();
        await world.Settled();

        Assert.Equal(1, world.Flow().Counts.Failed["http_422"]);
        Assert.Equal("bad field", world.Life("m").LastError);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task A_profile_keeps_its_order_across_subscriptions()
    {
        await using var world = new DeliveryWorld();
        world.Destination();
        var order = new System.Collections.Concurrent.ConcurrentQueue<string>();
        foreach (var (name, number, trigger) in new[] { ("odd", 1u, "properties.odd = true"), ("even", 2u, "properties.odd = false") })
        {
            var receiver = world.Subscription(name, number, trigger, batchMax: 4);
            receiver.Delay = static () => Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(3)), TimeProvider.System, CancellationToken.None);
            receiver.Judge = id =>
            {
                order.Enqueue(id);
                return DeliveryOutcome.Delivered;
            };
        }

        for (var i = 0; i < 200; i++) world.River.Track(user: $"u{i % 8}", messageId: $"u{i % 8}-{i:d4}", extra: $"\"properties\":{{\"odd\":{(i / 8 % 3 == 1 ? "true" : "false")}}}");
        world.River.Run();
        world.Start();
        await world.Settled();

        Assert.Equal(200, order.Count);
        foreach (var person in order.GroupBy(id => id.Split('-')[0])) Assert.Equal(person.Order(StringComparer.Ordinal), person);
    }

    [Fact]
    public async Task What_waits_for_a_subscription_that_is_deleted_is_filtered()
    {
        await using var world = new DeliveryWorld();
        world.Destination();
        world.Subscription("gone", 1, Tracks).Judge = _ => DeliveryOutcome.RetryLater("http_500");
        world.Subscription("stays", 2, "type = \"page\"");
        for (var i = 0; i < 10; i++) world.River.Track(user: $"u{i}", messageId: $"m{i}");
        world.River.Run();
        world.Start();
        await world.Until(() => world.Flow().Counts.Waiting == 10);
        world.Change(ResourceKind.Delete(ResourceKind.Subscription, "gone"));
        await world.Settled();

        Assert.Equal(10, world.Flow().Counts.Filtered[DestinationPlan.MappingRemoved]);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task A_paused_destination_sends_nothing_and_loses_nothing()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination();
        void Pause(bool paused) => world.Change(ResourceKind.Put(new Destination { Id = "hook", Number = 1, Name = "hook", MetadataId = "test-hook", SourceId = "website", Paused = paused }));
        Pause(true);
        world.River.Track(user: "a", messageId: "m1").Track(user: "b", messageId: "m2").Run();
        world.Start();
        await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
        Assert.Empty(hook.Attempts);
        Assert.Equal(2, world.Flow().Pending);

        Pause(false);
        await world.Settled();

        Assert.Equal(2, hook.Delivered.Count);
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task Batches_wait_for_company_no_longer_than_they_may()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination(batchMax: 10);
        hook.BatchAge = TimeSpan.FromMilliseconds(300);
        for (var i = 0; i < 25; i++) world.River.Track(user: $"u{i}", messageId: $"m{i}");
        world.River.Run();
        world.Start();
        await world.Settled();

        Assert.Equal([5, 10, 10], hook.Batches.Order());
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task A_batch_that_holds_up_another_subscription_does_not_wait_for_company()
    {
        await using var world = new DeliveryWorld();
        world.Destination();
        var single = world.Subscription("single", 1, Tracks);
        var batched = world.Subscription("batched", 2, Tracks, batchMax: 100);
        batched.BatchAge = TimeSpan.FromSeconds(2);
        for (var i = 0; i < 40; i++) world.River.Track(user: $"u{i % 2}", messageId: $"m{i}");
        world.River.Run();
        world.Start();
        // One after the other would take 40 seconds.
        await world.Settled();

        Assert.Equal((40, 40), (single.Delivered.Count, batched.Delivered.Count));
        world.AssertLaw(atRest: true);
    }

    [Fact]
    public async Task A_rate_is_kept()
    {
        await using var world = new DeliveryWorld();
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        world.Clock = clock;
        var hook = world.Destination(settings: new JsonObject { ["sync"] = new JsonObject { ["rate"] = 5 } });
        for (var i = 0; i < 40; i++) world.River.Track(user: $"u{i}", messageId: $"m{i}");
        world.River.Run();
        world.Start();
        await world.Until(() => hook.Delivered.Count >= 5);
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        Assert.Equal(5, hook.Delivered.Count);
        for (var second = 1; second <= 7; second++)
        {
            var most = 5 * (second + 1);
            clock.Advance(TimeSpan.FromSeconds(1));
            await world.Until(() => hook.Delivered.Count >= most - 1, () => clock.Advance(TimeSpan.FromMilliseconds(1)));
            Assert.InRange(hook.Delivered.Count, most - 5, most + 5);
        }
    }

    [Fact]
    public async Task A_destination_that_asks_for_less_gets_less_at_a_time()
    {
        await using var world = new DeliveryWorld();
        var hook = world.Destination();
        var inFlight = 0;
        hook.Delay = async () =>
        {
            Interlocked.Increment(ref inFlight);
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, CancellationToken.None);
        };
        hook.Judge = _ => Interlocked.Decrement(ref inFlight) >= 2 ? DeliveryOutcome.RetryLater("http_429") : DeliveryOutcome.Delivered;
        for (var i = 0; i < 400; i++) world.River.Track(user: $"u{i}", messageId: $"m{i}");
        world.River.Run();
        world.Start();
        await world.Settled();

        Assert.Equal(400, hook.Delivered.Count);
        Assert.InRange(hook.Attempts.Count, 400, 1_200);
    }
}
