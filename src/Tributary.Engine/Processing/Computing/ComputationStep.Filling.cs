using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Profiles;
using Tributary.Engine.Storage;
using Tributary.Engine.Traits;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Processing.Computing;

/// <summary>
/// New and changed definitions: from the offset of the revision on, events are folded for them as they come; what was before is gathered from the lake and comes
/// through the received log like everything else. When both meet, the new definition answers, and a pass asks it of every profile.
/// </summary>
internal sealed partial class ComputationStep
{
    /// <summary>A revision is in force.</summary>
    /// <param name="before">The workspace before it.</param>
    /// <param name="after">The workspace with it.</param>
    public void Revised(WorkspaceSnapshot before, WorkspaceSnapshot after)
    {
        _context.Computations.Use(after);
        foreach (var computation in after.Computations)
        {
            if (after.FindSpace(computation.SpaceId) is not { } space) continue;
            var state = _context.Computations.Find(space.Number, computation.Number);
            if (computation.Deleted)
            {
                if (state is { IsReleased: false }) Forget(space.Number, state);
            }
            else if (!computation.Enabled)
            {
                if (state is not null && (state.Answering != 0 || state.IsFilling))
                    _context.Computations.Put(space.Number, state.Number, state with { Answering = 0, AnsweringQuery = null, Filling = 0, NeedsPass = false, Resend = [] });
            }
            else if (state is null || Math.Max(state.Answering, state.Filling) < computation.Version)
            {
                Start(space, computation, state ?? new ComputationState { Number = computation.Number });
            }
            else
            {
                Connect(space, computation, state, before.FindComputation(computation.Id));
            }
        }

        foreach (var space in after.Spaces) Tidy(space, after);
    }

    // Streams that nobody reads go. Streams that are read, and whose filler is gone, begin anew with somebody else.
    private void Tidy(Space space, WorkspaceSnapshot workspace)
    {
        var streams = _context.Computations.StreamsOf(space.Number);
        if (streams.IsEmpty) return;
        var inUse = new Dictionary<string, CompiledDefinition>(StringComparer.Ordinal);
        var fillers = new List<CompiledDefinition>();
        foreach (var computation in workspace.Computations)
        {
            if (computation.SpaceId != space.Id || _context.Computations.Find(space.Number, computation.Number) is not { } state) continue;
            foreach (var definition in _context.Computations.InUse(computation, state))
            {
                foreach (var plan in definition.Streams) inUse.TryAdd(plan.Signature, definition);
                if (definition.Version == state.Filling) fillers.Add(definition);
            }
        }

        streams = streams.Only(inUse.Keys.ToHashSet(StringComparer.Ordinal));
        while (streams.Streams.FirstOrDefault(stream => !stream.IsComplete && !fillers.Exists(filler => filler.Computation == stream.Computation && filler.Version == stream.Version)) is { } orphan)
        {
            // Everything that the new filler was to fill begins again with it, so that nothing is counted twice.
            var filler = fillers.First(each => each.Streams.Any(plan => plan.Signature == orphan.Signature));
            var own = streams.Streams.Where(stream => !stream.IsComplete && filler.Streams.Any(plan => plan.Signature == stream.Signature)
                && (stream.Computation == filler.Computation || !fillers.Exists(other => other.Computation == stream.Computation && other.Version == stream.Version)));
            streams = streams.Restarted(own.Select(stream => stream.Signature).ToHashSet(StringComparer.Ordinal), filler.Computation, filler.Version);
            var state = _context.Computations.Find(space.Number, filler.Computation)!;
            _context.Computations.Put(space.Number, filler.Computation, state with { FillTo = _context.DecidedNext, FilledTo = 0, Gathered = 0 });
        }

        _context.Computations.Put(space.Number, streams);
    }

    /// <summary>Work was gathered.</summary>
    public void Gathered(in ReceivedRecord record, LogOffset offset)
    {
        var gathered = GatheredRecord.Read(record.Payload.Span);
        if (_context.Workspace.FindSpace(gathered.Space) is not { } space) return;
        if (gathered.IsPass) Pass(space, gathered, offset);
        else Fill(space, gathered);
    }

