using System.Text;
using System.Text.Json;
using Tributary.Engine.Identity;
using Tributary.Engine.Lake.Evaluating;
using Tributary.Engine.Log;
using Tributary.Engine.Tests.Lake;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Traits;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Tests.Audiences;

/// <summary>
/// People and accounts with a past in which everything occurs that definitions tell apart, and both evaluators: the one that folds events as they come, and the
/// one that asks the lake.
/// </summary>
public sealed class Neighbourhood : IDisposable
{
    private const long Hour = 3_600_000;
    private const long Day = 24 * Hour;

    private static readonly string[] Values =
    [
        "1", "2", "2.5", "\"2\"", "\"2.50\"", "-3", "0.1", "1e3", "\"1000\"", "1e300", "true", "false", "\"true\"", "null", "\"\"", "\"abc\"", "\"ABC\"", "\"abcdef\"", "\"äöü 😀\"", "\"\\u0061bc\"",
        "\"2026-01-20\"", "\"2026-02-09T12:00:00Z\"", "\"2026-02-10T10:00:00+02:00\"", "\"2026-02-09T12:00:00\"", "[1,2]", "[\"abc\",\"x\"]", "{\"b\":\"abc\"}", "{\"b\": 7}", "[{\"s\":\"a\",\"n\":1},{\"s\":\"b\",\"n\":5}]",
        "[]", "\"a\\u001eb\\u001fc\"", "\"a'b\"",
    ];

    private readonly PastWorld _world = new();
    private readonly Dictionary<string, Profile> _profiles = [];
    private readonly LakeEvaluator _evaluator;
    private ComputationSet _computed = ComputationSet.Empty;

    public Neighbourhood()
    {
        _evaluator = new LakeEvaluator(_world.Database, TimeProvider.System);
        var river = _world.River;
        river.At(40);
        Live(river, new Random(7));
        _world.Define("vip", "event('Bought').count() >= 4");
        _world.Define("spent", "event('Bought').sum(property('price'))", kind: Computation.Trait);
        _world.Define("orders", "event('Bought').count()", kind: Computation.Trait);
        _world.Define("logins", "event('Seen').count()", computation => computation with { FilterByExternalIds = ["user_id"] }, Computation.Trait);
        _world.Define("copied", "trait('logins')", kind: Computation.Trait);
        _world.Define("big", "event('Bought').count() >= 5", type: "ACCOUNTS");
        _world.Define("busiest", "event('Bought').mode(property('sku'), 1)", kind: Computation.Trait, type: "ACCOUNTS");
        _world.GatherAsync().GetAwaiter().GetResult();
        _world.Settle();
        Read();
    }

    internal PastWorld World => _world;

    internal LakeEvaluator Evaluator => _evaluator;

    /// <summary>Log time.</summary>
    public long Now => _world.River.Now;

    internal DefinitionQuestion Question => new(1, Now) { Keys = DefinitionQuestion.KeysOf(_computed) };

    public static DefinitionScopeName ScopeOf(string type) => type == "ACCOUNTS" ? DefinitionScopeName.Accounts : DefinitionScopeName.Users;

    internal static Definition Parse(string query, DefinitionScopeName scope)
    {
        var of = scope == DefinitionScopeName.Accounts ? DefinitionScope.Accounts : DefinitionScope.Users;
        return QueryParser.TryParse(query, of, null, out var definition, out var fault) ? definition : throw new FormatException($"{query}: {fault}");
    }

