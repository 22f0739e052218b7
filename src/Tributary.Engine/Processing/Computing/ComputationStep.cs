using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Engine.Traits;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Processing.Computing;

/// <summary>
/// The stages Traits and Audiences of a step: folds events into the state of definitions, asks the definitions that something may have changed, and says what
/// became of them. What changes by time alone is asked at the tick at which it does; what people do changes their accounts at the next tick.
/// </summary>
internal sealed partial class ComputationStep
{
    /// <summary>Most timers of one tick; the rest goes off at the next one.</summary>
    public const int TimersMax = 20_000;

    private static readonly byte[] Clock = "clock"u8.ToArray();
    private readonly StepContext _context;
    private readonly ProfileComputer _computer;
    private readonly ComputedOutput _output;

    // What the profile at hand has just been told of, so that it is not told again.
    private readonly HashSet<uint> _told = [];
    private readonly List<KeyValuePair<string, byte[]?>> _traits = [];

    public ComputationStep(StepContext context)
    {
        _context = context;
        _computer = new ProfileComputer(context.People.PeopleOf, context.People.AccountsOf);
        _output = new ComputedOutput(context);
    }

    /// <summary>Takes out of what was sent the keys of computations: while these exist, it is kept but not told.</summary>
    public void Hide(ushort space, List<KeyValuePair<string, byte[]?>> sent)
    {
        var set = _context.Computations.SetOf(space);
        if (set.Known.Count == 0) return;
        foreach (var (name, _) in sent)
            if (set.FindByKey(name) is { } computation) Hides(space, computation.Computation.Number);
        sent.RemoveAll(trait => set.FindByKey(trait.Key) is not null);
    }

    private void Hides(ushort space, uint number)
    {
        var state = _context.Computations.Find(space, number) ?? new ComputationState { Number = number };
        if (!state.HidesSent) _context.Computations.Put(space, number, state with { HidesSent = true });
    }

    /// <summary>An event of a person was folded.</summary>
    /// <param name="cause">The event.</param>
    /// <param name="space">Its space.</param>
    /// <param name="resolved">Where it went.</param>
    /// <param name="parts">What definitions read of it; null for one that they do not look at.</param>
    /// <param name="traits">The traits that changed by it.</param>
    /// <param name="joined">The person has become one of an account's.</param>
    public void Person(in DecidedCause cause, Space space, in Resolved resolved, EventParts? parts, List<KeyValuePair<string, byte[]?>> traits, bool joined)
    {
        var set = _context.Computations.SetOf(space.Number);
        if (set.IsEmpty) return;
        var profile = resolved.Profile!;
        _computer.Begin(set, _context.Now);
        if (parts is { } read && set.StreamsOf(read.Name.Span) is { } streams)
        {
            streams.Fold(read, profile, resolved.Strongest.Fragment, _context.Now, null, _computer);
            foreach (var (computation, events) in _computer.Lost) Overflow(space, computation, events);
        }

        if (resolved.IsNew) _computer.AskAllOfNothing();
        else if (resolved.Merged.Length > 0 || resolved.Mapped is not null) _computer.AskAll();
        foreach (var (name, _) in traits) _computer.AskReaders(name);
        // The account may be in an audience already; then nothing changes for it, but for the person.
        if (joined) _computer.AskReadersOfAccounts();
        Settle(cause, space, profile);
        if (resolved.Merged.Length > 0) Resend(cause, space, profile, profile.Nodes);
        else if (resolved.Mapped is { } mapped && !resolved.IsNew) Resend(cause, space, profile, mapped);
        if (joined || _computer.AsksAccounts || resolved.Merged.Length > 0) AskAccounts(profile);
    }

    /// <summary>Something happened to an account: it is asked at the next tick.</summary>
    public void Account(Space space, Profile account)
    {
        if (!_context.Computations.SetOf(space.Number).IsEmpty) AskSoon(account);
    }

    /// <summary>Two profiles are about to become one: what was said of either is said of the survivor.</summary>
    public void Merging(Profile survivor, Profile other)
    {
        foreach (var (number, result) in other.Results ?? ResultTable.None)
        {
            if (!result.IsMember) continue;
            Leave(other.Space, number, other.Id);
            if (!(survivor.Results is { } own && own.TryGetValue(number, out var its) && its.IsMember)) Join(survivor.Space, number, survivor.Id);
        }
    }

    /// <summary>A command has made one profile of two.</summary>
    public void Merged(in DecidedCause cause, Space space, Profile profile)
    {
        AskEverything(cause, space, profile);
        Resend(cause, space, profile, profile.Nodes);
        AskAccounts(profile);
    }

    /// <summary>A command has made parts of a profile; each begins with what was said of the whole.</summary>
    public void Split(in DecidedCause cause, Space space, Profile whole, IReadOnlyList<Profile> parts)
    {
        foreach (var (number, result) in whole.Results ?? ResultTable.None)
            if (result.IsMember) Leave(space.Number, number, whole.Id);
        foreach (var part in parts)
        {
            part.TimerAt = part == whole ? whole.TimerAt : long.MaxValue;
            if (whole.Results is not null) part.Results = new ResultTable(whole.Results);
            foreach (var (number, result) in part.Results ?? ResultTable.None)
                if (result.IsMember) Join(space.Number, number, part.Id);
        }

        foreach (var part in parts)
        {
            AskEverything(cause, space, part);
            AskAccounts(part);
        }
    }

