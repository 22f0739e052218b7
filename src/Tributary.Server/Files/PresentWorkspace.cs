using System.Text.Json.Nodes;
using Tributary.Engine.Audiences;
using Tributary.Engine.Lake.SqlTraits;
using Tributary.Engine.Workspace;
using Tributary.Server.Cli;

namespace Tributary.Server.Files;

/// <summary>What a server has, as its API shows it.</summary>
/// <param name="Spaces">By slug.</param>
/// <param name="Sources">By slug.</param>
/// <param name="Destinations">All of them.</param>
internal sealed record PresentWorkspace(
    Dictionary<string, (JsonObject Body, JsonNode? Identity)> Spaces, Dictionary<string, JsonObject> Sources, List<JsonObject> Destinations)
{
    /// <summary>All audiences and computed traits.</summary>
    public List<PresentComputation> Computations { get; } = [];

    /// <summary>All SQL traits, with the slug of their space.</summary>
    public List<(string Space, JsonObject Shown)> SqlTraits { get; } = [];

    /// <summary>Reads it. Secrets that are what the files want are shown as that; others stay masked, and so differ.</summary>
    /// <param name="server">The server.</param>
    /// <param name="wanted">What it will be compared with; null to read everything.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<PresentWorkspace> ReadAsync(ServerConnection server, WorkspaceFile? wanted, CancellationToken cancellationToken)
    {
        var spaces = new Dictionary<string, (JsonObject, JsonNode?)>();
        foreach (var space in await server.ListAsync("api/spaces", "spaces", cancellationToken))
        {
            var id = space["id"]!.GetValue<string>();
            spaces[space["slug"]!.GetValue<string>()] = (space, await server.GetAsync($"api/spaces/{id}/identity", cancellationToken));
        }

        var sources = await server.ListAsync("api/sources", "sources", cancellationToken);
        var present = new PresentWorkspace(
            spaces,
            sources.ToDictionary(source => source["slug"]!.GetValue<string>()),
            await server.ListAsync("api/destinations", "destinations", cancellationToken));
        foreach (var slug in spaces.Keys) await present.ReadComputationsAsync(server, slug, wanted, cancellationToken);
        foreach (var destination in wanted?.Destinations ?? []) await present.CompareSecretsAsync(server, destination, cancellationToken);
        return present;
    }

    /// <summary>What this very server has, as its API shows it, without a request.</summary>
    public static PresentWorkspace Of(WorkspaceSnapshot now, DestinationCatalog catalog, ComputationQueries queries, SqlTraitBook book, TimeProvider clock)
    {
        var present = new PresentWorkspace(
            now.Spaces.ToDictionary(space => space.Slug, space => (ApiJson.Of(space), (JsonNode?)ApiJson.Of(space.Identity))),
            now.Sources.ToDictionary(source => source.Slug, source => ApiJson.Of(source, now)),
            [.. now.Destinations.Select(destination => ApiJson.Of(destination, catalog))]);
        foreach (var space in now.Spaces)
        {
            foreach (var kind in (ReadOnlySpan<string>)[Computation.Audience, Computation.Trait])
            {
                foreach (var computation in now.Computations.Where(each => each.SpaceId == space.Id && each.Kind == kind && !each.Deleted))
                {
                    var shown = ComputationJson.Of(computation, space, queries);
                    var each = new PresentComputation(space.Slug, WantedComputation.Present(shown, kind), shown);
                    each.Connections.AddRange(computation.Connections.Select(connection => ComputationJson.Of(connection, now)));
                    present.Computations.Add(each);
                }
            }

            foreach (var trait in now.SqlTraits.Where(trait => trait.SpaceId == space.Id)) present.SqlTraits.Add((space.Slug, SqlTraitsApi.Json(trait, space, book, clock)));
        }

        return present;
    }

    private async Task ReadComputationsAsync(ServerConnection server, string space, WorkspaceFile? wanted, CancellationToken cancellationToken)
    {
        foreach (var (path, field, kind) in new[] { ("audiences", "audiences", Computation.Audience), ("computed-traits", "computedTraits", Computation.Trait) })
        {
            foreach (var shown in await server.ListAsync($"api/spaces/{space}/{path}", field, cancellationToken))
            {
                var each = new PresentComputation(space, WantedComputation.Present(shown, kind), shown);
                // One request for each, so only where somebody looks.
                if (wanted is null || wanted.Computations.Any(other => other.Content.Key == each.Content.Key && other.Connections is not null))
                    each.Connections.AddRange(await server.ListAsync($"api/spaces/{space}/{path}/{each.Id}/destination-connections", "connections", cancellationToken));
                Computations.Add(each);
            }
        }

        foreach (var shown in await server.ListAsync($"api/spaces/{space}/sql-traits", "sqlTraits", cancellationToken)) SqlTraits.Add((space, shown));
    }

    private async Task CompareSecretsAsync(ServerConnection server, WantedDestination wanted, CancellationToken cancellationToken)
    {
        if (Find(wanted) is not { } destination || destination["settings"] is not JsonObject settings || wanted.Settings is null) return;
        var masked = settings.Where(pair => pair.Value is JsonValue value && value.TryGetValue<string>(out var text) && text == SecretBox.Mask && wanted.Settings[pair.Key] is not null)
            .Select(pair => pair.Key).ToList();
        if (masked.Count == 0) return;
        var asked = new JsonObject { ["settings"] = new JsonObject(masked.Select(name => KeyValuePair.Create(name, wanted.Settings[name]?.DeepClone()))) };
        var answer = await server.SendAsync(HttpMethod.Post, $"api/destinations/{destination["id"]!.GetValue<string>()}/compare", asked, cancellationToken);
        var differing = answer!["differing"]!.AsArray().Select(name => name!.GetValue<string>()).ToHashSet(StringComparer.Ordinal);
        foreach (var name in masked.Where(name => !differing.Contains(name))) settings[name] = wanted.Settings[name]!.DeepClone();
    }

    /// <summary>The id of a space that is named by slug or id.</summary>
    public string? SpaceId(string named) => Spaces.TryGetValue(named, out var space)
        ? space.Body["id"]!.GetValue<string>()
        : Spaces.Values.Select(other => other.Body["id"]!.GetValue<string>()).FirstOrDefault(id => id == named);

    /// <summary>The slug of a space that is named by slug or id.</summary>
    public string? SlugOf(string named) => Spaces.ContainsKey(named)
        ? named
        : Spaces.FirstOrDefault(space => space.Value.Body["id"]!.GetValue<string>() == named).Key;

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

/// <summary>An audience or computed trait that is there.</summary>
/// <param name="Space">The slug of its space.</param>
/// <param name="Content">What it is.</param>
/// <param name="Shown">As the API shows it.</param>
internal sealed record PresentComputation(string Space, Computation Content, JsonObject Shown)
{
    public string Id => Shown["id"]!.GetValue<string>();

    public string Word => Content.IsAudience ? "audience" : "computed trait";

    /// <summary>As the API shows them; only those that somebody looks at are read.</summary>
    public List<JsonObject> Connections { get; } = [];
}
