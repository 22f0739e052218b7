using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;

namespace Tributary.Server.Files;

/// <summary>What has to happen to one resource.</summary>
internal enum PlanAction
{
    Unchanged,
    Create,
    Update,
    Delete,
}

/// <summary>One line of a plan, and how to carry it out.</summary>
/// <param name="Action">Also tells whether there is anything to send.</param>
/// <param name="Kind">What it is, in words.</param>
/// <param name="Name">The slug, source/name of a destination, space/key of an audience, space/name of a SQL trait.</param>
/// <param name="Fields">What differs when it is updated; names only, because values may be secret.</param>
/// <param name="Id">The resource's id on the server; null when it is to be created.</param>
/// <param name="Body">What to send; for a destination to be created without <c>sourceId</c>, which may not exist yet.</param>
/// <param name="Identity">The identity rules to put, of a space.</param>
/// <param name="Path">Where resources of the kind are in the API; null where the kind says it.</param>
/// <param name="Destination">The destination to be connected, which may not exist yet.</param>
internal sealed record PlanStep(
    PlanAction Action, string Kind, string Name, ImmutableArray<string> Fields, string? Id = null, JsonObject? Body = null, JsonObject? Identity = null, string? Path = null, string? Destination = null);

/// <summary>The difference between workspace files and a server. Pure: the server's resources go in as JSON, the steps come out in an order that can be carried out.</summary>
internal static class WorkspacePlan
{
    /// <param name="wanted">What the files say.</param>
    /// <param name="present">What the server has.</param>
    /// <param name="prune">Also delete what no file names. Spaces and the sources that speak for them are never deleted.</param>
    /// <exception cref="WorkspaceFileException">The files want what cannot be changed.</exception>
    public static List<PlanStep> Of(WorkspaceFile wanted, PresentWorkspace present, bool prune)
    {
        var steps = new List<PlanStep>();
        steps.AddRange(wanted.Spaces.Select(space => Space(space, present)));
        steps.AddRange(wanted.Sources.Select(source => Source(source, wanted, present)));
        steps.AddRange(wanted.Destinations.Select(destination => Destination(destination, wanted, present)));
        steps.AddRange(ComputationPlan.Of(wanted, present, prune));
        if (prune) steps.AddRange([.. ComputationPlan.Surplus(wanted, present), .. Surplus(wanted, present)]);
        return steps;
    }

    private static PlanStep Space(WantedSpace wanted, PresentWorkspace present)
    {
        var identity = wanted.Identity is null ? null : ApiJson.Of(wanted.Identity);
        if (!present.Spaces.TryGetValue(wanted.Slug, out var space))
            return new(PlanAction.Create, "space", wanted.Slug, [], null, new JsonObject { ["slug"] = wanted.Slug, ["name"] = wanted.Name ?? wanted.Slug }, identity);
        var body = new JsonObject();
        if (wanted.Name is { } name && name != Text(space.Body, "name")) body["name"] = name;
        if (identity is not null && Same(identity, space.Identity)) identity = null;
        var fields = body.Select(pair => pair.Key).Concat(identity is null ? [] : ["identity"]);
        return Changed("space", wanted.Slug, [.. fields], Text(space.Body, "id"), body, identity);
    }

    private static PlanStep Source(WantedSource wanted, WorkspaceFile file, PresentWorkspace present)
    {
        var spaceId = wanted.Space is { } space ? present.SpaceId(space) : null;
        if (wanted.Space is { } named && spaceId is null && file.Spaces.All(other => other.Slug != named))
            throw new WorkspaceFileException($"The source {wanted.Slug} wants the space {named}, which neither the files nor the server have.");
        var body = new JsonObject();
        if (!present.Sources.TryGetValue(wanted.Slug, out var source))
        {
            (body["slug"], body["metadataId"], body["enabled"]) = (wanted.Slug, wanted.MetadataId, wanted.Enabled ?? true);
            if (wanted.Name is { } name) body["name"] = name;
            if (wanted.Space is { } into) body["spaceId"] = into;
            if (wanted.Settings is { } settings) body["settings"] = settings.DeepClone();
            if (wanted.Labels is { } labels) body["labels"] = labels.DeepClone();
            if (!wanted.WriteKeys.IsEmpty) body["writeKeys"] = new JsonArray([.. wanted.WriteKeys.Select(key => JsonValue.Create(key))]);
            return new(PlanAction.Create, "source", wanted.Slug, [], null, body);
        }

        RefuseOtherKind("source", wanted.Slug, wanted.MetadataId, source);
        if (wanted.WriteKeys.Except(source["writeKeys"]!.AsArray().Select(key => key!.GetValue<string>())).Any())
            throw new WorkspaceFileException($"The source {wanted.Slug} exists with other write keys. Keys can be chosen only when a source is created.");
        if (wanted.Name is { } newName && newName != Text(source, "name")) body["name"] = newName;
        if (wanted.Enabled is { } enabled && enabled != source["enabled"]!.GetValue<bool>()) body["enabled"] = enabled;
        if (wanted.Space is { } moved && spaceId != Text(source, "spaceId")) body["spaceId"] = moved;
        if (wanted.Labels is { } newLabels && !Same(newLabels, Undescribed(source["labels"]))) body["labels"] = newLabels.DeepClone();
        return Changed("source", wanted.Slug, WithSettings(body, wanted.Settings, source), Text(source, "id"), body);
    }

