using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Profiles;
using Tributary.Engine.Storage;
using Tributary.Engine.Traits;
using Tributary.Model;

namespace Tributary.Engine.Tests.Simulation;

/// <summary>What must hold in every world, whatever happened in it. Each law throws with what broke it.</summary>
internal sealed class Laws
{
    private readonly SimulatedStore _store;
    private readonly List<Profile> _profiles;
    private readonly List<(long Offset, DecidedRecord Record)> _decisions = [];

    public Laws(SimulatedStore store, SimulatedFile decided)
    {
        _store = store;
        _profiles = [.. store[Table.Profiles].Select(row => ProfileCodec.Decode(row.Value))];
        var batch = new LogBatch();
        var log = new SimulatedLog(decided, new Random(0), new Faults(new Random(0), 0)) { RecordsPerRead = int.MaxValue };
        if (!log.Read(LogOffset.Zero, batch)) return;
        foreach (var record in batch) _decisions.Add((record.Offset.Value, DecidedRecord.View(record.Payload)));
    }

    public void Hold(Oracle oracle)
    {
        EveryMessageIsCountedOnce(oracle);
        EveryAcceptedMessageIsInTheEventLogOnce(oracle);
        TheTimelineAndTheEventLogAgree();
        EachIdentifierIsOnOneProfile();
        RetiredIdsResolveToLiveProfiles();
        EachProfileIsConnectedByItsLinks();
        NoVetoedPairIsOnOneProfile();
        TheEventLogAloneTellsTheGraph();
        TheEventLogAloneTellsTheTraits();
        MembersAreThoseWhoseResultsSaySo();
        EachTimerIsThatOfALiveProfile();
        WhatWasSaidOfAnAudienceLeadsToItsMembers();
    }

    private void EveryMessageIsCountedOnce(Oracle oracle)
    {
        foreach (var (source, expected) in oracle.Counts)
        {
            var counts = SourceCounters.Read(_store, source);
            Must(counts.Received == counts.Accepted + counts.Duplicate + counts.Quarantined + counts.Discarded.Values.Sum(), $"source {source} loses count: {Text(counts)}");
            var series = SourceSeries.Read(_store, source, byHour: true, 0, long.MaxValue / 2).ToLookup(count => count.Line.Metric, count => count.Count);
            // A town that lives for more than a month has forgotten its first hours.
            var hours = oracle.Hours.Where(hour => hour.Key.Source == source).ToList();
            var kept = hours.Where(hour => hour.Key.Hour > hours[^1].Key.Hour - SourceSeries.HoursKept).Sum(hour => hour.Value);
            Must(series.Sum(metric => metric.Sum()) == kept, $"source {source} counts {series.Sum(metric => metric.Sum())} over time and not {kept}");
            Must(
                kept < counts.Received || (series[SourceMetric.Accepted].Sum(), series[SourceMetric.Duplicate].Sum(), series[SourceMetric.Discarded].Sum(), series[SourceMetric.Quarantined].Sum())
                == (counts.Accepted, counts.Duplicate, counts.Discarded.Values.Sum(), counts.Quarantined), $"source {source} counts over time other than altogether: {Text(counts)}");
            Must(Text(counts) == Text(expected), $"source {source} counts {Text(counts)} and not {Text(expected)}");
        }

        static string Text(SourceCounts counts) =>
            $"{counts.Received} = {counts.Accepted} + {counts.Duplicate} + {counts.Quarantined} + {string.Join('+', counts.Discarded.Select(pair => $"{pair.Value} {pair.Key}"))}";
    }

    private void EveryAcceptedMessageIsInTheEventLogOnce(Oracle oracle)
    {
        var events = Events().Where(entry => entry.Record.Source != Town.Engage).Select(entry => entry.Record.ReceivedOffset.Value).ToList();
        Must(events.SequenceEqual(oracle.Accepted), $"the event log holds {events.Count} events, and {oracle.Accepted.Count} were accepted; or their order differs");
    }

    private void TheTimelineAndTheEventLogAgree()
    {
        var attached = Events().Where(entry => !entry.Record.Profile.IsNone).Select(entry => entry.Offset).ToList();
        var timeline = _store[Table.Timeline].Select(row => StateKeys.ReadTimeline(row.Key).Offset.Value).Order().ToList();
        Must(timeline.SequenceEqual(attached), $"{timeline.Count} places in timelines, {attached.Count} attached events");
        var counted = _profiles.Where(profile => profile.Collection == ProfileCollection.Users).Sum(ProfileView.EventCount);
        var sent = Events().Count(entry => !entry.Record.Profile.IsNone && entry.Record.Source != Town.Engage);
        Must(counted == sent, $"profiles count {counted} events, {sent} are attached");
    }

