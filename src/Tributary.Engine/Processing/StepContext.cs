using System.Text.Json;
using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Profiles;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Processing;

/// <summary>What a step works on between two commits: the state as of its record, and the draft of what will be committed.</summary>
internal sealed class StepContext(IStateStore store, ProcessingOptions options)
{
    private readonly Dictionary<ushort, IdentityRules> _rules = [];
    private readonly ByteWriter _writer = new();
    private AccountPeople? _people;
    private Utf8JsonWriter? _json;

    public IStateStore Store { get; } = store;

    public ProfileGraph Graph { get; } = new(store, options.ProfileCacheBytes);

    public DedupRing Dedup { get; } = new(store, options.MessageIdDays, options.MessageIdFilterBytes);

    public SourceCounters Counters { get; } = new(store);

    public SourceSeries Series { get; } = new(store);

    /// <summary>How far audiences and computed traits are.</summary>
    public ComputationStates Computations { get; } = new(store);

    /// <summary>When results change by themselves.</summary>
    public TimerQueue Timers { get; } = new(store);

    /// <summary>Who belongs to which account.</summary>
    public AccountPeople People => _people ??= new AccountPeople(Store, Graph);

    /// <summary>What will be appended to the event log.</summary>
    public LogRecords Decided { get; set; } = new(1 << 20);

    /// <summary>Where in the event log <see cref="Decided"/> will begin.</summary>
    public long DecidedBase { get; set; }

    /// <summary>Where the next decided record will lie.</summary>
    public long DecidedNext => DecidedBase + Decided.Frames.Length;

    /// <summary>The writes to the store; replaced after each commit.</summary>
    public IStateDraft Draft { get; set; } = store.Begin();

    /// <summary>Which event belongs to which fragment, since the last commit.</summary>
    public List<TimelineEntry> Timeline { get; set; } = [];

    /// <summary>The workspace as of the record.</summary>
    public WorkspaceSnapshot Workspace { get; private set; } = WorkspaceSnapshot.Empty;

    /// <summary>How many events of our own the record at hand has caused so far.</summary>
    public int Told { get; set; }

    /// <summary>Log time: that of the last tick, milliseconds since 1970. Never goes back.</summary>
    public long Now { get; set; }

    /// <summary>Rules that are used for one space instead of its own; null outside simulations.</summary>
    public IdentityOverride? Identity { get; set; }

    /// <summary>Makes a revision the one in force.</summary>
    public void Use(WorkspaceSnapshot workspace)
    {
        Workspace = workspace;
        _rules.Clear();
    }

    public IdentityRules RulesOf(Space space)
    {
        if (!_rules.TryGetValue(space.Number, out var rules)) _rules[space.Number] = rules = new IdentityRules(Identity is { } other && other.Space == space.Number ? other.Settings : space.Identity);
        return rules;
    }

    /// <summary>Keeps violations where the passport and the insights find them.</summary>
    public void Record(ushort space, LogOffset offset, in DecidedCause cause, ProfileId profile, List<Violation> violations)
    {
        for (var i = 0; i < violations.Count && i < byte.MaxValue; i++)
        {
            _writer.Clear();
            ViolationCodec.Encode(_writer, violations[i], cause, profile);
            Draft.Put(Table.Violations, StateKeys.Violation(space, offset.Value, (byte)i), _writer.Written);
        }
    }

    /// <summary>Appends a record of changed traits to the event log.</summary>
    public void EmitTraits(in DecidedCause cause, ProfileId profile, IEnumerable<KeyValuePair<string, byte[]?>> traits, bool replaced)
    {
        DecidedRecord.BeginTraits(Decided, cause, profile, replaced);
        var json = _json ??= new Utf8JsonWriter(Decided, new JsonWriterOptions { SkipValidation = true, Encoder = WorkspaceSnapshot.Json.Encoder });
        json.Reset(Decided);
        json.WriteStartObject();
        foreach (var (name, value) in traits)
        {
            json.WritePropertyName(name);
            if (value is null) json.WriteNullValue();
            else json.WriteRawValue(value, skipInputValidation: true);
        }

        json.WriteEndObject();
        json.Flush();
        Decided.EndRecord();
    }

    /// <summary>Every trait of a profile: what was sent, and what audiences and computed traits have come to.</summary>
    public IEnumerable<KeyValuePair<string, byte[]?>> AllTraits(Profile profile) =>
        ProfileView.AllTraits(profile, Workspace).Select(pair => new KeyValuePair<string, byte[]?>(pair.Key, pair.Value.Json));

    /// <summary>
    /// Appends all traits of a profile, as after a merge or a split; nothing when it never had any. When none is left, because the other side knew of a
    /// later removal, that is said too: readers still hold what was said before.
    /// </summary>
    public void EmitAllTraits(in DecidedCause cause, Profile profile)
    {
        if (profile.Results is not null || profile.Nodes.Exists(node => node.Fragment.Traits.Count > 0)) EmitTraits(cause, profile.Id, AllTraits(profile), replaced: true);
    }
}

/// <summary>An event of a fragment.</summary>
internal readonly record struct TimelineEntry(ushort Space, ulong Fragment, long Timestamp, long Offset) : IComparable<TimelineEntry>
{
    public int CompareTo(TimelineEntry other)
    {
        var order = Space.CompareTo(other.Space);
        if (order == 0) order = Fragment.CompareTo(other.Fragment);
        if (order == 0) order = Timestamp.CompareTo(other.Timestamp);
        return order != 0 ? order : Offset.CompareTo(other.Offset);
    }

    /// <summary>Writes entries in the order of keys, which the store takes much faster than random ones.</summary>
    public static void Write(List<TimelineEntry> entries, IStateDraft draft)
    {
        entries.Sort();
        Span<byte> key = stackalloc byte[StateKeys.TimelineSize];
        foreach (var entry in entries)
        {
            StateKeys.WriteTimeline(key, entry.Space, entry.Fragment, entry.Timestamp, entry.Offset);
            draft.Put(Table.Timeline, key, default);
        }
    }
}
