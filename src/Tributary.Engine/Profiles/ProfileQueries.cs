using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Profiles;

/// <summary>Reads profiles as of the last commit. Safe from any thread: it decodes its own copies.</summary>
public sealed class ProfileQueries(IStateStore store, DecidedLog decided)
{
    /// <summary>The profile of <c>type:value</c> or of a profile id, retired ones included; null when there is none.</summary>
    internal Profile? Find(Space space, ProfileCollection collection, string name)
    {
        if (ProfileId.TryParse(name, out var id)) return Resolve(space.Number, id) is { } found && found.Collection == collection ? found : null;
        return IdentifierKey.TryParse(collection, name, out var identifier) ? FindByKey(IdentifierKey.Of(space.Number, identifier.Value)) : null;
    }

    /// <summary>What a profile id resolves to now, for ever.</summary>
    internal Profile? Resolve(ushort space, ProfileId id) => AsOfOneCommit(() =>
        Live(space, id) ?? (store.Get(Table.Retired, StateKeys.Profile(space, id)) is { } into && Live(space, ProfileId.Read(into)) is { } survivor
            // A split may have taken the part away again between the two reads.
            && survivor.Nodes.Exists(node => node.Part == id) ? survivor : null));

    /// <summary>The profile that owns an identifier's key.</summary>
    internal Profile? FindByKey(byte[] key) => AsOfOneCommit(() =>
        store.Get(Table.Identifiers, key) is { } owner && Live(IdentifierKey.SpaceOf(key), ProfileId.Read(owner)) is { } profile && profile.Find(key) is not null
            ? profile
            : null);

    /// <summary>
    /// Identifiers of one type whose value begins with some text, in the order of their bytes, with the profile of each.
    /// </summary>
    /// <param name="space">The space.</param>
    /// <param name="collection">People or accounts.</param>
    /// <param name="type">The type; it must not hold a zero character.</param>
    /// <param name="prefix">How the value begins, in its own letters; empty for all.</param>
    internal IEnumerable<(string Value, Profile Profile)> FindBeginning(Space space, ProfileCollection collection, string type, string prefix)
    {
        var from = IdentifierKey.Of(space.Number, new Identifier(collection, type, prefix));
        foreach (var (key, _) in store.Scan(Table.Identifiers, from, StateKeys.After(from)))
        {
            if (FindByKey(key) is { } profile) yield return (IdentifierKey.Read(key).Value, profile);
        }
    }

    /// <summary>How many profiles a space has, counted up to <paramref name="max"/>.</summary>
    internal int Count(Space space, int max) => store.Scan(Table.Profiles, StateKeys.Profile(space.Number, default), StateKeys.Profile((ushort)(space.Number + 1), default)).Take(max).Count();

    /// <summary>Profiles of a space in order of age, behind <paramref name="after"/>.</summary>
    internal IEnumerable<Profile> List(Space space, ProfileCollection collection, ProfileId after) =>
        store.Scan(Table.Profiles, StateKeys.Profile(space.Number, after), StateKeys.Profile((ushort)(space.Number + 1), default))
            .Select(row => ProfileCodec.Decode(row.Value))
            .Where(profile => profile.Collection == collection && profile.Id > after);

    /// <summary>
    /// The events of a profile by event time, from all its fragments; the newest first unless <paramref name="ascending"/>. Events that retention has
    /// dropped from the log are left out.
    /// </summary>
    /// <param name="profile">The profile.</param>
    /// <param name="from">Earliest time, inclusive; milliseconds since 1970.</param>
    /// <param name="to">Latest time, inclusive.</param>
    /// <param name="ascending">Oldest first.</param>
    internal IEnumerable<DecidedRecord> Events(Profile profile, long from, long to, bool ascending)
    {
        var batch = new LogBatch(8 << 10);
        foreach (var (_, offset) in Timeline(profile, from, to, ascending))
        {
            if (offset >= decided.Log.First && ReadEvent(offset, batch) is { } record) yield return record;
        }
    }

    /// <summary>The record at an offset of the event log, copied; null when it was dropped.</summary>
    internal DecidedRecord? ReadEvent(LogOffset offset, LogBatch batch)
    {
        try
        {
            if (!decided.Log.Read(offset, batch)) return null;
        }
        catch (LogOffsetGoneException)
        {
            return null;
        }

        foreach (var record in batch) return DecidedRecord.View(record.Payload.ToArray());
        return null;
    }

    /// <summary>Identifiers of people of an account, in the order of their nodes.</summary>
    internal IEnumerable<byte[]> Members(Profile account)
    {
        foreach (var node in account.Nodes)
        {
            foreach (var (_, user) in store.Scan(
                Table.Members, StateKeys.Member(account.Space, node.Number, 0), StateKeys.Member(account.Space, node.Number, ulong.MaxValue)))
                yield return user;
        }
    }

    private Profile? Live(ushort space, ProfileId id) => store.Get(Table.Profiles, StateKeys.Profile(space, id)) is { } bytes ? ProfileCodec.Decode(bytes) : null;

    // What is found is right; what is missed may have moved between two reads, so a miss only counts when no commit came in between. Commits are
    // milliseconds apart and a look takes microseconds, so the limit is never met.
    private Profile? AsOfOneCommit(Func<Profile?> look)
    {
        const int LooksMax = 1_000;
        for (var looks = 0; looks < LooksMax; looks++)
        {
            var before = store.Get(Table.Meta, StateKeys.Position);
            if (look() is { } found) return found;
            if (store.Get(Table.Meta, StateKeys.Position).AsSpan().SequenceEqual(before)) return null;
        }

        throw new IOException("The profile moved with each of a thousand commits.");
    }

    private IEnumerable<(long Timestamp, LogOffset Offset)> Timeline(Profile profile, long from, long to, bool ascending)
    {
        var cursors = new List<IEnumerator<(long Timestamp, LogOffset Offset)>>();
        var queue = new PriorityQueue<int, (long, long)>();
        try
        {
            foreach (var node in profile.Nodes.Where(node => node.Fragment.EventCount > 0))
            {
                var cursor = Timeline(profile.Space, node.Number, from, to, ascending).GetEnumerator();
                cursors.Add(cursor);
                if (cursor.MoveNext()) queue.Enqueue(cursors.Count - 1, Order(cursor.Current, ascending));
            }

            while (queue.TryDequeue(out var next, out _))
            {
                yield return cursors[next].Current;
                if (cursors[next].MoveNext()) queue.Enqueue(next, Order(cursors[next].Current, ascending));
            }
        }
        finally
        {
            cursors.ForEach(cursor => cursor.Dispose());
        }
    }

    private IEnumerable<(long Timestamp, LogOffset Offset)> Timeline(ushort space, ulong fragment, long from, long to, bool ascending)
    {
        var first = new byte[StateKeys.TimelineSize];
        var last = new byte[StateKeys.TimelineSize];
        StateKeys.WriteTimeline(first, space, fragment, from, 0);
        StateKeys.WriteTimeline(last, space, fragment, to, long.MaxValue);
        return store.Scan(Table.Timeline, first, last, backwards: !ascending).Select(row => StateKeys.ReadTimeline(row.Key));
    }

    private static (long, long) Order((long Timestamp, LogOffset Offset) at, bool ascending) =>
        ascending ? (at.Timestamp, at.Offset.Value) : (-at.Timestamp, -at.Offset.Value);
}
