using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Audiences;

/// <summary>Connects audiences and computed traits to destinations on behalf of somebody: the management API for a token, the console for a member.</summary>
public sealed class ConnectionDesk(LiveWorkspace workspace, DestinationCatalog catalog, IEnumerable<AudienceListMaker> makers)
{
    private const int IdSyncMax = 5;

    /// <summary>The source whose destinations hear of what is computed in a space; null before there is anything.</summary>
    public static Source? SourceOf(WorkspaceSnapshot now, string spaceId) => now.FindSpace(spaceId) is { } space ? EngageSource.Of(now, space) : null;

    /// <summary>The destinations that one may be connected to and is not, by age.</summary>
    public static IReadOnlyList<Destination> OpenFor(WorkspaceSnapshot now, Computation computation) => SourceOf(now, computation.SpaceId) is { } source
        ? [.. now.Destinations.Where(destination => destination.SourceId == source.Id && computation.Connections.All(connection => connection.DestinationId != destination.Id))]
        : [];

    /// <summary>Whether a kind of destination, by its slug, keeps a list that is made when an audience is connected.</summary>
    public bool MakesList(string metadataId) => makers.Any(maker => maker.Makes(metadataId));

    /// <summary>Connects a destination, which hears of everybody who is in, then of each change. At a tool that keeps lists the list is made first.</summary>
    /// <param name="author">Who asks, for the audit log.</param>
    /// <param name="spaceId">The space, by id or slug.</param>
    /// <param name="id">The audience or trait, by id or key.</param>
    /// <param name="kind"><see cref="Computation.Audience"/> or <see cref="Computation.Trait"/>.</param>
    /// <param name="input">The connection, as the management API takes it.</param>
    /// <param name="cancellationToken">Until the change is made.</param>
    /// <returns>The connection's id, which means nothing when the change was refused.</returns>
    public async ValueTask<(string Id, WorkspaceChanged Changed)> AddAsync(string author, string spaceId, string id, string kind, JsonInput input, CancellationToken cancellationToken)
    {
        var now = workspace.Current;
        if (ComputationDesk.Find(now, spaceId, id, kind) is not var (space, computation)) return Refused(now, WorkspaceRefusal.NotFound(ComputationDesk.NameOf(kind), id));
        var destinationId = input.Nested("destination")?.Text("id", 100) ?? input.Text("destinationId", 100, required: true) ?? "";
        var connection = Read(input, new ComputationConnection { Id = "con_" + WorkspaceSecrets.NewId(), DestinationId = destinationId });
        if (input.Faults.Count > 0) return Refused(now, WorkspaceRefusal.Invalid(input.Faults));
        if (Refuse(now, space, computation, destinationId) is { } refused) return Refused(now, refused);
        var destination = now.FindDestination(destinationId)!;
        if (computation.IsAudience && connection.ExternalAudienceId is null && makers.FirstOrDefault(each => each.Makes(destination.MetadataId)) is { } maker)
        {
            CheckSettings(input, destination.MetadataId, connection.AudienceSettings);
            if (input.Faults.Count > 0) return Refused(now, WorkspaceRefusal.Invalid(input.Faults));
            var personas = new JsonObject { ["computation_key"] = computation.Key, ["computation_id"] = computation.Id, ["namespace"] = space.Id, ["space_id"] = space.Id, ["computation_class"] = "audience" };
            var (externalId, error) = await maker.MakeAsync(destination, new AudienceListRequest(computation.Name, personas, connection.AudienceSettings), cancellationToken);
            if (externalId is null) return Refused(now, WorkspaceRefusal.Invalid("destinationId", $"The destination did not make a list: {error}"));
            connection = connection with { ExternalAudienceId = externalId };
        }

        return (connection.Id, await ComputationDesk.ChangeAsync(
            workspace, author, spaceId, id, kind,
            (after, current) => Refuse(after, space, current, destinationId) is { } late ? late : ResourceKind.Put(current with { Connections = current.Connections.Add(connection) }), cancellationToken));
    }

