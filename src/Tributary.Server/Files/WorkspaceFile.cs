using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;

namespace Tributary.Server.Files;

/// <summary>What workspace files want: spaces, sources, destinations, and what is computed. The format is described in docs/reference/workspace-files.md.</summary>
/// <param name="Spaces">Named by slug.</param>
/// <param name="Sources">Named by slug.</param>
/// <param name="Destinations">Named by the slug of their source and their own name.</param>
internal sealed record WorkspaceFile(ImmutableArray<WantedSpace> Spaces, ImmutableArray<WantedSource> Sources, ImmutableArray<WantedDestination> Destinations)
{
    private const int EntriesMax = 10_000;

    private static readonly string[] Lists = ["spaces", "sources", "destinations", "audiences", "computedTraits", "sqlTraits"];

    /// <summary>Audiences, then computed traits, named by their space and key.</summary>
    public ImmutableArray<WantedComputation> Computations { get; init; } = [];

    /// <summary>Named by their space and name.</summary>
    public ImmutableArray<WantedSqlTrait> SqlTraits { get; init; } = [];

    /// <summary>Which lists there are, also empty ones.</summary>
    public ImmutableHashSet<string> Present { get; init; } = [];

    /// <summary>Reads a file, or all <c>.yaml</c> and <c>.yml</c> files of a folder in the order of their names, as one.</summary>
    /// <exception cref="WorkspaceFileException">Something in them is wrong; every fault is named.</exception>
    public static WorkspaceFile Read(string path, Func<string, string?> environment)
    {
        var files = Directory.Exists(path)
            ? Directory.EnumerateFiles(path).Where(file => Path.GetExtension(file) is ".yaml" or ".yml").Order(StringComparer.Ordinal).ToList()
            : [path];
        if (files.Count == 0) throw new WorkspaceFileException($"{path} holds no .yaml or .yml file.");
        var parts = files.SelectMany(file => Parse(File.ReadAllText(file), file, environment)).ToList();
        var whole = new WorkspaceFile(
            [.. parts.SelectMany(part => part.Spaces)], [.. parts.SelectMany(part => part.Sources)], [.. parts.SelectMany(part => part.Destinations)])
        {
            Computations = [.. parts.SelectMany(part => part.Computations)],
            SqlTraits = [.. parts.SelectMany(part => part.SqlTraits)],
            Present = [.. parts.SelectMany(part => part.Present)],
        };
        RefuseTwice("space", whole.Spaces.Select(space => space.Slug));
        RefuseTwice("source", whole.Sources.Select(source => source.Slug));
        RefuseTwice("destination", whole.Destinations.Select(destination => destination.Label));
        RefuseTwice("audience or computed trait", whole.Computations.Select(each => $"{each.Space}/{each.Content.Key}"));
        RefuseTwice("SQL trait", whole.SqlTraits.Select(each => $"{each.Space}/{each.Content.Name}"));
        return whole;
    }

    /// <summary>Reads the documents of one text; <paramref name="path"/> is only for messages.</summary>
    internal static IEnumerable<WorkspaceFile> Parse(string text, string path, Func<string, string?> environment)
    {
        foreach (var document in YamlJson.Read(text, path, environment))
        {
            if (document is null) continue;
            if (document is not JsonObject root) throw new WorkspaceFileException($"{path}: the top must have {string.Join(", ", Lists)}.");
            var input = JsonInput.Of(root);
            input.Allow(Lists);
            var file = new WorkspaceFile(
                [.. input.Objects("spaces", EntriesMax).Select(WantedSpace.Read)],
                [.. input.Objects("sources", EntriesMax).Select(WantedSource.Read)],
                [.. input.Objects("destinations", EntriesMax).Select(WantedDestination.Read)])
            {
                Computations =
                [
                    .. input.Objects("audiences", EntriesMax).Select(each => WantedComputation.Read(each, Computation.Audience)),
                    .. input.Objects("computedTraits", EntriesMax).Select(each => WantedComputation.Read(each, Computation.Trait)),
                ],
                SqlTraits = [.. input.Objects("sqlTraits", EntriesMax).Select(WantedSqlTrait.Read)],
                Present = [.. Lists.Where(root.ContainsKey)],
            };
            if (input.Faults.Count > 0) throw new WorkspaceFileException(string.Join("\n", input.Faults.Select(fault => $"{path}: {fault.Field}: {fault.Message}")));
            yield return file;
        }
    }

    private static void RefuseTwice(string kind, IEnumerable<string> names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (names.FirstOrDefault(name => !seen.Add(name)) is { } twice) throw new WorkspaceFileException($"The {kind} {twice} is described twice.");
    }
}

/// <summary>A space as a file wants it; null is what the file leaves open.</summary>
internal sealed record WantedSpace(string Slug, string? Name, IdentitySettings? Identity)
{
    public static WantedSpace Read(JsonInput input)
    {
        input.Allow("slug", "name", "identity");
        // The rules share the list of faults, so their paths begin with the place in the file.
        var identity = input.Nested("identity") is { } rules ? IdentitySettingsForm.Parse(rules).Settings : null;
        return new WantedSpace(input.Text("slug", 100, required: true) ?? "", input.Text("name", 255), identity);
    }
}

/// <summary>A source as a file wants it; null is what the file leaves open.</summary>
internal sealed record WantedSource(
    string Slug, string MetadataId, string? Name, bool? Enabled, string? Space, JsonObject? Settings, JsonArray? Labels, ImmutableArray<string> WriteKeys)
{
    public static WantedSource Read(JsonInput input)
    {
        input.Allow("slug", "metadataId", "name", "enabled", "space", "settings", "labels", "writeKeys");
        return new WantedSource(
            input.Text("slug", 100, required: true) ?? "",
            input.Text("metadataId", 100, required: true) ?? "",
            input.Text("name", 255),
            input.Flag("enabled"),
            input.Text("space", 255),
            input.Object("settings"),
            LabelsOf(input),
            input.Texts("writeKeys", 100, 64));
    }

    // Written as a map, which cannot hold a key twice; sent as the list that the API knows.
    private static JsonArray? LabelsOf(JsonInput input) => input.Object("labels") is { } map
        ? new JsonArray([.. map.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new JsonObject { ["key"] = pair.Key, ["value"] = pair.Value?.ToString() ?? "" })])
        : null;
}

/// <summary>A destination as a file wants it; null is what the file leaves open.</summary>
internal sealed record WantedDestination(string Name, string Source, string MetadataId, bool? Enabled, JsonObject? Settings)
{
    /// <summary>How it is told from others: the slug of its source and its name.</summary>
    public string Label => $"{Source}/{Name}";

    public static WantedDestination Read(JsonInput input)
    {
        input.Allow("name", "source", "metadataId", "enabled", "settings");
        return new WantedDestination(
            input.Text("name", 255, required: true) ?? "",
            input.Text("source", 100, required: true) ?? "",
            input.Text("metadataId", 100, required: true) ?? "",
            input.Flag("enabled"),
            input.Object("settings"));
    }
}