    /// <summary>What the river's evaluator says of everybody: <c>profile=json</c>, sorted.</summary>
    internal IReadOnlyList<string> ByFolding(Definition definition)
    {
        var computation = new Computation
        {
            Id = "aud_x",
            Number = 999,
            Version = 1,
            SpaceId = "spa_default",
            Kind = definition.Kind == DefinitionKind.Audience ? Computation.Audience : Computation.Trait,
            Key = "under test",
            Name = "Under test",
            Type = definition.Scope == DefinitionScope.Accounts ? "ACCOUNTS" : "USERS",
            Query = "",
        };
        var compiled = CompiledDefinition.Of(999, 1, definition);
        var streams = SharedStreams.None.With(compiled, isComplete: true);
        foreach (var plan in compiled.Streams) plan.Number = streams.Find(plan.Signature)!.Number;
        var live = new LiveComputation(computation, compiled, null);
        var set = new ComputationSet([.. _computed.All.Select(each => new LiveComputation(each.Computation, each.Answering, each.Filling)), live]);
        foreach (var node in _profiles.Values.SelectMany(profile => profile.Nodes)) node.Fragment.Folds = null;
        var computer = new ProfileComputer(PeopleOf, AccountsOf);
        computer.Begin(set, Now);
        foreach (var (profile, key, parts) in _past)
            set.StreamsOf(parts.Name.Span)?.Fold(parts, profile, profile.Find(key)!.Fragment, Now, streams.Streams.Select(stream => stream.Number).ToHashSet(), computer);
        var collection = definition.Scope == DefinitionScope.Accounts ? ProfileCollection.Accounts : ProfileCollection.Users;
        return
        [
            .. _profiles.Values.Where(profile => profile.Collection == collection)
                .Select(profile => Said(profile.Id, computer.Answer(profile, live).Json)).Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>What the lake says of everybody, in the same form.</summary>
    internal async Task<IReadOnlyList<string>> ByLakeAsync(Definition definition, CancellationToken cancellationToken)
    {
        var answers = await _evaluator.AnswersAsync(definition, Question, cancellationToken);
        return [.. answers.Answers.Select(pair => Said(pair.Key, pair.Value)).Order(StringComparer.Ordinal)];
    }

    public void Dispose() => _world.Dispose();

    private readonly List<(Profile Profile, byte[] Identifier, EventParts Parts)> _past = [];

    private static string Said(ProfileId id, byte[]? json) => $"{id}={(json is null ? "nothing" : Encoding.UTF8.GetString(json))}";

    private IReadOnlyList<Profile> PeopleOf(Profile account)
    {
        var keys = account.Nodes.Select(node => node.Key).ToHashSet(BytesComparer.Instance);
        return
        [
            .. _profiles.Values.Where(profile => profile.Collection == ProfileCollection.Users
                && profile.Nodes.Exists(node => node.Fragment.Accounts is { } accounts && accounts.Keys.Any(keys.Contains))).OrderBy(profile => profile.Id),
        ];
    }

    private IReadOnlyList<Profile> AccountsOf(Profile person)
    {
        var keys = person.Nodes.SelectMany(node => node.Fragment.Accounts?.Keys.ToArray() ?? []).ToHashSet(BytesComparer.Instance);
        return [.. _profiles.Values.Where(profile => profile.Collection == ProfileCollection.Accounts && profile.Nodes.Exists(node => keys.Contains(node.Key))).OrderBy(profile => profile.Id)];
    }

    private void Live(River river, Random chance)
    {
        var names = new[] { "Bought", "Bought", "Seen", "Added", "Added", "It's \"odd\"" };
        for (var person = 0; person < 24; person++)
        {
            var user = $"u{person}";
            river.Identify(user, $"a{person}", $$"""
                {"plan":{{Value(chance)}},"age":{{Value(chance)}},"since":{{Value(chance)}},"address":{"city":{{Value(chance)}}},"tags":{{Value(chance)}},"it's":{{Value(chance)}}}
                """);
            // Some are known by two names, some were two until later.
            if (person % 5 == 0) river.Identify(null, $"b{person}", """{"plan":"two"}""");
            for (var count = chance.Next(person == 0 ? 1 : 14); count > 0; count--)
            {
                var who = chance.Next(3) switch { 0 => $"\"anonymousId\":\"a{person}\"", 1 when person % 5 == 0 => $"\"anonymousId\":\"b{person}\"", _ => $"\"userId\":\"{user}\"" };
                var properties = $$"""{"price":{{Value(chance)}},"sku":{{Value(chance)}},"n":{{chance.Next(4)}},"when":{{Value(chance)}},"a":{{Value(chance)}},"items":{{Value(chance)}}}""";
                var source = chance.Next(4) == 0 ? River.HelpDesk : River.Website;
                var at = Time(chance);
                var context = chance.Next(2) == 0 ? $$""","context":{"ip":"1.1.1.1","page":{"path":{{Value(chance)}} } }""" : "";
                switch (chance.Next(8))
                {
                    case 0:
                        var name = chance.Next(2) == 0 ? "\"name\":\"Home\"," : "";
                        river.Send(EventType.Page, $"{name}{who},\"properties\":{properties}{context}", timestamp: at, source: source);
                        break;
                    case 1:
                        river.Send(EventType.Screen, $"\"name\":\"Main\",{who}{context}", timestamp: at, source: source);
                        break;
                    default:
                        river.Send(EventType.Track, $"\"event\":{JsonSerializer.Serialize(names[chance.Next(names.Length)])},{who},\"properties\":{properties}{context}", timestamp: at, source: source);
                        break;
                }
            }

            if (person % 5 == 0 && person % 2 == 0) river.Identify(user, $"b{person}");
            if (person % 3 != 0) river.Group(user, $"g{person % 4}", $$"""{"plan":{{Value(chance)}},"seats":{{chance.Next(9)}}}""");
            if (person % 7 == 0) river.Group(user, $"g{(person + 1) % 4}");
        }

        river.Group(null, "empty", """{"plan":"pro"}""");
        // A session that is still open, and one that ended.
        foreach (var minutes in new[] { 5, 20, 45, 70, 200, 230 }) river.Track("u1", extra: $"\"properties\":{{\"n\":{minutes}}}", timestamp: Now - (minutes * 60_000));
        foreach (var minutes in new[] { 100, 110 }) river.Track("u2", timestamp: Now - (minutes * 60_000));
        // Pauses of exactly as long as may be, and of a moment more; the last one before and after the session has ended.
        foreach (var (user, times) in new[] { ("quiet1", new[] { 10, 40, 70 }), ("quiet2", [10, 40, 71]), ("quiet3", [30]), ("quiet4", [31]) })
            foreach (var minutes in times) river.Track(user, extra: $"\"properties\":{{\"n\":{minutes}}}", timestamp: Now - (minutes * 60_000));
        // What happens together, and exactly at the ends of windows.
        foreach (var (name, hours) in new[] { ("Added", 72), ("Bought", 72), ("Bought", 71), ("Bought", 48), ("Added", 24), ("Bought", 0), ("Bought", -1) })
            river.Send(EventType.Track, $"\"event\":\"{name}\",\"userId\":\"punctual\",\"properties\":{{\"n\":{hours + 1}}}", timestamp: Now - (hours * Hour));
    }

    private long Time(Random chance) => chance.Next(10) switch
    {
        0 => Now + (chance.Next(48) * Hour),
        < 4 => Now - (chance.Next(120) * 60_000),
        < 7 => Now - (chance.Next(72) * Hour),
        _ => Now - (chance.Next(60) * Day),
    };

    private static string Value(Random chance) => Values[chance.Next(Values.Length)];

    // The events as the river folds them, from what it decided; read by another reader than its own.
    private void Read()
    {
        foreach (var profile in _world.River.Profiles()) _profiles[profile.Id.ToString()] = profile;
        var owners = _profiles.Values.SelectMany(profile => profile.Nodes.Select(node => (node.Key, profile))).ToDictionary(pair => pair.Key, pair => pair.profile, BytesComparer.Instance);
        foreach (var record in _world.River.Decisions())
        {
            if (record.Kind != DecidedKind.Event || record.Profile.IsNone || record.Type is not (EventType.Track or EventType.Page or EventType.Screen)) continue;
            using var message = JsonDocument.Parse(record.Payload);
            var root = message.RootElement;
            var name = record.Type switch { EventType.Page => "Page Viewed", EventType.Screen => "Screen Viewed", _ => root.GetProperty("event").GetString()! };
            var page = record.Type != EventType.Track && root.TryGetProperty("name", out var of) ? Encoding.UTF8.GetBytes(of.GetString()!) : [];
            var key = IdentifierKey.Of(1, record.FirstIdentifier);
            _past.Add((owners[key], key, new EventParts(
                Encoding.UTF8.GetBytes(name), new Instant(record.Timestamp, record.ReceivedAt, Instant.TieOf(record.MessageId.Span)), record.Source == River.Website ? "website" : "helpdesk",
                Raw(root, "properties"), Raw(root, "context"), page)));
        }

        _computed = new ComputationSet(_world.Workspace.Computations.Select(computation => new LiveComputation(
            computation, CompiledDefinition.Of(computation.Number, computation.Version, Parse(computation.Query, ScopeOf(computation.Type))), null)));
    }

    private static byte[] Raw(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? Encoding.UTF8.GetBytes(value.GetRawText()) : [];
}

/// <summary>Whom a definition is about, for tests that are public.</summary>
public enum DefinitionScopeName
{
    Users,
    Accounts,
}