    private void Start(Space space, Computation computation, ComputationState state)
    {
        var definition = _context.Computations.Newest(computation);
        var isRebuilt = ComputationState.IsRebuilt(computation);
        var streams = _context.Computations.StreamsOf(space.Number).With(definition, isComplete: _context.DecidedNext == 0 || !(computation.IncludeHistoricalData || isRebuilt));
        // What others have kept already needs no gathering.
        var isComplete = streams.AreComplete(definition);
        _context.Computations.Put(space.Number, streams);
        // Which events count is settled when a version is defined; building it anew moves nothing.
        var begun = state with
        {
            NeedsPass = false,
            FillTo = _context.DecidedNext,
            FilledTo = 0,
            Gathered = 0,
            Overflow = 0,
            Beginning = isRebuilt ? state.BeganAt : null,
            FillSince = isRebuilt && computation.IncludeHistoricalData ? state.FillSince : Since(computation),
        };
        begun = isComplete
            ? begun.AnsweredBy(computation)
            : begun with { Filling = computation.Version };
        _context.Computations.Put(space.Number, computation.Number, begun);
    }

    private long Since(Computation computation) => !computation.IncludeHistoricalData ? long.MaxValue : computation.BackfillDays is { } days ? _context.Now - (days * 86_400_000L) : long.MinValue;

    // A connection that is new hears of everybody who is in.
    private void Connect(Space space, Computation computation, ComputationState state, Computation? before)
    {
        var known = before?.Connections.Select(connection => connection.Id).ToHashSet(StringComparer.Ordinal) ?? [];
        var added = computation.Connections.Select(connection => connection.Id).Where(id => !known.Contains(id)).ToList();
        if (added.Count > 0 && before is not null) _context.Computations.Put(space.Number, computation.Number, state with { Resend = [.. state.Resend, .. added] });
    }

    // What fragments hold goes when their profiles are next worked on; nobody reads it any more.
    private void Forget(ushort space, ComputationState state)
    {
        var number = state.Number;
        _context.Computations.Put(space, number, null);
        // What was sent under the key shows again, which a pass tells; when nothing was, no profile is touched.
        if (state.HidesSent) _context.Computations.Put(space, number, new ComputationState { Number = number, IsReleased = true, NeedsPass = true });
        _context.Draft.DeleteRange(Table.AudienceMembers, StateKeys.AudienceMember(space, number, default), StateKeys.AudienceMember(space, number + 1, default));
        _context.Draft.DeleteRange(Table.AudienceSizes, StateKeys.AudienceSize(space, number, 0), StateKeys.AudienceSize(space, number + 1, 0));
    }

    private void Fill(Space space, GatheredRecord gathered)
    {
        // A gatherer that was stopped may bring the same events twice; where they begin tells.
        if (_context.Computations.Find(space.Number, gathered.Computation) is not { } state || state.Filling != gathered.Version || state.FilledTo != gathered.From) return;
        var set = _context.Computations.SetOf(space.Number);
        if (set.Find(gathered.Computation)?.Filling is not { } definition) return;
        var own = _context.Computations.StreamsOf(space.Number).Streams.Where(stream => stream.Computation == definition.Computation && stream.Version == definition.Version && !stream.IsComplete)
            .Select(stream => stream.Number).ToHashSet();
        var overflow = 0;
        _computer.Begin(set, _context.Now);
        foreach (var past in gathered.Events)
        {
            if (_context.Graph.FindOwner(past.Identifier) is not { } profile || profile.Find(past.Identifier) is not { } node) continue;
            if (set.StreamsOf(past.Name) is not { } streams) continue;
            var source = _context.Workspace.FindSource(past.Source)?.Id ?? "";
            var parts = new EventParts(past.Name, past.At, source, past.Properties, past.Context, past.PageName);
            overflow += streams.Fold(parts, profile, node.Fragment, _context.Now, own, _computer);
            profile.Remembered = null;
            _context.Graph.Touch(profile);
        }

        var filled = state with { FilledTo = gathered.To, Gathered = state.Gathered + gathered.Events.Count, Overflow = state.Overflow + overflow };
        _context.Computations.Put(space.Number, gathered.Computation, filled);
        if (gathered.To < state.FillTo) return;
        _context.Computations.Put(space.Number, _context.Computations.StreamsOf(space.Number).Completed(definition.Computation, definition.Version));
        foreach (var waiting in _context.Computations.Of(space.Number))
            if (waiting.IsFilling && waiting.FilledTo >= waiting.FillTo) AnswerIfComplete(space, waiting);
    }

