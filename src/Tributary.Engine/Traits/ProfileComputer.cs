using Tributary.Engine.Identity;
using Tributary.Engine.Profiles;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Traits;

/// <summary>A result that is another than before.</summary>
/// <param name="Computation">Of which audience or trait.</param>
/// <param name="Before">What it was.</param>
/// <param name="After">What it is, as JSON; null for no value.</param>
internal readonly record struct ResultChange(Computation Computation, byte[]? Before, byte[]? After);

/// <summary>
/// Keeps the results of one profile up to date: asks the definitions that something may have changed, in the order in which they read each other. Pure but for
/// the profile that it works on. Reused from profile to profile by one thread.
/// </summary>
/// <param name="people">The people of an account.</param>
/// <param name="accounts">The accounts of a person.</param>
internal sealed class ProfileComputer(Func<Profile, IReadOnlyList<Profile>> people, Func<Profile, IReadOnlyList<Profile>> accounts)
{
    private readonly Reading _reading = new();
    private readonly List<ResultChange> _changes = [];
    private Func<Profile, string, byte[]?>? _traitOf;
    private ComputationSet _set = ComputationSet.Empty;
    private long _now;
    private bool _isAll;

    /// <summary>Whether something about the people of accounts was asked, so that the person's accounts must be looked at.</summary>
    public bool AsksAccounts { get; private set; }

    /// <summary>Whether a result of the profile is another than before, or will change at another time.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>Computations that something may have changed.</summary>
    public AskedComputations Asked { get; } = new();

    /// <summary>The event that was just folded into the profile, as each of its streams sees it; valid until the next one is.</summary>
    public List<(uint Stream, Row Row)> Folded { get; } = [];

    /// <summary>How many events do not count any more for a computation, for want of room.</summary>
    public List<(LiveComputation Computation, int Events)> Lost { get; } = [];

    /// <summary>Begins with another profile.</summary>
    public void Begin(ComputationSet set, long now)
    {
        (_set, _now) = (set, now);
        Asked.Begin(set);
        Folded.Clear();
        Lost.Clear();
        _isAll = false;
        _changes.Clear();
        AsksAccounts = IsChanged = false;
    }

    /// <summary>Asks everything that reads a trait.</summary>
    public void AskReaders(string trait)
    {
        foreach (var reader in _set.ReadersOf(trait)) Asked.Add(reader);
    }

    /// <summary>Asks everything that reads what an account is.</summary>
    public void AskReadersOfAccounts()
    {
        foreach (var computation in _set.All)
            if (computation.Computation.IsOfAccounts) AskReaders(computation.Computation.Key);
    }

    /// <summary>Asks everything that reads a trait, and what reads that, whether or not it changes.</summary>
    public void AskReadersDeep(string trait)
    {
        foreach (var reader in _set.ReadersOf(trait))
            if (Asked.Add(reader)) AskReadersDeep(reader.Computation.Key);
    }

    /// <summary>Asks everything that a profile of which nothing is known may be in.</summary>
    public void AskAllOfNothing()
    {
        foreach (var computation in _set.OfNothing) Asked.Add(computation);
    }

    /// <summary>Asks everything, and takes nothing for known.</summary>
    public void AskAll()
    {
        Asked.AddAll();
        _isAll = true;
    }

    /// <summary>Asks what was asked, and what reads that. The profile's results, and the time at which it is to be asked again, are what they are afterwards.</summary>
    /// <param name="profile">The profile.</param>
    /// <returns>What changed; valid until the next profile.</returns>
    public List<ResultChange> Compute(Profile profile)
    {
        _changes.Clear();
        IsChanged = false;
        _reading.Forget();
        _reading.Folded = Folded;
        if (_isAll) profile.Remembered = null;
        while (Asked.Take() is { } computation)
        {
            if (computation.Computation.IsOfAccounts != (profile.Collection == ProfileCollection.Accounts))
            {
                AsksAccounts |= computation.Computation.IsOfAccounts;
                continue;
            }

            if (!Ask(profile, computation)) continue;
            AskReaders(computation.Computation.Key);
        }

        _reading.Folded = null;
        return _changes;
    }

