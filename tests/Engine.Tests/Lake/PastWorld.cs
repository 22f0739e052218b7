using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Tributary.Engine.Lake;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Traits;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Tests.Lake;

/// <summary>A river with a lake behind it, audiences, and the gatherer that brings the past to them.</summary>
internal sealed class PastWorld : IDisposable
{
    private readonly LakeOptions _options = new() { MemoryBytesMax = 512L << 20 };
    private readonly LakeDatabase _database;
    private WorkspaceSnapshot _workspace = WorkspaceSnapshot.Empty;
    private uint _computations;

    public PastWorld()
    {
        _database = LakeDatabase.Open(Path.Combine(River.Folder, "lake"), _options);
        Loader = NewLoader();
        Gatherer = NewGatherer();
        River.Run();
        ReadWorkspace();
    }

    public River River { get; } = new();

    public LakeLoader Loader { get; private set; }

    public LakeDatabase Database => _database;

    public ComputationGatherer Gatherer { get; private set; }

    public WorkspaceSnapshot Workspace => _workspace;

    /// <summary>Changes the lake by hand, then begins to load anew as after a restart.</summary>
    public void Restart(string sql)
    {
        Loader.Dispose();
        using (var connection = _database.Connect()) LakeDatabase.Execute(connection, sql);
        Loader = NewLoader();
    }

    /// <summary>Makes or changes an audience, or with <see cref="Computation.Trait"/> a trait.</summary>
    public Computation Define(string key, string query, Func<Computation, Computation>? edit = null, string kind = Computation.Audience, string type = "USERS")
    {
        var before = _workspace.Computations.FirstOrDefault(each => each.Key == key);
        var number = before?.Number ?? ++_computations;
        var computation = new Computation
        {
            Id = $"aud_{number}",
            Number = number,
            Version = (before?.Version ?? 0) + 1,
            SpaceId = "spa_default",
            Kind = kind,
            Key = key,
            Name = key,
            Type = type,
            Query = query,
        };
        computation = edit?.Invoke(computation) ?? computation;
        River.Revise(new ResourceChange(ResourceKind.Computation, computation.Id, River.Body(computation))).Run();
        ReadWorkspace();
        return computation;
    }

    /// <summary>Saves computations as they are, all in one revision.</summary>
    public PastWorld Save(IEnumerable<Computation> computations)
    {
        River.Revise([.. computations.Select(ResourceKind.Put)]).Run();
        ReadWorkspace();
        return this;
    }

    /// <summary>Sends the event with properties.</summary>
    public PastWorld Track(string user, string name, string properties = "{}", long? timestamp = null)
    {
        River.Send(EventType.Track, $$"""
            "event":{{JsonSerializer.Serialize(name)}},"userId":"{{user}}","properties":{{properties}}
            """, timestamp: timestamp);
        return this;
    }

    /// <summary>Runs the processor and the lake until the gatherer has nothing left to do.</summary>
    public async Task<PastWorld> GatherAsync()
    {
        await PumpAsync(Gatherer.GatherAsync(Xunit.TestContext.Current.CancellationToken));
        return this;
    }

    /// <summary>Runs the processor and the lake until <paramref name="work"/> is done.</summary>
    public async Task PumpAsync(Task work)
    {
        while (!work.IsCompleted)
        {
            Settle();
            await Task.WhenAny(work, Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Xunit.TestContext.Current.CancellationToken));
        }

        await work;
        Settle();
    }

    /// <summary>Completes when a revision after the given one is there.</summary>
    public async ValueTask ChangedAsync(long revision, CancellationToken cancellationToken)
    {
        while (_workspace.Revision <= revision) await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, cancellationToken);
    }

    /// <summary>Completes when a definition answers and everybody was asked.</summary>
    public async Task AnsweringAsync(uint number)
    {
        while (State(number) is { Answering: 0 } or { NeedsPass: true } || River.Store.Get(Table.Computations, StateKeys.Computation(1, 0)) is not null)
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Xunit.TestContext.Current.CancellationToken);
    }

    /// <summary>Processes and loads everything.</summary>
    public PastWorld Settle()
    {
        River.Run();
        while (Loader.LoadAvailable() > 0)
        {
        }

        return this;
    }

    /// <summary>Another gatherer, as after a restart.</summary>
    public ComputationGatherer NewGatherer(GatheringDoor? door = null) =>
        Gatherer = new(door ?? new GatheringDoor(new ReceivedLog(River.Received), River.Progress, TimeProvider.System), River.Store, new HistoryReader(_database, Loader), () => _workspace, TimeProvider.System, NullLogger<ComputationGatherer>.Instance);

    public ComputationState State(uint number) => ComputationState.Parse(River.Store.Get(Table.Computations, StateKeys.Computation(1, number)));

    /// <summary>The user ids of those who are in, sorted.</summary>
    public string Members(uint number) => string.Join(' ', River.Profiles()
        .Where(profile => profile.Results is { } results && results.TryGetValue(number, out var result) && result.IsMember)
        .Select(profile => profile.Nodes[0].Value).Order(StringComparer.Ordinal));

    /// <summary>What a trait has come to, as <c>user=json</c>, sorted.</summary>
    public string Values(uint number) => string.Join(' ', River.Profiles()
        .Where(profile => profile.Results is { } results && results.TryGetValue(number, out var result) && result.Json is not null)
        .Select(profile => $"{profile.Nodes[0].Value}={Encoding.UTF8.GetString(profile.Results![number].Json!)}").Order(StringComparer.Ordinal));

    public List<object?[]> Rows(string sql)
    {
        using var connection = _database.Connect();
        return LakeDatabase.Read(connection, sql);
    }

    public void Dispose()
    {
        Loader.Dispose();
        _database.Dispose();
        River.Dispose();
    }

    private LakeLoader NewLoader() => new(
        new DecidedLog(River.Decided), () => _workspace, _database, Microsoft.Extensions.Options.Options.Create(_options), TimeProvider.System, NullLogger<LakeLoader>.Instance);

    private void ReadWorkspace() => _workspace = LiveWorkspace.Open(River.Store, River.Received, LogOffset.Zero, TimeProvider.System).Current;
}
