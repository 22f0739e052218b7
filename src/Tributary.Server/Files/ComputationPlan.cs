using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Tributary.Engine.Audiences;
using Tributary.Engine.Lake.SqlTraits;
using Tributary.Engine.Workspace;

namespace Tributary.Server.Files;

/// <summary>The part of a plan that is about audiences, computed traits with their connections, and SQL traits. Pure.</summary>
internal static class ComputationPlan
{
    /// <summary>What is read comes before what reads it, so that nothing is computed twice and no step makes a cycle that the next one would break.</summary>
    /// <exception cref="WorkspaceFileException">The files want what cannot be: a cycle, another type or kind, a destination or space that is not there.</exception>
    public static IEnumerable<PlanStep> Of(WorkspaceFile wanted, PresentWorkspace present, bool prune)
    {
        var bySpace = wanted.Computations.GroupBy(each => Slug(each.Space, $"{each.Word} {each.Content.Key}", wanted, present)).ToList();
        foreach (var space in bySpace)
        {
            var ofFiles = space.ToDictionary(each => each.Content.Key, StringComparer.Ordinal);
            var after = present.Computations.Where(each => each.Space == space.Key && !(prune && IsSurplus(each, wanted, present))).ToDictionary(each => each.Content.Key, each => each.Content, StringComparer.Ordinal);
            foreach (var (key, each) in ofFiles) after[key] = each.Content;
            foreach (var key in ofFiles.Keys)
            {
                if (ComputationForm.CycleOf(key, after) is { } cycle) throw new WorkspaceFileException($"{ofFiles[key].Word} {space.Key}/{key}: {cycle}");
            }

            foreach (var key in ReadFirst(ofFiles.Keys, after).Where(ofFiles.ContainsKey))
            {
                foreach (var step in Computation(ofFiles[key], space.Key, wanted, present)) yield return step;
            }
        }

        foreach (var trait in wanted.SqlTraits) yield return SqlTrait(trait, Slug(trait.Space, $"SQL trait {trait.Content.Name}", wanted, present), present);
    }

    /// <summary>What no file names, of the kinds that files have a list of; what reads comes before what is read, which could not be deleted otherwise.</summary>
    public static IEnumerable<PlanStep> Surplus(WorkspaceFile wanted, PresentWorkspace present)
    {
        foreach (var space in present.Computations.GroupBy(each => each.Space))
        {
            var all = space.ToDictionary(each => each.Content.Key, StringComparer.Ordinal);
            foreach (var key in ReadFirst(all.Keys, all.ToDictionary(each => each.Key, each => each.Value.Content)).AsEnumerable().Reverse())
            {
                var each = all[key];
                if (IsSurplus(each, wanted, present)) yield return new(PlanAction.Delete, each.Word, $"{space.Key}/{key}", [], each.Id, Path: PathOf(space.Key, each.Content));
            }
        }

        if (!wanted.Present.Contains("sqlTraits")) yield break;
        foreach (var (space, shown) in present.SqlTraits)
        {
            var name = Text(shown, "name");
            if (!wanted.SqlTraits.Any(each => present.SlugOf(each.Space) == space && each.Content.Name == name))
                yield return new(PlanAction.Delete, "SQL trait", $"{space}/{name}", [], Text(shown, "id"), Path: $"api/spaces/{space}/sql-traits");
        }
    }

    private static bool IsSurplus(PresentComputation each, WorkspaceFile wanted, PresentWorkspace present) =>
        wanted.Present.Contains(each.Content.IsAudience ? "audiences" : "computedTraits")
        && !wanted.Computations.Any(other => present.SlugOf(other.Space) == each.Space && other.Content.Key == each.Content.Key);

    private static string PathOf(string space, Computation computation) => $"api/spaces/{space}/{(computation.IsAudience ? "audiences" : "computed-traits")}";

