using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Audiences;

/// <summary>Makes the list of an audience at a tool that wants one. Registered by the project that talks to such tools.</summary>
/// <param name="Makes">Whether a kind of destination, by its slug, wants a list to be made.</param>
/// <param name="MakeAsync">Makes it; gives the tool's own id of the list, or why there is none.</param>
public sealed record AudienceListMaker(Func<string, bool> Makes, Func<Destination, AudienceListRequest, CancellationToken, Task<(string? ExternalId, string? Error)>> MakeAsync);

/// <summary>The list that is to be made.</summary>
/// <param name="Name">What people call the audience.</param>
/// <param name="Personas">What events say of it in <c>context.personas</c>.</param>
/// <param name="Settings">What the tool wants to know of it; null for nothing.</param>
public sealed record AudienceListRequest(string Name, JsonObject Personas, JsonObject? Settings);

/// <summary><c>…/audiences/{id}/destination-connections</c>, and the same of computed traits: which tools hear of it, by which identifiers.</summary>
internal static class ConnectionsApi
{
    private const int IdSyncMax = 5;

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        Map(endpoints, "audiences", "audience", Computation.Audience);
        Map(endpoints, "computed-traits", "computedTrait", Computation.Trait);
    }

    private static void Map(IEndpointRouteBuilder endpoints, string path, string name, string kind)
    {
        var group = endpoints.MapGroup($"/api/spaces/{{spaceId}}/{path}/{{id}}/destination-connections").WithTags(kind == Computation.Audience ? "Audiences" : "Computed traits");
        group.MapGet("/", (string spaceId, string id, LiveWorkspace workspace) => List(spaceId, id, workspace.Current, name, kind)).WithName($"list{name}Connections").WithSummary("The destinations that hear of it.");
        group.MapPost("/", (HttpContext context, string spaceId, string id, LiveWorkspace workspace, IEnumerable<AudienceListMaker> makers) => AddAsync(context, spaceId, id, workspace, makers, name, kind))
            .WithName($"add{name}Connection").WithSummary("Connects a destination of the space; it hears of everybody who is in, then of each change.");
        group.MapPatch("/{connectionId}", (HttpContext context, string spaceId, string id, string connectionId, LiveWorkspace workspace) => UpdateAsync(context, spaceId, id, connectionId, workspace, name, kind))
            .WithName($"update{name}Connection").WithSummary("Changes what is sent; it counts for what happens from now on.");
        group.MapDelete("/{connectionId}", (HttpContext context, string spaceId, string id, string connectionId, LiveWorkspace workspace) => RemoveAsync(context, spaceId, id, connectionId, workspace, name, kind))
            .WithName($"remove{name}Connection").WithSummary("Disconnects a destination; it keeps what it knows.");
    }

    private static ApiAnswer List(string spaceId, string id, WorkspaceSnapshot now, string name, string kind) => ComputationsApi.Find(now, spaceId, id, kind) is var (_, computation)
        ? ApiAnswer.Data(new JsonObject { ["connections"] = new JsonArray([.. computation.Connections.Select(connection => ComputationJson.Of(connection, now))]) })
        : ComputationsApi.NotFound(name, id);

    private static async Task<ApiAnswer> AddAsync(HttpContext context, string spaceId, string id, LiveWorkspace workspace, IEnumerable<AudienceListMaker> makers, string name, string kind)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var now = workspace.Current;
        if (ComputationsApi.Find(now, spaceId, id, kind) is not var (space, computation)) return ComputationsApi.NotFound(name, id);
        var destinationId = body.Nested("destination")?.Text("id", 100) ?? body.Text("destinationId", 100, required: true) ?? "";
        var connection = Read(body, new ComputationConnection { Id = "con_" + WorkspaceSecrets.NewId(), DestinationId = destinationId });
        if (body.Faults.Count > 0) return ApiAnswer.Refused(WorkspaceRefusal.Invalid(body.Faults));
        if (Refuse(now, space, computation, destinationId) is { } refused) return ApiAnswer.Refused(refused);
        var destination = now.FindDestination(destinationId)!;
        var maker = makers.FirstOrDefault(each => each.Makes(destination.MetadataId));
        if (computation.IsAudience && connection.ExternalAudienceId is null && maker is not null)
        {
            var personas = new JsonObject { ["computation_key"] = computation.Key, ["computation_id"] = computation.Id, ["namespace"] = space.Id, ["space_id"] = space.Id, ["computation_class"] = "audience" };
            var (externalId, error) = await maker.MakeAsync(destination, new AudienceListRequest(computation.Name, personas, connection.AudienceSettings), context.RequestAborted);
            if (externalId is null) return ApiAnswer.Refused(WorkspaceRefusal.Invalid("destinationId", $"The destination did not make a list: {error}"));
            connection = connection with { ExternalAudienceId = externalId };
        }

        var changed = await ComputationsApi.ChangeAsync(context, spaceId, id, workspace, kind, (after, current) =>
            Refuse(after, space, current, destinationId) is { } late ? late : ResourceKind.Put(current with { Connections = current.Connections.Add(connection) }));
        return changed.Refusal is { } failed
            ? ApiAnswer.Refused(failed)
            : ApiAnswer.Data(new JsonObject { ["connection"] = ComputationJson.Of(connection, changed.Snapshot) }, StatusCodes.Status201Created);
    }

    private static WorkspaceRefusal? Refuse(WorkspaceSnapshot now, Space space, Computation computation, string destinationId)
    {
        if (now.FindDestination(destinationId) is not { } destination) return WorkspaceRefusal.Invalid("destinationId", $"There is no destination \"{destinationId}\".");
        var engage = EngageSource.Of(now, space);
        if (engage is null || destination.SourceId != engage.Id)
            return WorkspaceRefusal.Invalid("destinationId", $"The destination belongs to another source. Create one for the source of the space's audiences, \"{engage?.Id}\".");
        return computation.Connections.Any(connection => connection.DestinationId == destinationId) ? WorkspaceRefusal.Conflict("destinationId", "The destination is connected already.") : null;
    }

    private static async Task<ApiAnswer> UpdateAsync(HttpContext context, string spaceId, string id, string connectionId, LiveWorkspace workspace, string name, string kind)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var changed = await ComputationsApi.ChangeAsync(context, spaceId, id, workspace, kind, (_, current) =>
        {
            if (current.Connections.FirstOrDefault(each => each.Id == connectionId) is not { } connection) return WorkspaceRefusal.NotFound("connection", connectionId);
            var read = Read(body, connection);
            return body.Faults.Count > 0 ? WorkspaceRefusal.Invalid(body.Faults) : ResourceKind.Put(current with { Connections = current.Connections.Replace(connection, read) });
        });
        return changed.Refusal is { } failed || ComputationsApi.Find(changed.Snapshot, spaceId, id, kind) is not var (_, computation)
            ? ApiAnswer.Refused(changed.Refusal ?? WorkspaceRefusal.NotFound("connection", connectionId))
            : ApiAnswer.Data(new JsonObject { ["connection"] = ComputationJson.Of(computation.Connections.First(each => each.Id == connectionId), changed.Snapshot) });
    }

    private static async Task<ApiAnswer> RemoveAsync(HttpContext context, string spaceId, string id, string connectionId, LiveWorkspace workspace, string name, string kind)
    {
        var changed = await ComputationsApi.ChangeAsync(context, spaceId, id, workspace, kind, (_, current) => current.Connections.Any(each => each.Id == connectionId)
            ? ResourceKind.Put(current with { Connections = current.Connections.RemoveAll(each => each.Id == connectionId) })
            : WorkspaceRefusal.NotFound("connection", connectionId));
        return changed.Refusal is { } failed ? ApiAnswer.Refused(failed) : ApiAnswer.Deleted();
    }

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
}