    // A definition may wait for streams that another one fills.
    private void AnswerIfComplete(Space space, ComputationState state)
    {
        var computation = _context.Workspace.Computations.First(each => each.Number == state.Number);
        if (!_context.Computations.StreamsOf(space.Number).AreComplete(_context.Computations.Newest(computation))) return;
        _context.Computations.Put(space.Number, state.Number, state.AnsweredBy(computation));
    }

    private void Pass(Space space, GatheredRecord gathered, LogOffset offset)
    {
        var isOnwards = gathered.After == GatheredRecord.Onwards;
        var pass = _context.Computations.PassOf(space.Number) ?? (isOnwards ? null : BeginPass(space.Number));
        if (pass is null || !(isOnwards || (pass.After ?? "") == gathered.After)) return;
        var set = _context.Computations.SetOf(space.Number);
        var profiles = _context.Graph.Next(space.Number, pass.AfterId, gathered.Step);
        foreach (var profile in profiles)
        {
            Sweep(set, profile);
            profile.Remembered = null;
            var isAccount = profile.Collection == ProfileCollection.Accounts;
            _computer.Begin(set, _context.Now);
            foreach (var item in pass.Items)
                if (set.Find(item.Number) is { Answering: { } answering } live && answering.Version == item.Version && live.Computation.IsOfAccounts == isAccount) _computer.Asked.Add(live);
            var cause = CauseOf(space, offset);
            // What a definition is for nothing may be another than before without any result that says so; whoever reads it is asked too.
            foreach (var asked in _computer.Asked.ToList()) _computer.AskReadersDeep(asked.Computation.Key);
            Settle(cause, space, profile);
            // An account may have been asked before its people.
            if (!isAccount && _computer.AsksAccounts) AskAccounts(profile);
            foreach (var item in pass.Items)
            {
                Resend(cause, space, profile, set, item);
                Sent(cause, space, profile, set, item);
            }
        }

        _context.Computations.Put(space.Number, profiles.Count < gathered.Step ? null : pass with { After = profiles[^1].Id.ToString(), Done = pass.Done + profiles.Count });
    }

    private PassState? BeginPass(ushort space)
    {
        var waiting = _context.Computations.Of(space).Where(state => state.NeedsPass || state.Resend.Count > 0).ToList();
        if (waiting.Count == 0) return null;
        foreach (var state in waiting) _context.Computations.Put(space, state.Number, state.IsReleased ? null : state with { NeedsPass = false, Resend = [] });
        return new PassState { Items = [.. waiting.Select(state => new PassItem(state.Number, state.Answering, state.Resend))] };
    }

    private void Resend(in DecidedCause cause, Space space, Profile profile, ComputationSet set, PassItem item)
    {
        if (item.Resend.Count == 0 || _told.Contains(item.Number) || profile.Results?.GetValueOrDefault(item.Number) is not { Json: { } json } result || set.Find(item.Number) is not { } live) return;
        if (live.Computation.IsAudience && !result.IsMember) return;
        var people = profile.Collection == ProfileCollection.Accounts ? _context.People.PeopleOf(profile) : [];
        foreach (var connection in live.Computation.Connections)
            if (item.Resend.Contains(connection.Id)) _output.Tell(cause, space, profile, people, live.Computation, connection, json, profile.Nodes);
    }

    // What was sent under the key of a computation: no longer there for readers of the event log once the computation is, and there again once it is deleted.
    private void Sent(in DecidedCause cause, Space space, Profile profile, ComputationSet set, PassItem item)
    {
        var live = set.Find(item.Number);
        var key = live?.Computation.Key ?? _context.Workspace.Computations.FirstOrDefault(each => each.Number == item.Number)?.Key;
        if (key is null || ProfileView.Winner(profile, key) is not { } sent) return;
        if (live is not null) Hides(space.Number, item.Number);
        // Of a computation that has a result that was told.
        if (live is null || (sent.Json is not null && profile.Results?.GetValueOrDefault(item.Number).Json is null))
            _context.EmitTraits(cause, profile.Id, [new(key, live is null ? sent.Json : null)], replaced: false);
    }

    // Takes out state that no definition wants any more.
    private void Sweep(ComputationSet set, Profile profile)
    {
        foreach (var node in profile.Nodes)
        {
            if (node.Fragment.Folds is not { } folds) continue;
            if (!folds.RemoveAll(stream => !set.Keeps(stream))) continue;
            if (folds.Count == 0) node.Fragment.Folds = null;
            _context.Graph.Touch(profile);
        }
    }
}
