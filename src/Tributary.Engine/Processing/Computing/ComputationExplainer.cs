using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Profiles;
using Tributary.Engine.Storage;
using Tributary.Engine.Traits;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Processing.Computing;

/// <summary>
/// Says why somebody is in an audience or not, or why a trait has its value: the tree of conditions with the value of each, the events behind it, and when the
/// answer will change by itself. Reads what is committed.
/// </summary>
internal sealed class ComputationExplainer(IStateStore store, ProfileQueries profiles)
{
    /// <summary>Most events that are shown for a condition, the newest first.</summary>
    public const int EventsMax = 10;

    // Far enough for every explanation that somebody would read to its end.
    private const int LookedAtMax = 20_000;

    /// <summary>Explains; null when the computation does not answer yet.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="space">The space.</param>
    /// <param name="computation">What is to be explained.</param>
    /// <param name="profile">Whose answer.</param>
    public JsonObject? Explain(WorkspaceSnapshot workspace, Space space, Computation computation, Profile profile)
    {
        var states = new ComputationStates(store);
        states.Load(workspace);
        var set = states.SetOf(space.Number);
        if (set.Find(computation.Number) is not { Answering: { } definition } live) return null;
        var now = ProcessingPosition.Read(store).Now;
        var computer = new ProfileComputer(PeopleOf, AccountsOf);
        computer.Begin(set, now);
        var (json, reading) = computer.Answer(profile, live);
        var answer = new JsonObject
        {
            ["profile"] = profile.Id.ToString(),
            ["key"] = computation.Key,
            ["value"] = json is null ? null : JsonNode.Parse(json),
            ["asOf"] = Time(now),
            ["changesAt"] = Time(reading.Horizon),
        };
        if (computation.FilterByExternalIds is { IsEmpty: false } wanted && profile.Collection == ProfileCollection.Users)
        {
            answer["identifiers"] = new JsonObject
            {
                ["holds"] = profile.Nodes.Exists(node => wanted.Contains(node.Type)),
                ["wanted"] = new JsonArray([.. wanted.Select(type => JsonValue.Create(type))]),
            };
        }

        var explanation = new Explanation(this, workspace, computer, definition, profile, now);
        answer["condition"] = definition.Definition.Condition is null ? explanation.OfValue(live) : explanation.Of(definition.Clause, null);
        return answer;
    }

    private List<Profile> PeopleOf(Profile account) => [.. profiles.Members(account).Select(profiles.FindByKey).OfType<Profile>().DistinctBy(person => person.Id).OrderBy(person => person.Id)];

    private List<Profile> AccountsOf(Profile person) => [.. person.Nodes.SelectMany(node => node.Fragment.Accounts?.Keys.AsEnumerable() ?? []).Select(profiles.FindByKey).OfType<Profile>().DistinctBy(account => account.Id)];

    private IEnumerable<DecidedRecord> EventsOf(Profile owner) => profiles.Events(owner, long.MinValue, long.MaxValue, ascending: false);

    private static string? Time(long time) => time == long.MaxValue ? null : ProfileWriter.Iso(time);

    /// <summary>One explanation: what each part of the definition says of the profile.</summary>
    private sealed class Explanation(ComputationExplainer explainer, WorkspaceSnapshot workspace, ProfileComputer computer, CompiledDefinition definition, Profile profile, long now)
    {
        private readonly Reading _reading = new();

        public JsonObject Of(Clause clause, Profile? person)
        {
            Begin();
            bool holds;
            using (person is null ? default(IDisposable) : _reading.LookAt(person)) holds = clause.Holds(_reading, default, default);
            var json = new JsonObject { ["query"] = QueryPrinter.Print(clause.Condition), ["holds"] = holds, ["changesAt"] = Time(_reading.Horizon) };
            switch (clause)
            {
                case PeopleClause people:
                    json["people"] = new JsonArray([.. explainer.PeopleOf(profile).Take(EventsMax).Select(one =>
                    {
                        var each = Of(people.Parts[0], one);
                        each["profile"] = one.Id.ToString();
                        return (JsonNode)each;
                    })]);
                    break;
                case CompareClause compare:
                    Compared(json, compare.Left, person);
                    break;
                case CountClause count:
                    Compared(json, count.Left, person);
                    break;
                case DateClause date:
                    Compared(json, date.Left, person);
                    break;
                default:
                    json["parts"] = new JsonArray([.. clause.Parts.Select(part => (JsonNode)Of(part, person))]);
                    break;
            }

            return json;
        }