    /// <summary>Time has come to where it is: asks whatever it changes.</summary>
    public void Tick(LogOffset offset)
    {
        foreach (var (number, id) in _context.Timers.Take(_context.Now, TimersMax))
        {
            // What was merged away, or asked again since, has another timer.
            if (_context.Workspace.FindSpace(number) is not { } space || _context.Graph.Find(number, id) is not { } profile || profile.TimerAt > _context.Now) continue;
            profile.TimerAt = long.MaxValue;
            _context.Graph.Touch(profile);
            var set = _context.Computations.SetOf(number);
            _computer.Begin(set, _context.Now);
            if (profile.Collection == ProfileCollection.Accounts) _computer.AskAll();
            var results = profile.Results ?? ResultTable.None;
            for (var i = 0; i < results.Count; i++)
                if (results.Results[i].DueAt <= _context.Now && set.Find(results.Numbers[i]) is { } due) _computer.Asked.Add(due);
            var cause = CauseOf(space, offset);
            Settle(cause, space, profile);
            if (profile.Collection == ProfileCollection.Users && _computer.AsksAccounts) AskAccounts(profile);
        }
    }

    private void AskEverything(in DecidedCause cause, Space space, Profile profile)
    {
        var set = _context.Computations.SetOf(space.Number);
        if (set.IsEmpty && profile.Results is null) return;
        _computer.Begin(set, _context.Now);
        _computer.AskAll();
        Settle(cause, space, profile);
    }

    // Asks what was asked, and says what is another than before.
    private void Settle(in DecidedCause cause, Space space, Profile profile)
    {
        var changes = _computer.Compute(profile);
        _told.Clear();
        foreach (var change in changes) _told.Add(change.Computation.Number);
        var soon = profile.TimerAt == _context.Now + 1 && profile.Collection == ProfileCollection.Accounts;
        var due = soon ? profile.TimerAt : ProfileComputer.DueAt(profile);
        if (due != profile.TimerAt || _computer.IsChanged) _context.Graph.Touch(profile);
        _context.Timers.Set(profile, due);
        if (changes.Count == 0) return;
        var isAccount = profile.Collection == ProfileCollection.Accounts;
        var people = isAccount ? _context.People.PeopleOf(profile) : [];
        _traits.Clear();
        foreach (var change in changes) _traits.Add(new KeyValuePair<string, byte[]?>(change.Computation.Key, change.After));
        _context.EmitTraits(cause, profile.Id, _traits, replaced: false);
        foreach (var change in changes)
        {
            if (change.Computation.IsAudience)
            {
                if (change.After is [(byte)'t', ..]) Join(space.Number, change.Computation.Number, profile.Id);
                else if (change.Before is [(byte)'t', ..]) Leave(space.Number, change.Computation.Number, profile.Id);
            }

            _output.Tell(cause, space, profile, people, change.Computation, change.After);
        }

        if (isAccount) AskPeople(cause, space, people, [.. changes.Select(change => change.Computation.Key)]);
    }

    // What a person is by an account changes with the account.
    private void AskPeople(DecidedCause cause, Space space, IReadOnlyList<Profile> people, List<string> keys)
    {
        var set = _context.Computations.SetOf(space.Number);
        if (!keys.Exists(key => set.ReadersOf(key).Any(reader => !reader.Computation.IsOfAccounts))) return;
        foreach (var person in people)
        {
            _computer.Begin(set, _context.Now);
            foreach (var key in keys) _computer.AskReaders(key);
            Settle(cause, space, person);
            // What they are now may make something else of the account.
            if (_computer.AsksAccounts) AskAccounts(person);
        }
    }

    // New identifiers of somebody who is in, or all of them after a merge: the tools that know of the audience hear of these too.
    private void Resend(in DecidedCause cause, Space space, Profile profile, IReadOnlyList<Node> nodes)
    {
        if (profile.Results is null) return;
        var set = _context.Computations.SetOf(space.Number);
        foreach (var (number, result) in profile.Results)
        {
            if (result.Json is null || _told.Contains(number) || set.Find(number) is not { } live || (live.Computation.IsAudience && !result.IsMember)) continue;
            foreach (var connection in live.Computation.Connections)
                _output.Tell(cause, space, profile, [], live.Computation, connection, result.Json, nodes);
        }
    }

    private void AskAccounts(Profile person)
    {
        foreach (var account in _context.People.AccountsOf(person)) AskSoon(account);
    }

    private void AskSoon(Profile account)
    {
        if (account.TimerAt <= _context.Now + 1) return;
        _context.Graph.Touch(account);
        _context.Timers.Set(account, _context.Now + 1);
    }

    private void Join(ushort space, uint number, ProfileId profile)
    {
        // What was deleted has no members any more, although profiles still say so.
        if (_context.Computations.Find(space, number) is not { IsReleased: false }) return;
        Span<byte> since = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(since, _context.Now);
        _context.Draft.Put(Table.AudienceMembers, StateKeys.AudienceMember(space, number, profile), since);
        Resize(space, number, 1);
    }

    private void Leave(ushort space, uint number, ProfileId profile)
    {
        _context.Draft.Delete(Table.AudienceMembers, StateKeys.AudienceMember(space, number, profile));
        Resize(space, number, -1);
    }

    private void Resize(ushort space, uint number, int by)
    {
        if (_context.Computations.Find(space, number) is { IsReleased: false }) _context.Computations.Resize(space, number, by, _context.Now);
    }

    private void Overflow(Space space, LiveComputation computation, int events)
    {
        if (_context.Computations.Find(space.Number, computation.Computation.Number) is { } state)
            _context.Computations.Put(space.Number, state.Number, state with { Overflow = state.Overflow + events });
    }

    private DecidedCause CauseOf(Space space, LogOffset offset) => new(default, space.Number, 0, offset, _context.Now, _context.Now, Clock);
}
