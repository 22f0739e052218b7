using Tributary.Engine.Storage;
using Tributary.Engine.Traits;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Processing.Computing;

/// <summary>
/// How far the computations of all spaces are, as of the record at hand, and the sets that follow from it. What changes is in the draft of the commit at once.
/// </summary>
internal sealed class ComputationStates(IStateStore store)
{
    private const long Hour = 3_600_000;
    private readonly Dictionary<(ushort Space, uint Number), ComputationState> _states = [];
    private readonly Dictionary<ushort, PassState> _passes = [];
    private readonly Dictionary<ushort, SharedStreams> _streams = [];
    private readonly HashSet<ushort> _changedStreams = [];
    private readonly Dictionary<ushort, ComputationSet> _sets = [];
    private readonly Dictionary<(uint Number, uint Version), CompiledDefinition> _compiled = [];
    private readonly HashSet<(ushort Space, uint Number)> _changed = [];
    private readonly Dictionary<(ushort Space, uint Number, long Hour), long> _sizes = [];
    private WorkspaceSnapshot _workspace = WorkspaceSnapshot.Empty;

    /// <summary>Forgets everything and reads what is committed.</summary>
    public void Load(WorkspaceSnapshot workspace)
    {
        _states.Clear();
        _passes.Clear();
        _streams.Clear();
        _changed.Clear();
        _changedStreams.Clear();
        _sizes.Clear();
        foreach (var space in workspace.Spaces)
            if (store.Get(Table.Meta, StateKeys.Streams(space.Number)) is { } known) _streams[space.Number] = SharedStreams.Parse(known);
        foreach (var (key, value) in store.Scan(Table.Computations, [], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]))
        {
            var space = System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(key);
            var number = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(key.AsSpan(2));
            if (number == 0) _passes[space] = PassState.Parse(value);
            else _states[(space, number)] = ComputationState.Parse(value);
        }

        Use(workspace);
    }

    /// <summary>Another revision is in force.</summary>
    public void Use(WorkspaceSnapshot workspace)
    {
        _workspace = workspace;
        _sets.Clear();
    }

    /// <summary>The computations of a space.</summary>
    public ComputationSet SetOf(ushort space)
    {
        if (!_sets.TryGetValue(space, out var set)) _sets[space] = set = Build(space);
        return set;
    }

    public ComputationState? Find(ushort space, uint number) => _states.GetValueOrDefault((space, number));

    /// <summary>The states of a space, by number.</summary>
    public IEnumerable<ComputationState> Of(ushort space) => _states.Where(pair => pair.Key.Space == space).OrderBy(pair => pair.Key.Number).Select(pair => pair.Value).ToList();

    /// <summary>The streams that definitions of a space read.</summary>
    public SharedStreams StreamsOf(ushort space) => _streams.GetValueOrDefault(space) ?? SharedStreams.None;

    public PassState? PassOf(ushort space) => _passes.GetValueOrDefault(space);

    /// <summary>Keeps a state; null forgets it.</summary>
    public void Put(ushort space, uint number, ComputationState? state)
    {
        var before = Find(space, number);
        if (state is null)
        {
            _states.Remove((space, number));
            foreach (var size in _sizes.Keys.Where(size => size.Space == space && size.Number == number).ToList()) _sizes.Remove(size);
        }
        else
        {
            _states[(space, number)] = state;
        }

        _changed.Add((space, number));
        if (before?.Answering != state?.Answering || before?.Filling != state?.Filling) _sets.Remove(space);
    }

    /// <summary>An audience has a member more or less.</summary>
    public void Resize(ushort space, uint number, int by, long now)
    {
        if (Find(space, number) is not { } state) return;
        Put(space, number, state with { Size = state.Size + by });
        // The last of an hour stays.
        _sizes[(space, number, now - (now % Hour))] = state.Size + by;
    }

    /// <summary>Keeps a pass; null ends it.</summary>
    public void Put(ushort space, PassState? pass)
    {
        if (pass is null) _passes.Remove(space);
        else _passes[space] = pass;
        _changed.Add((space, 0));
    }

    /// <summary>Keeps other streams.</summary>
    public void Put(ushort space, SharedStreams streams)
    {
        if (streams == StreamsOf(space)) return;
        _streams[space] = streams;
        _changedStreams.Add(space);
        _sets.Remove(space);
    }

    /// <summary>Writes what changed.</summary>
    public void Write(IStateDraft draft)
    {
        foreach (var space in _changedStreams) draft.Put(Table.Meta, StateKeys.Streams(space), StreamsOf(space).ToJson());
        _changedStreams.Clear();
        foreach (var (space, number) in _changed)
        {
            var json = number == 0 ? PassOf(space)?.ToJson() : Find(space, number)?.ToJson();
            if (json is null) draft.Delete(Table.Computations, StateKeys.Computation(space, number));
            else draft.Put(Table.Computations, StateKeys.Computation(space, number), json);
        }

        _changed.Clear();
        Span<byte> value = stackalloc byte[8];
        foreach (var ((space, number, hour), size) in _sizes)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(value, size);
            draft.Put(Table.AudienceSizes, StateKeys.AudienceSize(space, number, hour), value);
        }

        _sizes.Clear();
    }

    /// <summary>The newest definition of a computation.</summary>
    public CompiledDefinition Newest(Computation computation) => Compile(computation, computation.Version, computation.Query, ComputationState.IsApart(computation));

    /// <summary>The definitions of a computation that are in use: the one that answers, the one that is filled in.</summary>
    public IEnumerable<CompiledDefinition> InUse(Computation computation, ComputationState state)
    {
        if (state.Answering != 0 && computation.Enabled) yield return Compile(computation, state.Answering, state.AnsweringQuery!, state.IsAnsweringApart);
        if (state.IsFilling) yield return Newest(computation);
    }

    private ComputationSet Build(ushort space)
    {
        if (_workspace.FindSpace(space) is not { } its) return ComputationSet.Empty;
        var live = new List<LiveComputation>();
        foreach (var computation in _workspace.Computations)
        {
            // One that was never enabled has come to nothing, and its key is taken all the same.
            if (computation.SpaceId != its.Id || computation.Deleted) continue;
            var state = Find(space, computation.Number);
            var definitions = state is null ? [] : InUse(computation, state).ToList();
            foreach (var plan in definitions.SelectMany(definition => definition.Streams)) plan.Number = StreamsOf(space).Find(plan.Signature)!.Number;
            live.Add(new LiveComputation(
                computation, definitions.Find(definition => definition.Version == state?.Answering), definitions.Find(definition => definition.Version == state?.Filling)));
        }

        var deleted = _workspace.Computations.Where(computation => computation.SpaceId == its.Id && computation.Deleted).ToDictionary(computation => computation.Key, computation => computation.Number, StringComparer.Ordinal);
        return live.Count == 0 ? ComputationSet.Empty : new ComputationSet(live, deleted);
    }

    private CompiledDefinition Compile(Computation computation, uint version, string query, bool isApart)
    {
        if (_compiled.TryGetValue((computation.Number, version), out var compiled)) return compiled;
        var scope = computation.IsOfAccounts ? DefinitionScope.Accounts : DefinitionScope.Users;
        // What is saved was checked; a definition that an older binary took and this one does not is a mistake of ours.
        if (!QueryParser.TryParse(query, scope, computation.IsAudience ? DefinitionKind.Audience : DefinitionKind.Trait, out var definition, out var fault))
            throw new InvalidDataException($"The definition of {computation.Key} cannot be read: {fault}");
        return _compiled[(computation.Number, version)] = CompiledDefinition.Of(computation.Number, version, definition, isApart);
    }
}
