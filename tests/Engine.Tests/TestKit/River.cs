using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Profiles;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Tests.TestKit;

/// <summary>The engine on a real disk, from received log to event log, with words for what clients do. Time moves by <see cref="At"/> only.</summary>
internal sealed class River : IDisposable
{
    public const uint Website = 1;
    public const uint HelpDesk = 2;
    private readonly TemporaryFolder _folder = new();
    private readonly LogRecords _records = new();
    private int _messages;
    private long _now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    public River(IdentitySettings? identity = null, string? folder = null)
    {
        Folder = folder ?? _folder.Path;
        Received = SegmentLog.Open(Path.Combine(Folder, "received"), new SegmentLogOptions { SegmentBytes = 1 << 20 }, Clock);
        Store = RocksStateStore.Open(Path.Combine(Folder, "state"));
        Decided = SegmentLog.Open(
            Path.Combine(Folder, "decided"), new SegmentLogOptions { SegmentBytes = 1 << 20, KnowsItsEnd = false }, Clock, ProcessingPosition.Read(Store).Decided);
        Processor = new Processor(Received, Decided, Store, Progress, Options, Clock, NullLogger<Processor>.Instance);
        if (Received.End != LogOffset.Zero) return;
        Revise(
            new ResourceChange("space", "spa_default", Body(new Space { Id = "spa_default", Number = 1, Slug = "default", Name = "Default", Identity = identity ?? IdentitySettings.Default })),
            new ResourceChange("source", "website", Body(new Source { Id = "website", Number = Website, Slug = "website", Name = "Website", MetadataId = "javascript", SpaceId = "spa_default", WriteKeys = ["wk-website"] })),
            new ResourceChange("source", "helpdesk", Body(new Source { Id = "helpdesk", Number = HelpDesk, Slug = "help-desk", Name = "Help desk", MetadataId = "http-api", SpaceId = "spa_default", WriteKeys = ["wk-helpdesk"] })));
        Tick();
    }

    public string Folder { get; }

    public FakeTimeProvider Clock { get; } = new();

    public SegmentLog Received { get; }

    public SegmentLog Decided { get; }

    public RocksStateStore Store { get; }

    public Processor Processor { get; }

    public ProcessingProgress Progress { get; } = new();

    public ProcessingOptions Options { get; } = new() { MessageIdFilterBytes = 1 << 16 };

    /// <summary>Log time; milliseconds since 1970.</summary>
    public long Now => _now;

    private long Revision { get; set; }

    /// <summary>Moves the log's clock to a day after the beginning.</summary>
    public River At(double day)
    {
        _now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(day).ToUnixTimeMilliseconds();
        return Tick();
    }

    /// <summary>A tick with a time of its own; later messages are stamped with it.</summary>
    public River TickAt(long time)
    {
        _now = time;
        return Tick();
    }

    public River Tick()
    {
        _records.Clear();
        ReceivedRecord.AddTick(_records, _now);
        return Append();
    }

    public River Revise(params ResourceChange[] changes)
    {
        _records.Clear();
        var revision = new WorkspaceRevision(++Revision, "test", _now, [.. changes]);
        ReceivedRecord.AddJson(_records, ReceivedKind.Revision, _now, JsonSerializer.SerializeToUtf8Bytes(revision, WorkspaceSnapshot.Json));
        return Append();
    }

    public River Identity(IdentitySettings settings) =>
        Revise(new ResourceChange("space", "spa_default", Body(new Space { Id = "spa_default", Number = 1, Slug = "default", Name = "Default", Identity = settings })));

    /// <summary>Sends an event. Members of <paramref name="json"/> are those of the message, without outer braces.</summary>
    public River Send(EventType type, string json, string? messageId = null, long? timestamp = null, uint source = Website)
    {
        messageId ??= $"m{++_messages}";
        var at = timestamp ?? _now + _messages;
        _records.Clear();
        ReceivedRecord.BeginEvent(_records, type, source, _now + _messages, at, Encoding.UTF8.GetBytes(messageId));
        _records.Write(Encoding.UTF8.GetBytes($$"""{"type":"{{type.Name()}}","messageId":"{{messageId}}"{{(json.Length > 0 ? "," : "")}}{{json}}}"""));
        _records.EndRecord();
        return Append();
    }

    /// <summary>Sends an identify whose times of event and receipt are both given, whatever the place in the log.</summary>
    public River SendAt(EventType type, string? user, string? anonymous, string traits, string messageId, long time)
    {
        _records.Clear();
        ReceivedRecord.BeginEvent(_records, type, Website, time, time, Encoding.UTF8.GetBytes(messageId));
        _records.Write(Encoding.UTF8.GetBytes($$"""{{{Join("\"type\":\"" + type.Name() + "\"", Member("userId", user), Member("anonymousId", anonymous), "\"traits\":" + traits)}}}"""));
        _records.EndRecord();
        return Append();
    }

    public River Discard(DiscardReason reason, string messageId = "", string payload = "{}", uint source = Website)
    {
        _records.Clear();
        ReceivedRecord.AddDiscard(_records, default, reason, source, _now, Encoding.UTF8.GetBytes(messageId), Encoding.UTF8.GetBytes(payload));
        return Append();
    }

