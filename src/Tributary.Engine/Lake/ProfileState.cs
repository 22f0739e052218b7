using Tributary.Model;

namespace Tributary.Engine.Lake;

/// <summary>When and where something was decided.</summary>
/// <param name="Seq">Offset in the event log.</param>
/// <param name="TimestampMs">Time of the event that caused it, in milliseconds since 1970.</param>
/// <param name="ReceivedAtMs">Arrival of that event, in milliseconds since 1970.</param>
internal readonly record struct DecidedAt(long Seq, long TimestampMs, long ReceivedAtMs);

/// <summary>A trait's value as text.</summary>
/// <param name="Text">A string as it is, anything else as JSON.</param>
/// <param name="IsText">Whether it is a string; null when the row was written before that was kept.</param>
internal readonly record struct TraitText(string Text, bool? IsText);

/// <summary>A trait's value, and when it became that.</summary>
internal readonly record struct TraitValue(TraitText Value, DecidedAt At);

/// <summary>
/// The current identities and traits of the profiles that a batch touches: pure. Rules of spec/unify… §3.2: when a profile is merged into another,
/// everything of it moves to the survivor, and of traits that both have, the most recent stays.
/// </summary>
internal sealed class ProfileState
{
    /// <summary>Profile → what it resolves to; a profile that stands for itself has a row too.</summary>
    public Dictionary<ProfileId, (ProfileId Canonical, DecidedAt At)> Merges { get; } = [];

    public Dictionary<ProfileId, Dictionary<string, TraitValue>> Traits { get; } = [];

    public Dictionary<ProfileId, Dictionary<Identifier, DecidedAt>> Identifiers { get; } = [];

    /// <summary>A profile now resolves to another, or (again) to itself.</summary>
    public void Resolve(ProfileId profile, ProfileId canonical, DecidedAt at)
    {
        Merges[profile] = (canonical, at);
        if (profile == canonical) return;
        foreach (var other in Merges.Where(merge => merge.Value.Canonical == profile).Select(merge => merge.Key).ToList()) Merges[other] = (canonical, at);
        MoveTraits(profile, canonical);
        if (!Identifiers.Remove(profile, out var moved)) return;
        foreach (var (identifier, since) in moved) Of(Identifiers, canonical).TryAdd(identifier, since);
    }

    public void Add(ProfileId profile, Identifier identifier, DecidedAt at) => Of(Identifiers, Canonical(profile))[identifier] = at;

    public void Remove(ProfileId profile, Identifier identifier) => Of(Identifiers, Canonical(profile)).Remove(identifier);

    /// <summary>Traits changed; a null value removes one.</summary>
    public void Change(ProfileId profile, bool replaced, IEnumerable<KeyValuePair<string, TraitText?>> traits, DecidedAt at)
    {
        var current = Of(Traits, Canonical(profile));
        if (replaced) current.Clear();
        foreach (var (name, value) in traits)
        {
            if (value is { } text) current[name] = new TraitValue(text, at);
            else current.Remove(name);
        }
    }

    private ProfileId Canonical(ProfileId profile) => Merges.TryGetValue(profile, out var merge) ? merge.Canonical : profile;

    private void MoveTraits(ProfileId from, ProfileId to)
    {
        if (!Traits.Remove(from, out var moved)) return;
        var kept = Of(Traits, to);
        foreach (var (name, value) in moved)
        {
            if (!kept.TryGetValue(name, out var other) || (value.At.TimestampMs, value.At.Seq).CompareTo((other.At.TimestampMs, other.At.Seq)) > 0) kept[name] = value;
        }
    }

    private static Dictionary<TKey, TValue> Of<TKey, TValue>(Dictionary<ProfileId, Dictionary<TKey, TValue>> all, ProfileId profile)
        where TKey : notnull
    {
        if (all.TryGetValue(profile, out var one)) return one;
        return all[profile] = [];
    }
}
