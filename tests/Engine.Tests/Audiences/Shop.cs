using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Tests.Audiences;

/// <summary>A river with words for what a marketer does and sees. Days count from the river's beginning.</summary>
internal sealed class Shop : IDisposable
{
    public const long Day = 86_400_000;
    public const long Hour = 3_600_000;
    private const uint EngageNumber = 9;
    private static readonly long Beginning = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private readonly Dictionary<string, Computation> _computations = new(StringComparer.Ordinal);
    private long _revision = 1;

    public Shop()
    {
        River.Revise(
            new ResourceChange("source", "engage", River.Body(new Source { Id = "engage", Number = EngageNumber, Slug = "personas-default", Name = "Engage", MetadataId = SourceCatalog.Engage, SpaceId = "spa_default", WriteKeys = ["wk-engage"] })));
    }

    public River River { get; } = new();

    /// <summary>Saves an audience; the same key again changes it.</summary>
    public Shop Audience(string key, string query, string type = "USERS", params string[] connections) => Save(Computation.Audience, key, query, type, connections);

    /// <summary>Saves a computed trait.</summary>
    public Shop Trait(string key, string query, string type = "USERS", params string[] connections) => Save(Computation.Trait, key, query, type, connections);

    /// <summary>Changes what was saved.</summary>
    public Shop Change(string key, Func<Computation, Computation> change)
    {
        _computations[key] = change(_computations[key]);
        return Put(_computations[key]);
    }

    public Computation Of(string key) => _computations[key];

    /// <summary>A destination of the space.</summary>
    public Shop Destination(string id, string name)
    {
        River.Revise(new ResourceChange("destination", id, River.Body(new Destination { Id = id, Number = (uint)(100 + id.Length), Name = name, MetadataId = "webhook", SourceId = "engage" })));
        return this;
    }

    public Shop At(double day)
    {
        River.At(day);
        return this;
    }

    /// <summary>A person does something, now or on a day.</summary>
    public Shop Does(string user, string what, string? properties = null, double? day = null, uint source = River.Website)
    {
        long? time = day is { } given ? Beginning + (long)(given * Day) : River.Now;
        River.Send(EventType.Track, $"\"event\":\"{what}\",\"userId\":\"{user}\"{(properties is null ? "" : $",\"properties\":{properties}")}", timestamp: time, source: source);
        return this;
    }

    public Shop Is(string user, string traits)
    {
        River.Identify(user: user, traits: traits);
        return this;
    }

    /// <summary>Whether somebody is in an audience.</summary>
    public bool IsIn(string key, string user) => Result(key, user) == "true";

    /// <summary>The value of a computation for a person, as JSON; null for none.</summary>
    public string? Result(string key, string user, ProfileCollection collection = ProfileCollection.Users)
    {
        var identifier = user.Contains(':', StringComparison.Ordinal) ? user : $"{(collection == ProfileCollection.Users ? "user_id" : "group_id")}:{user}";
        return River.Find(identifier, collection)?.Results?.GetValueOrDefault(_computations[key].Number).Json is { } json ? Encoding.UTF8.GetString(json) : null;
    }

    /// <summary>Works off passes over all profiles, as the gatherer does.</summary>
    public Shop Pass()
    {
        River.Run();
        for (var after = ""; after is not null;)
        {
            Gather(new Tributary.Engine.Processing.Computing.GatheredRecord { Space = 1, After = after });
            River.Run();
            after = River.Store.Get(Table.Computations, StateKeys.Computation(1, 0)) is { } pass ? Tributary.Engine.Traits.PassState.Parse(pass).After : null;
        }

        return this;
    }

    public void Gather(Tributary.Engine.Processing.Computing.GatheredRecord gathered)
    {
        var writer = new Tributary.Engine.Identity.ByteWriter();
        gathered.Write(writer);
        var records = new LogRecords();
        ReceivedRecord.AddGathered(records, River.Now, writer.Written);
        River.Received.AppendAsync(records).AsTask().GetAwaiter().GetResult();
    }

    public Tributary.Engine.Traits.ComputationState State(string key) =>
        Tributary.Engine.Traits.ComputationState.Parse(River.Run().Store.Get(Table.Computations, StateKeys.Computation(1, _computations[key].Number)));

    /// <summary>The members by their rows, as profile ids.</summary>
    public List<string> Members(string key)
    {
        var number = _computations[key].Number;
        return [.. River.Run().Store.Scan(Table.AudienceMembers, StateKeys.AudienceMember(1, number, default), StateKeys.AudienceMember(1, number + 1, default))
            .Select(row => ProfileId.Read(row.Key.AsSpan(6)).ToString())];
    }

    /// <summary>What was said to destinations and the log about audiences and traits.</summary>
    public List<JsonObject> Said() =>
        [.. River.Decisions().Where(record => record.Kind == DecidedKind.Event && record.Source == EngageNumber).Select(record => JsonNode.Parse(record.Payload.Span)!.AsObject())];

    /// <summary>The same in short: <c>track Audience Entered big user:ada</c>.</summary>
    public List<string> SaidInShort() => [.. Said().Select(message =>
    {
        var key = message["context"]!["personas"]!["computation_key"]!.GetValue<string>();
        var values = (message["properties"] ?? message["traits"])!;
        var about = message["groupId"] is { } group ? $"group:{group}" : message["userId"] is { } user ? $"user:{user}" : $"anonymous:{message["anonymousId"]}";
        return $"{message["type"]} {message["event"]?.GetValue<string>() ?? "-"} {key}={values[key]?.ToJsonString() ?? "null"} {about}";
    })];

    public void Dispose() => River.Dispose();

    private Shop Save(string kind, string key, string query, string type, string[] connections)
    {
        var known = _computations.GetValueOrDefault(key);
        _computations[key] = new Computation
        {
            Id = known?.Id ?? $"{(kind == Computation.Audience ? "aud" : "tra")}_{key}",
            Number = known?.Number ?? (uint)(_computations.Count + 1),
            Version = (uint)++_revision,
            SpaceId = "spa_default",
            Kind = kind,
            Key = key,
            Name = key,
            Type = type,
            Query = query,
            Connections = [.. connections.Select(id => new ComputationConnection { Id = "con_" + id, DestinationId = id })],
        };
        return Put(_computations[key]);
    }

    private Shop Put(Computation computation)
    {
        River.Revise(ResourceKind.Put(computation));
        return this;
    }
}
