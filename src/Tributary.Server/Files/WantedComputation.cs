using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Tributary.Engine.Audiences;
using Tributary.Engine.Lake.SqlTraits;
using Tributary.Engine.Workspace;

namespace Tributary.Server.Files;

/// <summary>An audience or computed trait as a file wants it.</summary>
/// <param name="Space">The slug or id of its space.</param>
/// <param name="Content">What it is when nothing is left open; checked as the API does.</param>
/// <param name="Sent">What the file says, in the shape of the API; a field that is not there stays as it is.</param>
/// <param name="Connections">All of its connections; null when the file leaves them open.</param>
internal sealed record WantedComputation(string Space, Computation Content, JsonObject Sent, ImmutableArray<WantedConnection>? Connections)
{
    /// <summary>How plans call it, and how the list is called in files.</summary>
    public string Word => Content.IsAudience ? "audience" : "computed trait";

    public static WantedComputation Read(JsonInput input, string kind)
    {
        input.Allow("key", "name", "space", "description", "enabled", "definition", "options", "connections");
        input.Nested("definition")?.Allow("type", "query");
        input.Nested("options")?.Allow("includeHistoricalData", "filterByExternalIds", "includeAnonymousUsers", "backfillEventDataDays");
        var space = input.Text("space", 255) ?? WorkspaceSetup.DefaultSpace;
        var content = ComputationForm.Read(input, kind, isNamedByKey: true);
        var sent = input.Whole();
        sent.Remove("space");
        sent.Remove("connections");
        sent["name"] ??= content.Key;
        return new WantedComputation(
            space, input.Has("name") ? content : content with { Name = "" }, sent, input.Has("connections") ? [.. input.Objects("connections", 1_000).Select(WantedConnection.Read)] : null);
    }

    /// <summary>What the API shows, read as the file is: so that the two can be compared.</summary>
    public static Computation Present(JsonObject shown, string kind)
    {
        var body = shown.DeepClone().AsObject();
        // It follows from the list of identifiers, and would be taken for another list.
        (body["options"] as JsonObject)?.Remove("includeAnonymousUsers");
        return ComputationForm.Read(JsonInput.Of(body), kind);
    }
}

/// <summary>A destination that is to hear of an audience or computed trait.</summary>
/// <param name="Destination">The slug of its source and its name, as <see cref="WantedDestination.Label"/>.</param>
/// <param name="Sent">What the file says, in the shape of the API.</param>
internal sealed record WantedConnection(string Destination, JsonObject Sent)
{
    public static WantedConnection Read(JsonInput input)
    {
        input.Allow("destination", "externalAudienceId", "audienceSettings", "idSyncConfiguration", "sendIdentify", "sendTrack");
        var destination = input.Text("destination", 400, required: true) ?? "";
        // Read only for what is wrong with it.
        _ = ConnectionDesk.Read(input, new ComputationConnection { Id = "", DestinationId = "" });
        var sent = input.Whole();
        sent.Remove("destination");
        return new WantedConnection(destination, sent);
    }
}

/// <summary>A SQL trait as a file wants it.</summary>
/// <param name="Space">The slug or id of its space.</param>
/// <param name="Content">What it is when nothing is left open.</param>
/// <param name="Sent">What the file says, in the shape of the API; a field that is not there stays as it is.</param>
internal sealed record WantedSqlTrait(string Space, SqlTrait Content, JsonObject Sent)
{
    public static WantedSqlTrait Read(JsonInput input)
    {
        input.Allow("name", "space", "description", "enabled", "query", "scheduleStrategy", "scheduleConfig");
        input.Nested("scheduleConfig")?.Allow("interval");
        var space = input.Text("space", 255) ?? WorkspaceSetup.DefaultSpace;
        var content = SqlTraitForm.Read(input);
        var sent = input.Whole();
        sent.Remove("space");
        return new WantedSqlTrait(space, content, sent);
    }
}