    public River Identify(string? user = null, string? anonymous = null, string? traits = null, string? messageId = null, long? timestamp = null) =>
        Send(EventType.Identify, Join(Member("userId", user), Member("anonymousId", anonymous), traits is null ? null : $"\"traits\":{traits}"), messageId, timestamp);

    public River Track(string? user = null, string? anonymous = null, string? extra = null, string? messageId = null, long? timestamp = null) =>
        Send(EventType.Track, Join("\"event\":\"Seen\"", Member("userId", user), Member("anonymousId", anonymous), extra), messageId, timestamp);

    public River Page(string? user = null, string? anonymous = null, string? messageId = null) =>
        Send(EventType.Page, Join(Member("userId", user), Member("anonymousId", anonymous)), messageId);

    public River Group(string? user, string group, string? traits = null) =>
        Send(EventType.Group, Join(Member("userId", user), Member("groupId", group), traits is null ? null : $"\"traits\":{traits}"));

    public ProfileCommandResult Merge(string profile, string with) => Order(new ProfileCommand { Id = NextCommand(), Kind = ProfileCommandKind.Merge, Space = 1, Profile = profile, With = with });

    public ProfileCommandResult Split(string profile, params string[] identifiers) =>
        Order(new ProfileCommand { Id = NextCommand(), Kind = ProfileCommandKind.Split, Space = 1, Profile = profile, Identifiers = [.. identifiers] });

    public ProfileCommandResult Order(ProfileCommand command)
    {
        _records.Clear();
        ReceivedRecord.AddJson(_records, ReceivedKind.Command, _now, command.ToJson());
        Append();
        Processor.RunToEnd();
        return ProfileCommandResult.Parse(Store.Get(Table.Commands, Encoding.UTF8.GetBytes(command.Id)));
    }

    /// <summary>Processes everything and returns this.</summary>
    public River Run()
    {
        Processor.RunToEnd();
        return this;
    }

    /// <summary>The live profile of <c>type:value</c>, or null; as the store has it.</summary>
    public Profile? Find(string identifier, ProfileCollection collection = ProfileCollection.Users)
    {
        Run();
        IdentifierKey.TryParse(collection, identifier, out var parsed);
        return Store.Get(Table.Identifiers, IdentifierKey.Of(1, parsed!.Value)) is { } id ? Profile(ProfileId.Read(id)) : null;
    }

    public Profile? Profile(ProfileId id) => Store.Get(Table.Profiles, StateKeys.Profile(1, id)) is { } bytes ? ProfileCodec.Decode(bytes) : null;

    /// <summary>The identifiers of a profile, sorted: <c>anonymous_id:a1 user_id:u1</c>.</summary>
    public string Identifiers(string identifier) => string.Join(' ', Find(identifier)!.Nodes.Select(node => node.ToString()).Order(StringComparer.Ordinal));

    /// <summary>The traits of a profile as JSON.</summary>
    public string Traits(string identifier, ProfileCollection collection = ProfileCollection.Users) =>
        "{" + string.Join(',', ProfileView.Traits(Find(identifier, collection)!).Select(pair => $"\"{pair.Key}\":{Encoding.UTF8.GetString(pair.Value.Json!)}")) + "}";

    public IEnumerable<Profile> Profiles() => Store.Scan(Table.Profiles, [0], [0xFF]).Select(row => ProfileCodec.Decode(row.Value));

    /// <summary>All decided records, copied.</summary>
    public List<DecidedRecord> Decisions()
    {
        Run();
        var batch = new LogBatch();
        var all = new List<DecidedRecord>();
        for (var from = LogOffset.Zero; Decided.Read(from, batch); from = batch.Next)
            foreach (var record in batch) all.Add(DecidedRecord.View(record.Payload.ToArray()));
        return all;
    }

    public DecidedRecord EventOf(string messageId) =>
        Decisions().Single(record => record.Kind == DecidedKind.Event && Encoding.UTF8.GetString(record.MessageId.Span) == messageId);

    public List<RecordedViolation> Violations() => [.. Run().Store.Scan(Table.Violations, [0], [0xFF]).Select(row => ViolationCodec.Decode(row.Value))];

    public SourceCounts Counts(uint source = Website) => SourceCounters.Read(Run().Store, source);

    public void Dispose()
    {
        Received.Dispose();
        Decided.Dispose();
        Store.Dispose();
        _folder.Dispose();
    }

    public static JsonObject Body<T>(T resource) => JsonSerializer.SerializeToNode(resource, WorkspaceSnapshot.Json)!.AsObject();

    public static IdentitySettings Rules(params (string Type, int Limit, LimitWindow Window)[] limits) => IdentitySettings.Default with
    {
        Identifiers = [.. IdentitySettings.Default.Identifiers.Select(rule =>
            limits.FirstOrDefault(limit => limit.Type == rule.Type) is { Type: not null } limit ? rule with { Limit = limit.Limit, Window = limit.Window } : rule)],
    };

    private string NextCommand() => $"cmd_{++_messages}";

    private River Append()
    {
        Received.AppendAsync(_records).AsTask().GetAwaiter().GetResult();
        return this;
    }

    private static string? Member(string name, string? value) => value is null ? null : $"\"{name}\":\"{value}\"";

    private static string Join(params string?[] members) => string.Join(',', members.Where(member => member is not null));
}
