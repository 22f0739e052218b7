using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Tributary.Console.Destinations;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Audiences;

/// <summary>A connection of an audience or computed trait to a destination while somebody fills it in.</summary>
internal sealed class ConnectionDraft
{
    private ConnectionDraft(string destinationId) => DestinationId = destinationId;

    public string DestinationId { get; }

    /// <summary>The connection that is changed; null for a new one.</summary>
    public string? ConnectionId { get; private init; }

    public bool SendIdentify { get; set; } = true;

    public bool SendTrack { get; set; } = true;

    /// <summary>What the tool calls a list that is there already; empty to make one.</summary>
    public string ListId { get; set; } = "";

    /// <summary>What the tool wants to know of the audience; null when nothing.</summary>
    public SettingsDraft? Settings { get; private init; }

    /// <summary>Which identifiers of a type are told: the type, and <c>first</c>, <c>last</c>, <c>all</c> or nothing for none of them. Empty for all there are.</summary>
    public List<IdSyncRow> Identifiers { get; } = [];

    /// <summary>A connection that is not made yet.</summary>
    /// <param name="destination">To which destination.</param>
    /// <param name="kind">Its kind; null when this server does not know it.</param>
    /// <param name="isAudience">Only audiences have lists.</param>
    public static ConnectionDraft New(Destination destination, DestinationKind? kind, bool isAudience) => new(destination.Id)
    {
        Settings = isAudience && kind is { AudienceOptions.IsEmpty: false } ? SettingsDraft.New(kind with { Options = kind.AudienceOptions }) : null,
    };

    /// <summary>One that is there, to change what it is told.</summary>
    public static ConnectionDraft Of(ComputationConnection connection)
    {
        var draft = new ConnectionDraft(connection.DestinationId)
        {
            ConnectionId = connection.Id,
            SendIdentify = connection.SendIdentify,
            SendTrack = connection.SendTrack,
            ListId = connection.ExternalAudienceId ?? "",
        };
        draft.Identifiers.AddRange(connection.IdSync.Select(sync => new IdSyncRow { Type = sync.ExternalId, Strategy = sync.Strategy }));
        return draft;
    }

    /// <summary>As the management API takes it.</summary>
    public JsonObject Fields()
    {
        var fields = new JsonObject
        {
            ["sendIdentify"] = SendIdentify,
            ["sendTrack"] = SendTrack,
            ["idSyncConfiguration"] = new JsonArray([.. Identifiers.Select(row => new JsonObject { ["externalId"] = row.Type, ["strategy"] = row.Strategy })]),
        };
        if (ConnectionId is not null) return fields;
        fields["destinationId"] = DestinationId;
        if (ListId.Trim().Length > 0) fields["externalAudienceId"] = ListId.Trim();
        if (Settings is not null) fields["audienceSettings"] = Settings.Whole();
        return fields;
    }

    /// <summary>What a connection says, in words.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="ofAccounts">Accounts are told by group calls.</param>
    public static string Calls(ComputationConnection connection, bool ofAccounts) => (connection.SendIdentify, connection.SendTrack) switch
    {
        (true, true) => $"{Identify(ofAccounts)} and track calls",
        (true, false) => $"{Identify(ofAccounts)} calls",
        (false, true) => "track calls",
        (false, false) => "nothing",
    };

    /// <summary>Which identifiers a connection tells, in words.</summary>
    public static string Told(ImmutableArray<IdSync> sync) => sync.IsDefaultOrEmpty
        ? "every user id, email and advertising id"
        : string.Join(", ", sync.Select(each => each.Strategy switch { "first" => $"the first {each.ExternalId}", "last" => $"the last {each.ExternalId}", _ => $"every {each.ExternalId}" }));

    private static string Identify(bool ofAccounts) => ofAccounts ? "group" : "identify";
}

/// <summary>Which identifiers of one type are told, while it is chosen.</summary>
internal sealed class IdSyncRow
{
    public string Type { get; set; } = "";

    public string Strategy { get; set; } = "all";
}
