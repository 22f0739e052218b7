using System.Text.Json.Nodes;
using Tributary.Engine.Traits;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Audiences;

/// <summary>Audiences and computed traits as Segment's Public API shows them, and how far they are.</summary>
internal static class ComputationJson
{
    /// <summary>One audience or computed trait.</summary>
    public static JsonObject Of(Computation computation, Space space, ComputationQueries queries)
    {
        var state = queries.StateOf(space, computation);
        var pass = queries.PassOf(space);
        var json = new JsonObject
        {
            ["id"] = computation.Id,
            ["spaceId"] = space.Id,
            ["name"] = computation.Name,
            ["description"] = computation.Description,
            ["key"] = computation.Key,
            ["enabled"] = computation.Enabled,
            ["definition"] = new JsonObject { ["type"] = computation.Type, ["query"] = computation.Query },
            ["options"] = Options(computation),
            ["status"] = Status(computation, state, pass),
            ["createdBy"] = computation.CreatedBy,
            ["createdAt"] = ApiJson.Time(computation.CreatedAt),
            ["updatedBy"] = computation.UpdatedBy,
            ["updatedAt"] = ApiJson.Time(computation.UpdatedAt),
            // There is no other: what time changes leaves on time by itself.
            ["computeCadence"] = new JsonObject { ["type"] = "REALTIME" },
        };
        if (computation.IsAudience)
        {
            json["audienceType"] = computation.Type;
            json["size"] = new JsonObject { ["count"] = state?.Size ?? 0, ["type"] = computation.Type };
        }

        if (Progress(computation, state, pass) is { } progress) json["progress"] = progress;
        if (state is { Overflow: > 0 }) json["warning"] = $"{state.Overflow} events had no room in the state of their profile and do not count.";
        return json;
    }

    /// <summary>A connection to a destination.</summary>
    public static JsonObject Of(ComputationConnection connection, WorkspaceSnapshot workspace) => new()
    {
        ["id"] = connection.Id,
        ["destination"] = new JsonObject
        {
            ["id"] = connection.DestinationId,
            ["name"] = workspace.FindDestination(connection.DestinationId)?.Name,
            ["metadata"] = workspace.FindDestination(connection.DestinationId)?.MetadataId,
        },
        ["externalAudienceId"] = connection.ExternalAudienceId,
        ["audienceSettings"] = connection.AudienceSettings?.DeepClone(),
        ["idSyncConfiguration"] = new JsonArray([.. connection.IdSync.Select(each => new JsonObject { ["externalId"] = each.ExternalId, ["strategy"] = each.Strategy })]),
        ["sendIdentify"] = connection.SendIdentify,
        ["sendTrack"] = connection.SendTrack,
    };

    private static JsonObject Options(Computation computation)
    {
        var options = new JsonObject
        {
            ["includeHistoricalData"] = computation.IncludeHistoricalData,
            ["filterByExternalIds"] = new JsonArray([.. computation.FilterByExternalIds.Select(id => JsonValue.Create(id))]),
        };
        if (computation.BackfillDays is { } days) options["backfillEventDataDays"] = days;
        if (!computation.IsAudience) options["includeAnonymousUsers"] = computation.FilterByExternalIds.IsEmpty || computation.FilterByExternalIds.Contains("anonymous_id");
        return options;
    }

    // Segment's words for these.
    public static string Status(Computation computation, ComputationState? state, PassState? pass)
    {
        if (!computation.Enabled) return "Disabled";
        if (state is null || Math.Max(state.Answering, state.Filling) < computation.Version) return "Preparing";
        if (state.IsFilling) return "Backfilling";
        return state.NeedsPass || pass?.Items.Any(item => item.Number == computation.Number) == true ? "Computing" : "Live";
    }

    private static JsonObject? Progress(Computation computation, ComputationState? state, PassState? pass)
    {
        if (state is { IsFilling: true })
        {
            return new JsonObject
            {
                ["stage"] = "history",
                ["events"] = state.Gathered,
                ["share"] = state.FillTo == 0 ? 1 : Math.Round(state.FilledTo / (double)state.FillTo, 4),
                ["answering"] = state.Answering != 0,
            };
        }

        if (pass?.Items.Any(item => item.Number == computation.Number) == true) return new JsonObject { ["stage"] = "profiles", ["profiles"] = pass.Done };
        return state is { NeedsPass: true } ? new JsonObject { ["stage"] = "profiles", ["profiles"] = 0 } : null;
    }
}
