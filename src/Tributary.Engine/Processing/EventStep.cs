using System.Text;
using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Profiles;
using Tributary.Engine.Traits;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Processing;

/// <summary>
/// One event through the stages: deduplication → identity → profiles → decision. Reads the store and the graph, writes the context's draft only.
/// </summary>
internal sealed class EventStep(StepContext context, ComputationStep computing)
{
    private static readonly List<KeyValuePair<string, byte[]?>> NoTraits = [];
    private readonly EventFields _fields = new();
    private readonly IdentityResolver _resolver = new();
    private readonly List<Violation> _violations = [];
    private readonly List<KeyValuePair<string, byte[]?>> _changed = [];

    /// <summary>
    /// <para>(1) count it and drop a repeat; (2) read identifiers and traits; (3) resolve the person, and the account of a group call; (4) fold; (5) append the
    /// decision and where it is found again; (6) ask audiences and computed traits.</para>
    /// </summary>
    public void Apply(in ReceivedRecord record, LogOffset offset)
    {
        // :: Step 1
        var counts = context.Counters[record.Source];
        counts.Received++;
        var source = context.Workspace.FindSource(record.Source);
        var space = source is null ? null : context.Workspace.FindSpace(source.SpaceId);
        if (space is null)
        {
            // The source was deleted between the request and the append.
            Rejections.Discard(context, record, offset, DiscardReason.SourceDisabled);
            return;
        }

        if (!context.Dedup.Enter(record.MessageId.Span, record.Source, context.Now, context.DecidedNext))
        {
            counts.Duplicate++;
            context.Series.Add(record.Source, record.ReceivedAt, SourceMetric.Duplicate, record.Type, default, EventLabels.ReadRaw(record.Payload.Span, record.Type));
            return;
        }

        counts.Accepted++;

        // :: Step 2
        var cause = new DecidedCause(record.Type, space.Number, record.Source, offset, record.ReceivedAt, record.Timestamp, record.MessageId);
        var rules = context.RulesOf(space);
        _violations.Clear();
        _fields.Blocked.Clear();
        _fields.Read(space.Number, rules, record.Type, record.MessageId.Span, record.Payload);
        context.Series.Add(record.Source, record.ReceivedAt, SourceMetric.Accepted, record.Type, default, new EventLabels(_fields.Name.Span, _fields.AppVersion));

        // :: Steps 3 and 4
        var messageId = Encoding.UTF8.GetString(record.MessageId.Span);
        var stamp = new Stamp(record.Timestamp, record.ReceivedAt, record.Source, messageId);
        var person = default(Resolved);
        var account = default(Resolved);
        if (_fields.Verdict != Unresolved.None)
        {
            _violations.Add(new Violation(ViolationKind.KeptOut, _fields.Verdict.ToString(), null));
        }
        else
        {
            foreach (var (rule, value) in _fields.Blocked)
                _violations.Add(new Violation(ViolationKind.ValueBlocked, rule.Type, new Identifier(ProfileCollection.Users, rule.Type, value)));
            if (_fields.Users.Count > 0) person = Resolve(_fields.Users, ProfileCollection.Users, rules, cause, stamp, ordinal: 0);
            else if (record.Type != EventType.Set && !IsOfAccountAlone(record.Type)) _violations.Add(new Violation(ViolationKind.NoMatchingIdentifiers, "", null));
            if (_fields.Accounts.Count > 0) account = Resolve(_fields.Accounts, ProfileCollection.Accounts, rules, cause, stamp, ordinal: 1);
        }

        // :: Step 5
        var eventOffset = context.DecidedNext;
        EmitEvent(cause, person.Stamped, record.Payload.Span);
        // Who was merged comes before what the survivor's traits are: readers let the traits of both meet first, and then hear what came of it.
        EmitChanges(person, cause);
        EmitChanges(account, cause);
        var joined = person.Profile is not null && Attach(person, account, cause, stamp, eventOffset);
        List<KeyValuePair<string, byte[]?>> traits = person.Profile is null || _changed.Count == 0 ? NoTraits : [.. _changed];
        if (account.Profile is not null) FoldTraits(account, cause, stamp, isOwner: record.Type == EventType.Group);

        // :: Step 6
        if (person.Profile is not null) computing.Person(cause, space, person, PartsOf(record, source!), traits, joined);
        if (account.Profile is not null) computing.Account(space, account.Profile);
        if (_violations.Count > 0) context.Record(space.Number, offset, cause, person.Profile?.Id ?? default, _violations);
    }

