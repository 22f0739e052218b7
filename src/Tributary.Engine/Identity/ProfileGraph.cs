using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Identity;

/// <summary>
/// The profiles in use, decoded, and what has changed since the last commit. A bounded cache over the state store: hot profiles stay, are written once
/// per commit, and a crash brings the rest back from the log. Owned by the processing thread.
/// </summary>
internal sealed class ProfileGraph(IStateStore store, long cacheBytesMax)
{
    // What a decoded profile weighs for each byte of its encoded form, and at least; measured with 1 KB profiles.
    private const int WeightPerByte = 5;
    private const int WeightMin = 600;

    private readonly Dictionary<byte[], Profile> _byIdentifier = new(BytesComparer.Instance);
    private readonly Dictionary<ProfileId, Profile> _byId = [];
    private readonly Queue<Profile> _clock = new();
    private readonly List<Profile> _dirty = [];
    private readonly Dictionary<byte[], ProfileId> _mapped = new(BytesComparer.Instance);

    // What became of ids since the last commit, and what a commit under way is writing; the store knows neither yet.
    private Dictionary<ProfileId, ProfileId?> _retired = [];
    private Dictionary<ProfileId, ProfileId?> _retiring = [];
    private HashSet<ProfileId> _gone = [];
    private HashSet<ProfileId> _going = [];
    private SortedSet<ProfileId> _made = [];
    private SortedSet<ProfileId> _making = [];
    private readonly EncodedProfiles _encoded = new();
    private long _weight;

    /// <summary>The profile that owns an identifier; null while nobody does.</summary>
    public Profile? FindOwner(ReadOnlySpan<byte> identifierKey)
    {
        if (_byIdentifier.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(identifierKey, out var profile))
        {
            profile.WasUsed = true;
            return profile;
        }

        return store.Get(Table.Identifiers, identifierKey) is { } id ? Find(IdentifierKey.SpaceOf(identifierKey), ProfileId.Read(id)) : null;
    }

    /// <summary>A live profile by its id.</summary>
    public Profile? Find(ushort space, ProfileId id)
    {
        if (_byId.TryGetValue(id, out var profile)) return profile;
        if (_gone.Contains(id) || _going.Contains(id) || store.Get(Table.Profiles, StateKeys.Profile(space, id)) is not { } bytes) return null;
        profile = ProfileCodec.Decode(bytes);
        Keep(profile);
        foreach (var node in profile.Nodes) _byIdentifier[node.Key] = profile;
        return profile;
    }

    /// <summary>What a profile id resolves to now: itself, or the survivor of its merges; null when it never was.</summary>
    public Profile? Resolve(ushort space, ProfileId id)
    {
        if (Find(space, id) is { } live) return live;
        if (_retired.TryGetValue(id, out var survivor) || _retiring.TryGetValue(id, out survivor)) return survivor is { } next ? Find(space, next) : null;
        return store.Get(Table.Retired, StateKeys.Profile(space, id)) is { } bytes ? Find(space, ProfileId.Read(bytes)) : null;
    }

    /// <summary>The live profiles of a space behind an id, oldest first, at most so many. What commits have come to makes no difference.</summary>
    public List<Profile> Next(ushort space, ProfileId after, int max)
    {
        var ids = new SortedSet<ProfileId>();
        foreach (var (key, _) in store.Scan(Table.Profiles, StateKeys.Profile(space, after), StateKeys.Profile((ushort)(space + 1), default)))
        {
            var id = ProfileId.Read(key.AsSpan(2));
            if (id == after || _gone.Contains(id) || _going.Contains(id)) continue;
            ids.Add(id);
            if (ids.Count == max) break;
        }

        foreach (var id in _made.Concat(_making))
            if (id.Space == space && id > after && !_gone.Contains(id)) ids.Add(id);
        return [.. ids.Take(max).Select(id => Find(space, id)).OfType<Profile>()];
    }

    /// <summary>Makes a profile without identifiers; the caller maps at least one.</summary>
    public Profile Create(ProfileId id, ushort space, ProfileCollection collection, long now)
    {
        var profile = new Profile(id, space, collection, now);
        _gone.Remove(id);
        _made.Add(id);
        Keep(profile);
        Touch(profile);
        return profile;
    }

    /// <summary>Maps an identifier to a profile.</summary>
    public Node Map(Profile profile, Node node)
    {
        profile.Nodes.Add(node);
        _byIdentifier[node.Key] = profile;
        _mapped[node.Key] = profile.Id;
        Touch(profile);
        return node;
    }

    /// <summary>Moves everything of <paramref name="other"/> into <paramref name="survivor"/>. Adds no counter to another: fragments stay what they are.</summary>
    public void Merge(Profile survivor, Profile other)
    {
        Invariant.Holds(survivor.Id < other.Id && survivor.Collection == other.Collection && survivor.Space == other.Space);
        foreach (var node in other.Nodes)
        {
            _byIdentifier[node.Key] = survivor;
            _mapped[node.Key] = survivor.Id;
            _retired[node.Part] = survivor.Id;
        }

        survivor.Nodes.AddRange(other.Nodes);
        survivor.Nodes.Sort(static (a, b) => a.Number.CompareTo(b.Number));
        survivor.Links.AddRange(other.Links);
        survivor.CreatedAt = Math.Min(survivor.CreatedAt, other.CreatedAt);
        MergeResults(survivor, other);
        Forget(other);
        _gone.Add(other.Id);
        Touch(survivor);
    }