    /// <summary>Changes the fields that are given; it counts for what happens from now on.</summary>
    public ValueTask<WorkspaceChanged> UpdateAsync(string author, string spaceId, string id, string kind, string connectionId, JsonInput input, CancellationToken cancellationToken) => ComputationDesk.ChangeAsync(
        workspace, author, spaceId, id, kind, (_, current) =>
        {
            if (current.Connections.FirstOrDefault(each => each.Id == connectionId) is not { } connection) return WorkspaceRefusal.NotFound("connection", connectionId);
            var read = Read(input, connection);
            return input.Faults.Count > 0 ? WorkspaceRefusal.Invalid(input.Faults) : ResourceKind.Put(current with { Connections = current.Connections.Replace(connection, read) });
        }, cancellationToken);

    /// <summary>Disconnects a destination; it keeps what it knows.</summary>
    public ValueTask<WorkspaceChanged> RemoveAsync(string author, string spaceId, string id, string kind, string connectionId, CancellationToken cancellationToken) => ComputationDesk.ChangeAsync(
        workspace, author, spaceId, id, kind, (_, current) => current.Connections.Any(each => each.Id == connectionId)
            ? ResourceKind.Put(current with { Connections = current.Connections.RemoveAll(each => each.Id == connectionId) })
            : WorkspaceRefusal.NotFound("connection", connectionId), cancellationToken);

    /// <summary>A connection with the fields that are sent. What is wrong with them is among the body's faults.</summary>
    public static ComputationConnection Read(JsonInput body, ComputationConnection connection)
    {
        var sync = connection.IdSync;
        if (body.Has("idSyncConfiguration"))
        {
            var read = ImmutableArray.CreateBuilder<IdSync>();
            foreach (var each in body.Objects("idSyncConfiguration", IdSyncMax))
            {
                var strategy = (each.Text("strategy", 10, required: true) ?? "all").ToLowerInvariant();
                if (strategy is not ("first" or "last" or "all")) each.Fault("strategy", "strategy must be first, last or all.");
                read.Add(new IdSync(each.Text("externalId", Identifier.TypeLengthMax, required: true) ?? "", strategy));
            }

            sync = read.ToImmutable();
        }

        return connection with
        {
            IdSync = sync,
            ExternalAudienceId = body.Text("externalAudienceId", 500) ?? connection.ExternalAudienceId,
            AudienceSettings = body.Object("audienceSettings") ?? connection.AudienceSettings,
            SendIdentify = body.Flag("sendIdentify") ?? connection.SendIdentify,
            SendTrack = body.Flag("sendTrack") ?? connection.SendTrack,
        };
    }

    private static WorkspaceRefusal? Refuse(WorkspaceSnapshot now, Space space, Computation computation, string destinationId)
    {
        if (now.FindDestination(destinationId) is not { } destination) return WorkspaceRefusal.Invalid("destinationId", $"There is no destination \"{destinationId}\".");
        var engage = EngageSource.Of(now, space);
        if (engage is null || destination.SourceId != engage.Id)
            return WorkspaceRefusal.Invalid("destinationId", $"The destination belongs to another source. Create one for the source of the space's audiences, \"{engage?.Id}\".");
        return computation.Connections.Any(connection => connection.DestinationId == destinationId) ? WorkspaceRefusal.Conflict("destinationId", "The destination is connected already.") : null;
    }

    // Said here, beside its field, rather than by the tool after a request that cannot succeed.
    private void CheckSettings(JsonInput input, string metadataId, JsonObject? settings)
    {
        foreach (var option in catalog.Find(metadataId)?.AudienceOptions ?? [])
        {
            if (option.Required && option.Default.ValueKind == JsonValueKind.Undefined && settings?[option.Name] is null)
                input.Fault($"audienceSettings.{option.Name}", $"audienceSettings.{option.Name} is missing: {option.Label}.");
        }
    }

    private static (string Id, WorkspaceChanged Changed) Refused(WorkspaceSnapshot now, WorkspaceRefusal refusal) => ("", new WorkspaceChanged(now, refusal));
}