    private Resolved Resolve(
        CarriedIdentifiers carried, ProfileCollection collection, IdentityRules rules, in DecidedCause cause, Stamp stamp, byte ordinal)
    {
        foreach (ref var item in carried.Items) item.Owner = context.Graph.FindOwner(carried.KeyOf(item));
        _resolver.Violations.Clear();
        _resolver.Resolve(carried, rules, context.Now);
        _violations.AddRange(_resolver.Violations);
        var owners = _resolver.Owners;
        var isNew = owners.Count == 0;
        var profile = isNew
            ? context.Graph.Create(ProfileId.Derive(cause.Space, cause.ReceivedOffset.Value, ordinal), cause.Space, collection, context.Now)
            : owners[0];
        // The event keeps the id it was resolved to before the merge it causes: that of the youngest profile it matched.
        var stamped = isNew ? profile.Id : owners[^1].Id;
        // Everything that pointed to a profile which is merged away points to the survivor from now on.
        ProfileId[] merged = owners.Count > 1 ? [.. owners.Skip(1).SelectMany(owner => owner.Nodes).Select(node => node.Part).Distinct().Order()] : [];
        for (var i = 1; i < owners.Count; i++)
        {
            computing.Merging(profile, owners[i]);
            context.Graph.Merge(profile, owners[i]);
        }

        var mapped = MapNew(carried, profile, cause, stamp, ordinal);
        Link(carried, profile, cause, stamp);
        context.Graph.Touch(profile);
        return new Resolved(profile, carried.Items[carried.Strongest()].Node!, stamped, isNew, merged, mapped);
    }

    private List<Node>? MapNew(CarriedIdentifiers carried, Profile profile, in DecidedCause cause, Stamp stamp, byte ordinal)
    {
        List<Node>? mapped = null;
        for (var i = 0; i < carried.Count; i++)
        {
            ref var item = ref carried.Items[i];
            if (item.Owner is not null)
            {
                item.Node = profile.Find(carried.KeyOf(item));
                continue;
            }

            // Unique, and the same in a replay: the record's offset and the place within it.
            var number = ((ulong)cause.ReceivedOffset.Value >> 3 << 7) | ((ulong)ordinal << 6) | (uint)i;
            var node = new Node(number, item.Rule.Type, carried.KeyOf(item).ToArray(), profile.Id, context.Now, cause.Source, stamp.MessageId);
            item.Node = context.Graph.Map(profile, node);
            (mapped ??= []).Add(node);
        }

        return mapped;
    }

    private static void Link(CarriedIdentifiers carried, Profile profile, in DecidedCause cause, Stamp stamp)
    {
        if (carried.Count < 2) return;
        var evidence = new LinkEvidence(cause.Timestamp, stamp.MessageId, cause.ReceivedOffset, cause.Source, cause.Type);
        for (var i = 0; i < carried.Count; i++)
            for (var j = i + 1; j < carried.Count; j++) profile.Join(carried.Items[i].Node!, carried.Items[j].Node!, evidence);
    }

    // What definitions read: track, page and screen calls.
    private EventParts? PartsOf(in ReceivedRecord record, Source source)
    {
        var isPage = record.Type is EventType.Page or EventType.Screen;
        if (record.Type != EventType.Track && !isPage) return null;
        var name = record.Type switch { EventType.Page => EventParts.PageViewed, EventType.Screen => EventParts.ScreenViewed, _ => _fields.Name };
        var at = new Instant(record.Timestamp, record.ReceivedAt, Instant.TieOf(record.MessageId.Span));
        return new EventParts(name, at, source.Id, _fields.Properties, _fields.Context, isPage ? _fields.Name : default);
    }

    // True when the person has become one of the account's.
    private bool Attach(in Resolved person, in Resolved account, in DecidedCause cause, Stamp stamp, long eventOffset)
    {
        var fragment = person.Strongest.Fragment;
        fragment.Count(stamp);
        context.Timeline.Add(new TimelineEntry(cause.Space, person.Strongest.Number, cause.Timestamp, eventOffset));
        FoldTraits(person, cause, stamp, isOwner: cause.Type == EventType.Identify);
        if (account.Profile is null || cause.Type != EventType.Group || !fragment.Join(account.Strongest.Key, stamp)) return false;
        context.People.Add(cause.Space, account.Strongest, person.Strongest);
        return true;
    }

