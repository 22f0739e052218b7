using System.Text.Json.Nodes;
using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Processing;

/// <summary>What would the same history look like under other identity rules? Replays it in a scratch store and compares; the live state is only read.</summary>
public sealed class IdentitySimulation(ReceivedLog received, IStateStore store, ProcessingOptions options, TimeProvider clock) : IDisposable
{
    private const int ExamplesMax = 50;
    private const int LargestMax = 10;
    private const int IdentifiersShownMax = 20;

    // Each takes a core and, for as long as it runs, the disk space of a second state: others wait.
    private readonly SemaphoreSlim _running = new(1, 1);

    /// <summary>As <see cref="Run"/>, on a thread of its own because it may take minutes, and after any other that runs.</summary>
    public async Task<JsonObject> RunAsync(Space space, IdentitySettings settings, Action<double>? progress, CancellationToken cancellationToken)
    {
        await _running.WaitAsync(cancellationToken);
        try
        {
            return await Task.Factory.StartNew(() => Run(space, settings, progress, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _running.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _running.Dispose();

    /// <summary>Runs the simulation up to what is committed now.</summary>
    /// <param name="space">The space.</param>
    /// <param name="settings">The rules to try.</param>
    /// <param name="progress">Told again and again which share of the history is replayed, from 0 to 1; null when nobody wants to know.</param>
    /// <param name="cancellationToken">Stops it between two batches.</param>
    /// <returns>Profiles before and after, the largest ones, and the merges that would appear or vanish, with examples.</returns>
    /// <exception cref="LogOffsetGoneException">Retention has dropped the beginning of the history.</exception>
    public JsonObject Run(Space space, IdentitySettings settings, Action<double>? progress, CancellationToken cancellationToken)
    {
        var until = ProcessingPosition.Read(store).Received;
        Action<LogOffset>? share = progress is null ? null : at => progress(until.Value == 0 ? 1 : (double)at.Value / until.Value);
        using var run = ScratchRun.Replay(received.Log, until, new IdentityOverride(space.Number, settings), options, clock, share, cancellationToken);
        var before = Measure(store, run.Store, space.Number, cancellationToken);
        var after = Measure(run.Store, store, space.Number, cancellationToken);
        return new JsonObject
        {
            ["receivedOffset"] = until.Value,
            ["before"] = Describe(before),
            ["after"] = Describe(after),
            // Profiles of the simulation that hold identifiers of several live ones; and live ones that would fall apart.
            ["mergesThatWouldAppear"] = Differences(after),
            ["mergesThatWouldVanish"] = Differences(before),
        };
    }

    private static Measured Measure(IStateStore of, IStateStore against, ushort space, CancellationToken cancellationToken)
    {
        var measured = new Measured();
        foreach (var (_, value) in of.Scan(Table.Profiles, StateKeys.Profile(space, default), StateKeys.Profile((ushort)(space + 1), default)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var profile = ProfileCodec.Decode(value);
            if (profile.Collection != ProfileCollection.Users) continue;
            measured.Profiles++;
            measured.Identifiers += profile.Nodes.Count;
            measured.Largest.Enqueue(profile, profile.Nodes.Count);
            if (measured.Largest.Count > LargestMax) measured.Largest.Dequeue();
            var others = profile.Nodes.Select(node => against.Get(Table.Identifiers, node.Key)).OfType<byte[]>().Select(id => ProfileId.Read(id)).Distinct().Order().ToList();
            if (others.Count < 2) continue;
            measured.Joined++;
            if (measured.Examples.Count < ExamplesMax) measured.Examples.Add((profile, others));
        }

        return measured;
    }

    private static JsonObject Describe(Measured measured) => new()
    {
        ["profiles"] = measured.Profiles,
        ["identifiers"] = measured.Identifiers,
        ["largest"] = new JsonArray([.. measured.Largest.UnorderedItems.OrderByDescending(item => item.Priority).ThenBy(item => item.Element.Id)
            .Select(item => (JsonNode)new JsonObject { ["profile"] = item.Element.Id.ToString(), ["identifierCount"] = item.Priority, ["identifiers"] = Shown(item.Element) })]),
    };

    private static JsonObject Differences(Measured measured) => new()
    {
        ["count"] = measured.Joined,
        ["examples"] = new JsonArray([.. measured.Examples.Select(example => (JsonNode)new JsonObject
        {
            ["profile"] = example.Profile.Id.ToString(),
            ["identifiers"] = Shown(example.Profile),
            ["parts"] = new JsonArray([.. example.Others.Select(other => (JsonNode)other.ToString())]),
        })]),
    };

    private static JsonArray Shown(Profile profile) => new([.. profile.Nodes.Take(IdentifiersShownMax).Select(node => (JsonNode)node.ToString())]);

    private sealed class Measured
    {
        public long Profiles { get; set; }

        public long Identifiers { get; set; }

        public long Joined { get; set; }

        public PriorityQueue<Profile, int> Largest { get; } = new();

        public List<(Profile Profile, List<ProfileId> Others)> Examples { get; } = [];
    }
}