    /// <summary>The earliest time at which a result of the profile may change by itself.</summary>
    public static long DueAt(Profile profile)
    {
        var due = long.MaxValue;
        if (profile.Results is not { } results) return due;
        foreach (ref readonly var result in results.Results) due = Math.Min(due, result.DueAt);
        return due;
    }

    /// <summary>What a definition says of a profile now, and when that may change; nothing is changed.</summary>
    public (byte[]? Json, Reading Reading) Answer(Profile profile, LiveComputation computation)
    {
        _reading.Forget();
        return Read(profile, computation);
    }

    private (byte[]? Json, Reading Reading) Read(Profile profile, LiveComputation computation)
    {
        var definition = computation.Answering!;
        _reading.Begin(definition, profile, profile.Collection == ProfileCollection.Accounts ? people(profile) : [], _traitOf ??= TraitOf, _now);
        var json = IsCounted(profile, computation.Computation) ? definition.Ask(_reading) : computation.Computation.IsAudience ? ComputedResult.False : null;
        return (json, _reading);
    }

    /// <summary>The JSON of a trait as definitions see it: membership of an audience is always true or false.</summary>
    public byte[]? TraitOf(Profile profile, string name)
    {
        if (_set.FindByKey(name) is not { } computation)
        {
            if (ProfileView.Winner(profile, name) is { } sent) return sent.Json;
            // What a deleted computation said last is a trait like those that are sent.
            return _set.FindDeleted(name) is { } deleted ? profile.Results?.GetValueOrDefault(deleted).Json : null;
        }

        var audience = computation.Computation.IsAudience;
        if (computation.Computation.IsOfAccounts && profile.Collection == ProfileCollection.Users)
        {
            // What a person knows of accounts is whether one of them is in.
            if (!audience) return null;
            foreach (var account in accounts(profile))
                if (account.Results is { } ofAccount && ofAccount.TryGetValue(computation.Computation.Number, out var its) && its.IsMember) return ComputedResult.True;
            return ComputedResult.False;
        }

        if (profile.Results is { } results && results.TryGetValue(computation.Computation.Number, out var result) && result.Json is not null) return result.Json;
        if (audience) return ComputedResult.False;
        return computation.Computation.IsOfAccounts == (profile.Collection == ProfileCollection.Accounts) && IsCounted(profile, computation.Computation) ? computation.ForNothing : null;
    }

    // True when the result is another than before.
    private bool Ask(Profile profile, LiveComputation computation)
    {
        var number = computation.Computation.Number;
        var before = profile.Results is { } known && known.TryGetValue(number, out var result) ? result : default;
        var (json, reading) = Read(profile, computation);
        // Who was never in is not said to be out, and of whom nothing was counted it is not said that it is zero; so most people cost a definition nothing.
        var isNothing = json is null || (computation.Computation.IsAudience ? json is not [(byte)'t', ..] : json.AsSpan().SequenceEqual(computation.ForNothing));
        if (isNothing && before.Json is null)
        {
            if (reading.Horizon == long.MaxValue) IsChanged |= profile.Results?.Remove(number) == true;
            else Keep(profile, number, before with { DueAt = reading.Horizon });
            return false;
        }

        var isSame = json.AsSpan().SequenceEqual(before.Json) && json is null == before.Json is null;
        Keep(profile, number, isSame ? before with { DueAt = reading.Horizon } : new ComputedResult(computation.Answering!.Version, json, _now, reading.Horizon));
        if (!isSame) _changes.Add(new ResultChange(computation.Computation, before.Json, json));
        return !isSame;
    }

    private void Keep(Profile profile, uint number, ComputedResult result)
    {
        profile.Results ??= new ResultTable();
        if (profile.Results.TryGetValue(number, out var before) && before == result) return;
        profile.Results[number] = result;
        IsChanged = true;
    }

    /// <summary>Whether a profile has one of the identifiers without which it does not count.</summary>
    public static bool IsCounted(Profile profile, Computation computation)
    {
        if (computation.FilterByExternalIds.IsEmpty || profile.Collection == ProfileCollection.Accounts) return true;
        foreach (var node in profile.Nodes)
            if (computation.FilterByExternalIds.Contains(node.Type)) return true;
        return false;
    }
}
