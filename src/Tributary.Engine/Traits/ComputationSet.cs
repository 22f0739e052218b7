using Tributary.Engine.Identity;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Traits;

/// <summary>
/// All computations of a space, found by what may change them: the name of an event, the name of a trait. What an event costs depends on the definitions that
/// mention it, not on all of them. Made anew with each revision that changes one.
/// </summary>
internal sealed class ComputationSet
{
    private static readonly List<LiveComputation> NoReaders = [];
    private readonly Dictionary<byte[], EventStreams> _byEvent = new(BytesComparer.Instance);
    private readonly Dictionary<string, List<LiveComputation>> _byTrait = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LiveComputation> _byKey = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, LiveComputation> _byNumber = [];
    private readonly HashSet<uint> _streams = [];
    private readonly HashSet<LiveComputation> _unlike = [];
    private readonly IReadOnlyDictionary<string, uint> _deleted;

    /// <param name="computations">Those that exist.</param>
    /// <param name="deleted">The numbers of those that were deleted, by key; null for none.</param>
    public ComputationSet(IEnumerable<LiveComputation> computations, IReadOnlyDictionary<string, uint>? deleted = null)
    {
        _deleted = deleted ?? new Dictionary<string, uint>();
        foreach (var computation in computations)
        {
            _byNumber[computation.Computation.Number] = computation;
            _byKey[computation.Computation.Key] = computation;
            foreach (var definition in new[] { computation.Answering, computation.Filling }) Add(computation, definition);
            foreach (var name in computation.Answering?.Traits ?? [])
            {
                if (!_byTrait.TryGetValue(name, out var readers)) _byTrait[name] = readers = [];
                readers.Add(computation);
            }
        }

        All = [.. _byNumber.Values.Where(computation => computation.Answering is not null).OrderBy(computation => RankOf(computation, depth: 0)).ThenBy(computation => computation.Computation.Number)];
        for (var place = 0; place < All.Length; place++) All[place].PutAt(place);
        foreach (var computation in All) computation.ForNothing = Answer(computation);
        var ofNothing = new HashSet<LiveComputation>();
        foreach (var computation in All)
            if (computation.HoldsForNothing || _unlike.Contains(computation) || computation.Answering!.Traits.Any(name => _byKey.TryGetValue(name, out var read) && ofNothing.Contains(read))) ofNothing.Add(computation);
        OfNothing = [.. All.Where(ofNothing.Contains)];
    }

    /// <summary>A set of nothing.</summary>
    public static ComputationSet Empty { get; } = new([]);

    /// <summary>Those that answer, each behind what it reads.</summary>
    public LiveComputation[] All { get; }

    /// <summary>
    /// Those that are true for a profile that nothing is known of, or not the same for all of these, and what reads them: a profile that is new is asked these.
    /// </summary>
    public IReadOnlyList<LiveComputation> OfNothing { get; }

    /// <summary>Those that answer and those that do not yet: whose keys are taken.</summary>
    public IReadOnlyCollection<LiveComputation> Known => _byKey.Values;

    public bool IsEmpty => _byNumber.Count == 0;

    public LiveComputation? Find(uint number) => _byNumber.GetValueOrDefault(number);

    /// <summary>The computation that a trait's name is the key of; null for traits that are sent.</summary>
    public LiveComputation? FindByKey(string key) => _byKey.GetValueOrDefault(key);

    /// <summary>The number of the deleted computation that had a key; null when none had.</summary>
    public uint? FindDeleted(string key) => _deleted.TryGetValue(key, out var number) ? number : null;

    /// <summary>The streams of events of a name, in UTF-8; null when no definition mentions it.</summary>
    public EventStreams? StreamsOf(ReadOnlySpan<byte> name) => _byEvent.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var streams) ? streams : null;

    /// <summary>Those that read a trait.</summary>
    public List<LiveComputation> ReadersOf(string trait) => _byTrait.TryGetValue(trait, out var readers) ? readers : NoReaders;

    /// <summary>Whether state of this stream is still wanted.</summary>
    public bool Keeps(uint stream) => _streams.Contains(stream);

    private void Add(LiveComputation computation, CompiledDefinition? definition)
    {
        foreach (var plan in definition?.Streams ?? [])
        {
            var name = System.Text.Encoding.UTF8.GetBytes(plan.Reduction.Stream.Event);
            if (!_byEvent.TryGetValue(name, out var streams)) _byEvent[name] = streams = new EventStreams();
            streams.Add(computation, definition!, plan);
            _streams.Add(plan.Number);
        }
    }

    // Cycles are refused when a definition is saved; the depth only guards against a mistake of ours.
    private int RankOf(LiveComputation computation, int depth)
    {
        Invariant.Holds(depth < 10_000);
        var rank = 0;
        foreach (var name in computation.Answering?.Traits ?? [])
            if (_byKey.TryGetValue(name, out var read) && read != computation) rank = Math.Max(rank, RankOf(read, depth + 1) + 1);
        return rank;
    }

    private byte[]? Answer(LiveComputation computation)
    {
        var collection = computation.Computation.IsOfAccounts ? ProfileCollection.Accounts : ProfileCollection.Users;
        var nobody = new Profile(default, 0, collection, 0);
        var reading = new Reading();
        reading.Begin(computation.Answering!, nobody, [], (_, name) => OfNobody(computation, name), 0);
        return computation.Answering!.Ask(reading);
    }

    // Somebody without accounts is in none of their audiences, whatever those say of an account without people.
    private byte[]? OfNobody(LiveComputation reader, string name)
    {
        if (!_byKey.TryGetValue(name, out var read)) return null;
        if (read.Computation.IsOfAccounts == reader.Computation.IsOfAccounts && read.ForNothing is { } json)
        {
            if (Counts(read.Computation, reader.Computation) || (read.Computation.IsAudience && !read.HoldsForNothing)) return json;
            // For some it is that, for those whom only the reader counts it is nothing: so the reader has no answer that would do for all, and keeps each.
            _unlike.Add(reader);
        }

        return read.Computation.IsAudience ? ComputedResult.False : null;
    }

    // Whether everybody whom the reader counts is counted by what it reads too.
    private static bool Counts(Computation read, Computation reader) =>
        read.IsOfAccounts || read.FilterByExternalIds.IsEmpty || (!reader.FilterByExternalIds.IsEmpty && reader.FilterByExternalIds.All(type => read.FilterByExternalIds.Contains(type)));
}