    private static PlanStep Destination(WantedDestination wanted, WorkspaceFile file, PresentWorkspace present)
    {
        if (!present.Sources.ContainsKey(wanted.Source) && file.Sources.All(source => source.Slug != wanted.Source))
            throw new WorkspaceFileException($"The destination {wanted.Name} wants the source {wanted.Source}, which neither the files nor the server have.");
        var body = new JsonObject();
        if (present.Find(wanted) is not { } destination)
        {
            (body["name"], body["metadataId"], body["enabled"]) = (wanted.Name, wanted.MetadataId, wanted.Enabled ?? true);
            body["settings"] = wanted.Settings?.DeepClone() ?? new JsonObject();
            return new(PlanAction.Create, "destination", wanted.Label, [], null, body);
        }

        RefuseOtherKind("destination", wanted.Label, wanted.MetadataId, destination);
        if (wanted.Enabled is { } enabled && enabled != destination["enabled"]!.GetValue<bool>()) body["enabled"] = enabled;
        return Changed("destination", wanted.Label, WithSettings(body, wanted.Settings, destination), Text(destination, "id"), body);
    }

    private static IEnumerable<PlanStep> Surplus(WorkspaceFile wanted, PresentWorkspace present)
    {
        var sources = present.Sources.Where(pair => wanted.Sources.All(source => source.Slug != pair.Key) && Text(pair.Value["metadata"] as JsonObject, "slug") != SourceCatalog.Engage).ToList();
        var kept = wanted.Destinations.Select(destination => Text(present.Find(destination), "id")).ToHashSet();
        foreach (var destination in present.Destinations.Where(destination => !kept.Contains(Text(destination, "id"))))
            yield return new(PlanAction.Delete, "destination", present.LabelOf(destination), [], Text(destination, "id"));
        foreach (var (slug, source) in sources) yield return new(PlanAction.Delete, "source", slug, [], Text(source, "id"));
    }

    /// <summary>Adds the settings that differ, and null for those that the file no longer has; returns every differing field.</summary>
    private static ImmutableArray<string> WithSettings(JsonObject body, JsonObject? wanted, JsonObject present)
    {
        var fields = body.Select(pair => pair.Key).ToList();
        if (wanted is null) return [.. fields];
        var now = present["settings"] as JsonObject ?? [];
        var changed = new JsonObject();
        foreach (var (key, value) in wanted)
        {
            if (!Same(value, now[key])) changed[key] = value?.DeepClone();
        }

        foreach (var gone in now.Select(pair => pair.Key).Where(key => !wanted.ContainsKey(key))) changed[gone] = null;
        if (changed.Count > 0) body["settings"] = changed;
        return [.. fields, .. changed.Select(pair => $"settings.{pair.Key}")];
    }

    // Descriptions of labels have no place in files.
    private static JsonArray Undescribed(JsonNode? labels) =>
        [.. (labels as JsonArray ?? []).Select(label => (JsonNode)new JsonObject { ["key"] = label!["key"]!.DeepClone(), ["value"] = label["value"]!.DeepClone() })];

    private static PlanStep Changed(string kind, string name, ImmutableArray<string> fields, string? id, JsonObject body, JsonObject? identity = null) =>
        new(fields.IsEmpty ? PlanAction.Unchanged : PlanAction.Update, kind, name, fields, id, body, identity);

    private static void RefuseOtherKind(string kind, string name, string metadataId, JsonObject present)
    {
        var now = Text(present["metadata"] as JsonObject, "slug");
        if (now != metadataId)
            throw new WorkspaceFileException($"The {kind} {name} is of the kind {now} and cannot become {metadataId}. Give the new one another name.");
    }

    // Compared as text after parsing: a number from YAML and one from the server are then the same thing.
    internal static bool Same(JsonNode? left, JsonNode? right) =>
        JsonNode.DeepEquals(JsonNode.Parse(left?.ToJsonString() ?? "null"), JsonNode.Parse(right?.ToJsonString() ?? "null"));

    private static string? Text(JsonObject? body, string field) => body?[field]?.GetValue<string>();
}
