using System.Globalization;
using Tributary.Engine.Tests.Simulation;
using Xunit;

namespace Tributary.Engine.Tests.Delivery.Simulation;

/// <summary>
/// Histories of two destinations. <c>TRIBUTARY_SEED=n</c> runs one of them, <c>TRIBUTARY_SEEDS=n</c> as many as you have time for, <c>TRIBUTARY_SEEDS_FROM=n</c> others.
/// </summary>
public sealed class DeliverySimulationTests
{
    private const int SeedsInCi = 300;

    [Fact]
    public void Whatever_fails_every_event_is_accounted_for_and_arrives_where_it_should()
    {
        var deeds = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var broken = new List<string>();
        foreach (var seed in Seeds())
        {
            try
            {
                // Tests have a context of their own, on which nothing of a simulation may run.
                SynchronizationContext.SetSynchronizationContext(null);
                var world = new DeliveryHistory(seed).Live();
                foreach (var destination in world.Destinations) DeliveryLaws.HoldAtTheEnd(world, destination);
                foreach (var (deed, count) in world.Deeds) deeds[deed] = deeds.GetValueOrDefault(deed) + count;
            }
            catch (LawBrokenException failure)
            {
                broken.Add($"TRIBUTARY_SEED={seed}: {failure.Message} {failure.InnerException}");
                if (broken.Count == 10) break;
            }
        }

        Assert.True(broken.Count == 0, string.Join('\n', broken));
        // A world in which nothing goes wrong proves nothing.
        if (Setting("TRIBUTARY_SEED") is null) Assert.True(deeds.Count >= 12 && deeds.Values.All(count => count > 50), string.Join(", ", deeds));
    }

    private static IEnumerable<int> Seeds() =>
        Setting("TRIBUTARY_SEED") is { } one ? [one] : Enumerable.Range(Setting("TRIBUTARY_SEEDS_FROM") ?? 0, Setting("TRIBUTARY_SEEDS") ?? SeedsInCi);

    private static int? Setting(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
