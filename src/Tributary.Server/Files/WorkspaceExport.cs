using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tributary.Engine.Workspace;

namespace Tributary.Server.Files;

/// <summary>What a server has, as the workspace file that would make it so.</summary>
/// <param name="present">The server, with all connections.</param>
/// <param name="hasWriteKeys">Whether write keys are in it; whoever has one can send events.</param>
internal sealed partial class WorkspaceExport(PresentWorkspace present, bool hasWriteKeys)
{
    private readonly SortedSet<string> _variables = new(StringComparer.Ordinal);

    /// <summary>The variables of the environment that the file names in place of secrets, once it is written.</summary>
    public IReadOnlyCollection<string> Variables => _variables;

    /// <summary>The file.</summary>
    public JsonObject File()
    {
        var file = new JsonObject();
        Add("spaces", present.Spaces.Select(space => Space(space.Key, space.Value.Body, space.Value.Identity)));
        Add("sources", present.Sources.Select(source => Source(source.Key, source.Value)));
        Add("destinations", present.Destinations.Select(Destination));
        Add("audiences", present.Computations.Where(each => each.Content.IsAudience).Select(Computation));
        Add("computedTraits", present.Computations.Where(each => !each.Content.IsAudience).Select(Computation));
        Add("sqlTraits", present.SqlTraits.Select(each => SqlTrait(each.Space, each.Shown)));
        return file;

        void Add(string list, IEnumerable<JsonObject> items)
        {
            JsonArray all = [.. items];
            if (all.Count > 0) file[list] = all;
        }
    }

    private static JsonObject Space(string slug, JsonObject space, JsonNode? identity) => Filled(("slug", slug), ("name", space["name"]), ("identity", Literal(identity)));

    private JsonObject Source(string slug, JsonObject source)
    {
        var labels = new JsonObject((source["labels"] as JsonArray ?? []).Select(label => KeyValuePair.Create(label!["key"]!.GetValue<string>(), Literal(label["value"]))));
        return Filled(
            ("slug", slug),
            ("name", source["name"]),
            ("metadataId", source["metadata"]!["slug"]),
            ("space", present.SlugOf(source["spaceId"]!.GetValue<string>())),
            ("enabled", source["enabled"]),
            ("settings", Settings(slug, source["settings"])),
            ("labels", labels.Count == 0 ? null : labels),
            ("writeKeys", hasWriteKeys ? source["writeKeys"] : null));
    }

    private JsonObject Destination(JsonObject destination)
    {
        var label = present.LabelOf(destination);
        return Filled(
            ("source", label[..label.IndexOf('/', StringComparison.Ordinal)]),
            ("name", destination["name"]),
            ("metadataId", destination["metadata"]!["slug"]),
            ("enabled", destination["enabled"]),
            ("settings", Settings(label, destination["settings"])));
    }

    private JsonObject Computation(PresentComputation each)
    {
        var options = each.Shown["options"]!.DeepClone().AsObject();
        // It follows from the list of identifiers.
        options.Remove("includeAnonymousUsers");
        return Filled(
            ("key", each.Content.Key),
            ("name", each.Shown["name"]),
            ("space", each.Space),
            ("description", each.Shown["description"]),
            ("enabled", each.Shown["enabled"]),
            ("definition", Literal(each.Shown["definition"])),
            ("options", Literal(options)),
            ("connections", each.Connections.Count == 0 ? null : new JsonArray([.. each.Connections.Select(Connection)])));
    }

    private JsonObject Connection(JsonObject connection)
    {
        var id = connection["destination"]!["id"]!.GetValue<string>();
        var destination = present.Destinations.Find(each => each["id"]!.GetValue<string>() == id);
        return Filled(
            ("destination", destination is null ? id : present.LabelOf(destination)),
            ("externalAudienceId", connection["externalAudienceId"]),
            ("audienceSettings", Literal(connection["audienceSettings"])),
            ("idSyncConfiguration", Literal(connection["idSyncConfiguration"])),
            ("sendIdentify", connection["sendIdentify"]),
            ("sendTrack", connection["sendTrack"]));
    }

    private static JsonObject SqlTrait(string space, JsonObject trait) => Filled(
        ("name", trait["name"]),
        ("space", space),
        ("description", trait["description"]),
        ("enabled", trait["enabled"]),
        ("query", trait["query"]),
        ("scheduleConfig", Literal(trait["scheduleConfig"])));

    // A secret is asked of whoever applies the file; the server does not give it.
    private JsonObject? Settings(string owner, JsonNode? settings)
    {
        if (settings is not JsonObject { Count: > 0 } all) return null;
        var written = new JsonObject();
        foreach (var (name, value) in all)
        {
            if (value is JsonValue secret && secret.TryGetValue<string>(out var text) && text == SecretBox.Mask)
            {
                var variable = NotInVariables().Replace($"{owner}_{name}", "_").ToUpperInvariant();
                if (char.IsAsciiDigit(variable[0])) variable = "_" + variable;
                while (!_variables.Add(variable)) variable += "_";
                written[name] = $"${{{variable}}}";
            }
            else
            {
                written[name] = Literal(value);
            }
        }

        return written;
    }

    // Only fields that say something.
    private static JsonObject Filled(params ReadOnlySpan<(string Name, JsonNode? Value)> fields)
    {
        var json = new JsonObject();
        foreach (var (name, value) in fields)
        {
            if (value is not null) json[name] = value.Parent is null ? value : Literal(value);
        }

        return json;
    }

    private static JsonNode? Literal(JsonNode? node) => node switch
    {
        JsonObject json => new JsonObject(json.Select(pair => KeyValuePair.Create(pair.Key, Literal(pair.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Literal)]),
        JsonValue value when value.TryGetValue<string>(out var text) => JsonValue.Create(JsonYaml.Literally(text)),
        _ => node?.DeepClone(),
    };

    [GeneratedRegex("[^A-Za-z0-9]+")]
    private static partial Regex NotInVariables();
}