    private void EachIdentifierIsOnOneProfile()
    {
        var nodes = _profiles.SelectMany(profile => profile.Nodes.Select(node => (Key: Convert.ToHexString(node.Key), profile.Id))).ToList();
        var distinct = nodes.Select(node => node.Key).Distinct().Count();
        Must(distinct == nodes.Count, $"{nodes.Count} identifiers on profiles, {distinct} distinct ones");
        var index = _store[Table.Identifiers].Select(row => (Key: Convert.ToHexString(row.Key), Id: ProfileId.Read(row.Value)));
        Must(index.SequenceEqual(nodes.OrderBy(node => node.Key, StringComparer.Ordinal)), "the table of identifiers and the profiles disagree");
        foreach (var profile in _profiles)
        {
            Must(profile.Nodes.Select(node => node.Number).SequenceEqual(profile.Nodes.Select(node => node.Number).Order()), $"{profile} does not list its oldest identifier first");
            Must(profile.Nodes.Any(node => node.Part == profile.Id), $"{profile} has lost the part that named it");
        }
    }

    private void RetiredIdsResolveToLiveProfiles()
    {
        var holders = _profiles.SelectMany(profile => profile.Nodes.Select(node => (node.Part, profile.Id))).Distinct().ToList();
        foreach (var (part, id) in holders)
        {
            var resolved = _profiles.Any(profile => profile.Id == part) ? part : Retired(part);
            Must(resolved == id, $"{part} stands on {id} and resolves to {resolved}");
        }

        foreach (var (key, value) in _store[Table.Retired])
        {
            var (id, survivor) = (ProfileId.Read(key.AsSpan(2)), ProfileId.Read(value));
            Must(_profiles.Any(profile => profile.Id == survivor), $"retired {id} resolves to {survivor}, which is not there");
            Must(holders.Contains((id, survivor)), $"retired {id} resolves to {survivor}, which has no part of it");
            Must(_profiles.All(profile => profile.Id != id), $"{id} is retired and live");
        }

        foreach (var (_, record) in _decisions)
        {
            if (!record.Profile.IsNone) Must(holders.Any(holder => holder.Part == record.Profile), $"the event log names {record.Profile}, which resolves to nothing");
        }
    }

    private ProfileId Retired(ProfileId id) => _store.Get(Table.Retired, StateKeys.Profile(1, id)) is { } value ? ProfileId.Read(value) : default;

    private void EachProfileIsConnectedByItsLinks()
    {
        foreach (var profile in _profiles)
        {
            Must(profile.Nodes.Count > 0, $"{profile.Id} has no identifier");
            Must(profile.Links.All(link => profile.Nodes.Contains(link.A) && profile.Nodes.Contains(link.B) && link.A.Number < link.B.Number), $"a link of {profile} leads elsewhere");
            Must(profile.Links.Select(link => (link.A.Number, link.B.Number)).Distinct().Count() == profile.Links.Count, $"a link of {profile} stands twice");
            var reached = new HashSet<Node> { profile.Nodes[0] };
            while (profile.Links.FirstOrDefault(link => reached.Contains(link.A) != reached.Contains(link.B)) is { } link) reached.UnionWith([link.A, link.B]);
            Must(reached.Count == profile.Nodes.Count, $"{profile} is not connected by its links");
        }
    }

    private void NoVetoedPairIsOnOneProfile()
    {
        var nodes = _profiles.SelectMany(profile => profile.Nodes).ToDictionary(node => node.Key, BytesComparer.Instance);
        foreach (var profile in _profiles)
        {
            foreach (var node in profile.Nodes)
            {
                foreach (var veto in node.Vetoes ?? [])
                {
                    Must(profile.Find(veto) is null, $"{node} is vetoed from a neighbour on {profile}");
                    Must(nodes[veto].Vetoes?.Any(back => back.AsSpan().SequenceEqual(node.Key)) == true, $"a veto of {node} is not mutual");
                }

                Must((node.Vetoes ?? []).Distinct(BytesComparer.Instance).Count() == (node.Vetoes?.Count ?? 0), $"{node} has a veto twice");
            }
        }
    }

    // The lake and destinations see nothing else.
    private void TheEventLogAloneTellsTheGraph()
    {
        var canonical = new Dictionary<ProfileId, ProfileId>();
        var owners = new SortedDictionary<string, ProfileId>(StringComparer.Ordinal);
        foreach (var (_, record) in _decisions)
        {
            if (record.Kind == DecidedKind.Graph) canonical[record.Profile] = record.Canonical;
            if (record.Kind != DecidedKind.Mapping) continue;
            var key = Convert.ToHexString(IdentifierKey.Of(record.Space, record.MappingIdentifier));
            if (!record.MappingRemoved) owners[key] = record.Profile;
        }

        foreach (var (key, value) in _store[Table.Identifiers])
        {
            var told = owners.TryGetValue(Convert.ToHexString(key), out var mapped) ? canonical[mapped] : default;
            Must(told == ProfileId.Read(value), $"{IdentifierKey.Read(key)} is on {ProfileId.Read(value)}, the event log says {told}");
        }
    }