        public JsonObject OfValue(LiveComputation live)
        {
            var json = new JsonObject { ["query"] = QueryPrinter.Print(definition.Definition), ["value"] = computer.Answer(profile, live).Json is { } value ? JsonNode.Parse(value) : null };
            if (definition.Streams.Count > 0) json["events"] = Events(definition.Streams[0], null);
            return json;
        }

        private void Compared(JsonObject json, ValueNode left, Profile? person)
        {
            Begin();
            using (person is null ? default(IDisposable) : _reading.LookAt(person))
            {
                var values = left.Read(_reading, default, default);
                json["value"] = values.Count switch
                {
                    0 => null,
                    1 => Node(values.First),
                    _ => new JsonArray([.. Enumerable.Range(0, values.Count).Select(i => Node(values[i]))]),
                };
            }

            if (left is ReduceNode reduce) json["events"] = Events(reduce.Plan, person);
        }

        private static JsonNode? Node(QueryValue value) => Reductions.Json(value) is { } json ? JsonNode.Parse(json) : null;

        private void Begin() => _reading.Begin(definition, profile, profile.Collection == ProfileCollection.Accounts ? explainer.PeopleOf(profile) : [], computer.TraitOf, now);

        // The events that the stream is made of. Where only their number is kept, they are looked up in the timeline and judged again.
        private JsonArray Events(StreamPlan plan, Profile? person)
        {
            HashSet<Instant>? kept = null;
            Begin();
            using (person is null ? default(IDisposable) : _reading.LookAt(person))
            {
                if (plan.Kind == FoldKind.Rows) kept = [.. _reading.Rows(plan, default).Select(row => row.At)];
            }

            var events = new JsonArray();
            var many = new List<QueryValue>();
            IEnumerable<Profile> owners = person is not null ? [person] : profile.Collection == ProfileCollection.Accounts ? explainer.PeopleOf(profile) : [profile];
            foreach (var record in owners.SelectMany(owner => explainer.EventsOf(owner)).Take(LookedAtMax))
            {
                if (events.Count == EventsMax) break;
                if (PartsOf(record) is not { } parts || Encoding.UTF8.GetString(parts.Name.Span) != plan.Reduction.Stream.Event) continue;
                if (kept?.Contains(parts.At) == false || plan.Excluded.Contains(parts.SourceId)) continue;
                var row = new Row(parts.At, [.. plan.Slots.Select(slot => parts.Read(slot, many))]);
                if (!plan.Early.TrueForAll(clause => clause.Holds(_reading, row, default))) continue;
                events.Add((JsonNode)new JsonObject { ["messageId"] = Encoding.UTF8.GetString(record.MessageId.Span), ["event"] = plan.Reduction.Stream.Event, ["timestamp"] = Time(record.Timestamp) });
            }

            return events;
        }

        private EventParts? PartsOf(DecidedRecord record)
        {
            var isPage = record.Type is EventType.Page or EventType.Screen;
            if ((record.Type != EventType.Track && !isPage) || workspace.FindSource(record.Source) is { MetadataId: SourceCatalog.Engage }) return null;
            using var message = JsonDocument.Parse(record.Payload, new JsonDocumentOptions { MaxDepth = 128 });
            byte[] Text(string name) => message.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? Encoding.UTF8.GetBytes(value.GetString()!) : [];
            byte[] Raw(string name) => message.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? Encoding.UTF8.GetBytes(value.GetRawText()) : [];
            var name = record.Type switch { EventType.Page => EventParts.PageViewed, EventType.Screen => EventParts.ScreenViewed, _ => Text("event") };
            var at = new Instant(record.Timestamp, record.ReceivedAt, Instant.TieOf(record.MessageId.Span));
            return new EventParts(name, at, workspace.FindSource(record.Source)?.Id ?? "", Raw("properties"), Raw("context"), isPage ? Text("name") : default(ReadOnlyMemory<byte>));
        }
    }
}
