using System.Collections.Concurrent;
using Tributary.Engine.Delivery;
using Tributary.Engine.Identity;
using Tributary.Engine.Profiles;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Console.Profiles;

/// <summary>Finds profiles for pages: by name, by how an identifier begins, and those that something happened to lately.</summary>
internal sealed class ProfileBoard(Func<WorkspaceSnapshot> workspace, ProfileQueries profiles, PassportQueries passports, TimeProvider clock)
{
    /// <summary>Most profiles of a list.</summary>
    public const int ListedMax = 50;

    /// <summary>Longest text that is searched for.</summary>
    public const int SearchLengthMax = Identifier.ValueLengthMax;

    private const int OfTypeMax = 8;
    private const int EventsLookedAtMax = 3_000;
    private const int LinkedMax = 200;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(4);

    private readonly ConcurrentDictionary<(ushort Space, ProfileCollection Collection), (DateTimeOffset At, IReadOnlyList<ProfileHit> Found)> _recent = [];

    /// <summary>The profile of an id or of <c>type:value</c>, people before accounts; null when there is none.</summary>
    /// <param name="name">The id, retired ones too, or the identifier.</param>
    /// <param name="mayIdentify">False when only ids may be asked for: whether an identifier is known is a secret, too.</param>
    public ProfileSheet? Find(string name, bool mayIdentify)
    {
        if (ProfileId.TryParse(name, out var id))
            return workspace().FindSpace(id.Space) is { } home && profiles.Resolve(id.Space, id) is { } known ? new ProfileSheet(known, home) : null;
        if (!mayIdentify) return null;
        foreach (var space in workspace().Spaces)
        {
            var found = profiles.Find(space, ProfileCollection.Users, name) ?? profiles.Find(space, ProfileCollection.Accounts, name);
            if (found is not null) return new ProfileSheet(found, space);
        }

        return null;
    }

    /// <summary>Profiles with an identifier that begins with a text, or <c>type:</c> and a text; those that it names in full come first.</summary>
    public IReadOnlyList<ProfileHit> Search(string text, Space space, ProfileCollection collection, bool mayIdentify)
    {
        var asked = text.Trim();
        if (asked.Length is 0 or > SearchLengthMax || asked.Contains('\0', StringComparison.Ordinal)) return [];
        if (ProfileId.TryParse(asked, out _)) return Find(asked, mayIdentify) is { } named ? [new ProfileHit(named, null)] : [];
        if (!mayIdentify) return [];
        return
        [
            .. Beginnings(asked, space).SelectMany(pair => profiles.FindBeginning(space, collection, pair.Type, pair.Prefix).Take(OfTypeMax).Select(found => (found, pair)))
                .OrderByDescending(hit => hit.found.Value.Length == hit.pair.Prefix.Length)
                .DistinctBy(hit => hit.found.Profile.Id)
                .Take(ListedMax)
                .Select(hit => new ProfileHit(new ProfileSheet(hit.found.Profile, space), $"{hit.pair.Type}:{hit.found.Value}")),
        ];
    }

    /// <summary>Profiles that the newest events belong to; a few seconds old at most.</summary>
    public IReadOnlyList<ProfileHit> Recent(Space space, ProfileCollection collection)
    {
        var now = clock.GetUtcNow();
        var key = (space.Number, collection);
        if (_recent.TryGetValue(key, out var known) && now - known.At < Fresh) return known.Found;
        IReadOnlyList<ProfileHit> found =
        [
            .. passports.Recent(null, null, null, new LogOffset(long.MaxValue)).Take(EventsLookedAtMax)
                .Where(pair => pair.Record.Space == space.Number)
                .Select(pair => OwnerOf(pair.Record, collection)).OfType<Profile>()
                .DistinctBy(profile => profile.Id).Take(ListedMax)
                .Select(profile => new ProfileHit(new ProfileSheet(profile, space), null)),
        ];
        _recent[key] = (now, found);
        return found;
    }

    /// <summary>The accounts of a person, or the people of an account.</summary>
    public IReadOnlyList<ProfileSheet> Linked(ProfileSheet sheet)
    {
        var keys = sheet.IsAccount ? profiles.Members(sheet.Profile) : sheet.Profile.Nodes.SelectMany(node => node.Fragment.Accounts?.Keys.AsEnumerable() ?? []);
        return [.. keys.Select(profiles.FindByKey).OfType<Profile>().DistinctBy(other => other.Id).Take(LinkedMax).Select(other => new ProfileSheet(other, sheet.Space))];
    }

    // Most types lower what they are given or are written in lower case anyway, so a search that begins with a capital still finds.
    private static IEnumerable<(string Type, string Prefix)> Beginnings(string asked, Space space)
    {
        var colon = asked.IndexOf(':', StringComparison.Ordinal);
        var typed = colon is > 0 and <= Identifier.TypeLengthMax ? asked[..colon] : null;
        var types = space.Identity.Identifiers.Select(rule => rule.Type).Append("phone").Distinct(StringComparer.Ordinal);
        var pairs = typed is null ? [] : new List<(string, string)> { (typed, asked[(colon + 1)..].TrimStart()) };
        pairs.AddRange(types.Select(type => (type, asked)));
        return pairs.SelectMany(pair => new[] { pair, (pair.Item1, pair.Item2.ToLowerInvariant()) }).Distinct();
    }

    private Profile? OwnerOf(in Tributary.Engine.Log.DecidedRecord record, ProfileCollection collection)
    {
        if (collection == ProfileCollection.Users) return record.Profile.IsNone ? null : profiles.Resolve(record.Space, record.Profile);
        foreach (var identifier in record.ReadIdentifiers())
        {
            if (identifier.Collection == collection) return profiles.FindByKey(IdentifierKey.Of(record.Space, identifier));
        }

        return null;
    }
}