    private void TheEventLogAloneTellsTheTraits()
    {
        var told = new Dictionary<ProfileId, SortedDictionary<string, string>>();
        foreach (var (_, record) in _decisions.Where(entry => entry.Record.Kind == DecidedKind.Traits))
        {
            if (record.TraitsReplaced || !told.TryGetValue(record.Profile, out var traits)) told[record.Profile] = traits = new SortedDictionary<string, string>(StringComparer.Ordinal);
            using var json = JsonDocument.Parse(record.Payload);
            foreach (var member in json.RootElement.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.Null) traits.Remove(member.Name);
                else traits[member.Name] = member.Value.GetRawText();
            }
        }

        foreach (var profile in _profiles)
        {
            var traitsHeld = new SortedDictionary<string, byte[]>(ProfileView.Traits(profile).ToDictionary(pair => pair.Key, pair => pair.Value.Json!), StringComparer.Ordinal);
            foreach (var (number, result) in profile.Results ?? ResultTable.None)
                if (result.Json is not null) traitsHeld[Town.KeyOf(number)] = result.Json;
            var held = string.Join(' ', traitsHeld.Select(pair => $"{pair.Key}={Encoding.UTF8.GetString(pair.Value)}"));
            var heard = told.TryGetValue(profile.Id, out var traits) ? string.Join(' ', traits.Select(pair => $"{pair.Key}={pair.Value}")) : "";
            Must(held == heard, $"{profile} has the traits {held}, the event log says {heard}");
        }
    }

    private void MembersAreThoseWhoseResultsSaySo()
    {
        var states = _store[Table.Computations].Where(row => row.Key.AsSpan(2).IndexOfAnyExcept((byte)0) >= 0).Select(row => ComputationState.Parse(row.Value)).ToDictionary(state => state.Number);
        var rows = _store[Table.AudienceMembers].Select(row => (Number: BinaryPrimitives.ReadUInt32BigEndian(row.Key.AsSpan(2)), Profile: ProfileId.Read(row.Key.AsSpan(6)))).ToList();
        var members = _profiles.SelectMany(profile => (profile.Results ?? ResultTable.None).Where(result => result.Value.IsMember && states.ContainsKey(result.Key)).Select(result => (Number: result.Key, Profile: profile.Id)))
            .Order().ToList();
        Must(rows.SequenceEqual(members), $"rows say {string.Join(' ', rows)} are in, results {string.Join(' ', members)}");
        foreach (var state in states.Values) Must(state.Size == rows.Count(row => row.Number == state.Number), $"audience {state.Number} says it has {state.Size} members");
    }

    // A timer may outlive the profile that set it, but no live profile waits for one that is not there.
    private void EachTimerIsThatOfALiveProfile()
    {
        var timers = _store[Table.Timers].Select(row => Convert.ToHexString(row.Key)).ToHashSet(StringComparer.Ordinal);
        foreach (var profile in _profiles)
        {
            var due = Traits.ProfileComputer.DueAt(profile);
            Must(profile.TimerAt <= due, $"{profile} is due at {due}, its timer goes off at {profile.TimerAt}");
            Must(profile.TimerAt == long.MaxValue || timers.Contains(Convert.ToHexString(StateKeys.Timer(profile.TimerAt, profile.Space, profile.Id))), $"the timer of {profile} is missing");
        }
    }

    // A tool that heard every entry and exit of the steady audience knows every identifier of those who are in, and nobody else.
    private void WhatWasSaidOfAnAudienceLeadsToItsMembers()
    {
        var told = new Dictionary<(string Key, string About), bool>();
        foreach (var (_, record) in Events().Where(entry => entry.Record.Source == Town.Engage && entry.Record.Type == EventType.Track))
        {
            using var json = JsonDocument.Parse(record.Payload);
            var properties = json.RootElement.GetProperty("properties");
            if (!properties.TryGetProperty("audience_key", out var key) || key.GetString() != Town.KeyOf(1)) continue;
            told[(key.GetString()!, record.FirstIdentifier.ToString())] = properties.GetProperty(key.GetString()!).GetBoolean();
        }

        foreach (var profile in _profiles.Where(profile => profile.Collection == ProfileCollection.Users))
        {
            var isIn = profile.Results is { } results && results.TryGetValue(1, out var result) && result.IsMember;
            foreach (var node in profile.Nodes.Where(node => node.Type is "user_id" or "email" or "anonymous_id"))
                Must(told.GetValueOrDefault((Town.KeyOf(1), node.Identifier.ToString())) == isIn, $"{node} was said to be {(isIn ? "out" : "in")}, and {profile} is not");
        }
    }

    private IEnumerable<(long Offset, DecidedRecord Record)> Events() => _decisions.Where(entry => entry.Record.Kind == DecidedKind.Event);

    private static void Must(bool holds, string otherwise)
    {
        if (!holds) throw new LawBrokenException(otherwise + ".");
    }
}

/// <summary>A law does not hold.</summary>
internal sealed class LawBrokenException(string what, Exception? cause = null) : Exception(what, cause);
