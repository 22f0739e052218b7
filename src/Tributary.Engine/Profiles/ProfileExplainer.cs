using System.Text;
using System.Text.Json.Nodes;
using Tributary.Engine.Identity;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Profiles;

/// <summary>Says why a profile is one: its identifiers, the events that link them, what was merged, vetoed and demoted.</summary>
public sealed class ProfileExplainer(IStateStore store, Func<WorkspaceSnapshot> workspace)
{
    private const int ViolationsSearchedMax = 10_000;
    private const int ViolationsShownMax = 100;

    /// <summary>A profile in brief.</summary>
    internal JsonObject Describe(Profile profile) => new()
    {
        ["id"] = profile.Id.IsNone ? null : profile.Id.ToString(),
        ["collection"] = profile.Collection == ProfileCollection.Users ? "users" : "accounts",
        ["createdAt"] = ProfileWriter.Iso(profile.CreatedAt),
        ["eventCount"] = ProfileView.EventCount(profile),
        ["identifiers"] = new JsonArray([.. profile.Nodes.Select(node => (JsonNode)node.ToString())]),
        ["traits"] = new JsonObject(ProfileView.Traits(profile).Select(pair => new KeyValuePair<string, JsonNode?>(pair.Key, JsonNode.Parse(pair.Value.Json)))),
        ["sources"] = new JsonArray([.. SourcesOf(profile).Select(source => (JsonNode?)SourceName(source))]),
    };

    // A source may have told of traits only, of identifiers that another had named before, or of nothing but links.
    private static IEnumerable<uint> SourcesOf(Profile profile) => profile.Nodes
        .SelectMany(node => node.Fragment.Traits.Values.Select(trait => trait.Stamp).Append(node.Fragment.First).Append(node.Fragment.Last)
            .OfType<Stamp>().Select(stamp => stamp.Source).Append(node.Source))
        .Concat(profile.Links.Select(link => link.Evidence.Source))
        .Where(source => source != 0).Distinct().Order();

    /// <summary>All evidence of a profile.</summary>
    internal JsonObject Explain(Profile profile)
    {
        var data = Describe(profile);
        data["identifiers"] = new JsonArray([.. profile.Nodes.Select(Identifier)]);
        data["links"] = new JsonArray([.. profile.Links.Select(Evidence)]);
        data["mergedFrom"] = new JsonArray([.. profile.Nodes.Select(node => node.Part).Distinct().Where(part => part != profile.Id).Order().Select(part => (JsonNode)part.ToString())]);
        data["violations"] = new JsonArray([.. Violations(profile)]);
        return data;
    }

    /// <summary>The shortest chain of events that joins two identifiers, or that there is none and why.</summary>
    internal JsonObject ExplainPath(Profile profile, string from, Profile other, string to)
    {
        var data = new JsonObject { ["profile"] = profile.Id.ToString(), ["from"] = from, ["to"] = to, ["connected"] = profile.Id == other.Id };
        if (profile.Id != other.Id)
        {
            data["otherProfile"] = other.Id.ToString();
            data["path"] = new JsonArray();
            data["vetoes"] = new JsonArray([.. profile.Nodes.SelectMany(node => (node.Vetoes ?? []).Where(key => other.Find(key) is not null)
                .Select(key => (JsonNode)new JsonArray(node.ToString(), IdentifierKey.Read(key).ToString())))]);
            return data;
        }

        var path = FindPath(profile, NodeOf(profile, from), NodeOf(profile, to));
        data["path"] = new JsonArray([.. path.Select(Evidence)]);
        return data;
    }

    private static Node NodeOf(Profile profile, string name) =>
        IdentifierKey.TryParse(profile.Collection, name, out var identifier) && profile.Find(IdentifierKey.Of(profile.Space, identifier.Value)) is { } node
            ? node
            : profile.Nodes[0];

    /// <summary>The shortest chain of links between two identifiers of a profile; empty when there is none.</summary>
    internal static List<Link> FindPath(Profile profile, Node from, Node to)
    {
        // Breadth first, so that the chain is as short as it can be.
        var by = new Dictionary<Node, Link?> { [from] = null };
        var queue = new Queue<Node>([from]);
        while (queue.TryDequeue(out var node) && node != to)
        {
            foreach (var link in profile.Links)
            {
                var next = link.A == node ? link.B : link.B == node ? link.A : null;
                if (next is not null && by.TryAdd(next, link)) queue.Enqueue(next);
            }
        }

        var path = new List<Link>();
        for (var at = to; by.GetValueOrDefault(at) is { } link; at = link.A == at ? link.B : link.A) path.Insert(0, link);
        return path;
    }

    private JsonNode Identifier(Node node) => new JsonObject
    {
        ["type"] = node.Type,
        ["id"] = node.Value,
        ["createdAt"] = ProfileWriter.Iso(node.CreatedAt),
        ["source"] = SourceName(node.Source),
        ["firstMessageId"] = node.FirstMessageId,
        ["eventCount"] = node.Fragment.EventCount,
        ["firstProfile"] = node.Part.ToString(),
        ["vetoes"] = new JsonArray([.. (node.Vetoes ?? []).Select(key => (JsonNode)IdentifierKey.Read(key).ToString())]),
    };

    private JsonNode Evidence(Link link)
    {
        var evidence = link.Evidence;
        var data = new JsonObject
        {
            ["between"] = new JsonArray(link.A.ToString(), link.B.ToString()),
            ["messageId"] = evidence.MessageId,
            ["type"] = evidence.Type == 0 ? "command" : evidence.Type.Name(),
            ["source"] = SourceName(evidence.Source),
            ["timestamp"] = ProfileWriter.Iso(evidence.Timestamp),
            ["receivedOffset"] = evidence.Offset.Value,
            ["count"] = link.Count,
        };
        return data;
    }

    /// <summary>What went against a rule of identity at events of a profile, the newest first.</summary>
    internal IEnumerable<JsonNode> Violations(Profile profile)
    {
        var bound = StateKeys.Violation(profile.Space, 0, 0);
        return store.Scan(Table.Violations, bound, StateKeys.Violation(profile.Space, long.MaxValue, byte.MaxValue), backwards: true)
            .Take(ViolationsSearchedMax)
            .Select(row => ViolationCodec.Decode(row.Value))
            .Where(violation => violation.Profile == profile.Id || profile.Nodes.Exists(node => node.Part == violation.Profile))
            .Take(ViolationsShownMax)
            .Select(Violation);
    }

    /// <summary>A violation as the API shows it.</summary>
    internal JsonNode Violation(RecordedViolation violation) => new JsonObject
    {
        ["violation"] = Identity.Violation.Name(violation.Kind),
        ["identifierType"] = violation.Type.Length == 0 ? null : violation.Type,
        ["demoted"] = violation.Demoted?.ToString(),
        ["messageId"] = violation.MessageId,
        ["type"] = violation.EventType == 0 ? "command" : violation.EventType.Name(),
        ["source"] = SourceName(violation.Source),
        ["receivedAt"] = ProfileWriter.Iso(violation.ReceivedAt),
    };

    private JsonNode? SourceName(uint source) => source == 0 ? null : workspace().FindSource(source)?.Slug ?? Encoding.UTF8.GetString("deleted source"u8);
}
