using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Processing.Computing;

/// <summary>
/// Tells the event log, and through it the connected destinations, what became of audiences and computed traits: one event per identifier and connection. An
/// audience that is connected to nothing says one track call, so that its history is there; a trait that is connected to nothing says nothing.
/// </summary>
internal sealed class ComputedOutput(StepContext context)
{
    private const string Email = "email";
    private readonly ComputedEventWriter _writer = new();

    /// <summary>Tells everybody of a change.</summary>
    /// <param name="cause">The record that it follows from.</param>
    /// <param name="space">The space.</param>
    /// <param name="profile">A person, or an account.</param>
    /// <param name="people">Of an account: its people.</param>
    /// <param name="computation">What changed.</param>
    /// <param name="value">What it is now.</param>
    public void Tell(in DecidedCause cause, Space space, Profile profile, IReadOnlyList<Profile> people, Computation computation, byte[]? value)
    {
        if (computation.Connections.IsEmpty)
        {
            if (computation.IsAudience && EngageSource(space) is { } source)
                TellOne(cause, space, source, profile, profile.Nodes[0], EventType.Track, computation, new ComputedMessage(value, context.Now, null, null));
            return;
        }

        foreach (var connection in computation.Connections) Tell(cause, space, profile, people, computation, connection, value, profile.Nodes);
    }

    /// <summary>Tells one destination, of some identifiers of a profile.</summary>
    public void Tell(
        in DecidedCause cause, Space space, Profile profile, IReadOnlyList<Profile> people, Computation computation, ComputationConnection connection, byte[]? value, IReadOnlyList<Node> nodes)
    {
        if (EngageSource(space) is not { } source || IntegrationOf(connection) is not { } integration) return;
        var message = new ComputedMessage(value, context.Now, connection, integration);
        if (profile.Collection == ProfileCollection.Accounts)
        {
            if (connection.SendIdentify)
                foreach (var node in nodes) TellOne(cause, space, source, profile, node, EventType.Group, computation, message with { GroupId = node.Value });
            foreach (var person in people) TellPerson(cause, space, source, person, person.Nodes, computation, message);
            return;
        }

        TellPerson(cause, space, source, profile, nodes, computation, message);
    }

    private void TellPerson(in DecidedCause cause, Space space, Source source, Profile person, IReadOnlyList<Node> nodes, Computation computation, ComputedMessage message)
    {
        foreach (var node in Selected(person, nodes, computation, message))
        {
            var told = Address(person, node, message);
            if (message.Connection!.SendIdentify) TellOne(cause, space, source, person, node, EventType.Identify, computation, told);
            if (message.Connection.SendTrack) TellOne(cause, space, source, person, node, EventType.Track, computation, told);
        }
    }

    // Exits go out for every identifier, so that the tool can remove the person whatever it was told before.
    private static IEnumerable<Node> Selected(Profile person, IReadOnlyList<Node> nodes, Computation computation, ComputedMessage message)
    {
        var isExit = computation.IsAudience && message.Value is not [(byte)'t', ..];
        var hasAnonymous = computation.FilterByExternalIds.IsEmpty || computation.FilterByExternalIds.Contains("anonymous_id");
        var sync = message.Connection!.IdSync;
        foreach (var node in nodes)
        {
            var isTold = node.Type is "user_id" or Email or "ios.idfa" or "android.idfa" || (node.Type == "anonymous_id" && hasAnonymous);
            if (isExit || sync.IsEmpty)
            {
                if (isTold) yield return node;
                continue;
            }

            foreach (var each in sync)
            {
                if (each.ExternalId != node.Type) continue;
                var one = each.Strategy == "first" ? person.Nodes.First(other => other.Type == node.Type) : person.Nodes.Last(other => other.Type == node.Type);
                if (each.Strategy == "all" || one == node) yield return node;
                break;
            }
        }
    }

    // A message must be about somebody: what is no user id itself travels with the newest one, or else with the newest anonymous id.
    private static ComputedMessage Address(Profile person, Node node, ComputedMessage message)
    {
        var userId = node.Type == "user_id" ? node : Newest(person, "user_id");
        var anonymousId = node.Type == "anonymous_id" ? node : userId is null ? Newest(person, "anonymous_id") : null;
        var email = node.Type == Email ? node : Newest(person, Email);
        return message with
        {
            UserId = node.Type == "anonymous_id" ? null : userId?.Value,
            AnonymousId = anonymousId?.Value,
            Email = email?.Value,
            Device = node.Type is "ios.idfa" or "android.idfa" ? (node.Type[..^5], node.Value) : null,
        };
    }

    private static Node? Newest(Profile person, string type)
    {
        for (var at = person.Nodes.Count - 1; at >= 0; at--)
            if (person.Nodes[at].Type == type) return person.Nodes[at];
        return null;
    }

    private void TellOne(in DecidedCause cause, Space space, Source source, Profile profile, Node node, EventType type, Computation computation, ComputedMessage message)
    {
        if (message.UserId is null && message.AnonymousId is null && message.GroupId is null && message.Connection is null) message = AddressOfNobody(profile, node, message);
        var id = ComputedEventWriter.MessageId(cause.ReceivedOffset, context.Told++);
        // Nothing else has such an id; entering it is what makes the passport find the event.
        context.Dedup.Enter(id, source.Number, context.Now, context.DecidedNext);
        var counts = context.Counters[source.Number];
        counts.Received++;
        counts.Accepted++;
        var name = type == EventType.Track ? ComputedEventWriter.EventName(computation, message.Value) : default;
        context.Series.Add(source.Number, context.Now, SourceMetric.Accepted, type, default, new EventLabels(name, default));
        var own = new DecidedCause(type, space.Number, source.Number, cause.ReceivedOffset, context.Now, context.Now, id);
        context.Timeline.Add(new TimelineEntry(space.Number, node.Number, context.Now, context.DecidedNext));
        var records = context.Decided;
        records.BeginRecord();
        DecidedRecord.WriteHead(records, DecidedKind.Event, own, profile.Id);
        records.WriteUInt16(1);
        DecidedRecord.WriteIdentifier(records, profile.Collection, IdentifierKey.TypeOf(node.Key), IdentifierKey.ValueOf(node.Key));
        records.Write(_writer.Write(type, id, computation, space, source, message));
        records.EndRecord();
    }

    private static ComputedMessage AddressOfNobody(Profile profile, Node node, ComputedMessage message) =>
        profile.Collection == ProfileCollection.Accounts ? message with { GroupId = node.Value } : Address(profile, node, message);

    private Source? EngageSource(Space space)
    {
        foreach (var source in context.Workspace.Sources)
            if (source.MetadataId == SourceCatalog.Engage && source.SpaceId == space.Id) return source;
        return null;
    }

    // Its own name, or where another destination is called the same, its id.
    private string? IntegrationOf(ComputationConnection connection)
    {
        if (context.Workspace.FindDestination(connection.DestinationId) is not { } destination) return null;
        var isUnique = context.Workspace.Destinations.Count(other => other.SourceId == destination.SourceId && other.Name == destination.Name) == 1;
        return isUnique ? destination.Name : destination.Id;
    }
}