    private static string Slug(string named, string whose, WorkspaceFile wanted, PresentWorkspace present) => present.SlugOf(named)
        ?? (wanted.Spaces.Any(space => space.Slug == named) ? named : throw new WorkspaceFileException($"The {whose} wants the space {named}, which neither the files nor the server have."));

    // There is no cycle; the depth is that of definitions reading definitions.
    private static List<string> ReadFirst(IEnumerable<string> keys, Dictionary<string, Computation> all)
    {
        var order = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in keys) Add(key);
        return order;

        void Add(string key)
        {
            if (!all.TryGetValue(key, out var computation) || !seen.Add(key)) return;
            foreach (var read in ComputationForm.Reads(computation)) Add(read);
            order.Add(key);
        }
    }

    private static IEnumerable<PlanStep> Computation(WantedComputation wanted, string space, WorkspaceFile file, PresentWorkspace present)
    {
        var content = wanted.Content;
        var (path, name) = (PathOf(space, content), $"{space}/{content.Key}");
        var now = present.Computations.Find(each => each.Space == space && each.Content.Key == content.Key);
        if (now is null) yield return new(PlanAction.Create, wanted.Word, name, [], null, wanted.Sent.DeepClone().AsObject(), Path: path);
        else yield return Changed(wanted, now, name, path);
        foreach (var step in Connections(wanted, now, name, $"{path}/{content.Key}/destination-connections", file, present)) yield return step;
    }

    private static PlanStep Changed(WantedComputation wanted, PresentComputation present, string name, string path)
    {
        var (content, now) = (wanted.Content, present.Content);
        if (content.Kind != now.Kind) throw new WorkspaceFileException($"The {wanted.Word} {name} is there as {present.Word}, and a key is never used for another.");
        var sent = wanted.Sent;
        if (content.Type != now.Type) throw new WorkspaceFileException($"The {wanted.Word} {name} is of the type {now.Type} and cannot become {content.Type}.");
        var body = new JsonObject();
        if (content.Name.Length > 0 && content.Name != now.Name) body["name"] = content.Name;
        if (content.Description is { } description && description != now.Description) body["description"] = description;
        if (sent["enabled"] is not null && content.Enabled != now.Enabled) body["enabled"] = content.Enabled;
        if (content.Query != now.Query) body["definition"] = new JsonObject { ["query"] = content.Query };
        var options = new JsonObject();
        var given = sent["options"] as JsonObject ?? [];
        if (given["includeHistoricalData"] is not null && content.IncludeHistoricalData != now.IncludeHistoricalData) options["includeHistoricalData"] = content.IncludeHistoricalData;
        if (given["backfillEventDataDays"] is not null && content.BackfillDays != now.BackfillDays) options["backfillEventDataDays"] = content.BackfillDays;
        if ((given["filterByExternalIds"] ?? given["includeAnonymousUsers"]) is not null && !content.FilterByExternalIds.SequenceEqual(now.FilterByExternalIds))
            options["filterByExternalIds"] = new JsonArray([.. content.FilterByExternalIds.Select(id => JsonValue.Create(id))]);
        if (options.Count > 0) body["options"] = options;
        var fields = body.Select(pair => pair.Key).Where(key => key != "options").Concat(options.Select(pair => $"options.{pair.Key}"));
        return Step(wanted.Word, name, [.. fields], present.Id, body, path);
    }

    private static IEnumerable<PlanStep> Connections(WantedComputation wanted, PresentComputation? present, string name, string path, WorkspaceFile file, PresentWorkspace server)
    {
        if (wanted.Connections is not { } connections) yield break;
        var left = present?.Connections.ToList() ?? [];
        foreach (var connection in connections)
        {
            var label = $"{name} → {connection.Destination}";
            if (file.Destinations.All(destination => destination.Label != connection.Destination) && server.Destinations.All(destination => server.LabelOf(destination) != connection.Destination))
                throw new WorkspaceFileException($"The {wanted.Word} {name} wants the destination {connection.Destination}, which neither the files nor the server have. It is named by the slug of its source and its name.");
            var shown = left.Find(each => DestinationOf(each, server) == connection.Destination);
            if (shown is null)
            {
                yield return new(PlanAction.Create, "connection", label, [], null, connection.Sent.DeepClone().AsObject(), Path: path, Destination: connection.Destination);
                continue;
            }

            left.Remove(shown);
            var differing = ConnectionFields(connection.Sent, shown);
            yield return Step(
                "connection", label, [.. differing], Text(shown, "id"), new JsonObject(differing.Select(field => KeyValuePair.Create(field, connection.Sent[field]?.DeepClone()))), path);
        }

        foreach (var gone in left) yield return new(PlanAction.Delete, "connection", $"{name} → {DestinationOf(gone, server)}", [], Text(gone, "id"), Path: path);
    }

    private static string DestinationOf(JsonObject connection, PresentWorkspace server)
    {
        var id = Text(connection["destination"] as JsonObject, "id")!;
        return server.Destinations.Find(destination => Text(destination, "id") == id) is { } found ? server.LabelOf(found) : id;
    }

    // Read by the API's own rules, by which one strategy may be written in several ways.
    private static List<string> ConnectionFields(JsonObject sent, JsonObject shown)
    {
        var none = new ComputationConnection { Id = "", DestinationId = "" };
        var (wanted, now) = (ConnectionDesk.Read(JsonInput.Of(sent), none), ConnectionDesk.Read(JsonInput.Of(shown), none));
        (string Field, bool IsSame)[] compared =
        [
            ("externalAudienceId", wanted.ExternalAudienceId == now.ExternalAudienceId),
            ("audienceSettings", WorkspacePlan.Same(wanted.AudienceSettings, now.AudienceSettings)),
            ("idSyncConfiguration", wanted.IdSync.SequenceEqual(now.IdSync)),
            ("sendIdentify", wanted.SendIdentify == now.SendIdentify),
            ("sendTrack", wanted.SendTrack == now.SendTrack),
        ];
        return [.. compared.Where(each => !each.IsSame && sent[each.Field] is not null).Select(each => each.Field)];
    }

    private static PlanStep SqlTrait(WantedSqlTrait wanted, string space, PresentWorkspace present)
    {
        var content = wanted.Content;
        var (name, path) = ($"{space}/{content.Name}", $"api/spaces/{space}/sql-traits");
        var found = present.SqlTraits.Where(each => each.Space == space && Text(each.Shown, "name") == content.Name).Take(2).ToList();
        if (found.Count > 1) throw new WorkspaceFileException($"The server has two SQL traits {name}. Rename one of them first.");
        if (found.Count == 0) return new(PlanAction.Create, "SQL trait", name, [], null, wanted.Sent.DeepClone().AsObject(), Path: path);
        var shown = found[0].Shown;
        var now = SqlTraitForm.Read(JsonInput.Of(shown));
        var body = new JsonObject();
        if (content.Description is { } description && description != now.Description) body["description"] = description;
        if (wanted.Sent["enabled"] is not null && content.Enabled != now.Enabled) body["enabled"] = content.Enabled;
        if (content.Query != now.Query) body["query"] = content.Query;
        if (wanted.Sent["scheduleConfig"] is not null && content.Interval != now.Interval) body["scheduleConfig"] = wanted.Sent["scheduleConfig"]!.DeepClone();
        return Step("SQL trait", name, [.. body.Select(pair => pair.Key)], Text(shown, "id"), body, path);
    }

    private static PlanStep Step(string kind, string name, ImmutableArray<string> fields, string? id, JsonObject body, string path) =>
        new(fields.IsEmpty ? PlanAction.Unchanged : PlanAction.Update, kind, name, fields, id, body, Path: path);

    private static string? Text(JsonObject? body, string field) => body?[field]?.GetValue<string>();
}
