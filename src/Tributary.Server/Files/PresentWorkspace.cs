using System.Text.Json.Nodes;
using Tributary.Server.Cli;

namespace Tributary.Server.Files;

/// <summary>What a server has, as its API shows it.</summary>
/// <param name="Spaces">By slug.</param>
/// <param name="Sources">By slug.</param>
/// <param name="Destinations">All of them.</param>
internal sealed record PresentWorkspace(
    Dictionary<string, (JsonObject Body, JsonNode? Identity)> Spaces, Dictionary<string, JsonObject> Sources, List<JsonObject> Destinations)
{
    public static async Task<PresentWorkspace> ReadAsync(ServerConnection server, CancellationToken cancellationToken)
    {
        var spaces = new Dictionary<string, (JsonObject, JsonNode?)>();
        foreach (var space in await server.ListAsync("api/spaces", "spaces", cancellationToken))
        {
            var id = space["id"]!.GetValue<string>();
            spaces[space["slug"]!.GetValue<string>()] = (space, await server.GetAsync($"api/spaces/{id}/identity", cancellationToken));
        }

        var sources = await server.ListAsync("api/sources", "sources", cancellationToken);
        return new PresentWorkspace(
            spaces,
            sources.ToDictionary(source => source["slug"]!.GetValue<string>()),
            await server.ListAsync("api/destinations", "destinations", cancellationToken));
    }

    /// <summary>The id of a space that is named by slug or id.</summary>
    public string? SpaceId(string named) => Spaces.TryGetValue(named, out var space)
        ? space.Body["id"]!.GetValue<string>()
        : Spaces.Values.Select(other => other.Body["id"]!.GetValue<string>()).FirstOrDefault(id => id == named);

    /// <summary>The destination that a file means.</summary>
    /// <exception cref="WorkspaceFileException">Two of the source have the name.</exception>
    public JsonObject? Find(WantedDestination wanted)
    {
        var found = Destinations.Where(destination => LabelOf(destination) == wanted.Label).Take(2).ToList();
        return found.Count < 2
            ? found.FirstOrDefault()
            : throw new WorkspaceFileException($"The server has two destinations {wanted.Label}. Rename one of them first.");
    }

    /// <summary>The slug of the source and the name.</summary>
    public string LabelOf(JsonObject destination)
    {
        var sourceId = destination["sourceId"]!.GetValue<string>();
        var source = Sources.FirstOrDefault(pair => pair.Value["id"]!.GetValue<string>() == sourceId).Key ?? sourceId;
        return $"{source}/{destination["name"]?.GetValue<string>()}";
    }
}