    // Until they are asked again: who was in on one side has been told so and counts as in.
    private static void MergeResults(Profile survivor, Profile other)
    {
        foreach (var (computation, result) in other.Results ?? ResultTable.None)
        {
            survivor.Results ??= new ResultTable();
            if (!survivor.Results.TryGetValue(computation, out var own) || own.Json is null || (result.IsMember && !own.IsMember)) survivor.Results[computation] = result;
        }
    }

    /// <summary>Replaces a profile by the parts that a split made of it; one of them may keep its id.</summary>
    public void Replace(Profile profile, IReadOnlyList<Profile> parts)
    {
        Forget(profile);
        _gone.Add(profile.Id);
        foreach (var part in parts)
        {
            _gone.Remove(part.Id);
            _made.Add(part.Id);
            Keep(part);
            Touch(part);
            foreach (var node in part.Nodes)
            {
                _byIdentifier[node.Key] = part;
                _mapped[node.Key] = part.Id;
                _retired[node.Part] = node.Part == part.Id ? null : part.Id;
            }
        }
    }

    /// <summary>Marks a profile as changed.</summary>
    public void Touch(Profile profile)
    {
        if (profile.IsDirty) return;
        profile.IsDirty = true;
        _dirty.Add(profile);
    }

    /// <summary>
    /// Writes what changed into a draft and begins a new list of changes; the profiles themselves are encoded here and written by <see cref="WriteProfiles"/>.
    /// Until <see cref="Committed"/> the store does not know what the draft holds, so nothing of it leaves the cache.
    /// </summary>
    public void Write(IStateDraft draft)
    {
        foreach (var id in _gone)
            draft.Delete(Table.Profiles, StateKeys.Profile(id.Space, id));
        _dirty.RemoveAll(static profile => !profile.IsDirty);
        // In the order of keys, which the store takes much faster than random ones.
        _dirty.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        _encoded.Encode(_dirty);
        for (var i = 0; i < _dirty.Count; i++)
        {
            var profile = _dirty[i];
            _weight -= WeightOf(profile);
            profile.EncodedSize = _encoded[i].Length;
            _weight += WeightOf(profile);
            profile.IsDirty = false;
        }

        _dirty.Clear();
        Span<byte> id20 = stackalloc byte[ProfileId.Size];
        foreach (var (key, id) in _mapped)
        {
            id.Write(id20);
            draft.Put(Table.Identifiers, key, id20);
        }

        foreach (var (id, survivor) in _retired)
        {
            if (survivor is { } into)
            {
                into.Write(id20);
                draft.Put(Table.Retired, StateKeys.Profile(id.Space, id), id20);
            }
            else
            {
                draft.Delete(Table.Retired, StateKeys.Profile(id.Space, id));
            }
        }

        _mapped.Clear();
        (_retired, _retiring) = (_retiring, _retired);
        (_gone, _going) = (_going, _gone);
        (_made, _making) = (_making, _made);
    }

    /// <summary>Writes the profiles of the last <see cref="Write"/>; beside the thread that goes on changing them.</summary>
    public void WriteProfiles(IStateDraft draft)
    {
        for (var i = 0; i < _encoded.Count; i++) draft.Put(Table.Profiles, _encoded.KeyOf(i), _encoded[i]);
    }

    /// <summary>The draft is committed: makes room in the cache.</summary>
    public void Committed()
    {
        _retiring.Clear();
        _going.Clear();
        _making.Clear();
        var kept = 0;
        while (_weight > cacheBytesMax && kept <= _clock.Count && _clock.TryDequeue(out var profile))
        {
            if (!_byId.TryGetValue(profile.Id, out var current) || current != profile) continue;
            if (profile.WasUsed || profile.IsDirty)
            {
                // What has changed since the draft was written must stay until it is written itself; a round of nothing else ends the search.
                if (profile.IsDirty) kept++;
                profile.WasUsed = false;
                _clock.Enqueue(profile);
                continue;
            }

            Forget(profile);
            foreach (var node in profile.Nodes) _byIdentifier.Remove(node.Key);
        }
    }

    /// <summary>Forgets everything that is not committed, and with it the whole cache, because profiles are changed in place.</summary>
    public void Abandon()
    {
        _byIdentifier.Clear();
        _byId.Clear();
        _clock.Clear();
        _dirty.Clear();
        _mapped.Clear();
        _retired.Clear();
        _retiring.Clear();
        _gone.Clear();
        _going.Clear();
        _made.Clear();
        _making.Clear();
        _weight = 0;
    }

    private static int WeightOf(Profile profile) => WeightMin + (profile.EncodedSize * WeightPerByte);

    private void Keep(Profile profile)
    {
        _byId[profile.Id] = profile;
        profile.WasUsed = true;
        _clock.Enqueue(profile);
        _weight += WeightOf(profile);
    }

    private void Forget(Profile profile)
    {
        if (!_byId.Remove(profile.Id)) return;
        _weight -= WeightOf(profile);
        // It may stand in the list of changes; what is gone is not written.
        profile.IsDirty = false;
    }
}