    // What an import or a SQL trait says of an account is about nobody in it.
    private bool IsOfAccountAlone(EventType type) => type == EventType.Group && _fields.Accounts.Count > 0 && _fields.Blocked.Count == 0;

    // The traits of an identify are the person's, those of a group call the account's.
    private void FoldTraits(in Resolved resolved, in DecidedCause cause, Stamp stamp, bool isOwner)
    {
        _changed.Clear();
        if (resolved.Profile!.Collection == ProfileCollection.Accounts) resolved.Strongest.Fragment.Count(stamp);
        if (isOwner && !_fields.Traits.IsEmpty
            && !ProfileFold.Apply(resolved.Profile, resolved.Strongest.Fragment, _fields.Traits, stamp, _changed))
            _violations.Add(new Violation(ViolationKind.TraitLimitExceeded, "", null));
        if (_changed.Count > 0) computing.Hide(cause.Space, _changed);
        if (resolved.Merged.Length > 0) context.EmitAllTraits(cause, resolved.Profile);
        else if (_changed.Count > 0) context.EmitTraits(cause, resolved.Profile.Id, _changed, replaced: false);
    }

    private void EmitEvent(in DecidedCause cause, ProfileId stamped, ReadOnlySpan<byte> payload)
    {
        var records = context.Decided;
        records.BeginRecord();
        DecidedRecord.WriteHead(records, DecidedKind.Event, cause, stamped);
        var isAttached = !stamped.IsNone;
        var accounts = isAttached || _fields.Accounts.Count > 0 ? _fields.Accounts.Count : 0;
        if (_fields.Verdict != Unresolved.None) accounts = 0;
        records.WriteUInt16((ushort)((isAttached ? _fields.Users.Count : 0) + accounts));
        if (isAttached) WriteIdentifiers(records, _fields.Users, ProfileCollection.Users);
        if (accounts > 0) WriteIdentifiers(records, _fields.Accounts, ProfileCollection.Accounts);
        records.Write(payload);
        records.EndRecord();
    }

    private static void WriteIdentifiers(LogRecords records, CarriedIdentifiers carried, ProfileCollection collection)
    {
        // The strongest comes first: it is the one whose fragment the event belongs to.
        var strongest = carried.Strongest();
        DecidedRecord.WriteIdentifier(records, collection, carried.Items[strongest].Rule.TypeUtf8, carried.ValueOf(carried.Items[strongest]));
        for (var i = 0; i < carried.Count; i++)
            if (i != strongest) DecidedRecord.WriteIdentifier(records, collection, carried.Items[i].Rule.TypeUtf8, carried.ValueOf(carried.Items[i]));
    }

    private void EmitChanges(in Resolved resolved, in DecidedCause cause)
    {
        if (resolved.Profile is not { } profile) return;
        if (resolved.IsNew) DecidedRecord.AddGraph(context.Decided, cause, profile.Id, profile.Id);
        foreach (var part in resolved.Merged) DecidedRecord.AddGraph(context.Decided, cause, part, profile.Id);
        foreach (var node in resolved.Mapped ?? [])
        {
            DecidedRecord.AddMapping(
                context.Decided, cause, profile.Id, removed: false, profile.Collection, IdentifierKey.TypeOf(node.Key), IdentifierKey.ValueOf(node.Key));
        }
    }

}

/// <summary>Where an event went in one collection.</summary>
/// <param name="Profile">The profile; null when nobody was found.</param>
/// <param name="Strongest">The identifier whose fragment the event belongs to.</param>
/// <param name="Stamped">The id that the event keeps.</param>
/// <param name="IsNew">The profile was made by it.</param>
/// <param name="Merged">Ids that resolve to the profile from now on.</param>
/// <param name="Mapped">Identifiers that were mapped by it; null when none was.</param>
internal readonly record struct Resolved(Profile? Profile, Node Strongest, ProfileId Stamped, bool IsNew, ProfileId[] Merged, List<Node>? Mapped);
