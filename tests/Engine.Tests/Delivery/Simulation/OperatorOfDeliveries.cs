using System.Text.Json.Nodes;
using Tributary.Engine.Delivery;
using Tributary.Model;

namespace Tributary.Engine.Tests.Delivery.Simulation;

/// <summary>Everybody and everything that acts upon a world: clients, the people at the console, the machine and the tools across the network.</summary>
internal sealed class OperatorOfDeliveries(Random random, DeliveryHistory world)
{
    private static readonly string?[] Reasons =
        [null, null, "http_400", "http_422", DeliverySamples.Delivered, DeliveryFilter.Disabled, DeliveryFilter.ByIntegrations, DestinationPlan.NoMapping, DestinationWorker.Exhausted];

    private uint _subscriptions;

    /// <summary>Does one thing, and says what.</summary>
    public string Act()
    {
        var destination = world.Destinations[random.Next(world.Destinations.Count)];
        switch (random.Next(100))
        {
            case < 28:
                for (var count = random.Next(1, 8); count > 0; count--) world.Send();
                return "events sent";
            case < 50:
                world.Advance(random.Next(10) switch { < 4 => random.Next(1, 30), < 8 => random.Next(30, 3_000), 8 => random.Next(3_000, 120_000), _ => random.Next(120_000, 20_000_000) });
                return "time went by";
            case < 58:
                return ChangeSubscriptions(world.Destinations[0]);
            case < 65:
                return ChangeDestination(destination);
            case < 69:
                world.Revise(destination, random.Next(3) switch
                {
                    0 => destination.Now with { DropsThrees = !destination.Now.DropsThrees },
                    1 => destination.Now with { HidesSecret = !destination.Now.HidesSecret },
                    _ => destination.Now with { HidesOdd = !destination.Now.HidesOdd },
                });
                return "filters changed";
            case < 71:
                world.Merge(random.Next(5), random.Next(5));
                return "profiles merged";
            case < 76:
                return Replay(destination);
            case < 79:
                return DropBeginning();
            case < 83:
                (world.Disk.IsFull, world.Disk.Chance) = random.Next(4) switch { 0 => (true, 0), 1 => (false, 0.05), _ => (false, 0.0) };
                return "disk changed";
            case < 88:
                world.Crash();
                Restart();
                return "crashes";
            case < 90:
                world.Stop();
                Restart();
                return "restarts";
            default:
                destination.Receiver.IsDown = random.Next(4) == 0;
                destination.Receiver.Trouble = random.Next(3) == 0 ? null : random.NextDouble();
                return "receiver changed";
        }
    }

    /// <summary>From now on nothing goes wrong, and nobody keeps anything back.</summary>
    public void EndTroubles()
    {
        (world.Disk.IsFull, world.Disk.Chance) = (false, 0);
        foreach (var destination in world.Destinations)
        {
            (destination.Receiver.IsDown, destination.Receiver.Trouble) = (false, null);
            world.Revise(destination, destination.Now with { IsEnabled = true, IsPaused = false, IsBroken = false });
        }
    }

    private void Restart()
    {
        if (random.Next(4) == 0) world.SetWallClock(random.Next(-40, 40));
        world.Start();
    }

    private string ChangeSubscriptions(SimulatedDestination destination)
    {
        var now = destination.Now.Subscriptions;
        var condition = random.Next(12) == 0 ? Situation.Invalid : random.Next(Situation.Invalid);
        var some = now.Count == 0 ? 0 : now.Keys.ElementAt(random.Next(now.Count));
        var changed = now.Count == 0 || (random.Next(2) == 0 && now.Count < 4) ? now.Add(++_subscriptions, (condition, 0))
            : random.Next(3) == 0 ? now.Remove(some)
            : random.Next(2) == 0 ? now.SetItem(some, (condition, now[some].Mapping))
            : now.SetItem(some, (now[some].Condition, now[some].Mapping + 1));
        world.Revise(destination, destination.Now with { Subscriptions = changed });
        return "subscriptions changed";
    }

    private string ChangeDestination(SimulatedDestination destination)
    {
        var now = destination.Now;
        world.Revise(destination, random.Next(7) switch
        {
            0 or 1 => now with { IsEnabled = !now.IsEnabled },
            2 => now with { IsPaused = !now.IsPaused },
            3 => now with { IsBroken = !now.IsBroken },
            4 => now with { Address = now.Address + 1 },
            _ => now with
            {
                Sync = random.Next(6) switch
                {
                    0 => new JsonObject { ["ordered"] = false },
                    1 => new JsonObject { ["retryHours"] = random.Next(3) },
                    2 => new JsonObject { ["concurrency"] = random.Next(1, 12) },
                    3 => new JsonObject { ["rate"] = random.Next(1, 20) },
                    4 => new JsonObject { ["timeoutMs"] = random.Next(100, 5_000) },
                    _ => [],
                },
            },
        });
        return "destination changed";
    }

    private string Replay(SimulatedDestination destination)
    {
        if (random.Next(4) == 0)
        {
            _ = destination.Worker!.RequestAsync(null);
            return "replays ended";
        }

        destination.HasReplayed = true;
        var from = random.Next(3) == 0 ? world.Now - random.Next(1, 10_000) : 0;
        _ = destination.Worker!.RequestAsync(new ReplayRow(
            $"r{++destination.Replays}", from, random.Next(3) == 0 ? world.Now : long.MaxValue, Reasons[random.Next(Reasons.Length)],
            random.Next(3) == 0 ? Situation.Conditions[2].Text : null, world.Now, world.Log.First,
            new LogOffset(DeliveryCounts.Read(world.Store, destination.Number)?.Cursor ?? 0)));
        return "replays begun";
    }

    private string DropBeginning()
    {
        if (world.Events.Count == 0) return "log shortened";
        var first = new LogOffset(world.Events.Keys.ElementAt(random.Next(world.Events.Count)));
        // Retention by age keeps what is still needed, retention by size does not.
        if (random.Next(3) > 0)
        {
            var needed = DeliveryRows.Slowest(world.Store, world.Destinations.Select(destination => destination.Number), first);
            if (needed < first) first = needed;
        }

        if (first > world.Log.First) world.Log.First = first;
        return "log shortened";
    }
}
