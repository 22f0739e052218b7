using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Tributary.Engine.Workspace;

/// <summary>
/// <c>/api/sources/{id}/settings</c>: what happens to events that break a tracking plan. Kept with the source as they are sent, for Protocols to obey; the fields
/// and their values are those of Segment's <c>updateSchemaSettingsInSource</c>.
/// </summary>
internal static class SchemaSettings
{
    private static readonly (string Group, string Omit, string[] Flags)[] Shapes =
    [
        ("track", "OMIT_PROPERTIES", ["allowUnplannedEvents", "allowUnplannedEventProperties", "allowEventOnViolations", "allowPropertiesOnViolations"]),
        ("identify", "OMIT_TRAITS", ["allowUnplannedTraits", "allowTraitsOnViolations"]),
        ("group", "OMIT_TRAITS", ["allowUnplannedTraits", "allowTraitsOnViolations"]),
    ];

    private static readonly string[] Forwards = ["forwardingViolationsTo", "forwardingBlockedEventsTo"];

    public static ApiAnswer Get(string id, LiveWorkspace workspace) => workspace.Current.FindSource(id) is { } source
        ? Answer(source)
        : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Source, id));

    public static async Task<ApiAnswer> UpdateAsync(HttpContext context, string id, SourceDesk desk)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var changed = await desk.ChangeAsync(
            context.Author(), id, (now, source) =>
            {
                var schema = Merged(source, body, now);
                return body.Faults.Count > 0 ? WorkspaceRefusal.Invalid(body.Faults) : ResourceKind.Put(source with { Schema = schema });
            },
            context.RequestAborted);
        return changed.Refusal is { } refused ? ApiAnswer.Refused(refused) : Answer(changed.Snapshot.FindSource(id)!);
    }

    private static JsonObject Merged(Source source, JsonInput body, WorkspaceSnapshot now)
    {
        body.Allow([.. Shapes.Select(shape => shape.Group), .. Forwards]);
        var merged = source.Schema.DeepClone().AsObject();
        foreach (var (group, omit, flags) in Shapes)
        {
            if (body.Nested(group) is not { } sent) continue;
            sent.Allow([.. flags, "commonEventOnViolations"]);
            var target = merged[group] as JsonObject ?? [];
            merged[group] = target;
            foreach (var flag in flags)
            {
                if (sent.Flag(flag) is { } value) target[flag] = value;
            }

            if (sent.Text("commonEventOnViolations", 100) is not { } common) continue;
            if (common != "ALLOW" && common != "BLOCK" && common != omit) sent.Fault("commonEventOnViolations", $"Possible are ALLOW, BLOCK and {omit}.");
            target["commonEventOnViolations"] = common;
        }

        foreach (var forward in Forwards)
        {
            if (body.Text(forward, SourceForm.NameLengthMax) is not { } to) continue;
            if (now.FindSource(to) is null) body.Fault(forward, $"There is no source \"{to}\".");
            merged[forward] = to;
        }

        return merged;
    }

    private static ApiAnswer Answer(Source source)
    {
        var settings = new JsonObject();
        foreach (var (group, _, flags) in Shapes)
        {
            var shown = new JsonObject();
            foreach (var flag in flags) shown[flag] = source.Schema[group]?[flag]?.DeepClone() ?? true;
            shown["commonEventOnViolations"] = source.Schema[group]?["commonEventOnViolations"]?.DeepClone() ?? "ALLOW";
            settings[group] = shown;
        }

        foreach (var forward in Forwards)
        {
            if (source.Schema[forward] is { } to) settings[forward] = to.DeepClone();
        }

        return ApiAnswer.Data(new JsonObject { ["sourceId"] = source.Id, ["settings"] = settings });
    }
}
